"""Changes of single values in a YAML text: comments, order and style of everything else stay."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from autograder.errors import Conflict

__all__ = ["with_values"]

Keys = tuple[str | int, ...]


def with_values(text: str, changes: Mapping[Keys, Any]) -> str:
    """The text with these values at these places; None removes a key, and mappings on the way are made.

    Raises Conflict for a text that is not YAML.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000  # no line is broken that was not
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        data = yaml.load(text)
    except YAMLError as problem:
        raise Conflict(
            "The file is not YAML, so its values cannot be changed one by one.",
            next_step="Correct the file in an editor first.",
        ) from problem
    if data is None:
        data = CommentedMap()
    for keys, value in changes.items():
        _set(data, keys, value)
    written = io.StringIO()
    yaml.dump(data, written)
    return written.getvalue()


def _set(data: Any, keys: Sequence[str | int], value: Any) -> None:
    *way, last = keys
    for key in way:
        there = data.get(key) if isinstance(data, Mapping) else data[key]
        if there is None:
            if value is None:
                return
            there = data[key] = CommentedMap()
        data = there
    if value is None:
        if isinstance(data, Mapping) and last in data:
            del data[last]  # type: ignore[attr-defined]
    elif not (isinstance(data, Mapping) and last in data and data[last] == value):
        data[last] = value
