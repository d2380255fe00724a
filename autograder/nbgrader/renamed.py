"""Notebooks that were handed in under another name: nbgrader would pass over them."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["adopt_renamed"]


def adopt_renamed(notebooks: list[str], assignment: str) -> None:
    """Give a submission's notebook the name it should have, as a copy beside it.

    `notebooks` are the submission's, as nbgrader found them; the copy is added. Of several under
    wrong names the newest is taken; links are not followed.
    """
    paths = [Path(name) for name in notebooks]
    plain = [path for path in paths if path.is_file() and not path.is_symlink()]
    if not plain or any(path.stem == assignment for path in paths):
        return
    newest = max(plain, key=lambda path: (path.stat().st_mtime_ns, path.name))
    copy = newest.with_name(f"{assignment}.ipynb")
    shutil.copyfile(newest, copy)
    notebooks.append(str(copy))
