"""The gradebook: every student's scores by group, the dropped scores, and the total.

All arithmetic is on fractions. Percentages are rounded once, at the end, to two decimals with halves up;
a letter follows from the rounded percentage, so that no page shows 90.00 next to a B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor

from autograder.course.course import FILE, Course
from autograder.course.csv_table import guard_formula, write_table
from autograder.course.grading_policy import GradebookRules, Group
from autograder.course.roster import Person, Roster
from autograder.errors import ContentError, choose_one
from autograder.gradebook.columns import Column
from autograder.gradebook.scores import Score, State, kept, score_of, share
from autograder.gradebook.tables import GradeRow, points
from autograder.results.final_scores import FinalScore
from autograder.submissions.collecting import natural
from autograder.yaml_source import line_of

__all__ = [
    "Gradebook",
    "GroupShare",
    "Row",
    "excused_from",
    "grade_rows_of_column",
    "gradebook_csv",
    "gradebook_of",
    "percent",
]


@dataclass(frozen=True)
class GroupShare:
    """A student's scores in one group."""

    name: str
    weight: Fraction  # of 1; 0 where nothing in it counts yet, which leaves its weight to the others
    scores: tuple[Score, ...]
    share: Fraction | None  # of the points that count
    whole: Fraction | None  # what it would be with nothing dropped

    @property
    def contribution(self) -> Fraction:
        """To the total, of 1."""
        return self.weight * (self.share or 0)


@dataclass(frozen=True)
class Row:
    """A student's row."""

    student: str
    person: Person
    known: bool  # on the roster
    groups: tuple[GroupShare, ...]
    total: Fraction | None  # of 1; None while nothing counts
    letter: str

    @property
    def scores(self) -> list[Score]:
        """All scores, in the order of the columns."""
        return [score for group in self.groups for score in group.scores]


@dataclass(frozen=True)
class Gradebook:
    """The gradebook of a course."""

    course: str
    rules: GradebookRules
    columns: tuple[Column, ...]  # in the order of the groups
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]  # what the instructor should know, a sentence each


def percent(share: Fraction) -> Decimal:
    """A share of 1 as a percentage with two decimals, halves up."""
    return Decimal(floor(share * 10000 + Fraction(1, 2))).scaleb(-2)


def gradebook_of(columns: Sequence[Column], course: Course, roster: Roster, now: datetime) -> Gradebook:
    """The gradebook of the columns; raises ContentError for rules that name an unknown assignment or quiz.

    Without rules in course.yaml everything is in one group.
    """
    by_name = {column.name: column for column in columns}
    rules = course.gradebook or GradebookRules(
        groups=[Group(name="All", weight=Decimal(100), of=list(by_name))]
    )
    known = _known(by_name, course)
    _check_names(rules, known, course)
    people, ids, on_people = _students(columns, roster)
    rows = []
    for student in sorted(people, key=natural):
        scores = {
            name: score_of(column, ids.get((name, student), student), course, now)
            for name, column in by_name.items()
        }
        groups = tuple(_groups(rules, scores))
        counts = any(group.share is not None for group in groups)
        total = sum((group.contribution for group in groups), Fraction(0)) if counts else None
        letter = "" if total is None else rules.letter(percent(total))
        person = people[student]
        rows.append(Row(student, person or Person(student), person is not None, groups, total, letter))
    shown = tuple(by_name[name] for group in rules.groups for name in group.of if name in by_name)
    remarks = [*_remarks(rules, by_name, rows, roster), *on_people]
    remarks += [
        f"{FILE} has exceptions for {name}, which is not an assignment or quiz."
        for name in sorted(course.spoken_of() - known)
    ]
    return Gradebook(course.title, rules, shown, tuple(rows), tuple(remarks))


def _known(by_name: Mapping[str, Column], course: Course) -> set[str]:
    """The names of all assignments and quizzes, and of all results."""
    quizzes = (path.stem for path in (course.root / "quizzes").glob("*.yaml"))
    return {*by_name, *course.assignment_ids(), *quizzes}


def _check_names(rules: GradebookRules, known: Set[str], course: Course) -> None:
    path = course.root / FILE
    keys = [
        (("gradebook", "groups", at, "of", position), name)
        for at, group in enumerate(rules.groups)
        for position, name in enumerate(group.of)
    ]
    for position, name in keys:
        if name not in known:
            line = line_of(path.read_text(encoding="utf-8"), position)
            raise ContentError(
                f"{path}{f', line {line}' if line else ''}: {'.'.join(map(str, position))}: "
                f"unknown assignment or quiz {name!r}.",
                next_step=choose_one(sorted(known), "Grade an assignment first."),
            )


def _students(
    columns: Sequence[Column], roster: Roster
) -> tuple[dict[str, Person | None], dict[tuple[str, str], str], list[str]]:
    """All students on the roster or with a score, by ID; their IDs in the columns; remarks on the others."""
    people: dict[str, Person | None] = {person.student_id: person for person in roster.students}
    ids: dict[tuple[str, str], str] = {}
    remarks: list[str] = []
    for column in columns:
        for known in (*column.final_scores, *column.due):
            person, _ = roster.resolve(known)
            if person is not None and not person.is_student:
                if known in column.final_scores:
                    remarks.append(
                        f"{person.name} is not a student ({person.role}): no score of theirs counts."
                    )
                continue
            student = person.student_id if person else known
            first = ids.setdefault((column.name, student), known)
            if first != known:
                remarks.append(f"In {column.name} {first} and {known} are one student: only {first} counts.")
            if known in column.final_scores or not roster:
                people.setdefault(student, person)
    return people, ids, list(dict.fromkeys(remarks))


def _groups(rules: GradebookRules, scores: Mapping[str, Score]) -> Iterator[GroupShare]:
    """The groups with their lowest scores dropped, and the contribution of each to the total."""
    by_group = [[scores[name] for name in rule.of if name in scores] for rule in rules.groups]
    kept_by_group = [
        _after_dropping(rule, group_scores) for rule, group_scores in zip(rules.groups, by_group, strict=True)
    ]
    used = sum(
        (
            Fraction(rule.weight)
            for rule, group_scores in zip(rules.groups, kept_by_group, strict=True)
            if _points(group_scores)
        ),
        Fraction(0),
    )
    for rule, before, after in zip(rules.groups, by_group, kept_by_group, strict=True):
        counted = _points(after)
        if not counted:
            yield GroupShare(rule.name, Fraction(0), tuple(after), None, None)
            continue
        weight = Fraction(rule.weight) / used
        per_point = weight / sum(possible for _, possible in counted)
        parts = tuple(
            replace(score, contribution=score.earned * per_point) if score.state.counts else score
            for score in after
        )
        of_counted = share(counted)
        whole = share(_points(before)) if rule.drop_lowest else of_counted
        yield GroupShare(rule.name, weight, parts, of_counted, whole)


def _after_dropping(rule: Group, scores: Sequence[Score]) -> list[Score]:
    counting = [score for score in scores if score.state.counts]
    never = {position for position, score in enumerate(counting) if score.name in rule.never_drop}
    kept_names = {counting[position].name for position in kept(_points(counting), rule.drop_lowest, never)}
    return [
        replace(score, state=State.DROPPED) if score.state.counts and score.name not in kept_names else score
        for score in scores
    ]


def _points(scores: Sequence[Score]) -> list[tuple[Fraction, Fraction]]:
    return [(score.earned, score.possible) for score in scores if score.state.counts]


def _remarks(
    rules: GradebookRules, by_name: Mapping[str, Column], rows: Sequence[Row], roster: Roster
) -> Iterator[str]:
    grouped = [name for group in rules.groups for name in group.of]
    for name in grouped:
        if name not in by_name:
            yield f"There are no results of {name} yet: it does not count."
    for name in by_name:
        if name not in grouped:
            yield f"{name} is not in any group of course.yaml: it does not count."
    strangers = [row.student for row in rows if not row.known] if roster else []
    if strangers:
        named = ", ".join(strangers[:10]) + (f" and {len(strangers) - 10} more" if strangers[10:] else "")
        yield f"Not on the roster: {named}."
    late = {score.name for row in rows for score in row.scores if score.state is State.OPEN}
    for name, column in by_name.items():
        if name in late and column.due_for_all is None and not any(column.due.values()):
            yield f"{name} has no due date: students without a submission get no zero."


def grade_rows_of_column(gradebook: Gradebook, name: str) -> list[GradeRow]:
    """The rows of all students with a score in an assignment or quiz, also a zero or an excuse."""
    grade_rows = []
    for row in gradebook.rows:
        score = next(score for score in row.scores if score.name == name)
        if score.state in (State.WAITING, State.OPEN):
            continue
        final_score = score.final_score or FinalScore(row.student, 0.0, float(score.possible), 0.0, 0, None)
        grade_rows.append(GradeRow(replace(final_score, student=row.student), row.person, row.known))
    return grade_rows


def excused_from(gradebook: Gradebook, name: str) -> set[str]:
    """The ids of the students who are excused from an assignment or quiz."""
    return {
        row.student
        for row in gradebook.rows
        for score in row.scores
        if score.name == name and score.state is State.EXCUSED
    }


def gradebook_csv(gradebook: Gradebook) -> str:
    """One row per student: the total, each group, and the points and state of every score.

    Percentages have two decimals; points are after the late penalty.
    """
    heads = ["student_id", "last_name", "first_name", "email", "section", "total_percent", "letter"]
    heads += [f"{group.name} percent" for group in gradebook.rules.groups]
    for column in gradebook.columns:
        heads += [column.name, f"{column.name} possible", f"{column.name} state"]
    rows = [[guard_formula(head) for head in heads]]
    for row in gradebook.rows:
        person = row.person
        cells = [
            row.student if row.known else guard_formula(row.student),
            *map(guard_formula, (person.last_name, person.first_name)),
            person.email,
            guard_formula(person.section),
            "" if row.total is None else str(percent(row.total)),
            guard_formula(row.letter),
        ]
        cells += ["" if group.share is None else str(percent(group.share)) for group in row.groups]
        for score in row.scores:
            cells += [
                points(float(score.earned)) if score.has_points else "",
                points(float(score.possible)),
                score.state.value,
            ]
        rows.append(cells)
    return write_table(rows[0], rows[1:])
