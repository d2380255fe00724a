"""Rubrics: their items, the points that a choice of items gives, and changes that alter given marks.

A new item changes nobody. Whoever has a changed or removed item gets new points: the difference is computed
first, and what was confirmed is applied in the background, one answer a transaction, but for answers that
were marked again meanwhile.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.marking.source import (
    AnswerToMark,
    GivenMark,
    QuestionToMark,
    marking_source,
    question_of,
    rubric_detail,
)
from autograder.site.marking.tables import recalculation, recalculation_change, rubric, rubric_item
from autograder.site.tables import points_text

if TYPE_CHECKING:
    from autograder.site.app_context import AppContext

__all__ = [
    "MOST_ITEMS",
    "PointsChange",
    "Rubric",
    "RubricItem",
    "apply_recalculations",
    "changes_by",
    "comment_by",
    "points_by",
    "read_points",
    "rubric_of",
    "store_rubric",
    "unapplied",
]

MOST_ITEMS = 30
LONGEST_TEXT = 300  # characters of an item
MOST_POINTS = Decimal(10_000)
POINTS = re.compile(r"[+-]?(\d{1,6}([.,]\d{0,4})?|[.,]\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RubricItem:
    """A line of a rubric; its points may be negative."""

    id: str
    text: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Rubric:
    """The rubric of a question; version 0 is the author's, which nobody has used or changed yet."""

    items: tuple[RubricItem, ...]
    from_full: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class PointsChange:
    """An answer whose points a change of the rubric alters."""

    answer: AnswerToMark
    before: Decimal
    after: Decimal


def rubric_of(connection: Connection, course: str, kind: str, work: str, question: QuestionToMark) -> Rubric:
    """The rubric of a question as it is now: the author's, until somebody marks with it or changes it."""
    key = _key(course, kind, work, question.id)
    row = connection.execute(select(rubric).where(*(rubric.c[name] == key[name] for name in key))).first()
    if row is None:
        items = (
            RubricItem(f"author-{number}", criterion.text, criterion.points)
            for number, criterion in enumerate(question.criteria, 1)
        )
        return Rubric(tuple(items))
    rows = connection.execute(
        select(rubric_item)
        .where(*(rubric_item.c[name] == key[name] for name in key), rubric_item.c.removed_at.is_(None))
        .order_by(rubric_item.c.place, rubric_item.c.item)
    )
    return Rubric(
        tuple(RubricItem(item.item, item.text, item.points) for item in rows), row.from_full, row.version
    )


def points_by(
    used: Rubric, chosen: Collection[str], adjust: Decimal = Decimal(0), most: Decimal = MOST_POINTS
) -> Decimal:
    """The points that a choice of items gives, at least 0 and at most those of the question."""
    start = most if used.from_full else Decimal(0)
    whole = sum((item.points for item in used.items if item.id in chosen), start + adjust)
    return min(max(whole, Decimal(0)), most)


def comment_by(used: Rubric, chosen: Collection[str], comment: str) -> str:
    """What the student reads of a mark: its items with their points, and the marker's comment."""
    items = [
        f"{item.text.rstrip('.')} ({'+' if item.points > 0 else ''}{points_text(item.points)})."
        for item in used.items
        if item.id in chosen
    ]
    return " ".join([*items, *([comment.strip()] if comment.strip() else [])])


def read_points(written: str, *, negative: bool = False, most: Decimal = MOST_POINTS) -> Decimal:
    """Points that a person wrote, with at most four decimals; raises Conflict for anything else."""
    plain = written.strip().replace("\N{MINUS SIGN}", "-")
    points = Decimal(plain.replace(",", ".")) if POINTS.fullmatch(plain) else Decimal("NaN")
    least = -most if negative else Decimal(0)
    if not points.is_finite() or not least <= points <= most:
        raise Conflict(
            f"“{written.strip()[:20]}” is not a number of points from {points_text(least)} to "
            f"{points_text(most)} with at most four digits after the decimal point.",
            next_step="Go back and write a number such as 1.5.",
        )
    return points


def changes_by(
    new: Rubric, question: QuestionToMark, answers: Sequence[AnswerToMark], removed: Collection[str]
) -> list[PointsChange]:
    """Whose points a changed rubric alters: those who have a changed item, and nobody else.

    A mark that was given without the rubric stays, and so does one of an earlier answer: a person looks at
    that one anyway.
    """
    known = {item.id for item in new.items} | set(removed)
    changes = []
    for answer in answers:
        detail = rubric_detail(answer.mark)
        if answer.mark is None or answer.mark.points is None or answer.changed or "items" not in detail:
            continue
        chosen = [str(item) for item in detail["items"]]
        if not set(chosen) <= known:
            continue
        after = points_by(new, chosen, Decimal(str(detail.get("adjust", "0"))), question.points)
        if after != answer.mark.points:
            changes.append(PointsChange(answer, answer.mark.points, after))
    return changes


def store_rubric(
    connection: Connection,
    course: str,
    kind: str,
    work: str,
    question: QuestionToMark,
    new: Rubric,
    changes: Sequence[PointsChange] = (),
    *,
    seen: int,
    at: int,
    who: str,
    reason: str = "",
    log: bool = True,
) -> Rubric:
    """Store a rubric, and queue the marks that change with it; new items get their ids here.

    Without `log` it is the author's, kept because somebody marked with it. Raises Conflict where somebody
    else has changed the rubric since version `seen`.
    """
    before = rubric_of(connection, course, kind, work, question)
    if before.version != seen:
        raise Conflict(
            "Somebody else has changed this rubric meanwhile.",
            next_step="Go back, reload the page, and make your change again.",
        )
    key = _key(course, kind, work, question.id)
    if before.version == 0:
        connection.execute(insert(rubric).values(**key, from_full=new.from_full, version=1))
    else:
        this = [rubric.c[name] == key[name] for name in key]
        done = connection.execute(
            update(rubric)
            .where(*this, rubric.c.version == seen)
            .values(from_full=new.from_full, version=seen + 1)
        )
        if not done.rowcount:
            raise Conflict(
                "Somebody else has changed this rubric meanwhile.",
                next_step="Go back, reload the page, and make your change again.",
            )
    items = tuple(item if item.id else replace(item, id=secrets.token_urlsafe(6)) for item in new.items)
    this_item = [rubric_item.c[name] == key[name] for name in key]
    # Removed ones, too: a form that was opened before may have one of them, which comes back.
    known = set(connection.execute(select(rubric_item.c.item).where(*this_item)).scalars())
    for place, item in enumerate(items, 1):
        values = {"place": place, "text": item.text, "points": item.points, "removed_at": None}
        if item.id in known:
            connection.execute(
                update(rubric_item).where(*this_item, rubric_item.c.item == item.id).values(values)
            )
        else:
            connection.execute(insert(rubric_item).values(**key, item=item.id, **values))
    gone = known - {item.id for item in items}
    if gone:
        is_there = rubric_item.c.item.in_(gone), rubric_item.c.removed_at.is_(None)
        connection.execute(update(rubric_item).where(*this_item, *is_there).values(removed_at=at))
    stored = Rubric(items, new.from_full, seen + 1)
    if not log:
        return stored
    detail: dict[str, object] = {
        "question": question.id,
        "items": [f"{points_text(item.points)} {item.text}" for item in items],
        "answers": len(changes),
        "reason": reason,
    }
    record_act(connection, Act(at, who, "change rubric", work, detail))
    if changes:
        run = connection.execute(
            insert(recalculation).values(**key, who=who, at=at, reason=reason).returning(recalculation.c.id)
        ).scalar_one()
        rows = [
            {
                "run": run,
                "answer": change.answer.id,
                "part": change.answer.part,
                "seen": 0 if change.answer.mark is None else change.answer.mark.id,
                "before": change.before,
                "after": change.after,
                "outcome": "",
            }
            for change in changes
        ]
        connection.execute(insert(recalculation_change), rows)
    return stored


def unapplied(connection: Connection, course: str, kind: str, work: str, question: str) -> int:
    """How many answers to a question a change of its rubric still has to come to."""
    key = _key(course, kind, work, question)
    return connection.execute(
        select(func.count())
        .select_from(recalculation_change)
        .join(recalculation, recalculation.c.id == recalculation_change.c.run)
        .where(
            *(recalculation.c[name] == key[name] for name in key), recalculation_change.c.done_at.is_(None)
        )
    ).scalar_one()


def apply_recalculations(site: AppContext) -> int:
    """Give the answers that wait for it their new points, each in its own transaction; how many."""
    with site.database.reading() as connection:
        rows = connection.execute(
            select(recalculation, recalculation_change)
            .join(recalculation_change, recalculation_change.c.run == recalculation.c.id)
            .where(recalculation.c.course == site.course, recalculation_change.c.done_at.is_(None))
            .order_by(recalculation_change.c.run, recalculation_change.c.answer)
        ).mappings()
        waiting = [dict(row) for row in rows]
    for row in waiting:
        site.writer.submit(partial(_apply, site=site, row=row), [row["answer"]], in_background=True).result()
    return len(waiting)


def _apply(connection: Connection, site: AppContext, row: dict[str, object]) -> None:
    at = site.now()
    this = [recalculation_change.c[name] == row[name] for name in ("run", "answer", "part")]
    locked = select(recalculation_change.c.done_at).where(*this).with_for_update()
    if connection.execute(locked).scalar_one() is not None:
        return  # another server was faster
    kind, work = str(row["kind"]), str(row["work"])
    outcome = ""
    try:
        source = marking_source(site, kind)
        question = question_of(connection, source, work, str(row["question"]))
        answer = source.answer(connection, work, question, str(row["answer"]), str(row["part"]))
        detail = rubric_detail(answer.mark)
        if answer.mark is None or answer.changed or answer.mark.id != row["seen"] or "items" not in detail:
            outcome = "It was marked again meanwhile; that mark stands."
        else:
            used = rubric_of(connection, site.course, kind, work, question)
            points = points_by(
                used, detail["items"], Decimal(str(detail.get("adjust", "0"))), question.points
            )
            detail = {**detail, "version": used.version, "by": detail.get("by") or answer.mark.who}
            comment = comment_by(used, detail["items"], str(detail.get("comment", "")))
            given = GivenMark(points, comment, detail)
            source.give(connection, work, question, answer, given, at=at, who=str(row["who"]))
    except (NotFound, Conflict) as problem:
        outcome = problem.message
    connection.execute(update(recalculation_change).where(*this).values(done_at=at, outcome=outcome))


def _key(course: str, kind: str, work: str, question: str) -> dict[str, str]:
    return {"course": course, "kind": kind, "work": work, "question": question}
