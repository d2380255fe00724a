"""Reading YAML files into validated models; every error names the file, the line and the key."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from autograder.errors import ContentError

__all__ = ["line_of", "read_yaml", "source_location"]


# libyaml reads the same as PyYAML's own parser, eight times as fast. Wheels bring it; some builds do without.
FAST: type[Any] | None = getattr(yaml, "CSafeLoader", None)


def _parsed(parse: Callable[..., Any], text: str) -> Any:
    """YAML text by `yaml.load` or `yaml.compose`; of a mistake PyYAML's own parser says more, and where."""
    if FAST is not None:
        with suppress(yaml.YAMLError):
            return parse(text, Loader=FAST)
    return parse(text, Loader=yaml.SafeLoader)


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
    try:
        text = path.read_text(encoding="utf-8")
        data = _parsed(yaml.load, text)
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
