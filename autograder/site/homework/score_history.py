"""The history of a submission's scores: every grading, mark and answered request, with who and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from autograder.site.homework.grade_records import TASK, TOTAL, WRITTEN
from autograder.site.homework.submissions import counts
from autograder.site.homework.tables import grading, homework_regrade
from autograder.site.ledger import HOMEWORK
from autograder.site.marks import marks_of_work
from autograder.site.people import names_of
from autograder.site.tables import points_text

__all__ = ["HistoryEntry", "score_history"]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of a score: when, of which task (empty for the whole), and a sentence."""

    at: int
    task: str
    sentence: str


def score_history(connection: Connection, submission: str, titles: Mapping[str, str]) -> list[HistoryEntry]:
    """What changed the scores of a submission, the oldest first; `titles` are those of tasks by id."""
    gradings = connection.execute(
        select(grading, homework_regrade.c.reason.label("why"), homework_regrade.c.released_by)
        .outerjoin(homework_regrade, homework_regrade.c.id == grading.c.regrade)
        .where(grading.c.submission == submission, grading.c.state == "graded", counts())
        .order_by(grading.c.id)
    ).all()
    marks = [
        (part, given)
        for part, rows in marks_of_work(connection, HOMEWORK, submission).items()
        for given in rows
    ]
    people = {given.who for _, given in marks} | {row.released_by for row in gradings if row.released_by}
    names = names_of(connection, people)
    entries = []
    for row in gradings:
        points = f"{points_text(row.earned)} of {points_text(row.possible)}"
        sentence = f"The checks gave {points}."
        if row.regrade is not None:
            by = names.get(row.released_by, row.released_by)
            sentence = f"Graded again: the checks gave {points}; released by {by}: {row.why}"
        elif row.reason == "regrade":
            sentence = f"Graded again: the checks gave {points}."
        entries.append(HistoryEntry(row.applied_at or row.graded_at, "", sentence))
    for part, given in marks:
        task = "" if part == TOTAL else part.removeprefix(TASK).removeprefix(WRITTEN)
        by = names.get(given.who, given.who)
        did = (
            f"{by} withdrew the points" if given.points is None else f"{by} gave {points_text(given.points)}"
        )
        sentence = f"{did}{f': {given.reason}' if given.reason else '.'}"
        entries.append(HistoryEntry(given.at, titles.get(task, task), sentence))
    return sorted(entries, key=lambda entry: entry.at)
