"""Assigned work: who marks whose answers, evenly, by section or by person, without conflicts of interest.

Work is assigned by student and question, so a student's next submission stays with the same marker. Every
student of the course is assigned, those who have answered first: both parts are shared evenly.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from autograder.errors import Conflict, Forbidden
from autograder.site.audit import Act, record_act
from autograder.site.marking.source import AnswerToMark
from autograder.site.marking.tables import assigned_answer, marking_conflict
from autograder.site.tables import enrolment
from autograder.site.upsert import upsert_all

__all__ = [
    "ConflictOfInterest",
    "add_conflict",
    "assign_evenly",
    "code_of",
    "conflict_pairs",
    "conflicts_in",
    "in_marking_order",
    "markers_in",
    "markers_of",
    "marking_refusal",
    "may_mark",
    "remove_conflict",
    "require_may_mark",
    "store_markers",
    "take_back",
    "who_is_not_marked_by",
]

LONGEST_REASON = 300
CODE = 10  # characters


@dataclass(frozen=True, slots=True)
class ConflictOfInterest:
    """A member of staff who does not mark a student's work, and why."""

    marker: str
    person: str
    reason: str


def markers_in(connection: Connection, course: str) -> list[str]:
    """The people who may mark: assistants and instructors, in order."""
    rows = connection.execute(
        select(enrolment.c.person)
        .where(enrolment.c.course == course, enrolment.c.role.in_(["ta", "instructor"]))
        .order_by(enrolment.c.person)
    )
    return list(rows.scalars())


def code_of(secret: str, question: str, answer: AnswerToMark) -> str:
    """The name of an answer while it is marked: it tells nothing of its student and differs by question."""
    text = f"{secret}\n{question}\n{answer.id}\n{answer.part}"
    return hashlib.sha256(text.encode()).hexdigest()[:CODE]


def in_marking_order(secret: str, question: str, answers: Iterable[AnswerToMark]) -> dict[str, AnswerToMark]:
    """The answers by their codes, in pseudo-random order: nobody is always marked first, or last."""
    return dict(sorted((code_of(secret, question, answer), answer) for answer in answers))


def may_mark(conflicts: Collection[tuple[str, str]], marker: str, people: Sequence[str]) -> bool:
    """Whether a person may mark the work of these people: not their own, and no conflict of interest."""
    return marker not in people and not any((marker, person) in conflicts for person in people)


def who_is_not_marked_by(connection: Connection, course: str, marker: str) -> frozenset[str]:
    """The people with whose work `may_mark` is false for a person."""
    pairs = conflict_pairs(connection, course)
    return frozenset([marker, *(person for of_marker, person in pairs if of_marker == marker)])


def marking_refusal(connection: Connection, course: str, marker: str, people: Sequence[str]) -> str:
    """Why a person may not mark the work of these people, as a sentence; empty where they may."""
    if may_mark(conflict_pairs(connection, course), marker, people):
        return ""
    if marker in people:
        return "Nobody marks their own work, or gives themselves time."
    return "You do not mark this student's work: a conflict of interest is recorded."


def require_may_mark(connection: Connection, course: str, marker: str, people: Sequence[str]) -> None:
    """Raise Forbidden for one's own work, and where a conflict of interest is recorded.

    `people` are all who submitted the work together. Each act on points or time of single people asks here.
    """
    if refusal := marking_refusal(connection, course, marker, people):
        raise Forbidden(refusal, next_step="Ask another member of the course's staff to decide.")


def assign_evenly(
    people: Sequence[Sequence[str]], markers: Sequence[str], conflicts: Collection[tuple[str, str]]
) -> dict[str, str]:
    """The marker of each person; `people` are groups that submit together, and stay together.

    Nobody gets more than one group more than another, as far as conflicts of interest allow. Raises Conflict
    where somebody is left whom none of the markers may mark.
    """
    load, assigned = Counter(dict.fromkeys(markers, 0)), {}
    # Those whom few may mark come first, so that the rest can make up for them.
    order = sorted(people, key=lambda group: sum(may_mark(conflicts, marker, group) for marker in markers))
    for group in order:
        able = [marker for marker in load if may_mark(conflicts, marker, group)]
        if not able:
            raise Conflict(
                f"None of the chosen markers may mark {' and '.join(group)}: a conflict of interest.",
                next_step="Choose another marker, too.",
            )
        chosen = min(able, key=lambda marker: (load[marker], marker))
        load[chosen] += 1
        assigned.update(dict.fromkeys(group, chosen))
    return assigned


def store_markers(
    connection: Connection,
    course: str,
    kind: str,
    work: str,
    questions: Sequence[str],
    assigned: Mapping[str, str],
    *,
    at: int,
    who: str,
) -> None:
    """Store who marks whom; what was assigned to the same people before is assigned anew."""
    rows = [
        {
            "course": course,
            "kind": kind,
            "work": work,
            "question": question,
            "person": person,
            "marker": marker,
            "at": at,
        }
        for question in questions
        for person, marker in assigned.items()
    ]
    upsert_all(connection, assigned_answer, rows)
    detail: dict[str, object] = {"questions": list(questions), "people": Counter(assigned.values())}
    record_act(connection, Act(at, who, "assign marking", work, detail))


def take_back(
    connection: Connection, course: str, kind: str, work: str, questions: Sequence[str], *, at: int, who: str
) -> int:
    """Assign these questions to nobody; how many answers it was."""
    done = connection.execute(
        delete(assigned_answer).where(
            assigned_answer.c.course == course,
            assigned_answer.c.kind == kind,
            assigned_answer.c.work == work,
            assigned_answer.c.question.in_(questions),
        )
    ).rowcount
    record_act(connection, Act(at, who, "take back marking", work, {"questions": list(questions)}))
    return done


def markers_of(connection: Connection, course: str, kind: str, work: str) -> dict[str, dict[str, str]]:
    """The marker of each person, by question."""
    assigned: dict[str, dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        select(assigned_answer).where(
            assigned_answer.c.course == course, assigned_answer.c.kind == kind, assigned_answer.c.work == work
        )
    )
    for row in rows:
        assigned[row.question][row.person] = row.marker
    return assigned


def conflicts_in(connection: Connection, course: str) -> list[ConflictOfInterest]:
    """The conflicts of interest of a course."""
    rows = connection.execute(
        select(marking_conflict)
        .where(marking_conflict.c.course == course)
        .order_by(marking_conflict.c.marker, marking_conflict.c.person)
    )
    return [ConflictOfInterest(row.marker, row.person, row.reason) for row in rows]


def conflict_pairs(connection: Connection, course: str) -> set[tuple[str, str]]:
    """The conflicts of interest of a course as pairs of marker and student."""
    return {(item.marker, item.person) for item in conflicts_in(connection, course)}


def add_conflict(
    connection: Connection, course: str, marker: str, person: str, reason: str, *, at: int, who: str
) -> None:
    """Keep a marker from a student's work; what was assigned of it is assigned to nobody."""
    remove_conflict(connection, course, marker, person)
    connection.execute(
        insert(marking_conflict).values(
            course=course, marker=marker, person=person, reason=reason[:LONGEST_REASON], who=who, at=at
        )
    )
    connection.execute(
        delete(assigned_answer).where(
            assigned_answer.c.course == course,
            assigned_answer.c.marker == marker,
            assigned_answer.c.person == person,
        )
    )
    record_act(
        connection, Act(at, who, "add conflict of interest", marker, {"person": person, "reason": reason})
    )


def remove_conflict(connection: Connection, course: str, marker: str, person: str) -> bool:
    """Remove a conflict of interest; False if there is none."""
    this = (
        marking_conflict.c.course == course,
        marking_conflict.c.marker == marker,
        marking_conflict.c.person == person,
    )
    return connection.execute(delete(marking_conflict).where(*this)).rowcount > 0
