"""A git commit of one edited file in the editor's name, where the course is under git."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from autograder.environment import all_cores

__all__ = ["commit_file", "is_under_git", "saved_word"]

SECONDS = 20.0
COMMITTING = Lock()  # git takes one commit at a time, and refuses the other
DONE = "Committed"
log = logging.getLogger(__name__)
COMMITTER = "-c", "user.name=Course site", "-c", "user.email=site@localhost"


def is_under_git(folder: Path) -> bool:
    """Whether a directory is in a working tree of git, and git is there."""
    done = _git(folder, "rev-parse", "--is-inside-work-tree")
    return done is not None and done.stdout.strip() == "true"


def commit_file(folder: Path, names: Sequence[str], *, who: str, email: str, message: str) -> str:
    """Commit these files alone and leave whatever else is staged; a sentence about what happened.

    The sentence is empty where the directory is not under git, or git ignores the files. A failed commit
    undoes nothing: the files are saved.
    """
    if not is_under_git(folder):
        return ""
    ignored = _git(folder, "check-ignore", "--", *names)
    if ignored is not None and ignored.returncode == 0:
        return ""
    with COMMITTING:
        sentence = _committed(folder, names, who=who, email=email, message=message)
    if not sentence.startswith(DONE):
        log.warning("%s: %s", ", ".join(names), sentence)
    return sentence


def saved_word(sentence: str, *, changed: bool) -> str:
    """What the address of an editor's page says of a save: yes, same, or uncommitted where git refused."""
    if not changed:
        return "same"
    return "yes" if not sentence or sentence.startswith(DONE) else "uncommitted"


def _committed(folder: Path, names: Sequence[str], *, who: str, email: str, message: str) -> str:
    added = _git(folder, "add", "--", *names)
    author = f"{_plain(who) or 'staff'} <{_plain(email) or 'staff@localhost'}>"
    done = added and _git(
        folder, *COMMITTER, "commit", "--quiet", "--no-verify", "--author", author,
        "-m", _plain(message) or "Edit content", "--only", "--", *names,
    )  # fmt: skip
    if done is None:
        return "It is saved; git did not answer, so it is not committed."
    if done.returncode:
        answer = " ".join((done.stderr or done.stdout).split())[:300]
        return f"It is saved, and not committed: {answer or 'git refused'}."
    head = _git(folder, "rev-parse", "--short", "HEAD")
    return f"{DONE} as {head.stdout.strip()}." if head is not None else f"{DONE}."


def _plain(text: str) -> str:
    """A text on one line without what divides names from addresses."""
    return " ".join(text.replace("<", " ").replace(">", " ").split())[:200]


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    """What git says; None where it is not there or does not come to an end."""
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", str(folder), "-c", "core.hooksPath=/dev/null", *words]
    try:
        with all_cores():
            return subprocess.run(
                command, capture_output=True, check=False, timeout=SECONDS,
                encoding="utf-8", errors="replace",  # git speaks the locale's language, and its encoding
            )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
