"""Gradescope: a table of grades, and an autograder that runs this engine there."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import autograder
from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.exports.line import Line, points
from autograder.exports.table import guarded, write_rows
from autograder.installed import engine_needs
from autograder.submissions.deterministic_zip import deterministic_zip

__all__ = ["autograder_zip", "gradescope_grades"]

HEAD = [
    *("First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status"),
    *("Submission Time", "Lateness (Days)"),
]
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
    engine = Path(autograder.__path__[0])
    files = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.format(arguments=shlex.join(arguments)).encode(),
        "requirements.txt": "".join(f"{one}\n" for one in engine_needs()).encode(),
        "course.yaml": (course.root / "course.yaml").read_bytes(),
        **_folder(engine, engine.name),
    }
    for folder in course.folders(assignment):
        files |= _folder(folder, str(folder.relative_to(course.root)))
    return deterministic_zip(files, executable={"setup.sh", "run_autograder"})


def _folder(folder: Path, name: str) -> dict[str, bytes]:
    found = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            found[f"{name}/{'/'.join(parts)}"] = path.read_bytes()
    return found
