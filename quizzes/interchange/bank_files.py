"""Writes an imported bank beside the others, never over one that is there.

`quizzes import` and the page of banks use it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from autograder.errors import UsageError

__all__ = ["bank_path", "write_bank"]


NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def bank_path(course: Path, bank: str) -> Path:
    """The file of a new bank; raises UsageError for a name that is not valid, or is taken."""
    if not NAME.fullmatch(bank):
        raise UsageError(
            f"{bank[:80]}: not a valid name for a bank.",
            next_step="Use lower-case letters, digits and dashes, such as week-3.",
        )
    path = course / "quizzes" / "banks" / f"{bank}.yaml"
    if path.exists():
        raise _taken(path)
    return path


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} exists already.", next_step="Choose another name for the bank.")


def write_bank(path: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Write a bank and its pictures, which lie in a folder of its name.

    The bank comes last and whole, so that nobody reads a part of it. Raises UsageError if it is there, or
    cannot be written.
    """
    try:
        for name, data in pictures.items():
            picture = path.parent / name
            if not picture.resolve().is_relative_to(path.parent.resolve()):
                raise UsageError(
                    f"The picture {name} is outside the folder of banks.",
                    next_step="Rename it in the package, without `..`, and import again.",
                )
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_bytes(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, text.encode())
    except FileExistsError as problem:
        raise _taken(path) from problem
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written: {problem.strerror}.",
            next_step="Let the program write into that folder, or import the file elsewhere.",
        ) from problem


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet; raises FileExistsError if another program made it meanwhile."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content)
        os.link(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink()
