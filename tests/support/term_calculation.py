"""Final grades of a simulated term, from its record alone: written without the software that it checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from math import floor

from term_record import Homework, TermRecord, Upload

__all__ = ["final_percentage", "homework_score", "quiz_score"]


def later(term: TermRecord, due: datetime, days: int, hours: int = 0) -> datetime:
    """So many days later on the wall clock, and then so many hours."""
    wall = due.astimezone(term.zone).replace(tzinfo=None) + timedelta(days=days)
    return wall.replace(tzinfo=term.zone).astimezone(UTC) + timedelta(hours=hours)


def due_date(term: TermRecord, who: str, work: Homework) -> datetime:
    """When work is due for a student: the latest of what everybody has and what they have, and late days.

    Of their own extensions a person's goes before a label's, one for this homework before a standing one,
    then the newest.
    """
    named = [("person", who), ("label", term.labels.get(who, ""))]
    holding = [
        [e for e in term.extensions if (e.scope, e.who) == n and e.homework in ("", work.name)] for n in named
    ]
    found = [e for e in term.extensions if e.scope == "all" and e.homework == work.name][-1:]
    for narrow in [rules for rules in holding if rules][:1]:
        found.append(sorted(narrow, key=lambda e: bool(e.homework))[-1])
    dates = [later(term, work.due, e.days, e.hours) for e in found]
    return later(term, max([work.due, *dates]), term.late_days.get((who, work.name), 0))


def earned(term: TermRecord, who: str, work: Homework, upload: Upload) -> tuple[Fraction, int]:
    """What a submission earns a student, and how many days late it is."""
    days, due, grace = 0, due_date(term, who, work), timedelta(minutes=work.grace_minutes)
    while upload.at > later(term, due, days) + grace:
        days += 1
    if upload.override is not None:
        return upload.override, days
    points = sum({**upload.tasks, **upload.by_hand}.values(), Fraction(0))
    for task, words in upload.words.items():
        marks = [m for m in term.word_marks if m[0] == work.name and who in m[1] and m[2] == task]
        points += ([m[4] for m in marks if m[3] == words] or [m[4] for m in marks])[-1]
    return points * (1 - min(work.at_most, work.per_day * days)), days


def homework_score(term: TermRecord, who: str, work: Homework) -> Fraction | None:
    """A student's points in a homework; None for whoever is excused."""
    if any(e.excused and e.who == who and e.homework == work.name for e in term.extensions):
        return None
    mine = [u for u in term.uploads if u.homework == work.name and who in u.owners]
    scores = [earned(term, who, work, upload) for upload in mine] or [(Fraction(0), 0)]
    if work.counts == "best":
        return max(points for points, _ in scores)
    on_time = [score for score in scores if not score[1]] if work.counts == "last_on_time" else []
    return (on_time or scores)[-1][0]


def quiz_score(term: TermRecord, who: str, quiz: str) -> Fraction | None:
    """A student's points in a quiz, by the key as it is at last; None for whoever is excused."""
    if (who, quiz) in term.excused:
        return None
    totals = [
        sum((p for pos, (key, p) in term.keys[quiz].items() if taken.given.get(pos) == key), Fraction(0))
        + sum(taken.by_hand.values(), Fraction(0))
        for taken in term.quiz_answers
        if (taken.quiz, taken.student) == (quiz, who)
    ] or [Fraction(0)]
    return max(totals) if term.rules.get(who) == "best" else totals[-1]


def final_percentage(term: TermRecord, who: str) -> Fraction:
    """The total, rounded once to two decimals, halves up."""
    works = {w.name: (homework_score(term, who, w), w.points) for w in term.homeworks}
    quizzes = {q: (quiz_score(term, who, q), points) for q, points in term.quiz_points.items()}
    parts = []
    for name, scores, drop in (("homework", works, term.drop_lowest), ("quizzes", quizzes, 0)):
        counting = [(n, e, p) for n, (e, p) in scores.items() if e is not None]
        can_go = [entry[0] for entry in counting if entry[0] not in term.never_drop]
        kept = (
            [entry for entry in counting if entry[0] not in gone]
            for gone in combinations(can_go, min(drop, max(0, len(can_go) - 1)))
        )
        shares = [sum(e for _, e, _ in k) / Fraction(sum(p for _, _, p in k)) for k in kept if k]
        if shares:
            parts.append((term.weights[name], max(shares)))
    total = sum(w * s for w, s in parts) / sum(w for w, _ in parts)
    return Fraction(floor(total * 10_000 + Fraction(1, 2)), 100)
