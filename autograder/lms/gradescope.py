"""Gradescope: reading what Export Submissions gives, and writing its grades and its autograder.

    assignment_123_export/submission_metadata.yml     who submitted what, and when
    assignment_123_export/submission_456/week1.ipynb    the files

A group's submission has several submitters; it is an entry of each.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from autograder.authoring.student_wheel import package_requirements
from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.course.csv_table import guard_formula, write_table
from autograder.errors import SubmissionError, UsageError
from autograder.gradebook.tables import GradeRow, points
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    is_folder,
    is_notebook,
    natural,
    unmatched_files,
    visible,
)
from autograder.submissions.deterministic_zip import deterministic_zip
from autograder.submissions.guarded_files import is_regular_file, read_regular_file
from autograder.submissions.notebook import storable
from autograder.yaml_source import PlainLoader, load_yaml

__all__ = ["FILE", "GRADESCOPE", "autograder_zip", "gradescope_grades"]


FILE = "submission_metadata.yml"
EXPORT = re.compile(r"assignment_\d+_export\b.*")  # the directory, and its copies
FOLDER = re.compile(r"submission_\d+")  # of one submission
LARGEST = 200_000_000
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
exec "$PYTHON" -m autograder.lms.gradescope_run "$ROOT" {arguments}
"""


class _Loader(PlainLoader):
    """Safe YAML in which Ruby's own types are plain maps, lists and texts."""


def _plainly(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return str(node.value)


_Loader.add_multi_constructor("!ruby/", _plainly)
_Loader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: str(node.value)
)  # an id such as 007 is a text


def read_gradescope(
    folder: Path, assignment: str
) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The submissions of an export; raises UsageError for metadata that cannot be read.

    A student may write such a file too: it is Gradescope's only beside directories that it names, or that are
    named as Gradescope names them, and beside a notebook only where Gradescope named the directory.
    """
    children = _children(folder)
    directories = [child for child in children if is_folder(child)]
    others = [child for child in children if not is_folder(child) and child.name != FILE]
    if not is_regular_file(folder / FILE):
        return None
    loose = [child for child in others if is_notebook(child)]
    if loose and not EXPORT.fullmatch(folder.name):
        return None
    candidates: list[CollectedSubmission] = []
    known = _metadata(folder / FILE)
    strange = [child for child in directories if child.name not in known]
    if len(strange) == len(directories) or not all(FOLDER.fullmatch(child.name) for child in strange):
        return None
    unmatched = unmatched_files(child for child in others if child not in loose)
    for name, facts in sorted(known.items(), key=lambda item: natural(item[0])):
        path = folder / name
        people = [submitter for submitter in _list(facts, "submitters") if isinstance(submitter, dict)]
        if Path(name).name != name or not is_folder(path):
            unmatched.append(
                Unmatched(storable(name)[:300], f"{FILE} names it, but the directory does not exist.")
            )
        elif not people:
            unmatched.append(Unmatched(name, f"{FILE} names no submitter."))
        else:
            candidates += [_candidate(path, name, person, facts) for person in people]
    unmatched += [
        Unmatched(storable(child.name), f"{FILE} does not name it.") for child in [*strange, *loose]
    ]
    return candidates, unmatched


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(visible(folder))
    except OSError:
        return []  # what is wrong with it shows when it is read


def _metadata(path: Path) -> dict[str, Any]:
    wrong = UsageError(
        f"{path} is not a file that Gradescope wrote.", next_step="Export the submissions again."
    )
    try:
        text = read_regular_file(path, LARGEST)
        if len(text) > LARGEST:
            raise wrong
        data = load_yaml(text.decode("utf-8-sig"), _Loader)
    except SubmissionError as problem:
        raise wrong from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path} cannot be read.", next_step="Export the submissions again.") from problem
    except (yaml.YAMLError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        location = f", line {mark.line + 1}" if mark else ""
        raise UsageError(
            f"{path}{location}: the file is not YAML.", next_step="Export the submissions again."
        ) from problem
    if not isinstance(data, dict):
        raise UsageError(f"{path} lists no submissions.", next_step="Export the submissions again.")
    return {str(name): facts for name, facts in data.items()}


def _candidate(path: Path, name: str, person: dict[Any, Any], facts: Any) -> CollectedSubmission:
    sid, email, full = (storable(_text(person, key)) for key in ("sid", "email", "name"))
    return CollectedSubmission(
        email or sid or full or name,
        path,
        submitted=_time(_value(facts, "created_at")),
        attempt=int("".join(c for c in name if c in "0123456789")[:18] or 0),
        origin=name,
        keys=tuple(filter(None, (sid, email, full))),
        name=full,
        roster_columns=(("gradescope_sid", sid),),
    )


def _value(facts: Any, key: str) -> Any:
    """A value by its key, which Ruby writes with a colon in front."""
    return facts.get(f":{key}", facts.get(key)) if isinstance(facts, dict) else None


def _list(facts: Any, key: str) -> list[Any]:
    value = _value(facts, key)
    return value if isinstance(value, list) else []


def _text(facts: Any, key: str) -> str:
    value = _value(facts, key)
    return "" if value is None else str(value).strip()


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace(" UTC", "+00:00").replace(" Z", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


GRADESCOPE = Layout(
    "gradescope",
    read_gradescope,
    says_who=True,
    file=FILE,
    folder=EXPORT,
    untimed=(f"{FILE} gives no time that can be read", "Export the submissions again."),
)


def gradescope_grades(grade_rows: Sequence[GradeRow]) -> str:
    """The grades with Gradescope's own headers."""
    rows = [HEAD]
    for row in grade_rows:
        score, person = row.final_score, row.person
        rows.append(
            [
                guard_formula(person.first_name or ("" if person.last_name else person.name)),
                guard_formula(person.last_name),
                person.gradescope_sid
                or (person.student_id if row.known else guard_formula(person.student_id)),
                person.email,
                guard_formula(person.section),
                *(points(score.earned), points(score.possible), "Graded"),
                score.submitted.isoformat() if score.submitted else "",
                str(score.days_late),
            ]
        )
    return write_table(rows[0], rows[1:])


def autograder_zip(
    course: Course, assignment: str, seed: int, dataset: str = "", *, sandbox: str = "good"
) -> bytes:
    """The archive to upload under Configure Autograder: the engine, one assignment, its solution."""
    load_assignment(course, assignment)  # its errors are reported here, not on Gradescope
    arguments = [assignment, str(seed), dataset or "auto", sandbox]
    engine = Path(__file__).parents[1]
    files = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.format(arguments=shlex.join(arguments)).encode(),
        "requirements.txt": "".join(f"{requirement}\n" for requirement in package_requirements()).encode(),
        "course.yaml": (course.root / "course.yaml").read_bytes(),
        **_folder(engine, engine.name),
    }
    for folder in course.folders(assignment):
        files |= _folder(folder, str(folder.relative_to(course.root)))
    return deterministic_zip(files, executable={"setup.sh", "run_autograder"})


def _folder(folder: Path, name: str) -> dict[str, bytes]:
    files = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            files[f"{name}/{'/'.join(parts)}"] = path.read_bytes()
    return files
