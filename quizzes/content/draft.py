"""A look at a bank or a quiz that is being written, in a program of its own: its faults, and a preview.

`python -m quizzes.content.draft KIND NAME BANKS ZONE SEED` reads the text from its standard input and writes
JSON. The web server runs it with `look_at` within limits while an author types, so that no text, pattern or
expression holds the server up. Functions of items are not run: `quizzes lint` does that in the sandbox.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from autograder.course.course import Course, CourseFile
from autograder.course.local_time import counted
from autograder.errors import AutograderError
from autograder.pages.text import worth
from autograder.submissions.limited_program import run_limited, serve_limited
from quizzes.content.bank import load_bank
from quizzes.content.items.base import VariantProblem
from quizzes.content.lint import Fault, faults_in_bank, faults_in_slots, faults_in_window, remarks_on_bank
from quizzes.content.markup import render
from quizzes.content.question import Question
from quizzes.content.quiz_file import load_quiz
from quizzes.content.randomization import derived_seed

__all__ = ["Draft", "look_at"]

PROCESSOR_SECONDS = 10
WALL_SECONDS = 60.0  # on a loaded machine
QUICK = 25  # variants of each item while it is typed; `quizzes lint` takes 200
MOST_FAULTS = 50
LINE = re.compile(r", line (\d+)")


@dataclass(frozen=True)
class Draft:
    """What is wrong with a text, and its questions as students would get them, with their keys."""

    faults: list[dict[str, Any]] = field(default_factory=list)  # line, message
    remarks: list[str] = field(default_factory=list)
    #: Of each question: id, line, its public view, key and explanation as HTML.
    questions: list[dict[str, Any]] = field(default_factory=list)
    summary: str = ""


def look_at(kind: str, name: str, text: str, banks: Path, zone: str, seed: str) -> Draft:
    """A look at the text of a `bank` or a `quiz`, found in a process of its own."""
    values = run_limited(
        "quizzes.content.draft",
        text.encode(),
        kind,
        name,
        str(banks),
        zone,
        seed,
        wall_seconds=WALL_SECONDS,
    )
    if values is None:
        message = (
            "This text needs more time or memory than a look at it may use; save it, and run quizzes lint."
        )
        return Draft(faults=[{"line": None, "message": message}])
    return Draft(**values)


def _look(text: str, kind: str, name: str, banks: Path, zone: str, seed: str) -> Draft:
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder), CourseFile(title="Draft", time_zone=zone))
        quizzes = course.root / "quizzes"
        quizzes.mkdir()
        if kind == "bank":
            return _of_bank(course, quizzes, name, text, banks, seed)
        (quizzes / "banks").symlink_to(banks.absolute(), target_is_directory=True)
        (quizzes / f"{name}.yaml").write_text(text, encoding="utf-8")
        try:
            plan = load_quiz(course, name)
            faults = [*faults_in_slots(plan), *faults_in_window(plan)]
            variants = [(item.question.item_id, item.question) for item in plan.quiz.build_questions(seed)]
        except AutograderError as problem:
            return _failed(course, problem)
        except (VariantProblem, ValueError) as problem:
            return Draft(faults=[{"line": None, "message": str(problem)}])
        shown = [_question(None, name, question) for name, question in variants]
        summary = f"{counted(len(plan.quiz), 'question')}, {worth(plan.quiz.points)}."
        return Draft(_shown(course, faults), [], shown, summary)


def _of_bank(course: Course, quizzes: Path, name: str, text: str, banks: Path, seed: str) -> Draft:
    folder = quizzes / "banks"
    folder.mkdir()
    for other in banks.iterdir() if banks.is_dir() else ():
        if other.is_dir():  # of pictures
            (folder / other.name).symlink_to(other.absolute(), target_is_directory=True)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        bank = load_bank(path)
        faults = faults_in_bank(bank, QUICK)
    except AutograderError as problem:
        return _failed(course, problem)
    shown = []
    for item in bank.items.values():
        try:
            shown.append(
                _question(
                    bank.line(item.id),
                    item.id,
                    item.question(derived_seed(seed.encode(), item.id), Decimal(1)),
                )
            )
        except (AutograderError, VariantProblem, ValueError):  # a fault says it
            continue
    remarks = [remark.replace(f"{course.root}/", "") for remark in remarks_on_bank(bank)]
    return Draft(_shown(course, faults), remarks, shown, f"{len(bank.items)} items.")


def _question(line: int | None, name: str, question: Question) -> dict[str, Any]:
    key = question.key_text if question.kind == "function" else render(question.key_text)
    return {
        "id": name,
        "line": line,
        "view": asdict(question.public_view()),
        "key": key,
        "answer": question.key_answer,
        "explanation": question.explanation,
    }


def _failed(course: Course, problem: AutograderError) -> Draft:
    return Draft([_fault(course, f"{problem.message} {problem.next_step}")])


def _shown(course: Course, faults: list[Fault]) -> list[dict[str, Any]]:
    return [_fault(course, str(fault)) for fault in faults[:MOST_FAULTS]]


def _fault(course: Course, text: str) -> dict[str, Any]:
    """A fault with the number of its line, and without the names of directories."""
    found = LINE.search(text)
    plain = re.sub(rf"{re.escape(str(course.root))}/[^\s:,]*(, line \d+)?:? ?", "", text)
    return {"line": int(found[1]) if found else None, "message": plain.strip()}


if __name__ == "__main__":
    serve_limited(
        lambda content, arguments: asdict(
            _look(content.decode(), arguments[0], arguments[1], Path(arguments[2]), *arguments[3:])
        ),
        processor_seconds=PROCESSOR_SECONDS,
    )
