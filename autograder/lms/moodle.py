"""What Moodle gives out under Download all submissions.

    Ada Lovelace_12345_assignsubmission_file_/week1.ipynb    in folders
    Ada Lovelace_12345_assignsubmission_file_hw1.ipynb     without
    Participant_12345_assignsubmission_file_/week1.ipynb     where names are hidden from the grader

The number is the student's in this one assignment, as in the grading worksheet's Identifier.
"""

from __future__ import annotations

import re
from pathlib import Path

from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    SUFFIX,
    CollectedSubmission,
    Layout,
    MatchCandidate,
    Unmatched,
    choose_notebook,
    is_folder,
    is_notebook,
    natural,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["MOODLE", "NAME"]

NAME = re.compile(r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)


def _recognises(folder: Path) -> bool:
    """Whether anything in a folder is named as Moodle names it."""
    try:
        return any(NAME.fullmatch(child.name) for child in visible(folder))
    except OSError:
        return False


def read_moodle(folder: Path, assignment: str) -> tuple[list[MatchCandidate], list[Unmatched]] | None:
    """The submissions of a download; a student's folder without a notebook is one too."""
    if not _recognises(folder):
        return None
    claims: dict[str, MatchCandidate] = {}
    unplaced: list[Unmatched] = []
    best: dict[str, tuple[bool, str]] = {}
    for path in sorted(visible(folder), key=lambda child: natural(child.name)):
        match = NAME.fullmatch(path.name)
        if match is None:
            if is_notebook(path) or is_folder(path):
                unplaced.append(
                    Unmatched(storable(path.name), "It is not named as Moodle names submissions.")
                )
            continue
        if match["kind"] != "file":
            continue  # a text typed into the page, a comment
        found = (choose_notebook(path, assignment) or path) if is_folder(path) else path
        if not is_folder(path) and not is_notebook(path):
            if match["id"] not in claims:
                unplaced.append(Unmatched(storable(path.name), f"It is no notebook ({SUFFIX})."))
            continue
        rank = (stem(Path(match["file"] or "")) == assignment, path.name)
        if rank <= best.get(match["id"], (False, "")):
            unplaced.append(Unmatched(storable(path.name), "Another notebook of this submission is graded."))
            continue
        if earlier := claims.get(match["id"]):
            unplaced.append(
                Unmatched(earlier.entry.path.name, "Another notebook of this submission is graded.")
            )
        best[match["id"]] = rank
        claims[match["id"]] = _claim(found, match)
    return list(claims.values()), unplaced


def _claim(path: Path, match: re.Match[str]) -> MatchCandidate:
    name = storable(match["name"])
    origin = f"{name}_{match['id']}_assignsubmission_file_"
    # A group's name may stand before the student's: Group A-Ada Lovelace.
    keys = (name, *(name.split("-", at)[-1] for at in range(1, name.count("-") + 1)))
    return MatchCandidate(
        CollectedSubmission(f"{name} ({match['id']})", path, origin=origin),
        keys,
        (("moodle_id", match["id"]),),
    )


MOODLE = Layout("moodle", read_moodle)
