"""Rules of due dates on the site: reading them, planning new ones with what they change, ending them.

`plan_rules` computes every student's dates before and after and writes nothing; `DuePlan.apply` stores the
rules. One act may be for one person, some, a label, a section or everybody. Pages, commands and programs
use this module; what a rule means is in `autograder.course.due_rules`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from autograder.course.course import Course
from autograder.course.due_rules import DueRule, DueRules, Scope
from autograder.course.local_time import shown
from autograder.errors import Conflict, Forbidden, NotFound, choose_one
from autograder.site.audit import Act, record_act, record_acts
from autograder.site.homework.assignments import Homework, due_for_student, homework_in
from autograder.site.homework.tables import due_rule, late_day
from autograder.site.people import students_in
from autograder.site.tables import enrolment, section_member

__all__ = [
    "DateChange",
    "DuePlan",
    "RuleForm",
    "StoredRule",
    "changes_without",
    "course_with_rules",
    "due_rules_in",
    "end_rule",
    "plan_rules",
    "rules_in",
    "sections_with_dates",
]

MOST_DAYS, MOST_MINUTES = 365, 60 * 24 * 14
MOST_PEOPLE = 5000


@dataclass(frozen=True)
class RuleForm:
    """What a form asks for: whom, which assignment (empty for every one), how much, and why."""

    scope: Scope
    who: tuple[str, ...]  # people, one label, one section; nothing for everybody
    assignment: str
    reason: str
    moves: bool = False
    until: int | None = None
    days: int = 0
    minutes: int = 0
    no_penalty: bool = False
    excused: bool = False


@dataclass(frozen=True, slots=True)
class DateChange:
    """A student's due date of an assignment before and after."""

    student: str
    assignment: str
    before: int | None
    after: int | None

    @property
    def loses(self) -> bool:
        """Whether the student has less time afterwards."""
        return self.before is not None and self.after is not None and self.after < self.before


@dataclass(frozen=True)
class DuePlan:
    """What new rules change."""

    form: RuleForm
    students: tuple[str, ...]  # whom they are for
    changes: tuple[DateChange, ...]
    unchanged: tuple[DateChange, ...]  # of students who keep a later date of their own
    overtaken: tuple[DateChange, ...]  # whose own date is not later than the class's any more
    _rows: tuple[dict[str, object], ...] = field(repr=False)
    _replaced: tuple[int, ...] = field(repr=False)
    _of: str = field(repr=False)
    _stored: str = field(repr=False)  # the rules that the plan was made from

    @property
    def losses(self) -> tuple[DateChange, ...]:
        """The dates that become earlier."""
        return tuple(change for change in self.changes if change.loses)

    @property
    def digest(self) -> str:
        """The same for the same changes, so that what was shown is what is stored."""
        facts = [
            [change.student, change.assignment, change.before, change.after]
            for change in (*self.changes, *self.unchanged, *self.overtaken)
        ]
        shown_rows = [list(row.values()) for row in self._rows]
        return hashlib.sha256(json.dumps([facts, shown_rows, self._replaced]).encode()).hexdigest()

    def is_current(self, connection: Connection) -> bool:
        """Whether the rules that the plan was made from still hold; far cheaper than another plan."""
        return self._stored == due_rules_in(connection, self._of).digest

    def apply(
        self, connection: Connection, course: Course, at: int, who: str, once: str | None = None
    ) -> None:
        """Store the rules, end those they take the place of, and record it for each person it is for.

        `once` is the id of the form that asked for it.
        """
        if self._replaced:
            _end(connection, self._replaced, at, who)
        connection.execute(insert(due_rule), [{**row, "at": at, "by_whom": who} for row in self._rows])
        of_student: dict[str, list[str]] = defaultdict(list)
        for change in self.changes:
            before, after = (
                "none" if date is None else shown(date, course.zone) for date in (change.before, change.after)
            )
            of_student[change.student].append(f"{change.assignment}: {before} → {after}")
        named = self.form.who if self.form.scope is Scope.PERSON else self.students
        act = "move due date" if self.form.moves else "give extension"
        words: dict[str, object] = {"reason": self.form.reason, "scope": self.form.scope.value}
        record_acts(
            connection,
            [
                Act(at, who, act, student, {**words, "changes": of_student.get(student, [])})
                for student in named
                if student in of_student or self.form.scope is Scope.PERSON
            ],
        )
        subject = self.form.assignment or "course"
        detail = {**words, "who": list(self.form.who), "students": len(of_student)}
        record_act(connection, Act(at, who, act, subject, detail), once)


@dataclass(frozen=True)
class StoredRule:
    """A rule that holds, with who gave it and why."""

    id: int
    rule: DueRule
    until: int | None
    reason: str
    at: int
    by_whom: str

    @property
    def amount(self) -> str:
        """How much it gives, in words; without the instant of `until`."""
        days, minutes = self.rule.days, self.rule.minutes
        hours, rest = divmod(minutes, 60)
        parts = [
            f"{number} {noun if number == 1 else noun + 's'}"
            for number, noun in ((days, "day"), (hours, "hour"), (rest, "minute"))
            if number
        ]
        parts += ["no late penalty"] if self.rule.no_penalty else []
        parts += ["excused"] if self.rule.excused else []
        return ", ".join(parts)


def due_rules_in(connection: Connection, of: str) -> DueRules:
    """All rules of the course with the id `of`, with what they need to know of its people."""
    rows = connection.execute(_current(of)).all()
    rules = [_rule(row) for row in rows]
    labels: dict[str, str] = {}
    sections: dict[str, set[str]] = defaultdict(set)
    scopes = {rule.scope for rule in rules}
    if Scope.LABEL in scopes:
        labelled = select(enrolment.c.person, enrolment.c.label).where(
            enrolment.c.course == of, enrolment.c.label != ""
        )
        labels = {row.person: row.label for row in connection.execute(labelled)}
    if Scope.SECTION in scopes:
        for row in connection.execute(select(section_member).where(section_member.c.course == of)):
            sections[row.person].add(row.section)
    spent = connection.execute(select(late_day).where(late_day.c.course == of))
    return DueRules(
        tuple(rules),
        labels,
        {person: frozenset(named) for person, named in sections.items()},
        {(row.person, row.assignment): row.days for row in spent},
    )


def course_with_rules(connection: Connection, course: Course, of: str) -> Course:
    """A course with the rules of due dates that the site stores."""
    return course.with_due_rules(due_rules_in(connection, of))


def rules_in(connection: Connection, of: str) -> list[StoredRule]:
    """The rules that hold, the newest first."""
    return [
        StoredRule(row.id, _rule(row), row.until, row.reason, row.at, row.by_whom)
        for row in reversed(connection.execute(_current(of)).all())
    ]


def sections_with_dates(connection: Connection, of: str) -> set[str]:
    """The sections that have due dates of their own."""
    return {stored.rule.who for stored in rules_in(connection, of) if stored.rule.scope is Scope.SECTION}


def plan_rules(connection: Connection, course: Course, of: str, form: RuleForm, *, who: str) -> DuePlan:
    """What new rules would change; raises Conflict for a form that gives nothing, to nobody or too much.

    `course` has the rules that hold now. Raises Forbidden where somebody would extend their own date.
    """
    published = {row.id: row for row in homework_in(connection, of)}
    _check(form, published)
    students = students_in(connection, of)
    named = _named(connection, of, form, students)
    if form.scope is Scope.PERSON and who in named:
        raise Forbidden(
            "Nobody changes their own role, time or dates.", next_step="Ask another instructor of the course."
        )
    rows: tuple[dict[str, object], ...] = tuple(
        {
            "course": of,
            "scope": form.scope.value,
            "who": name,
            "assignment": form.assignment,
            "moves": form.moves,
            "until": form.until,
            "days": form.days,
            "minutes": form.minutes,
            "no_penalty": form.no_penalty,
            "excused": form.excused,
            "reason": form.reason,
        }
        for name in (form.who or ("",))
    )
    replaced = _replaced(connection, of, form)
    kept = [stored.rule for stored in reversed(rules_in(connection, of)) if stored.id not in replaced]
    newest = max((stored.number for stored in course.due_rules.rules), default=0)
    added = [
        DueRule(
            form.scope,
            name,
            form.assignment,
            form.moves,
            None if form.until is None else datetime.fromtimestamp(form.until / 1000, UTC),
            form.days,
            form.minutes,
            form.no_penalty,
            form.excused,
            newest + number,
        )
        for number, name in enumerate(form.who or ("",), 1)
    ]
    before = course.due_rules
    if form.scope is Scope.LABEL:
        labelled = select(enrolment.c.person, enrolment.c.label).where(enrolment.c.course == of)
        before = replace(
            before, labels={row.person: row.label for row in connection.execute(labelled) if row.label}
        )
    if form.scope is Scope.SECTION:
        sections: dict[str, set[str]] = defaultdict(set)
        for row in connection.execute(select(section_member).where(section_member.c.course == of)):
            sections[row.person].add(row.section)
        before = replace(before, sections={name: frozenset(of_one) for name, of_one in sections.items()})
    after = course.with_due_rules(replace(before, rules=(*kept, *added)))
    works = [published[form.assignment]] if form.assignment else list(published.values())
    changes, unchanged, overtaken = [], [], []
    for work in works:
        class_before, class_after = due_for_student(course, work, ""), due_for_student(after, work, "")
        for student in named:
            dates = (due_for_student(rules, work, student) for rules in (course, after))
            change = DateChange(student, work.id, *dates)
            if change.before == change.after:
                unchanged.append(change)
                continue
            changes.append(change)
            own_before = change.before != class_before
            if form.scope is Scope.ALL and own_before and change.after == class_after:
                overtaken.append(change)
    return DuePlan(
        form,
        tuple(named),
        tuple(changes),
        tuple(unchanged),
        tuple(overtaken),
        rows,
        tuple(replaced),
        of,
        due_rules_in(connection, of).digest,
    )


def changes_without(connection: Connection, course: Course, of: str, number: int) -> list[DateChange]:
    """Whose dates change when a rule ends; nothing is stored. `course` has the rules that hold now."""
    rules = [rule for rule in course.due_rules.rules if rule.number != number]
    after = course.with_due_rules(replace(course.due_rules, rules=rules))
    ended = {rule.assignment for rule in course.due_rules.rules if rule.number == number}
    changes = [
        DateChange(
            student, work.id, due_for_student(course, work, student), due_for_student(after, work, student)
        )
        for work in homework_in(connection, of)
        if ended & {"", work.id}
        for student in students_in(connection, of)
    ]
    return [change for change in changes if change.before != change.after]


def end_rule(connection: Connection, course: Course, of: str, number: int, *, at: int, who: str) -> None:
    """End a rule; raises NotFound for one that does not hold, Forbidden for one's own."""
    stored = next((item for item in rules_in(connection, of) if item.id == number), None)
    if stored is None:
        raise NotFound("There is no such extension, or it was ended.", next_step="Reload the page.")
    if stored.rule.scope is Scope.PERSON and stored.rule.who == who:
        raise Forbidden(
            "Nobody changes their own role, time or dates.", next_step="Ask another instructor of the course."
        )
    _end(connection, [number], at, who)
    subject = stored.rule.who if stored.rule.scope is Scope.PERSON else stored.rule.assignment or "course"
    detail: dict[str, object] = {"number": number, "reason": stored.reason}
    record_acts(connection, [Act(at, who, "end extension", subject, detail)])


def _current(of: str) -> Select[Any]:
    holds = due_rule.c.course == of, due_rule.c.ended_at.is_(None)
    return select(due_rule).where(*holds).order_by(due_rule.c.id)


def _rule(row: Row[tuple[object, ...]]) -> DueRule:
    until = None if row.until is None else datetime.fromtimestamp(row.until / 1000, UTC)
    return DueRule(
        Scope(row.scope),
        row.who,
        row.assignment,
        row.moves,
        until,
        row.days,
        row.minutes,
        row.no_penalty,
        row.excused,
        row.id,
    )


def _end(connection: Connection, numbers: Collection[int], at: int, who: str) -> None:
    ended = update(due_rule).where(due_rule.c.id.in_(list(numbers))).values(ended_at=at, ended_by=who)
    connection.execute(ended)


def _replaced(connection: Connection, of: str, form: RuleForm) -> list[int]:
    """The rules for the same people and assignment, of which the new ones take the place."""
    same = [
        stored.id
        for stored in rules_in(connection, of)
        if stored.rule.scope is form.scope
        and stored.rule.who in (form.who or ("",))
        and stored.rule.assignment == form.assignment
        and stored.rule.moves == form.moves
    ]
    return sorted(same)


def _named(connection: Connection, of: str, form: RuleForm, students: Sequence[str]) -> list[str]:
    """The students whom a form is for; raises Conflict where it names nobody."""
    if form.scope is Scope.ALL:
        return list(students)
    if form.scope is Scope.PERSON:
        unknown = [name for name in form.who if name not in set(students)]
        if unknown or not form.who:
            raise Conflict(
                f"{unknown[0]} is not a student who takes part." if unknown else "No student is named.",
                next_step="Write student IDs as the list of people has them, separated by spaces.",
            )
        return list(form.who)
    (name,) = form.who or ("",)
    if form.scope is Scope.LABEL:
        rows = connection.execute(
            select(enrolment.c.person).where(enrolment.c.course == of, enrolment.c.label == name)
        )
        known = select(enrolment.c.label).where(enrolment.c.course == of, enrolment.c.label != "").distinct()
    else:
        rows = connection.execute(
            select(section_member.c.person).where(
                section_member.c.course == of, section_member.c.section == name
            )
        )
        known = select(section_member.c.section).where(section_member.c.course == of).distinct()
    chosen = set(rows.scalars()) & set(students)
    if not name or not chosen:
        raise Conflict(
            f"No student has the {form.scope.value} {name!r}.",
            next_step=choose_one(sorted(connection.execute(known).scalars()), "Set it on a person's page."),
        )
    return [student for student in students if student in chosen]


def _check(form: RuleForm, published: Collection[str] | dict[str, Homework]) -> None:
    if form.assignment and form.assignment not in published:
        raise Conflict(
            f"{form.assignment!r} is not published.", next_step=choose_one(published, "Publish it first.")
        )
    if not form.reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    if len(form.who) > MOST_PEOPLE:
        raise Conflict(f"More than {MOST_PEOPLE} people are named.", next_step="Choose a label or a section.")
    if not (0 <= form.days <= MOST_DAYS and 0 <= form.minutes <= MOST_MINUTES):
        raise Conflict(
            f"At most {MOST_DAYS} days and {MOST_MINUTES // 60} hours can be given.",
            next_step="Correct the numbers.",
        )
    if form.moves:
        if form.scope not in (Scope.ALL, Scope.SECTION) or not form.assignment or form.until is None:
            raise Conflict(
                "A due date is moved for one assignment, for everybody or for a section, to a date.",
                next_step="Choose the assignment and write the date, or give an extension instead.",
            )
        return
    if form.until is not None and not form.assignment:
        raise Conflict(
            "A date is for one assignment.", next_step="Choose the assignment, or give days instead."
        )
    if not (form.until is not None or form.days or form.minutes or form.no_penalty or form.excused):
        raise Conflict("Nothing is given.", next_step="Give days, hours or a date.")
