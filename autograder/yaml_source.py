"""Reading YAML files into validated models; every error names the file, the line and the key.

Staff edit these files in the browser and students may submit some, so their size in memory is bounded first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from autograder.errors import ContentError

__all__ = ["PlainLoader", "line_of", "load_yaml", "read_data", "read_yaml", "source_location"]


# libyaml reads the same as PyYAML's own parser, eight times as fast. Wheels bring it; some builds do without.
FAST: type[Any] | None = getattr(yaml, "CSafeLoader", None)
DEEPEST = 100  # libyaml builds nested values by recursion in C: thousands of brackets would end the process
MERGE = "<<"  # takes over the values of another mapping; may be repeated
MOST_VALUES = 200_000  # that aliases may make of a text: a dozen short lines can mean billions
# What PyYAML raises beside its own errors for a scalar that cannot be, such as 2026-13-45 or `!!int x`.
ODD_SCALARS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


class Refusal(yaml.MarkedYAMLError):
    """Why nothing was built of a text that a parser would take."""

    def __init__(self, problem: str, event: yaml.Event) -> None:
        mark: Any = event.start_mark  # libyaml's marks are of a class of their own
        super().__init__(problem=problem, problem_mark=mark)


class TooMuch(Refusal):
    """The text means more than a file of a course holds."""


class RepeatedKey(Refusal):
    """A mapping has a key twice; a parser would keep the last value and lose the others without a word."""


class PlainLoader(yaml.SafeLoader):
    """PyYAML's own parser, which says the line of every mistake."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """The value of a node; raises YAMLError with its line for one that cannot be."""
        try:
            return super().construct_object(node, deep=deep)
        except ODD_SCALARS as problem:
            what = f"{str(node.value)[:40]!r} cannot be read: {problem}"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark) from problem


def load_yaml(text: str, loader: type[Any] = PlainLoader) -> Any:
    """The value of a YAML text from outside; raises YAMLError, also for what is nested or repeated too much.

    Every text that somebody else wrote is read here: its size in memory is known before anything is built,
    and no mapping has a key twice.
    """
    return _parsed(yaml.load, text, loader)


def _parsed(build: Callable[..., Any], text: str, plain: type[Any] = PlainLoader) -> Any:
    """YAML text by `yaml.load` or `yaml.compose`; of a mistake PyYAML's own parser says more, and where."""
    if FAST is not None:
        try:
            _require_readable(text, FAST)
            return build(text, Loader=FAST if plain is PlainLoader else plain)
        except Refusal:
            raise
        except (yaml.YAMLError, *ODD_SCALARS):
            pass
    _require_readable(text, yaml.SafeLoader)
    return build(text, Loader=plain)


@dataclass
class _Collection:
    """A list or mapping that is open while the events of a text are read."""

    anchor: str | None
    size: int = 1  # in values, so far
    keys: dict[str, int] | None = None  # of a mapping: each with its line, counted from 1
    is_key_next: bool = True


def _require_readable(text: str, loader: type[Any]) -> None:
    """Raise a Refusal for a text that is nested too deeply, or that repeats too much, itself or a key."""
    sizes: dict[str, int] = {}  # of what has an anchor, in values
    collections: list[_Collection] = []  # that are open
    repeated = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            _note_key(collections, event)
            keys: dict[str, int] | None = {} if isinstance(event, yaml.MappingStartEvent) else None
            collections.append(_Collection(event.anchor, keys=keys))
            if len(collections) > DEEPEST:
                raise TooMuch(f"values are nested more than {DEEPEST} deep", event)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            ended = collections.pop()
            anchor, size = ended.anchor, ended.size
        elif isinstance(event, yaml.AliasEvent):
            if any(event.anchor == outer.anchor for outer in collections):
                raise TooMuch(f"*{event.anchor} is a part of itself", event)
            _note_key(collections, event)
            anchor, size = None, sizes.get(str(event.anchor), 1)
            repeated += size
            if repeated > MOST_VALUES:
                raise TooMuch(f"aliases repeat more than {MOST_VALUES:,} values", event)
        elif isinstance(event, yaml.ScalarEvent):
            _note_key(collections, event)
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        if collections:
            collections[-1].size += size


def _note_key(collections: Sequence[_Collection], event: yaml.NodeEvent) -> None:
    """Note a node that begins here where it is a key of the innermost mapping; raise where it was there."""
    if not collections or (keys := collections[-1].keys) is None:
        return
    mapping = collections[-1]
    is_key, mapping.is_key_next = mapping.is_key_next, not mapping.is_key_next
    if not is_key or not isinstance(event, yaml.ScalarEvent) or event.value == MERGE:
        return
    if event.value in keys:
        raise RepeatedKey(
            f"the key {event.value!r} is here a second time; the first is in line {keys[event.value]}", event
        )
    mark: Any = event.start_mark
    keys[event.value] = mark.line + 1


def source_location(body: Callable[..., object]) -> str:
    """The file and line of a check, a variant or a function of the reference."""
    return f"{inspect.getsourcefile(inspect.unwrap(body))}, line {inspect.getsourcelines(body)[1]}"


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line of a key in YAML text, counted from 1; the deepest part of the path that is there."""
    node, line = _parsed(yaml.compose, text), None
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(key)), None)
            if pair is None:
                continue  # a kind's name in a union, which the file does not have as a key
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line


M = TypeVar("M", bound=BaseModel)
WORDS = {  # of pydantic's errors, by their type: what is wrong, and what to do
    "missing": ("the key is missing", "Add it."),
    "extra_forbidden": ("there is no such key", "Remove it, or correct its name."),
    "model_type": ("expected keys with values, such as `title: Week 1`", "Write them."),
}
WORDS["dict_type"] = WORDS["model_attributes_type"] = WORDS["model_type"]


def read_yaml(path: Path, model: type[M]) -> M:
    """A YAML file as a checked model; raises ContentError with file, line and key."""
    text, data = read_data(path)
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first, next_step = _first_error(problem, model)
        key = ".".join(str(part) for part in first["loc"])
        line = line_of(text, first["loc"]) if first["loc"] else None
        what = WORDS.get(first["type"], (first["msg"].removeprefix("Value error, "),))[0]
        raise ContentError(
            f"{path}{f', line {line}' if line else ''}: {key}{': ' if key else ''}{what.removesuffix('.')}.",
            next_step=next_step,
        ) from problem


def _first_error(problem: ValidationError, model: type[BaseModel]) -> tuple[ErrorDetails, str]:
    """The error to tell, and what to do about it.

    A misspelt key is missing and unknown at once: the unknown one is told, which is in the file.
    """
    errors = problem.errors()
    first = errors[0]
    if first["type"] == "missing":
        unknown = [
            error
            for error in errors
            if error["type"] == "extra_forbidden" and error["loc"][:-1] == first["loc"][:-1]
        ]
        first = unknown[0] if unknown else first
    step = WORDS[first["type"]][1] if first["type"] in WORDS else "Correct the value."
    if first["type"] == "extra_forbidden":
        siblings = [error for error in errors if error["loc"][:-1] == first["loc"][:-1]]
        known = [str(error["loc"][-1]) for error in siblings if error["type"] == "missing"]
        known += list(model.model_fields) if len(first["loc"]) == 1 else []
        if close := get_close_matches(str(first["loc"][-1]), known, n=1):
            step = f"Write `{close[0]}` in its place, or remove it."
    return first, step


def read_data(path: Path) -> tuple[str, Any]:
    """The text and the value of a YAML file that no model has checked; raises ContentError with the line."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, load_yaml(text)
    except OSError as problem:
        raise ContentError(
            f"{path} cannot be read: {problem.strerror}.", next_step="Add the file, or let yourself read it."
        ) from problem
    except UnicodeDecodeError as problem:
        raise ContentError(f"{path} is not UTF-8 text.", next_step="Save it as UTF-8.") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        location = f", line {mark.line + 1}" if mark else ""
        what = getattr(problem, "problem", None) or "the file is not YAML"
        raise ContentError(f"{path}{location}: {what}.", next_step="Correct the line.") from problem
