"""Where in an author's files something stands, so that a message can say it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import yaml

__all__ = ["line_of", "place_of"]


def place_of(body: Callable[..., object]) -> str:
    """File and line of a check, a variant or a function of the reference."""
    return f"{inspect.getsourcefile(inspect.unwrap(body))}, line {inspect.getsourcelines(body)[1]}"


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line of a key in YAML text, counted from 1; the deepest part of the path that exists."""
    node, line = yaml.compose(text), None
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
