"""The mark of a database in use: every process that opens it shares a lock, which a restore must have alone.

Servers share another one, by which a command on the same machine knows that one runs. A lock belongs to an
open file, so it ends with its process, however that ends. Where the system has no such
locks (Windows), nothing is held.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import UsageError

try:
    import fcntl
except ModuleNotFoundError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

__all__ = ["being_served", "database_alone", "database_in_use", "is_served"]

NAME, SERVED = "in-use", "served"


@contextmanager
def database_in_use(folder: Path) -> Iterator[None]:
    """Hold the database in a folder as one of its users; raises UsageError while it is being replaced."""
    with _lock(folder, shared=True, refusal="The database is being restored from a backup just now."):
        yield


@contextmanager
def database_alone(folder: Path) -> Iterator[None]:
    """Hold the database alone; raises UsageError while a server or another command uses it."""
    with _lock(folder, shared=False, refusal="A server or another command uses this database."):
        yield


@contextmanager
def being_served(folder: Path) -> Iterator[None]:
    """Let commands know that a server runs at the database in a folder."""
    if fcntl is None:
        yield
        return
    file = os.open(folder / SERVED, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_SH)  # waits for a command that is just looking
        yield
    finally:
        os.close(file)


def is_served(folder: Path) -> bool:
    """Whether a server runs on this machine at the database in a folder, which need not exist."""
    if fcntl is None:
        return False
    try:
        file = os.open(folder / SERVED, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def _lock(folder: Path, *, shared: bool, refusal: str) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    file = os.open(folder / NAME, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            next_step = "Try again in a minute." if shared else "Stop it first; nothing was changed."
            raise UsageError(refusal, next_step=next_step) from None
        yield
    finally:
        os.close(file)
