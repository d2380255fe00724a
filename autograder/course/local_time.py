"""Local times as authors write them, and instants as people read them.

    "2026-05-18 15:00"              in the course's zone
    "2026-05-18 23:59"              means 23:59:59, the whole last minute
    "2026-10-25 02:30 +02:00"       the offset chooses, where the clock shows an hour twice

An instant is an integer: milliseconds since 1970 in UTC. Due dates of assignments are `LocalTime`, in which
a date without a time means the end of that day.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from autograder.errors import ContentError

__all__ = ["LocalTime", "counted", "instant_of", "later_wall", "shown", "span", "time_of_day", "zoned"]


WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[ T]+(?P<time>\d{1,2}:\d{2}(?P<seconds>:\d{2})?)"
    r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
)
YEARS = range(1990, 2200)
EXAMPLE = "Write a date and a time, such as 2026-05-18 15:00."


def instant_of(written: str | datetime | date, zone: ZoneInfo) -> int:
    """The instant of a local time; raises ContentError for one that does not exist or exists twice."""
    wall = written if isinstance(written, datetime) else _read(written)
    if wall.year not in YEARS:
        raise ContentError(f"{written}: the year {wall.year} cannot be meant.", next_step=EXAMPLE)
    early, late = (_utc(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if wall.tzinfo is not None:
        chosen = _utc(wall)
        naive = wall.replace(tzinfo=None)
        if wall.utcoffset() != timedelta(0) and chosen not in (early, late):
            raise ContentError(
                f"{written}: {zone.key} has no {naive:%H:%M} with this offset on that day.",
                next_step=f"Write it without an offset: {naive:%Y-%m-%d %H:%M} is meant in {zone.key}.",
            )
        return _milliseconds(chosen)
    if early < late:
        offsets = [f"{moment.astimezone(zone):%z}" for moment in (early, late)]
        forms = " or ".join(f"{wall:%Y-%m-%d %H:%M} {o[:3]}:{o[3:]}" for o in offsets)
        raise ContentError(
            f"{written} happens twice in {zone.key}: the clock is set back in that hour.",
            next_step=f"Say which one is meant: {forms}.",
        )
    if early > late:  # with fold 0 the offset from before the gap, which lands after it
        raise ContentError(
            f"{written} does not exist in {zone.key}: the clock is set forward in that hour.",
            next_step=f"Write a time that exists, such as {early.astimezone(zone):%Y-%m-%d %H:%M}.",
        )
    return _milliseconds(early)


def shown(instant: int, zone: ZoneInfo) -> str:
    """An instant with its weekday, its seconds and its zone, for pages and messages."""
    local = datetime.fromtimestamp(instant // 1000, UTC).astimezone(zone)
    name = local.tzname() or ""
    return f"{local:%a %d %b %Y, %H:%M:%S} {name}" + (f" ({zone.key})" if zone.key != name else "")


def time_of_day(instant: int, zone: ZoneInfo) -> str:
    """An instant that is hours away at most: its time, with the zone."""
    local = datetime.fromtimestamp(instant // 1000, UTC).astimezone(zone)
    return f"{local:%H:%M:%S} {local.tzname()}"


def _read(written: str | date) -> datetime:
    """A written local time; with its offset, when it has one."""
    if isinstance(written, date):
        raise ContentError(f"{written} is a date without a time of day.", next_step=EXAMPLE)
    match = WRITTEN.fullmatch(str(written).strip())
    if match is None:
        raise ContentError(f"{written!r} is not a time that this course can read.", next_step=EXAMPLE)
    time = match["time"].rjust(8 if match["seconds"] else 5, "0")
    if time == "23:59":
        time = "23:59:59"  # "until 23:59" includes that minute
    try:
        return datetime.fromisoformat(f"{match['day']} {time}{match['offset'] or ''}")
    except ValueError:
        raise ContentError(f"{written!r} is on no calendar or clock.", next_step=EXAMPLE) from None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


END_OF_DAY = time(23, 59, 59)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LAST_MINUTE = re.compile(r"(\d{4}-\d{2}-\d{2}[ T]23:59)((?:\s*(?:[zZ]|[+-]\d{2}:?\d{2}))?)\Z")


def _whole_day(written: object) -> object:
    if isinstance(written, date) and not isinstance(written, datetime):
        return datetime.combine(written, END_OF_DAY)
    if isinstance(written, str) and DAY.fullmatch(written.strip()):
        return datetime.combine(date.fromisoformat(written.strip()), END_OF_DAY)
    if isinstance(written, str):
        return LAST_MINUTE.sub(r"\1:59\2", written.strip())
    return written


LocalTime = Annotated[datetime, BeforeValidator(_whole_day)]


def zoned(moment: datetime, zone: ZoneInfo) -> datetime:
    """A local time with its zone; of an hour that the clock shows twice the second, for everybody's benefit.

    A time that the clock skips is as long after the jump as it would be after its beginning.
    """
    if moment.tzinfo is not None:
        return moment
    return max((moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1)), key=_utc)


def later_wall(moment: datetime, days: float, zone: ZoneInfo) -> datetime:
    """So many days later on the clock: the same time of day, whether or not the clocks change between."""
    if not days:
        return moment
    # By way of UTC, so that a time that the clock skips is what the clock shows then.
    return zoned(_utc(moment).astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days), zone)


SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: 1 question, 8 questions."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def span(milliseconds: int) -> str:
    """A span in words: 1 hour 5 minutes, 40 minutes, 30 seconds."""
    hours, rest = divmod(milliseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = rest // SECOND
    parts = [
        counted(number, noun)
        for number, noun in ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
        if number
    ]
    return " ".join(parts) or "no time"
