"""Local times as authors write them, as instants: `2027-05-18 15:00` in the course's zone.

A time that the clocks skip is refused; one that they repeat needs `first` or `second` behind it.
A bare 23:59 means the end of that minute.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

__all__ = ["instant", "shown"]

WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(:\d{2})?(?: (first|second))?")


def instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant in UTC; raises ValueError with a sentence."""
    found = WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a local time such as 2027-05-18 15:00")
    day, minute, second, which = found.groups()
    second = second or (":59" if minute == "23:59" else ":00")
    try:
        naive = datetime.fromisoformat(f"{day} {minute.zfill(5)}{second}")
    except ValueError as problem:
        raise ValueError(f"{text!r} is no date and time: {problem}") from problem
    both = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if all(one.astimezone(zone).replace(tzinfo=None) != naive for one in both):
        raise ValueError(f"{text!r} does not exist in {zone.key}: the clocks are put forward over it")
    if both[0] == both[1]:
        if which:
            raise ValueError(f"{text!r} is there only once in {zone.key}; leave out {which!r}")
        return both[0]
    if not which:
        raise ValueError(f"{text!r} is there twice in {zone.key}; write `first` or `second` behind it")
    return both[which == "second"]


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """An instant in local time, with seconds and zone."""
    local = moment.astimezone(zone)
    return f"{local:%a %d %b %Y %H:%M:%S} {local.tzname()} ({zone.key})"
