"""Opening nbgrader's gradebook."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.errors import UsageError

__all__ = ["open_gradebook"]


@contextmanager
def open_gradebook(url: str) -> Iterator[Any]:
    """nbgrader's Gradebook at a database URL, made if it is not there.

    Raises UsageError when the database cannot be opened, or is of another version of nbgrader.
    """
    from nbgrader.api import Grade, Gradebook  # takes over a second: only for those who need it
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    # For a new database nbgrader runs `alembic`, which stands beside this Python.
    os.environ["PATH"] = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    )
    try:
        gradebook = Gradebook(url)
        gradebook.db.query(Grade).first()
    except (SQLAlchemyError, ImportError, ValueError, OSError) as problem:
        reason = str(problem).splitlines()[0]
        raise UsageError(
            f"The gradebook {url} cannot be opened: {reason}",
            next_step="Write it as nbgrader does, such as sqlite:///gradebook.db; "
            "`nbgrader db upgrade` brings an old one up to date.",
        ) from problem
    try:
        with gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own, one for each new submission
            yield gradebook
    except SQLAlchemyError as problem:
        raise UsageError(
            f"The gradebook {url} cannot be written to: {str(problem).splitlines()[0]}",
            next_step="Close other programs that use it and try again; what was pushed before stays.",
        ) from problem
