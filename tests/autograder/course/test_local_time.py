"""Local times in the course's zone, over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.local_time import instant_of, shown
from autograder.errors import ContentError

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("Asia/Taipei"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]


def utc(*parts: int) -> int:
    """An instant by its UTC parts."""
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-05-18 15:00", utc(2026, 5, 18, 13, 0)),
        ("2026-05-18T15:00:30", utc(2026, 5, 18, 13, 0, 30)),
        ("2026-01-18 9:05", utc(2026, 1, 18, 8, 5)),
        ("2026-05-18 23:59", utc(2026, 5, 18, 21, 59, 59)),
        ("2026-05-18 23:59:00", utc(2026, 5, 18, 21, 59)),
        ("2026-05-18 15:00Z", utc(2026, 5, 18, 15, 0)),
        ("2026-10-25 02:30 +02:00", utc(2026, 10, 25, 0, 30)),
        ("2026-10-25 02:30+01:00", utc(2026, 10, 25, 1, 30)),
        (datetime(2026, 5, 18, 15, 0), utc(2026, 5, 18, 13, 0)),
    ],
)
def test_what_authors_write(written: str | datetime, instant: int) -> None:
    """Minutes or seconds, with or without an offset; the last minute of a day is meant whole."""
    assert instant_of(written, BERLIN) == instant


@pytest.mark.parametrize(
    ("written", "expected_text"),
    [
        ("2026-03-29 02:30", "does not exist in Europe/Berlin"),
        ("2026-10-25 02:30", "happens twice in Europe/Berlin"),
        ("2026-05-18 15:00 +09:00", "no 15:00 with this offset"),
        ("2026-05-18", "not a time that this course can read"),
        (date(2026, 5, 18), "a date without a time"),
        ("2026-02-30 10:00", "on no calendar"),
        ("2026-05-18 24:00", "on no calendar"),
        ("0001-01-01 00:00", "cannot be meant"),
        ("next Monday", "not a time that this course can read"),
    ],
)
def test_what_cannot_be_meant(written: str, expected_text: str) -> None:
    """It is refused with a sentence and with what to write instead."""
    with pytest.raises(ContentError, match=expected_text) as caught:
        instant_of(written, BERLIN)
    assert "rite" in caught.value.next_step or "Say which" in caught.value.next_step


def test_the_choice_for_a_doubled_hour_is_offered() -> None:
    """Both forms the message offers are accepted, an hour apart."""
    with pytest.raises(ContentError) as caught:
        instant_of("2026-10-25 02:30", BERLIN)
    first, second = caught.value.next_step.removeprefix("Say which one is meant: ").rstrip(".").split(" or ")
    assert instant_of(second, BERLIN) - instant_of(first, BERLIN) == 3_600_000


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(microsecond=0)),
)
def test_every_instant_can_be_written(zone: ZoneInfo, moment: datetime) -> None:
    """Any instant's own wall time with its offset leads back to it; without, it is the same or refused."""
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    instant = int(local.timestamp()) * 1000
    assert instant_of(f"{local:%Y-%m-%d %H:%M:%S%z}", zone) == instant
    try:
        assert instant_of(f"{local:%Y-%m-%d %H:%M:%S}", zone) == instant
    except ContentError as refused:
        assert "happens twice" in refused.message
        near = [(local + timedelta(hours=h)).utcoffset() for h in (-3, 3)]
        assert near[0] != near[1] or (local.fold == 0 and near[0] is not None)


def test_people_see_seconds_and_zone() -> None:
    """An instant is shown with both."""
    assert shown(utc(2026, 5, 18, 21, 59, 59), BERLIN) == "Mon 18 May 2026, 23:59:59 CEST (Europe/Berlin)"
