"""What a taker could answer, read from the page a browser gets: something valid for any question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from random import Random

from quizzes.raw import Answer

__all__ = ["Asked", "asked_in"]

SECTION = re.compile(r'<section class="question"[^>]* data-pos="(\d+)"[^>]* data-kind="(\w+)"')
CONTROL = re.compile(r'<(input|select|textarea)\b([^>]*) name="a\d+(?:\.([^"]+))?"([^>]*)')
VALUE = re.compile(r' value="([^"]*)"')
OPTION = re.compile(r'<option value="([^"]+)"')
LARGEST_NUMBER = 10**6


@dataclass(frozen=True)
class Asked:
    """A question as its page shows it: its fields by id, each with the values to choose from, if any."""

    pos: int
    kind: str
    fields: Mapping[str, tuple[str, ...]]

    def answer(self, dice: Random) -> Answer:
        """A valid answer, hardly ever the one before."""
        number = str(dice.randrange(LARGEST_NUMBER))
        alone = self.fields.get("", ())
        match self.kind:
            case "ordering":
                return dice.sample(list(self.fields), len(self.fields))
            case "matching" | "blanks":
                return {id: dice.choice(values) if values else number for id, values in self.fields.items()}
            case "choices":
                return dice.sample(alone, dice.randint(1, len(alone)))
        return dice.choice(alone) if alone else number


def asked_in(page: str) -> list[Asked]:
    """The questions of a quiz page."""
    heads = list(SECTION.finditer(page))
    ends = [head.start() for head in heads[1:]] + [len(page)]
    return [
        Asked(int(head[1]), head[2], _fields_in(page[head.end() : end]))
        for head, end in zip(heads, ends, strict=True)
    ]


def _fields_in(section: str) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for control in CONTROL.finditer(section):
        tag, attributes, id = control[1], control[2] + control[4], unescape(control[3] or "")
        values: list[str] = []
        if tag == "select":
            values = OPTION.findall(section[control.end() : section.index("</select>", control.end())])
        elif 'type="radio"' in attributes or 'type="checkbox"' in attributes:
            values = VALUE.findall(attributes)
        fields[id] = (*fields.get(id, ()), *map(unescape, values))
    return fields
