"""What a person waits for before anything happens: help, version, and the first graded submission of a class.

Run by `make bench`. Machines differ and are shared, so every figure stands beside an empty Python process of
the same run.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course

ROUNDS = 5
CLASS = 8  # submissions
ASSIGNMENT = "hw1-activations"
EMPTY = [sys.executable, "-c", "pass"]


def cpu_seconds(command: list[str]) -> float:
    """The median processor time of a command."""
    return statistics.median(once(command) for _ in range(ROUNDS))


def once(command: list[str]) -> float:
    """Processor seconds of a command and all that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def wall_seconds(command: list[str]) -> float:
    """Wall seconds of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def seconds_to_each(course: Path, submissions: Path, out: Path) -> list[float]:
    """Wall seconds from typing `grade` to each submission's line in the ledger."""
    started = time.perf_counter()
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "autograder",
        "grade",
        ASSIGNMENT,
        submissions,
        "--out",
        out,
    ]
    times: list[float] = []
    with subprocess.Popen([*command, "--course", course], stdout=subprocess.DEVNULL) as process:
        while len(times) < CLASS and process.poll() is None:
            new = graded(out / "ledger.jsonl") - len(times)
            times += [time.perf_counter() - started] * new
            time.sleep(0.005)
    if len(times) < CLASS or process.returncode != 0:
        raise SystemExit("grading failed")
    return times


def graded(ledger: Path) -> int:
    """How many submissions a ledger has lines on."""
    if not ledger.is_file():
        return 0
    lines = ledger.read_text(encoding="utf-8").splitlines()
    return sum('"kind"' in line and '"graded"' in line for line in lines if line.endswith("}"))


def main() -> None:
    """Print the figures."""
    empty = cpu_seconds(EMPTY)
    print(f"python -c pass         {empty:6.3f} s of processor time")
    for program in ("autograder", "quizzes"):
        for option in ("--help", "--version"):
            spent = cpu_seconds([sys.executable, "-m", program, option])
            print(f"{program:10} {option:10}  {spent:6.3f} s, {spent / empty:4.1f} x python -c pass")
    course = find_course(Path(__file__).parent)
    data = to_bytes(filled_in(load_assignment(course, ASSIGNMENT)))
    notebook = json.loads(data)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "class").mkdir()
        for number in range(CLASS):
            notebook["metadata"]["copy"] = number  # files that differ are graded one by one
            (folder / "class" / f"student-{number}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        runs = [
            seconds_to_each(course.root, folder / "class", folder / f"graded-{number}")
            for number in range(ROUNDS)
        ]
    first = statistics.median(run[0] for run in runs)
    # The first of each worker takes as long as a later one, and the rest of its time is spent before it.
    workers = min(os.cpu_count() or 1, CLASS - 1)
    each = statistics.median((run[-1] - run[0]) / (CLASS - 1) * workers for run in runs)
    process = statistics.median(wall_seconds(EMPTY) for _ in range(ROUNDS))
    print(
        f"first of {CLASS} submissions  {first:6.2f} s of wall time, {first / process:4.1f} x python -c pass"
    )
    print(f"spent before it        {first - each:6.2f} s; it took {each:4.2f} s, as each later one")


if __name__ == "__main__":
    main()
