"""A class of a thousand, end to end: rate by workers, memory by class size, and a second run.

Run by `make bench`. The class is one right notebook a thousand times, each with a comment of its own, so
that the figures speak of grading and not of submissions that hang. STUDENTS in the environment says how
many, DATASET what training checks train on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course

STUDENTS = int(os.environ.get("STUDENTS", "1000"))
DATASET = os.environ.get("DATASET", "")
COMMAND = Path(sys.executable).with_name("autograder")


def class_of(size: int, folder: Path, data: bytes) -> Path:
    """So many notebooks in a folder, no two the same."""
    folder.mkdir()
    for number in range(size):
        (folder / f"student-{number:05}.ipynb").write_bytes(data + b" " * number)
    return folder


def memory_of(pid: int) -> int:
    """Bytes that a process and all below it hold for themselves; 0 when it has ended."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return total
    return total + sum(memory_of(int(child)) for child in below)


def graded(assignment: str, folder: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds of a whole run, and the most megabytes it held."""
    words = ["grade", assignment, folder, "--out", out, "--seed", 15, "--workers", workers]
    words += ["--dataset", DATASET] if DATASET else []
    started = time.perf_counter()
    run = subprocess.Popen([COMMAND, *map(str, words)], stdout=subprocess.DEVNULL)
    peak = [0]

    def watch() -> None:
        while run.poll() is None:
            peak[0] = max(peak[0], memory_of(run.pid))
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    if run.wait() != 0:
        raise SystemExit("grading failed")
    took = time.perf_counter() - started
    watcher.join()
    return took, peak[0] / 1e6


def main() -> None:
    """Print the table of one assignment, the first one by default."""
    course = find_course(Path(__file__).parent)
    os.chdir(course.root)
    name = sys.argv[1] if sys.argv[1:] else course.assignment_ids()[0]
    data = to_bytes(filled_in(load_assignment(course, name)))
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as place:
        few = class_of(max(2, STUDENTS // 10), Path(place, "few"), data)
        many = class_of(STUDENTS, Path(place, "many"), data)
        start, small = graded(name, few, Path(place, "out-few"), cores)
        print(f"{name}: {STUDENTS} notebooks, whole runs with every page written")
        first_seconds = 0.0
        for workers in sorted({1, cores}):
            took, peak = graded(name, many, Path(place, f"out{workers}"), workers)
            first_seconds = first_seconds or took
            print(
                f"  workers {workers:3} {took:7.1f} s {STUDENTS / took:7.1f} a second"
                f"  {first_seconds / took:5.2f} x one worker  at most {peak:5.0f} MB",
                flush=True,
            )
        print(f"  a tenth of the class on {cores} workers: {start:.1f} s, at most {small:.0f} MB")
        again, _ = graded(name, many, Path(place, f"out{cores}"), cores)
        print(f"  the same again, nothing changed: {again:.1f} s")


if __name__ == "__main__":
    main()
