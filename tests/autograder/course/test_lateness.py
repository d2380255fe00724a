"""Due dates and lateness: days on the clock, ends of days, extensions, and times as platforms write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.assignment import AssignmentFile, Late
from autograder.course.course import Course, CourseFile
from autograder.course.lateness import days_late, due_for, late_share
from autograder.course.local_time import later_wall, zoned
from autograder.course.stamps import read_stamp
from autograder.yaml_source import read_yaml

ANGELES = ZoneInfo("America/Los_Angeles")
ZONES = [
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "UTC",
    "America/St_Johns",
    "Asia/Tokyo",
]
WALLS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda wall: wall.replace(microsecond=0)
)


def course(**rules: Any) -> Course:
    """A course in Los Angeles with exceptions for ann."""
    return Course(
        Path(),
        CourseFile.model_validate({"title": "C", "time_zone": ANGELES.key, "students": {"ann": rules}}),
    )


def assignment(tmp_path: Path, due: str) -> AssignmentFile:
    """An assignment as its file says it."""
    path = tmp_path / "assignment.yaml"
    path.write_text(
        f"title: T\npoints: 1\ndue: {due}\ntasks: [{{id: a, title: A, functions: [f], points: 1}}]\n"
    )
    return read_yaml(path, AssignmentFile)


@given(WALLS, st.integers(0, 9), st.integers(-3600, 3600), st.sampled_from(ZONES), st.integers(0, 90))
def test_a_day_ends_at_the_same_time_of_day(
    wall: datetime, days: int, seconds: int, name: str, grace: int
) -> None:
    """Until the due time of the n-th day, as clocks show it, n days count; a second later, one more."""
    zone = ZoneInfo(name)
    due, late = zoned(wall, zone), Late(per_day=0.1, grace_minutes=grace)
    end = later_wall(due, days, zone).astimezone(UTC) + timedelta(minutes=grace)
    if days:
        shown = (end - timedelta(minutes=grace)).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        expected = due.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days)
        assert abs(shown - expected) in (timedelta(), timedelta(hours=1), timedelta(minutes=30))
    assert days_late(end, due, late, zone) == days
    assert days_late(end + timedelta(seconds=1), due, late, zone) == days + 1
    moment = end + timedelta(seconds=seconds)
    assert days_late(moment.astimezone(zone), due, late, zone) == days_late(moment, due, late, zone)
    assert days_late(moment, due, late, zone) <= days_late(moment + timedelta(minutes=1), due, late, zone)


@given(
    st.sampled_from(
        [datetime(2026, 3, 7), datetime(2026, 3, 8), datetime(2026, 10, 31), datetime(2026, 11, 1)]
    ),
    st.integers(0, 4 * 60),
    st.integers(-180, 180),
    st.integers(0, 2),
)
def test_an_instant_is_the_same_in_any_zone(day: datetime, minute: int, after: int, days: int) -> None:
    """In the hours that clocks skip or repeat, the zone in which a time is written makes no difference."""
    late = Late(per_day=0.1, grace_minutes=5)
    due = zoned(day + timedelta(minutes=minute), ANGELES)
    moment = later_wall(due, days, ANGELES).astimezone(UTC) + timedelta(minutes=after)
    written = [moment.astimezone(zone) for zone in (UTC, ANGELES, ZoneInfo("Asia/Kolkata"))]
    assert len({days_late(submitted, due, late, ANGELES) for submitted in written}) == 1
    assert days_late(moment, due.astimezone(UTC), late, ANGELES) == days_late(moment, due, late, ANGELES)
    if not days:
        assert days_late(moment.astimezone(ANGELES), due, late, ANGELES) == (after > 5)


@pytest.mark.parametrize(
    ("submitted", "days"),
    [
        ("2026-11-02 02:30:00", 1),  # Sunday 18:30, after the clocks went back
        ("2026-11-02 03:30:00", 1),  # Sunday 19:30
        ("2026-11-02 04:00:00.900", 1),
        ("2026-11-02 04:01:00", 2),  # Sunday 20:01
    ],
)
def test_the_night_the_clocks_go_back(submitted: str, days: int) -> None:
    """Due on Saturday at 20:00, one day late is until Sunday at 20:00, 25 hours later."""
    due = zoned(datetime(2026, 10, 31, 20), ANGELES)
    moment = datetime.fromisoformat(submitted).replace(tzinfo=UTC)
    assert days_late(moment, due, Late(per_day=0.1, grace_minutes=0), ANGELES) == days


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("2026-05-04", "2026-05-04 23:59:59"),
        ("'2026-05-04'", "2026-05-04 23:59:59"),
        ("2026-05-04 23:59", "2026-05-04 23:59:59"),
        ("'2026-05-04 23:59:30'", "2026-05-04 23:59:30"),
        ("'2026-05-04T23:59:59'", "2026-05-04 23:59:59"),
        ("2026-05-04 20:00", "2026-05-04 20:00:00"),
        ("2026-05-04 00:00:00", "2026-05-04 00:00:00"),
        ("2026-05-04T20:00:00", "2026-05-04 20:00:00"),
    ],
)
def test_a_due_date_without_a_time(tmp_path: Path, written: str, ends: str) -> None:
    """It means the end of that day, for an assignment and for one student's extension."""
    expected = datetime.fromisoformat(ends).replace(tzinfo=ANGELES)
    file = assignment(tmp_path, written)
    assert due_for(course(), "hw", file, "ann") == expected
    extended = course(assignments={"hw": {"due": written.strip("'")}})
    assert due_for(extended, "hw", assignment(tmp_path, "2026-01-01 12:00"), "ann") == expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ({"extra_days": 3}, {"extra_days": 0}, {"extra_days": 0}),
        ({"no_penalty": True}, {"no_penalty": False}, {"no_penalty": False}),
        ({"excused": True}, {"excused": False}, {"excused": False}),
        ({"attempts": "best"}, {"attempts": "first"}, {"attempts": "first"}),
        ({"extra_days": 3, "no_penalty": True}, {"extra_days": 1}, {"extra_days": 1, "no_penalty": True}),
        ({"extra_days": 3, "reason": "ill"}, {}, {"extra_days": 3, "reason": "ill", "attempts": "last"}),
    ],
)
def test_the_narrower_rule_wins(
    wide: dict[str, Any], narrow: dict[str, Any], expected: dict[str, Any]
) -> None:
    """What is written for one assignment wins over the student's wider rule, also 0 and false."""
    extension_of_ann = course(**wide, assignments={"hw": narrow}).extension("ann", "hw")
    assert {name: getattr(extension_of_ann, name) for name in expected} == expected


def test_what_days_cost() -> None:
    """A share per day, up to the most; nothing for a student without a penalty."""
    late = Late(per_day=0.2, at_most=0.5)
    assert [late_share(late, days) for days in range(4)] == [0, 0.2, 0.4, 0.5]
    assert late_share(late, 3, no_penalty=True) == 0


@given(WALLS, st.sampled_from(ZONES))
def test_a_stamp_of_the_command_date(wall: datetime, name: str) -> None:
    """What `date` prints in the course's zone is read back, but for the fraction of a second."""
    zone = ZoneInfo(name)
    moment = wall.replace(tzinfo=UTC, microsecond=0).astimezone(zone)
    assert read_stamp(f"{moment:%a %b %e %H:%M:%S %Z %Y}", zone) == moment


@given(WALLS, st.sampled_from(ZONES))
def test_a_stamp_in_the_courses_own_zone(wall: datetime, name: str) -> None:
    """What a machine in the course's zone writes with %Z is read back."""
    zone = ZoneInfo(name)
    moment = wall.replace(tzinfo=UTC).astimezone(zone)
    assert read_stamp(f"{moment:%Y-%m-%d %H:%M:%S.%f %Z}", zone) == moment
    assert read_stamp(moment.isoformat(), zone) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-09 12:00:00.000001 EDT", "2026-05-09T12:00:00.000001-04:00"),
        ("2026-05-09 12:00:00 CEST", "2026-05-09T12:00:00+02:00"),
        ("2026-05-09 12:00:00 JST", "2026-05-09T12:00:00+09:00"),
        ("2026-05-09 12:00:00 PST", "2026-05-09T12:00:00-08:00"),  # a machine that does not change its clock
        ("2026-05-09 12:00:00 Europe/Berlin", "2026-05-09T12:00:00+02:00"),
        ("2026-05-09 12:00:00 UTC+2", "2026-05-09T12:00:00+02:00"),
        ("2026-05-09 12:00", "2026-05-09T12:00:00-07:00"),
        ("2026-05-04-19-58-12", "2026-05-04T19:58:12-07:00"),
        ("Saturday, 28 November 2026, 1:50 PM", "2026-11-28T13:50:00-08:00"),
        ("Samstag, 28. November 2026, 13:50", "2026-11-28T13:50:00-08:00"),
        ("samedi 28 février 2026, 13:50", "2026-02-28T13:50:00-08:00"),
        ("sábado, 28 de agosto de 2026, 13:50", "2026-08-28T13:50:00-07:00"),
        ("May 4, 2026 758 PM", "2026-05-04T19:58:00-07:00"),
        ("May 4, 2026 12:05 AM", "2026-05-04T00:05:00-07:00"),
        ("\ufeff2026-05-09 12:00:00 UTC", "2026-05-09T12:00:00+00:00"),
        ("Sat May  9 12:00:00 EDT 2026", "2026-05-09T12:00:00-04:00"),
        ("Sat May  9 12:00:00 2026", "2026-05-09T12:00:00-07:00"),
        ("09.05.2026 12:00", "2026-05-09T12:00:00-07:00"),
        ("9.5.2026, 9:05", "2026-05-09T09:05:00-07:00"),
        ("2026-05-09 12:00:00 MESZ", "2026-05-09T12:00:00+02:00"),
        ("2026-05-09 12:00:00 Pacific Daylight Time", "2026-05-09T12:00:00-07:00"),
        ("2026-05-09 12:00:00 Eastern Standard Time", "2026-05-09T12:00:00-05:00"),
    ],
)
def test_how_platforms_write_times(text: str, expected: str) -> None:
    """Abbreviations that mean one offset at that time, and the forms of each platform."""
    assert read_stamp(text, ANGELES) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "yesterday",
        "2026-05-09 12:00:00 IST",  # in India or in Ireland
        "2026-05-09 12:00:00.000001 XYZ",
        "2026-13-09 12:00:00 UTC",
        "31 February 2026, 13:50",
        "28/11/2026, 13:50",
        "9" * 5000,
    ],
)
def test_times_that_cannot_be_read(text: str) -> None:
    """A text that means no time, or several, is not guessed."""
    assert read_stamp(text, ANGELES) is None


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 30))
def test_a_share_is_the_decimal_number_that_the_rule_says(per_day: int, at_most: int, days: int) -> None:
    """Three days at a tenth are 0.3, and not the sum of three binary tenths."""
    late = Late(per_day=per_day / 100, at_most=at_most / 100)
    assert Decimal(str(late_share(late, days))) == min(Decimal(at_most), Decimal(per_day) * days) / 100
