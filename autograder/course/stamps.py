"""Times of submission as platforms write them, read in the course's time zone.

    2026-05-04 20:00:00.000001 PDT      nbgrader: any abbreviation, offset or IANA name
    2026-05-04T20:00:00-07:00           ISO 8601
    Mon May  4 20:00:00 PDT 2026        the command `date`
    04.05.2026 20:00                    a table that was saved by a spreadsheet, in countries with dots
    2026-05-04-20-00-00                 Blackboard
    Monday, 4 May 2026, 8:00 PM         Moodle, in a few languages
    May 4, 2026 800 PM                  Brightspace, or 4 May, 2026 2000

The layouts of `submissions` and `lms` hand over the text; a text that cannot be read is reported.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from autograder.course.roster import letters

__all__ = ["read_stamp"]

LONGEST = 100
UNIVERSAL = {"utc", "gmt", "z", "ut"}
OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?", re.IGNORECASE)
DASHED = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{2})-(\d{2})-(\d{2})")
# `fromisoformat` of Python 3.11 takes whatever ends in Z after six decimals.
ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:[zZ]|[+-]\d{2}(?::?\d{2})?))?"
)
UNIX = re.compile(
    r"(?:[^\W\d_]{2,4},?\s+)?(?P<month>[^\W\d_]{3,})\s+(?P<day>\d{1,2})\s+(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)"
    r"(?P<zone>\s+[A-Za-z+-][\w+-]*)?\s+(?P<year>\d{4})"
)
DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}),?\s+(?P<clock>\d.*)")
# As Windows calls the zones of America; of its other names the initials are no abbreviations.
WINDOWS = re.compile(
    r"(?P<local>.*\d)\s+(?P<name>(?:Pacific|Mountain|Central|Eastern|Atlantic) (?:Standard|Daylight) Time)"
)
GERMAN_ZONES = {"mez": "CET", "mesz": "CEST"}
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?)?\s*(?P<half>[ap]\.?\s?m\.?)?",
    re.IGNORECASE,
)
# Brightspace leaves the colon out.
RUN_TOGETHER = re.compile(r"(\d{1,2})(\d{2})(\s*[AP]\.?\s?M\.?)?", re.IGNORECASE)
# The first letters of the months, without accents, in English, German, French, Spanish, Italian,
# Portuguese and Dutch.
MONTHS = (
    ("jan", "ene", "gen"),
    ("feb", "fev"),
    ("mar", "maer", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "dic"),
)
WORDY = re.compile(
    r"(?:(?P<day>\d{1,2})(?:\.|er|st|nd|rd|th)?\s+(?:de\s+)?(?P<month>[^\W\d_]+)\.?|"
    r"(?P<us_month>[^\W\d_]+)\.?\s+(?P<us_day>\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(?:de\s+|del\s+)?(?P<year>\d{4})[,\s]+(?:\w{1,3}\s+)??(?P<clock>\d.*)"
)


def read_stamp(text: str, zone: ZoneInfo, without_zone: tzinfo | None = None) -> datetime | None:
    """A time with its zone, or None where the text cannot be read.

    A text without a zone is in `without_zone`, or in the course's. Of an hour that the clock shows twice, it
    is the first.
    """
    text = " ".join(text.removeprefix("\ufeff").split())[:LONGEST]
    try:
        return _dated(_in_order(text), zone, without_zone or zone)
    except (ValueError, OverflowError):
        return None


def _dated(text: str, zone: ZoneInfo, without_zone: tzinfo) -> datetime | None:
    if dashed := DASHED.fullmatch(text):
        day, *clock = dashed.groups()
        return datetime.fromisoformat(f"{day}T{':'.join(clock)}").replace(tzinfo=without_zone)
    wall = _iso(text)
    if wall is not None:
        return wall if wall.tzinfo else wall.replace(tzinfo=without_zone)
    if wordy := _wordy(text):
        return wordy.replace(tzinfo=without_zone)
    local, _, name = text.rpartition(" ")
    wall = _iso(local) or _wordy(local)
    if wall is None or wall.tzinfo is not None:
        return None
    return _in_named_zone(wall, name.strip("()"), zone)


def _in_order(text: str) -> str:
    """A text with its parts in the order of ISO 8601, where they stand in another; else the same text."""
    match, month = UNIX.fullmatch(text), 0
    if match:
        month = _month(match["month"]) or 0
    elif match := DOTTED.fullmatch(text):
        month = int(match["month"])
    if match and month:
        clock = match["clock"] if match["clock"][1:2].isdecimal() else f"0{match['clock']}"
        zone = match.groupdict().get("zone") or ""
        text = f"{match['year']}-{month:02}-{int(match['day']):02} {clock}{zone}"
    if windows := WINDOWS.fullmatch(text):
        text = f"{windows['local']} {''.join(word[0] for word in windows['name'].split())}"
    local, _, name = text.rpartition(" ")
    return f"{local} {GERMAN_ZONES[name.casefold()]}" if name.casefold() in GERMAN_ZONES else text


def _iso(text: str) -> datetime | None:
    return datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "")) if ISO.fullmatch(text) else None


def _wordy(text: str) -> datetime | None:
    match = next(iter(WORDY.finditer(text)), None)
    if match is None:
        return None
    month = _month(match["month"] or match["us_month"])
    day = int(match["day"] or match["us_day"])
    clock = match["clock"].strip()
    if together := RUN_TOGETHER.fullmatch(clock):
        clock = f"{together[1]}:{together[2]}{together[3] or ''}"
    time = CLOCK.fullmatch(clock)
    if month is None or time is None:
        return None
    hour = int(time["hour"])
    if time["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if time["half"].casefold().startswith("p") else 0)
    elif time["minute"] is None:
        return None
    return datetime(int(match["year"]), month, day, hour, int(time["minute"] or 0), int(time["second"] or 0))


def _month(name: str) -> int | None:
    word = letters(name)
    starts = [number for number, known in enumerate(MONTHS, start=1) if word.startswith(known)]
    return starts[0] if len(starts) == 1 else None


def _in_named_zone(wall: datetime, name: str, zone: ZoneInfo) -> datetime | None:
    """A time in the zone of a name: the course's own names for it go first, then those all agree on."""
    zone_names = [_name_and_offset(wall, zone, fold) for fold in (0, 1)]
    # A machine that does not change its clock keeps the abbreviation of the other half of the year.
    zone_names += [_name_and_offset(wall.replace(month=month, day=1), zone, 0) for month in (1, 7)]
    for known, offset in zone_names:
        if known.casefold() == name.casefold():
            return wall.replace(tzinfo=timezone(offset))
    if name.casefold() in UNIVERSAL:
        return wall.replace(tzinfo=UTC)
    if match := OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        return wall.replace(tzinfo=timezone(-offset if match["sign"] == "-" else offset))
    if "/" in name:
        try:
            return wall.replace(tzinfo=ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            return None
    offsets = _offsets(name.casefold(), wall)
    return wall.replace(tzinfo=timezone(next(iter(offsets)))) if len(offsets) == 1 else None


def _name_and_offset(wall: datetime, zone: ZoneInfo, fold: int) -> tuple[str, timedelta]:
    moment = wall.replace(tzinfo=zone, fold=fold)
    return moment.tzname() or "", moment.utcoffset() or timedelta()


@lru_cache(maxsize=1000)
def _offsets(name: str, wall: datetime) -> frozenset[timedelta]:
    """The offsets that an abbreviation has at that time, anywhere in the world."""
    moments = [wall.replace(tzinfo=zone, fold=fold) for zone in _all_zones() for fold in (0, 1)]
    return frozenset(
        moment.utcoffset() or timedelta() for moment in moments if (moment.tzname() or "").casefold() == name
    )


@lru_cache(maxsize=1)
def _all_zones() -> tuple[ZoneInfo, ...]:
    # Places only: legacy names such as EST5EDT and Etc/GMT+5 would make nothing clearer.
    return tuple(
        ZoneInfo(name) for name in sorted(available_timezones()) if "/" in name and "Etc/" not in name
    )
