"""Downloads of Blackboard, Brightspace and ILIAS: from the names of their files to students and times.

    Week 1_s12345_attempt_2026-05-04-19-58-12_week1.ipynb        Blackboard, with a .txt beside it
    12345-678 - Ada Lovelace - May 4, 2026 758 PM/week1.ipynb     Brightspace, in directories
    12345-678 - Ada Lovelace - May 4, 2026 758 PM - week1.ipynb   Brightspace, without
    Lovelace_Ada_ada.l_501/week1.ipynb                             ILIAS: last and first name, login, number

`lms.layouts` tries them after the platforms that have modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    advice,
    is_folder,
    is_notebook,
    natural,
    unmatched_files,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["BLACKBOARD", "BRIGHTSPACE", "ILIAS"]

BLACKBOARD_NAME = re.compile(
    r"(?P<title>.+)_(?P<id>[^_]+)_attempt_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
BRIGHTSPACE_INDEX = "index.html"
BRIGHTSPACE_NAME = re.compile(
    r"(?P<id>\d+)-(?P<number>\d+)\s*-\s*(?P<name>.+?)\s*-\s*"
    r"(?P<time>[^\W\d_]+\.? \d{1,2},? \d{4},? \d{1,2}:?\d{2}\s?[AP]M)(?:\s*-\s*(?P<file>.+))?",
    re.DOTALL | re.IGNORECASE,
)
ILIAS_NAME = re.compile(r"(?P<last>[^_]+)_(?P<first>[^_]+)_(?P<id>.+)_(?P<number>\d+)", re.DOTALL)
Read = tuple[list[CollectedSubmission], list[Unmatched]]


def _read_files(
    folder: Path,
    pattern: re.Pattern[str],
    candidate: Callable[[re.Match[str], Sequence[Path]], CollectedSubmission],
) -> Read | None:
    """The submissions of files and directories that a platform named; None where it named none.

    What has the same name before the student's own file name is one submission.
    """
    try:
        children = sorted(visible(folder), key=lambda child: natural(child.name))
    except OSError:
        return None
    if not any(pattern.fullmatch(child.name) for child in children):
        return None
    unmatched: list[Unmatched] = []
    submissions: dict[tuple[str, ...], list[Path]] = {}
    for child in children:
        match = pattern.fullmatch(child.name)
        if match is not None:
            submissions.setdefault((match["id"], match["time"]), []).append(child)
        elif child.name == BRIGHTSPACE_INDEX and pattern is BRIGHTSPACE_NAME:
            continue  # the platform's own list of the download
        elif is_notebook(child) or child.is_dir() or child.is_symlink():
            unmatched.append(
                Unmatched(storable(child.name), "It is not named as the platform names submissions.")
            )
        else:
            unmatched += unmatched_files([child])
    entries = []
    for paths in submissions.values():
        files = [
            path for path in paths if path.is_dir() or (pattern.fullmatch(path.name) or {"file": ""})["file"]
        ]
        match = pattern.fullmatch(paths[0].name)
        if match is not None and any(
            path.is_dir() or path.is_symlink() or is_notebook(path) for path in files
        ):
            entries.append(candidate(match, files))
        else:
            unmatched += [Unmatched(storable(path.name), advice(path.name)) for path in files or paths]
    return entries, unmatched


def _files(paths: Sequence[Path], pattern: re.Pattern[str]) -> tuple[tuple[str, Path], ...] | None:
    named = [(match["file"], path) for path in paths if (match := pattern.fullmatch(path.name))]
    return tuple((name or path.name, path) for name, path in named) if len(paths) > 1 else None


def _read_blackboard(folder: Path, assignment: str) -> Read | None:
    def candidate(match: re.Match[str], paths: Sequence[Path]) -> CollectedSubmission:
        user = storable(match["id"])
        return CollectedSubmission(
            user,
            paths[0],
            origin=storable(f"{match['title']}_{match['id']}_attempt_{match['time']}"),
            keys=(user,),
            files=_files(paths, BLACKBOARD_NAME),
            stamp=match["time"],
        )

    return _read_files(folder, BLACKBOARD_NAME, candidate)


def _read_brightspace(folder: Path, assignment: str) -> Read | None:
    def candidate(match: re.Match[str], paths: Sequence[Path]) -> CollectedSubmission:
        name = storable(match["name"])
        return CollectedSubmission(
            f"{name} ({match['id']})",
            paths[0],
            origin=storable(f"{match['id']}-{match['number']} - {match['name']} - {match['time']}"),
            keys=(name,),
            files=_files(paths, BRIGHTSPACE_NAME),
            stamp=match["time"],
        )

    return _read_files(folder, BRIGHTSPACE_NAME, candidate)


def _read_ilias(folder: Path, assignment: str) -> Read | None:
    """Directories of ILIAS, and those that were added beside them by hand."""
    try:
        children = sorted(visible(folder), key=lambda child: natural(child.name))
    except OSError:
        return None
    folders = [child for child in children if is_folder(child)]
    named = [child for child in folders if ILIAS_NAME.fullmatch(child.name)]
    if not named or 2 * len(named) <= len(folders) or any(map(is_notebook, children)):
        return None
    return [_ilias_candidate(child) for child in folders], unmatched_files(_others(children, folders))


def _others(children: Iterable[Path], folders: Sequence[Path]) -> list[Path]:
    return [child for child in children if child not in folders]


def _ilias_candidate(path: Path) -> CollectedSubmission:
    whole = storable(path.name)
    match = ILIAS_NAME.fullmatch(path.name)
    if match is None:
        return CollectedSubmission(whole, path, origin=whole, keys=(whole,))
    name = storable(f"{match['first']} {match['last']}")
    # Logins and names may hold underscores, too: what the roster knows decides.
    words = whole.split("_")[:-1]
    tails = tuple("_".join(words[at:]) for at in range(1, len(words)))
    return CollectedSubmission(whole, path, origin=whole, keys=(whole, *tails, name), name=name)


BLACKBOARD = Layout("blackboard", _read_blackboard)
BRIGHTSPACE = Layout("brightspace", _read_brightspace)
ILIAS = Layout(
    "ilias",
    _read_ilias,
    untimed=(
        "ILIAS's download does not say it",
        "Look up in ILIAS who was late, and use `autograder override`.",
    ),
)
