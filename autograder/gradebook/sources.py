"""What a gradebook is made from: results folders and quiz tables, wherever they lie in the folders named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.course.course import Course
from autograder.course.roster import Roster
from autograder.errors import UsageError
from autograder.gradebook.column import Column
from autograder.gradebook.homework import homework_column
from autograder.gradebook.quiz import NEEDED, quiz_columns
from autograder.results import Results

__all__ = ["columns_in"]


def columns_in(paths: Sequence[Path], course: Course, roster: Roster) -> list[Column]:
    """The columns of results folders and tables, and of those in the folders named, in natural order.

    Raises UsageError where there are none, or where two are of the same assignment or quiz.
    """
    found: dict[str, tuple[Path, Column]] = {}
    for path in _sources(paths):
        if path.is_dir():
            own = [homework_column(Results(path.absolute()), course, roster)]
        else:
            own = quiz_columns(path, course)
        for column in own:
            other, _ = found.setdefault(column.name, (path, column))
            if other != path:
                raise UsageError(
                    f"{other} and {path} are both of {column.name}.",
                    next_step="Name with --from the one that counts.",
                )
    if not found:
        named = ", ".join(map(str, paths))
        raise UsageError(
            f"There are no results in {named}.",
            next_step="Name with --from what `autograder grade --out` and `quizzes results --out` wrote, "
            "or the folder that they are in.",
        )
    return [found[name][1] for name in sorted(found)]


def _sources(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no {path}.", next_step="Correct --from.")
        if path.is_file() or _is_results(path):
            yield path
        else:
            yield from (one for one in sorted(path.iterdir()) if _is_results(one) or _is_quiz_table(one))


def _is_results(path: Path) -> bool:
    return Results(path).ledger.is_file()


def _is_quiz_table(path: Path) -> bool:
    """Whether a file is one of ours: other tables may lie beside it."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return set(NEEDED) <= set(file.readline().strip().split(","))
