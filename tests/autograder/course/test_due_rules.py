"""Rules of due dates: an extension never shortens, the narrower rule wins, days keep the time of day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from autograder.course.course import Course, CourseFile
from autograder.course.due_rules import DueRule, DueRules, Scope

ZONE = ZoneInfo("America/Los_Angeles")
DUE = datetime(2026, 10, 20, 23, 59, 59, tzinfo=ZONE)
WHO = {Scope.ALL: "", Scope.SECTION: "Monday", Scope.LABEL: "evening", Scope.PERSON: "ann"}
rules = st.builds(
    lambda scope, assignment, days, minutes, until: DueRule(
        scope,
        WHO[scope],
        assignment,
        days=days,
        minutes=minutes,
        until=None if until is None or not assignment else DUE + timedelta(hours=until),
    ),
    st.sampled_from(Scope),
    st.sampled_from(["", "hw1"]),
    st.integers(0, 20),
    st.integers(0, 600),
    st.none() | st.integers(-100, 500),
)


def course(*chosen: DueRule, **late: int) -> Course:
    """A course with these rules; ann is in the Monday section and has the label."""
    from pathlib import Path

    numbered = [replace(rule, number=number) for number, rule in enumerate(chosen, 1)]
    late_days = {("ann", name): days for name, days in late.items()}
    people = {"ann": frozenset({"Monday"})}
    plain = Course(Path(), CourseFile(title="A course", time_zone=ZONE.key))
    return plain.with_due_rules(DueRules(numbered, {"ann": "evening"}, people, late_days))


def due(found: Course, student: str = "ann", assignment: str = "hw1") -> datetime:
    """A student's due date."""
    date = found.due(student, assignment, DUE)
    assert date is not None
    return date.astimezone(UTC)


@given(st.lists(rules, max_size=6))
def test_an_extension_never_shortens(chosen: list[DueRule]) -> None:
    """Whatever rules there are, nobody's date is earlier than the class's, nor that than before."""
    found = course(*chosen)
    assert due(found) >= due(found, "bob") >= DUE.astimezone(UTC)


@given(st.lists(rules, max_size=6), st.integers(1, 20))
def test_a_persons_rule_wins(chosen: list[DueRule], days: int) -> None:
    """A person's newest rule decides against label and section; what everybody has still counts."""
    persons = DueRule(Scope.PERSON, "ann", "hw1", days=days)
    for_all = [rule for rule in chosen if rule.scope is Scope.ALL]
    assert due(course(*chosen, persons)) == due(course(*for_all, persons))


@given(rules, rules)
def test_the_assignments_own_rule_wins(first: DueRule, second: DueRule) -> None:
    """Of one scope, a rule for the assignment goes before a standing one, whichever is newer."""
    for_every, of_assignment = replace(first, assignment="", until=None), replace(second, assignment="hw1")
    for_every = replace(for_every, scope=of_assignment.scope, who=of_assignment.who)
    expected = due(course(of_assignment))
    assert due(course(for_every, of_assignment)) == due(course(of_assignment, for_every)) == expected
    assert due(course(for_every, of_assignment), assignment="hw2") == due(course(for_every), assignment="hw2")


@given(st.integers(0, 40), st.integers(0, 3))
def test_days_keep_the_time_of_day(days: int, spent: int) -> None:
    """Days and late days are days on the clock, also over the night in which the clocks change."""
    late = {"hw1": spent} if spent else {}
    date = due(course(DueRule(Scope.PERSON, "ann", days=days), **late)).astimezone(ZONE)
    assert (date.hour, date.minute, date.second) == (23, 59, 59)
    assert (date.date() - DUE.date()).days == days + spent


def test_minutes_are_elapsed_time() -> None:
    """Two hours are two hours when the clock repeats one of them, and dates compare by instants."""
    repeated = datetime(2026, 11, 1, 0, 30, tzinfo=ZONE)
    found = course(DueRule(Scope.ALL, minutes=120), DueRule(Scope.PERSON, "ann", minutes=90))
    date = found.due("ann", "hw1", repeated)
    assert date is not None
    assert date.astimezone(UTC) - repeated.astimezone(UTC) == timedelta(hours=2)


def test_a_moved_date_is_the_base_of_extensions() -> None:
    """A section's date replaces the class's, also an earlier one; extensions are counted from it."""
    earlier, later = DUE - timedelta(days=2), DUE + timedelta(days=1)
    moves = [
        DueRule(Scope.SECTION, "Monday", "hw1", moves=True, until=earlier),
        DueRule(Scope.ALL, "", "hw1", moves=True, until=later),
    ]
    assert due(course(*moves)) == earlier.astimezone(UTC)
    assert due(course(*moves), "bob") == later.astimezone(UTC)
    extended = due(course(*moves, DueRule(Scope.LABEL, "evening", "hw1", days=1)))
    assert extended == (earlier + timedelta(days=1)).astimezone(UTC)


def test_flags_of_rules_reach_the_course() -> None:
    """No penalty and excused hold for whom the rule is for, and for nobody else."""
    found = course(DueRule(Scope.PERSON, "ann", "hw1", no_penalty=True, excused=True))
    of_ann, of_bob = (found.extension(student, "hw1") for student in ("ann", "bob"))
    assert (of_ann.no_penalty, of_ann.excused) == (True, True)
    assert (of_bob.no_penalty, of_bob.excused) == (False, False)
    assert found.students_with_rules() == ["ann"]
