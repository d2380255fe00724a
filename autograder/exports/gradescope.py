"""Gradescope: a table of grades, and an autograder that runs this engine there."""

from __future__ import annotations

import importlib.metadata
import io
import shlex
import zipfile
from collections.abc import Sequence
from pathlib import Path

import autograder
from autograder.assignment import load_assignment
from autograder.course import Course
from autograder.errors import UsageError
from autograder.exports.line import Line, points
from autograder.exports.table import guarded, write_rows

__all__ = ["autograder_zip", "gradescope_grades"]

HEAD = [
    *("First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status"),
    *("Submission Time", "Lateness (Days)"),
]
WHEN = (2000, 1, 1, 0, 0, 0)
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when the image is built.
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"
recent() { "$1" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
PYTHON=python3
if ! recent "$PYTHON"; then
  apt-get update
  apt-get install --yes python3.11 python3.11-venv || apt-get install --yes python3 python3-venv
  PYTHON="$(command -v python3.11 || command -v python3)"
fi
"$PYTHON" -m venv "$ROOT/venv"
"$ROOT/venv/bin/python" -m pip install --requirement "$ROOT/source/requirements.txt"
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for every submission.
set -euo pipefail
ROOT="${{AUTOGRADER_ROOT:-/autograder}}"
PYTHON="${{AUTOGRADER_PYTHON:-$ROOT/venv/bin/python}}"
export PYTHONPATH="$ROOT/source" OPENBLAS_NUM_THREADS=1
exec "$PYTHON" -m autograder.exports.run "$ROOT" {arguments}
"""


def gradescope_grades(lines: Sequence[Line]) -> str:
    """The grades with Gradescope's own headers."""
    rows = [HEAD]
    for line in lines:
        one, person = line.standing, line.person
        rows.append(
            [
                guarded(person.first_name or ("" if person.last_name else person.name)),
                guarded(person.last_name),
                person.gradescope_sid or (person.student_id if line.known else guarded(person.student_id)),
                person.email,
                guarded(person.section),
                *(points(one.earned), points(one.possible), "Graded"),
                one.submitted.isoformat() if one.submitted else "",
                str(one.days_late),
            ]
        )
    return write_rows(rows)


def autograder_zip(
    course: Course, assignment: str, seed: int, dataset: str = "", *, sandbox: str = "good"
) -> bytes:
    """The archive to upload under Configure Autograder: the engine, one assignment, its solution."""
    load_assignment(course, assignment)  # what is wrong with it is said here, not there
    arguments = [assignment, str(seed), dataset or "auto", sandbox]
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", SETUP.encode(), 0o755)
        _add(archive, "run_autograder", RUN.format(arguments=shlex.join(arguments)).encode(), 0o755)
        _add(archive, "requirements.txt", _requirements().encode())
        engine = Path(autograder.__path__[0])
        _add_folder(archive, engine, engine.name)
        _add(archive, "course.yaml", (course.root / "course.yaml").read_bytes())
        for folder in course.folders(assignment):
            _add_folder(archive, folder, str(folder.relative_to(course.root)))
    return whole.getvalue()


def _requirements() -> str:
    """What the engine needs, as the installed package says it."""
    try:
        needed = importlib.metadata.requires("autograder") or []
    except importlib.metadata.PackageNotFoundError as problem:
        raise UsageError(
            "The engine is not installed here, so what it needs is not known.",
            next_step="Install it: pip install --editable .",
        ) from problem
    return "".join(f"{one}\n" for one in needed if "extra ==" not in one)


def _add_folder(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            _add(archive, f"{name}/{'/'.join(parts)}", path.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o644) -> None:
    info = zipfile.ZipInfo(name, WHEN)
    info.external_attr, info.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    archive.writestr(info, data)
