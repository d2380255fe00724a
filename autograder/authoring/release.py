"""The release of an assignment: a directory `<id>/` and the same as `<id>.zip`, from an allow-list.

<id>.ipynb        the handout, with a first cell that installs what is missing
checks.py         the public checks
assignment.yaml   tasks, due date
README.md         the steps to start
autograder-….whl  the engine
Nothing else is ever copied: no solution, no hidden check, no quiz.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.authoring.student_wheel import engine_wheel, package_metadata
from autograder.course.course import Course
from autograder.course.handout import read_handout
from autograder.errors import ContentError, UsageError
from autograder.submissions.deterministic_zip import deterministic_zip

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
    installed = version("autograder")
except PackageNotFoundError:
    installed = None
if installed != "{version}":
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "{wheel}"], check=True)
"""
README = """\
# {title}

1. Install, with Python 3.11 or newer: `pip install jupyterlab ./{wheel}`
2. Open the notebook: `jupyter lab {name}.ipynb`, and run it from top to bottom.

Replace each `raise NotImplementedError(...)` by your code and run the cell with `check(...)` below it. In a
terminal, `autograder check {name}.ipynb` runs the same checks. Submit `{name}.ipynb`, nothing else.

On Colab, open `{name}.ipynb`, upload `{name}.zip` to its files, and run the first cell.
{due}"""


def release(course: Course, name: str, out: Path) -> list[Path]:
    """Write an assignment's bundle into a directory; returns what was written.

    Raises ContentError for contradictions in the public half, UsageError where the directory cannot be
    written or holds a file that is not of an earlier release.
    """
    files = _files(course, name)
    written = {out / name / file: data for file, data in files.items()}
    archive = out / f"{name}.zip"
    written[archive] = deterministic_zip({f"{name}/{file}": data for file, data in files.items()})
    there = list((out / name).rglob("*")) if (out / name).is_dir() else []
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
    values = {"name": name, "wheel": wheel, "version": package_metadata()["Version"]}
    return {
        f"{name}.ipynb": _notebook(folder / f"{name}.ipynb", SETUP.format(**values)),
        "checks.py": (folder / "checks.py").read_bytes(),
        "assignment.yaml": (folder / "assignment.yaml").read_bytes(),
        "README.md": README.format(**values, title=handout.file.title, due=due).encode(),
        wheel: engine,
    }


def _notebook(path: Path, setup: str) -> bytes:
    """The handout with the first cell put in front of its code; no outputs."""
    try:
        notebook: dict[str, Any] = json.loads(path.read_bytes())
        cells = notebook["cells"]
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
