"""How long `nbgrader autograde` takes for a small class: with this engine, and nbgrader alone.

Run with the course's Python: `python tests/bench/nbgrader_speed.py [ASSIGNMENT]`. The same notebooks, the
same command, both from a cold start; only nbgrader_config.py differs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.course.course import find_course

SUBMISSIONS = 8
EXTRA_FILES = Path(sys.executable).parent
STOCK = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"


def compare(assignment: str, submissions: int = SUBMISSIONS) -> tuple[float, float]:
    """Seconds with this engine and with nbgrader alone; prints both and how often the one is in the other."""
    with tempfile.TemporaryDirectory() as temporary:
        ours, stock = Path(temporary) / "ours", Path(temporary) / "stock"
        course = find_course(Path(__file__).parent).root
        _run("autograder", "nbgrader", "init", str(ours), "--assignment", assignment, folder=course)
        _run("nbgrader", "generate_assignment", assignment, folder=ours)
        for number in range(submissions):
            _hand_in(ours, assignment, f"student-{number + 1}")
        shutil.copytree(ours, stock)
        (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
        seconds = [_timed(folder, assignment) for folder in (ours, stock)]
    print(f"{assignment}: nbgrader autograde, {submissions} submissions")
    print(f"  with this engine  {seconds[0]:6.1f} s")
    print(f"  nbgrader alone    {seconds[1]:6.1f} s   {seconds[1] / seconds[0]:.1f} times as long")
    return seconds[0], seconds[1]


def _timed(folder: Path, assignment: str) -> float:
    started = time.perf_counter()
    _run("nbgrader", "autograde", assignment, folder=folder)
    return time.perf_counter() - started


def _hand_in(folder: Path, assignment: str, student: str) -> None:
    """The released notebook, filled in from the source."""
    source, notebook = (
        _read(folder / step / assignment / f"{assignment}.ipynb") for step in ("source", "release")
    )
    answers = {_id(cell): cell["source"] for cell in source["cells"] if _id(cell)}
    for cell in notebook["cells"]:
        cell["source"] = answers.get(_id(cell), cell["source"])
    path = folder / "submitted" / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _run(command: str, *arguments: str, folder: Path) -> None:
    path = os.pathsep.join([str(EXTRA_FILES), os.environ.get("PATH", os.defpath)])
    subprocess.run(
        [EXTRA_FILES / command, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        timeout=1800,
    )


if __name__ == "__main__":
    compare(sys.argv[1] if sys.argv[1:] else find_course(Path(__file__).parent).assignment_ids()[0])
