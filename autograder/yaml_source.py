"""Reading YAML files into validated models; every error names the file, the line and the key.

Staff edit these files in the browser and students may submit some, so their size in memory is bounded first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from autograder.errors import ContentError

__all__ = ["PlainLoader", "line_of", "load_yaml", "read_data", "read_yaml", "source_location"]


# libyaml reads the same as PyYAML's own parser, eight times as fast. Wheels bring it; some builds do without.
FAST: type[Any] | None = getattr(yaml, "CSafeLoader", None)
DEEPEST = 100  # libyaml builds nested values by recursion in C: thousands of brackets would end the process
MOST_VALUES = 200_000  # that aliases may make of a text: a dozen short lines can mean billions
# What PyYAML raises beside its own errors for a scalar that cannot be, such as 2026-13-45 or `!!int x`.
ODD_SCALARS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


class TooMuch(yaml.MarkedYAMLError):
    """The text means more than a file of a course holds; nothing was built of it."""

    def __init__(self, problem: str, event: yaml.Event) -> None:
        mark: Any = event.start_mark  # libyaml's marks are of a class of their own
        super().__init__(problem=problem, problem_mark=mark)


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

    Every text that somebody else wrote is read here: its size in memory is known before anything is built.
    """
    return _parsed(yaml.load, text, loader)


def _parsed(build: Callable[..., Any], text: str, plain: type[Any] = PlainLoader) -> Any:
    """YAML text by `yaml.load` or `yaml.compose`; of a mistake PyYAML's own parser says more, and where."""
    if FAST is not None:
        try:
            _require_bounded(text, FAST)
            return build(text, Loader=FAST if plain is PlainLoader else plain)
        except TooMuch:
            raise
        except (yaml.YAMLError, *ODD_SCALARS):
            pass
    _require_bounded(text, yaml.SafeLoader)
    return build(text, Loader=plain)


def _require_bounded(text: str, loader: type[Any]) -> None:
    """Raise TooMuch for a text that is nested too deeply, or whose aliases repeat too much or themselves."""
    sizes: dict[str, int] = {}  # of what has an anchor, in values
    collections: list[tuple[str | None, int]] = []  # that are open: anchor and values so far
    repeated = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            collections.append((event.anchor, 1))
            if len(collections) > DEEPEST:
                raise TooMuch(f"values are nested more than {DEEPEST} deep", event)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = collections.pop()
        elif isinstance(event, yaml.AliasEvent):
            if any(event.anchor == outer for outer, _ in collections):
                raise TooMuch(f"*{event.anchor} is a part of itself", event)
            anchor, size = None, sizes.get(str(event.anchor), 1)
            repeated += size
            if repeated > MOST_VALUES:
                raise TooMuch(f"aliases repeat more than {MOST_VALUES:,} values", event)
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        if collections:
            outer, known = collections[-1]
            collections[-1] = outer, known + size


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
NEXT_STEPS = {
    "missing": "Add the key.",
    "extra_forbidden": "Remove the key, or correct its name.",
}


def read_yaml(path: Path, model: type[M]) -> M:
    """A YAML file as a checked model; raises ContentError with file, line and key."""
    text, data = read_data(path)
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        line = line_of(text, first["loc"])
        raise ContentError(
            f"{path}{f', line {line}' if line else ''}: {key}{': ' if key else ''}"
            f"{first['msg'].removeprefix('Value error, ')}.",
            next_step=NEXT_STEPS.get(first["type"], "Correct the value."),
        ) from problem


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
