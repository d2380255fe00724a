"""Which platform laid a path out, and whose everything in it is.

    PATH holds                                        was laid out by
    submission_metadata.yml                           Gradescope
    Name_123_assignsubmission_file_…                  Moodle
    about.json                                        `autograder submit` (see `drop`)
    submitted/                                        nbgrader
    mostly nameslug_[LATE_]123_456_name.ipynb         Canvas
    anything else                                     the instructor (see `folders`)

Tried in this order; each but the last needs a mark that the others never write.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from autograder.course.roster import Roster
from autograder.errors import UsageError
from autograder.intake.entry import Claim, Entry, Found, Layout, Unplaced
from autograder.intake.folders import in_folder, single, stamped
from autograder.intake.names import is_folder, natural, visible

__all__ = ["NBGRADER", "NOBODY", "find_submissions"]

COLLECTED = "submitted"  # the folder of an nbgrader course that holds what students handed in
NOBODY = Roster()


def find_submissions(
    path: Path, assignment: str, roster: Roster = NOBODY, layouts: Sequence[Layout] = ()
) -> Found:
    """The submissions at a path, in natural order; the first layout whose mark is there reads it.

    Raises UsageError when there are none.
    """
    if path.is_symlink():
        raise UsageError(
            f"{path} is a symbolic link, and links are not followed.",
            next_step=f"Name what it leads to: {os.path.realpath(path)}",
        )
    if not path.exists():
        raise UsageError(
            f"{path} does not exist.",
            next_step="Name a notebook, a folder of notebooks, or a folder with a folder for each student.",
        )
    if not path.is_dir():  # a single notebook is graded whoever handed it in
        entry = single(path, assignment)
        person, _ = roster.resolve(entry.student)
        return Found((replace(entry, student=person.student_id) if person else entry,))
    layout, claims, unplaced = _read(path, assignment, layouts)
    entries, strangers = _place(claims, roster)
    if not entries:
        why = "".join(f" {one.name}: {one.why}" for one in (*strangers, *unplaced)[:1])
        raise UsageError(
            f"{path} holds no submission of a student.{why}",
            next_step="Complete roster.csv, or name another folder.",
        )
    entries.sort(key=lambda entry: (natural(entry.student), entry.when()))
    _refuse_doubles(entries)
    return Found(tuple(entries), (*strangers, *unplaced), layout)


def _read(path: Path, assignment: str, layouts: Sequence[Layout]) -> tuple[str, list[Claim], list[Unplaced]]:
    for layout in layouts:
        for folder in (path, *_only_folder(path)):
            if (read := layout.read(folder, assignment)) is not None:
                return layout.name, *read
    return "folder", _plain(in_folder(path, assignment)), []


def _collected_by_nbgrader(path: Path, assignment: str) -> tuple[list[Claim], list[Unplaced]] | None:
    if not is_folder(path / COLLECTED) and path.name != COLLECTED:
        return None
    path = path / COLLECTED if is_folder(path / COLLECTED) else path
    return _plain(in_folder(path, assignment), path, assignment), []


NBGRADER = Layout("nbgrader", _collected_by_nbgrader)


def _only_folder(path: Path) -> list[Path]:
    """The folder in a folder that holds nothing else: archivers like to add one."""
    try:
        children = visible(path)
    except OSError:
        return []  # what is wrong with it shows when it is read
    return children if len(children) == 1 and is_folder(children[0]) else []


def _plain(entries: list[Entry], collected: Path | None = None, assignment: str = "") -> list[Claim]:
    claims = []
    for entry in entries:
        if collected:
            parts = entry.path.relative_to(collected).parts
            when = stamped(collected / parts[0], assignment)
            entry = replace(entry, submitted=when, origin=parts[0])
        claims.append(Claim(entry, (entry.student,)))
    return claims


def _place(claims: list[Claim], roster: Roster) -> tuple[list[Entry], list[Unplaced]]:
    """Entries of students on the roster; without a roster, of everybody."""
    entries, strangers = [], []
    for claim in claims:
        entry = claim.entry
        if roster:
            person = next(filter(None, (roster.column(*one) for one in claim.columns)), None)
            why = ""
            if person is None:
                person, why = roster.resolve(*claim.keys)
            if person is None:
                strangers.append(Unplaced(entry.origin or entry.path.name, why))
                continue
            entry = replace(entry, student=person.student_id)
        entries.append(entry)
    return entries, strangers


def _refuse_doubles(entries: list[Entry]) -> None:
    """Two entries of one student are two attempts only if something says which was first."""
    for other, entry in pairwise(entries):
        if entry.student == other.student and entry.when() == other.when():
            raise UsageError(
                f"There are two submissions of {entry.student}: {other.path} and {entry.path}.",
                next_step="Move one of them away, or rename it to the student whose it is.",
            )
