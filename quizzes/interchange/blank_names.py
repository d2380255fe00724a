"""Names of the gaps of an imported text: they are shown to students, so they never say the key."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from quizzes.content.marking.short_text import plain

__all__ = ["blank_id", "shows_key"]


GENERATED = re.compile(r"[0-9a-f-]{16,}|g[0-9a-f]{20,}", re.IGNORECASE)


def _keys(data: Mapping[str, Any]) -> list[str]:
    right = [*data.get("accept", []), *data.get("options", [])[:1]]
    return [*right, str(data["key"])] if "key" in data else right


def shows_key(name: str, data: Mapping[str, Any]) -> bool:
    """Whether a name is, or holds as one of its words, an answer that is right; or is a machine's."""
    words = {plain(name), *re.split(r"[^\w.+-]+|_", plain(name)), *re.split(r"[\W_]+", plain(name))}
    return bool(GENERATED.fullmatch(name)) or any(plain(key) in words for key in _keys(data) if key)


def blank_id(name: str, number: int, data: Mapping[str, Any], taken: Collection[str]) -> str:
    """An id for a gap, unlike those that are taken."""
    plain_name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    if not plain_name or shows_key(name, data):
        plain_name = f"blank-{number}"
    ident, copy = plain_name, 1
    while ident in taken:
        copy += 1
        ident = f"{plain_name}-{copy}"
    return ident
