"""The release of an assignment: a directory `<id>/` and the same as `<id>.zip`, from an allow-list.

<id>.ipynb        the handout, with a first cell that installs what is missing
checks.py         the public checks
assignment.yaml   tasks, due date
README.md         the steps to start
….whl           the engine
Nothing else is ever copied: no solution, no hidden check, no quiz. In a course without people to mark written
answers, assignment.yaml says so, and the handout has no cells for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.student_wheel import DISTRIBUTION, engine_wheel, package_metadata
from autograder.course.assignment import AssignmentFile, WrittenTask
from autograder.course.course import Course
from autograder.course.handout import read_handout
from autograder.errors import ContentError, UsageError
from autograder.submissions.deterministic_zip import deterministic_zip
from autograder.submissions.guarded_files import is_ignored_below
from autograder.submissions.written_answers import is_answer_cell
from autograder.yaml_source import read_yaml

__all__ = ["release"]


SETUP = """\
# Run this cell first. It installs the course's package where it is missing, also on Colab.
import os
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version

if not os.path.exists("checks.py") and os.path.exists("{name}.zip"):
    zipfile.ZipFile("{name}.zip").extractall()  # the archive was uploaded as it is
if not os.path.exists("checks.py") and os.path.isdir("{name}"):
    os.chdir("{name}")
try:
    installed = version("{distribution}")
except PackageNotFoundError:
    installed = None
if installed != "{version}":
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./{wheel}{extra}"], check=True)
"""
README = """\
# {title}

1. Install, with Python 3.11 or newer: `pip install jupyterlab "./{wheel}{extras}"`
2. Open the notebook: `jupyter lab {name}.ipynb`, and run it from top to bottom.

Replace each `raise NotImplementedError(...)` by your code and run the cell with `check(...)` below it. In a
terminal, `autograder check {name}.ipynb` runs the same checks. Submit `{name}.ipynb`, nothing else.

On Colab, open `{name}.ipynb`, upload `{name}.zip` to its files, and run the first cell.
{due}"""


NOT_WRITTEN = b"\nwritten: off  # nobody marks written answers in this course\n"
QUESTION = "**Written answer: {title}**"  # how the question of an answer begins
TO_THINK_ABOUT = "*To think about.*"
WRITTEN_TAG = "written"  # of a cell that tells about answers


def release(course: Course, name: str, out: Path) -> list[Path]:
    """Write an assignment's bundle into a directory; returns what was written.

    Raises ContentError for contradictions in the public half, UsageError where the directory cannot be
    written or holds a file that is not of an earlier release.
    """
    files = _files(course, name)
    written = {out / name / file: data for file, data in files.items()}
    archive = out / f"{name}.zip"
    written[archive] = deterministic_zip({f"{name}/{file}": data for file, data in files.items()})
    folder = out / name
    there = [path for path in folder.rglob("*") if not is_ignored_below(folder, path)]
    foreign = [path for path in there if path not in written and path.suffix != ".whl"]
    if foreign:
        raise UsageError(
            f"{foreign[0]} is not part of the release; nothing was written.",
            next_step="Remove it, or name a new directory with --out.",
        )
    try:
        for path in there:
            if path not in written:
                path.unlink()  # the engine of an earlier release
        for path, data in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as problem:
        raise UsageError(
            f"{problem.filename or out} cannot be written: {problem.strerror}.",
            next_step="Name another directory with --out.",
        ) from problem
    return sorted(written)


def _files(course: Course, name: str) -> dict[str, bytes]:
    folder, _ = course.folders(name)
    handout = read_handout(folder)
    wheel, engine = engine_wheel()
    due = f"\nDue {handout.file.due:%A, %B %-d, %Y, %H:%M} ({course.zone.key}).\n" if handout.file.due else ""
    images = "images" if b"load_images" in (folder / f"{name}.ipynb").read_bytes() else ""
    values = {
        "name": name,
        "wheel": wheel,
        "version": package_metadata()["Version"],
        "distribution": DISTRIBUTION,
        "extra": f"[{images}]" if images else "",
        "extras": f"[{','.join(filter(None, (images, 'terminal')))}]",
    }
    settings = (folder / "assignment.yaml").read_bytes()
    whole = read_yaml(folder / "assignment.yaml", AssignmentFile)
    unmarked = whole.written_tasks if not handout.file.written_tasks else []
    if unmarked and whole.written is None:  # students do not get course.yaml, which says it
        settings = settings.rstrip() + NOT_WRITTEN
    return {
        f"{name}.ipynb": _notebook(folder / f"{name}.ipynb", SETUP.format(**values), unmarked),
        "checks.py": (folder / "checks.py").read_bytes(),
        "assignment.yaml": settings,
        "README.md": README.format(**values, title=handout.file.title, due=due).encode(),
        wheel: engine,
    }


def _notebook(path: Path, setup: str, unmarked: Sequence[WrittenTask]) -> bytes:
    """The handout with the first cell put in front of its code; no outputs.

    Of written tasks that nobody marks the question is left, to think about.
    """
    try:
        notebook: dict[str, Any] = json.loads(path.read_bytes())
        notebook["cells"] = cells = _without_written(notebook["cells"], unmarked)
        first = next(position for position, cell in enumerate(cells) if cell["cell_type"] == "code")
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as problem:
        raise ContentError(
            f"{path} is not a notebook with code cells.", next_step="Run `autograder lint` for details."
        ) from problem
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    cells.insert(
        first,
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "setup",
            "metadata": {},
            "outputs": [],
            "source": setup.splitlines(keepends=True),
        },
    )
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _without_written(cells: list[dict[str, Any]], unmarked: Sequence[WrittenTask]) -> list[dict[str, Any]]:
    """The cells without those for answers to the tasks, and without what is said about answers."""
    if not unmarked:
        return cells
    kept = [
        cell
        for cell in cells
        if not is_answer_cell(cell) and WRITTEN_TAG not in cell.get("metadata", {}).get("tags", ())
    ]
    beginnings = tuple(QUESTION.format(title=task.title) for task in unmarked)
    for cell in kept:
        first, *rest = "".join(cell["source"]).split("\n")
        if cell["cell_type"] == "markdown" and first.startswith(beginnings):
            cell["source"] = "\n".join([TO_THINK_ABOUT, *rest]).splitlines(keepends=True)
    return kept
