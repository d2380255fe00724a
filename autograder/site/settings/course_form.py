"""course.yaml as a form: title, zone, attempts, weights and letters; everything else in the file stays."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course.course import CourseFile
from autograder.course.typed_number import typed_number
from autograder.errors import AutograderError, Conflict
from autograder.site.content.yaml_values import with_values
from autograder.yaml_source import read_yaml

__all__ = ["SPARE", "changed_course", "course_file_of", "course_values", "differences"]

SPARE = 2  # empty lines for new groups
LONGEST = 2000
LABELS = {
    "title": "Title",
    "time_zone": "Time zone",
    "attempts": "Which attempt counts",
    "written": "People mark written answers",
    "scale": "Letters",
}


def course_file_of(text: str) -> CourseFile:
    """The course that a text describes; raises Conflict with line and key."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "course.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return read_yaml(path, CourseFile)
        except AutograderError as problem:
            message = problem.message.replace(str(path), "course.yaml")
            raise Conflict(message, next_step=problem.next_step) from problem


def course_values(file: CourseFile) -> dict[str, str]:
    """The values of the form's fields; groups are numbered from 0."""
    values = {
        "title": file.title,
        "time_zone": file.time_zone,
        "attempts": file.attempts,
        "written": "yes" if file.written else "",
        "scale": "",
    }
    if file.gradebook is not None:
        values["scale"] = ", ".join(
            f"{letter}: {least.normalize():f}" for letter, least in file.gradebook.scale.items()
        )
        for number, group in enumerate(file.gradebook.groups):
            values |= {
                f"group-{number}-name": group.name,
                f"group-{number}-weight": f"{group.weight.normalize():f}",
                f"group-{number}-of": ", ".join(group.of),
                f"group-{number}-drop_lowest": str(group.drop_lowest),
                f"group-{number}-never_drop": ", ".join(group.never_drop),
            }
    return values


def changed_course(text: str, typed: Mapping[str, str]) -> str:
    """The text of course.yaml with what was typed; raises Conflict for values that cannot be."""
    before = course_values(course_file_of(text))
    values = before | {
        name: " ".join(value.split())[:LONGEST]
        for name, value in typed.items()
        if name in LABELS or re.fullmatch(r"group-\d{1,3}-(name|weight|of|drop_lowest|never_drop)", name)
    }
    changes: dict[tuple[str | int, ...], Any] = {}
    for name in ("title", "time_zone", "attempts"):
        if values[name] != before[name]:
            changes[(name,)] = values[name]
    if values["written"] != before["written"]:
        changes[("written",)] = bool(values["written"])
    groups = _groups(values)
    old = _groups(before)
    if groups != old:
        changes[("gradebook", "groups")] = groups or None
    if values["scale"] != before["scale"]:
        changes[("gradebook", "scale")] = _scale(values["scale"]) or None
    if not groups and (old or changes.get(("gradebook", "scale"))):
        changes = {keys: value for keys, value in changes.items() if keys[0] != "gradebook"}
        changes[("gradebook",)] = None
    new = with_values(text, changes) if changes else text
    course_file_of(new)
    return new


def differences(before: CourseFile, after: CourseFile) -> list[tuple[str, str, str]]:
    """What is another value afterwards: what, before, after."""
    old, new = course_values(before), course_values(after)
    names = {**dict.fromkeys(old), **dict.fromkeys(new)}
    return [
        (_label(name, new if name in new else old), old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _label(name: str, values: Mapping[str, str]) -> str:
    if name in LABELS:
        return LABELS[name]
    _, number, what = name.split("-", 2)
    words = {"of": "its work", "drop_lowest": "how many are dropped", "never_drop": "what is never dropped"}
    return f"Group “{values.get(f'group-{number}-name', '')}”, {words.get(what, what)}"


def _groups(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The groups that have a name, as course.yaml has them."""
    numbers = sorted({int(name.split("-")[1]) for name in values if name.startswith("group-")})
    groups = []
    for number in numbers:
        name = values.get(f"group-{number}-name", "")
        if not name:
            continue
        drop = values.get(f"group-{number}-drop_lowest", "") or "0"
        group: dict[str, Any] = {
            "name": name,
            "weight": _number(f"The weight of “{name}”", values.get(f"group-{number}-weight", "")),
            "of": _names(values.get(f"group-{number}-of", "")),
        }
        if lowest := _number(f"What “{name}” drops", drop):
            group["drop_lowest"] = lowest
        if never := _names(values.get(f"group-{number}-never_drop", "")):
            group["never_drop"] = never
        groups.append(group)
    return groups


def _scale(text: str) -> dict[str, Any]:
    """`A: 90, B: 80` as letters with the least percentage of each."""
    scale: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        letter, colon, least = part.rpartition(":")
        if not colon or not letter.strip():
            raise Conflict(
                f"Letters: “{part[:30]}” is not a letter with its least percentage.",
                next_step="Write A: 90, B: 80, C: 70, F: 0.",
            )
        scale[letter.strip()] = _number(f"The letter {letter.strip()}", least)
    return scale


def _names(text: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,\s]+", text) if name.strip()]


def _number(what: str, text: str) -> Any:
    number = typed_number(text)
    if not 0 <= number <= 1_000_000:
        raise Conflict(f"{what}: “{text.strip()[:20]}” is not a number.", next_step="Write a number.")
    return int(number) if number == int(number) else number
