"""What staff set of the server itself: one JSON value by name, with who set it when."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from autograder.site.tables import site_setting
from autograder.site.upsert import upsert

__all__ = ["read_setting", "write_setting"]


def read_setting(connection: Connection, name: str) -> dict[str, Any]:
    """The value of a setting; empty where it was never set."""
    text = connection.execute(
        select(site_setting.c.value).where(site_setting.c.name == name)
    ).scalar_one_or_none()
    return {} if text is None else dict(json.loads(text))


def write_setting(connection: Connection, name: str, value: dict[str, Any], *, at: int, who: str) -> None:
    """Set a value; the caller records the act."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    upsert(connection, site_setting, {"name": name, "value": text, "at": at, "who": who})
