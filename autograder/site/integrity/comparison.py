"""Comparing the submissions of a class for a case: `autograder similarity` as a process of its own.

The server reads no notebook itself: it writes each student's newest one into a directory and keeps the page.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.environment import all_cores, module_command
from autograder.errors import Conflict, NotFound
from autograder.site.app_context import AppContext
from autograder.site.homework.context import context_of
from autograder.site.homework.submissions import submissions_of_all

__all__ = ["compare_class"]

PAGE = "similarity.html"
PATIENCE = 1800  # seconds, for a large class on a busy machine


def compare_class(context: AppContext, work: str) -> bytes:
    """The page of similar submissions of an assignment; raises Conflict where it cannot be made."""
    files = context_of(context).files
    with context.database.reading() as connection:
        newest = dict(submissions_of_all(connection, context.course, work))
    with TemporaryDirectory() as name:
        folder, out = Path(name) / "class", Path(name) / "out"
        for number, (person, stored) in enumerate(newest.items()):
            place = folder / (person if person.isalnum() else f"{number}-{_plain(person)}") / work
            place.mkdir(parents=True, exist_ok=True)
            try:
                (place / f"{work}.ipynb").write_bytes(files.get(stored.digest))
            except NotFound:
                continue
        command = module_command("autograder", "similarity", work, str(folder), "--out", str(out))
        try:
            with all_cores():
                done = subprocess.run(
                    command, cwd=context.folder, capture_output=True, timeout=PATIENCE, check=False
                )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise Conflict(
                "The comparison was stopped: it took too long.",
                next_step="Run `autograder similarity` on another machine and add its page here.",
            ) from problem
        if done.returncode or not (out / PAGE).is_file():
            printed = " ".join(done.stderr.decode("utf-8", "replace").replace(str(folder), "").split())[-300:]
            raise Conflict(
                f"The submissions cannot be compared: {printed}", next_step="Correct that and try again."
            )
        return (out / PAGE).read_bytes()


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)[:80]
