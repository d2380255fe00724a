"""Notebooks that were handed in under another name: nbgrader would pass over them."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.course import find_course

__all__ = ["adopt_renamed"]


def adopt_renamed(*, course: str, assignment: str, notebooks: list[str], **others: object) -> None:
    """Before a submission is graded: give its notebook the name it should have, as a copy beside it.

    `notebooks` are the submission's, as nbgrader found them; the copy is added. Of several under
    wrong names the newest is taken. Assignments that `course` does not have are left alone.
    """
    paths = [Path(name) for name in notebooks]
    if not paths or assignment not in find_course(Path(course)).assignment_ids():
        return
    right = paths[0].with_name(f"{assignment}.ipynb")
    plain = [path for path in paths if path.is_file() and not path.is_symlink()]
    if right in paths or not plain:
        return
    newest = max(plain, key=lambda path: (path.stat().st_mtime_ns, path.name))
    shutil.copyfile(newest, right)
    notebooks.append(str(right))
