"""mail.yaml as a form: the SMTP server by which notices go out; its password is in the environment."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import AutograderError, Conflict
from autograder.site.content.yaml_values import with_values
from autograder.site.notices.mail import FILE, mail_settings
from autograder.yaml_source import load_yaml

__all__ = ["MAIL_FIELDS", "mail_text", "mail_values"]

MAIL_FIELDS = ("host", "port", "security", "sender", "address", "user")
LARGEST_PORT = 65535


def mail_values(text: str) -> dict[str, str]:
    """The values of the form's fields; empty where mail is off."""
    try:
        data = load_yaml(text)
    except yaml.YAMLError:
        data = None
    values = data if isinstance(data, dict) else {}
    return {name: str(values.get(name, "")) for name in MAIL_FIELDS}


def mail_text(folder: Path, typed: Mapping[str, str]) -> str:
    """The text of mail.yaml with what was typed; raises Conflict for values that cannot be."""
    path = folder / FILE
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    port = typed.get("port", "") or "587"
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= LARGEST_PORT):
        raise Conflict(f"“{port[:10]}” is not a port.", next_step="Write one such as 587.")
    values: dict[tuple[str | int, ...], Any] = {
        (name,): typed.get(name, "") or None for name in MAIL_FIELDS if name != "port"
    }
    text = with_values(before, {**values, ("port",): int(port)})
    with tempfile.TemporaryDirectory() as temporary:
        (Path(temporary) / FILE).write_text(text, encoding="utf-8")
        try:
            mail_settings(Path(temporary))
        except AutograderError as problem:
            message = problem.message.replace(f"{temporary}/", "")
            raise Conflict(message, next_step=problem.next_step) from problem
    return text
