"""Downloads of Blackboard, Brightspace, ILIAS and Sakai: from names of files to students and times.

    Week 1_s12345_attempt_2026-05-04-19-58-12_week1.ipynb        Blackboard, with a .txt beside it
    12345-678 - Ada Lovelace - May 4, 2026 758 PM/week1.ipynb     Brightspace, in directories
    12345-678 - Ada Lovelace - 4 May, 2026 1958 - week1.ipynb     Brightspace, without; a date abroad
    Lovelace_Ada_ada.l_501/week1.ipynb                             ILIAS: last and first name, login, number
    Team 77/Lovelace_Ada_ada.l_501/week1.ipynb                     ILIAS, of a team
    Lovelace, Ada(ada.l)/Submission attachment(s)/week1.ipynb      Sakai, with Ada's timestamp.txt

`lms.layouts` tries them after the platforms that have modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    advice,
    is_folder,
    is_notebook,
    natural,
    otherwise_named,
    stamp_in,
    unmatched_files,
    visible,
)
from autograder.submissions.guarded_files import folder_files
from autograder.submissions.notebook import storable

__all__ = ["BLACKBOARD", "BRIGHTSPACE", "ILIAS", "SAKAI"]

# The title and the login; either may hold underscores, too.
BLACKBOARD_NAME = re.compile(
    r"(?P<id>.+_.+)_attempt_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
BRIGHTSPACE_INDEX = "index.html"
# The date is as the language of whoever downloads has it; file names have no colons.
BRIGHTSPACE_NAME = re.compile(
    r"(?P<id>\d+)-(?P<number>\d+)\s*-\s*(?P<name>.+?)\s*-\s*"
    r"(?P<time>(?:[^\W\d_]+\.? \d{1,2}|\d{1,2}\.?(?: de)? [^\W\d_]+\.?),?(?: de)? \d{4},? "
    r"\d{1,2}[:.h]?\d{2}(?:\s?[AP]\.?\s?M\b\.?)?)(?:\s*-\s*(?P<file>.+))?",
    re.DOTALL | re.IGNORECASE,
)
ILIAS_NAME = re.compile(r"(?P<last>[^_]+)_(?P<first>[^_]+)_(?P<id>.+)_(?P<number>\d+)", re.DOTALL)
ILIAS_TEAM = re.compile(r"Team[ _]\d+")
SAKAI_NAME = re.compile(r"(?P<name>.+)\((?P<id>[^()]+)\)", re.DOTALL)
SAKAI_FLAT = re.compile(
    rf"(?P<student>{SAKAI_NAME.pattern})_Submission attachment\(s\)_(?P<file>.+)", re.DOTALL
)
# `SAKAI_RETURNED` holds what was given back to the student, `SAKAI_FILES` are Sakai's own.
SAKAI_ATTACHMENTS, SAKAI_RETURNED = "Submission attachment(s)", "Feedback Attachment(s)"
SAKAI_FILES = re.compile(
    r"timestamp\.txt|comments\.txt|feedbackText\.html|(?:.*_)?submissionText\.html", re.DOTALL
)
SAKAI_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d*")  # in UTC, of older versions
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
            unmatched.append(otherwise_named(child, "the platform"))
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
    named: set[str] = set()

    def candidate(match: re.Match[str], paths: Sequence[Path]) -> CollectedSubmission:
        if not named:
            found = (BLACKBOARD_NAME.fullmatch(child.name) for child in visible(folder))
            named.update(other["id"] for other in found if other is not None)
        logins = _logins(match["id"], named)
        return CollectedSubmission(
            storable(logins[-1]),
            paths[0],
            origin=storable(f"{match['id']}_attempt_{match['time']}"),
            keys=tuple(map(storable, logins)),
            files=_files(paths, BLACKBOARD_NAME),
            stamp=match["time"],
        )

    return _read_files(folder, BLACKBOARD_NAME, candidate)


def _logins(title_and_login: str, others: Collection[str]) -> list[str]:
    """What may be the login behind an assignment's title, the longest first: both may hold underscores.

    What all names of a download have in common is the title, so no login begins behind its end.
    """
    words = title_and_login.split("_")
    alike = [other.split("_") for other in others if other.split("_")[0] == words[0]]
    latest = min(len(other) - 1 for other in [words, *alike])
    if len(alike) > 1:
        shared = takewhile(lambda places: len({*places}) == 1, zip(*alike, strict=False))
        latest = min(latest, len(list(shared)))
    return ["_".join(words[at:]) for at in range(1, latest + 1)]


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
    """Directories of ILIAS, of students or of teams, and those that were added beside them by hand."""
    try:
        children = sorted(visible(folder), key=lambda child: natural(child.name))
        folders = [child for child in children if is_folder(child)]
        teams = {child: members for child in folders if (members := _team(child))}
    except OSError:
        return None
    named = [child for child in folders if child in teams or ILIAS_NAME.fullmatch(child.name)]
    loose = [child for child in children if is_notebook(child)]
    if 2 * len(named) <= len(folders) + len(loose):
        return None
    entries = [_ilias_candidate(child) for child in folders if child not in teams]
    entries += [
        replace(_ilias_candidate(member), path=team, origin=storable(team.name), group=storable(team.name))
        for team, members in teams.items()
        for member in members
    ]
    entries += map(_added_by_hand, loose)
    return entries, unmatched_files(_others(children, [*folders, *loose]))


def _team(folder: Path) -> list[Path]:
    """The directories of a team's members; none where a directory is not a team's."""
    if ILIAS_TEAM.fullmatch(folder.name) is None:
        return []
    children = sorted(visible(folder), key=lambda child: natural(child.name))
    return [child for child in children if is_folder(child) and ILIAS_NAME.fullmatch(child.name)]


def _others(children: Iterable[Path], taken: Sequence[Path]) -> list[Path]:
    return [child for child in children if child not in taken]


def _added_by_hand(path: Path) -> CollectedSubmission:
    """A notebook that somebody put beside the platform's directories: its name says whose it is."""
    student = storable(stem(path))
    return CollectedSubmission(student, path, origin=storable(path.name), keys=(student,))


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


def _read_sakai(folder: Path, assignment: str) -> Read | None:
    """Directories of Sakai, or files where it was told to write none."""
    try:
        children = sorted(visible(folder), key=lambda child: natural(child.name))
    except OSError:
        return None
    folders = [child for child in children if is_folder(child)]
    marked = [child for child in folders if SAKAI_NAME.fullmatch(child.name) and _has_sakai_mark(child)]
    flat: dict[str, list[Path]] = {}
    for child in children:
        if (match := SAKAI_FLAT.fullmatch(child.name)) is not None and not is_folder(child):
            flat.setdefault(match["student"], []).append(child)
    loose = [child for child in children if is_notebook(child) and not SAKAI_FLAT.fullmatch(child.name)]
    if 2 * (len(marked) + len(flat)) <= len(folders) + len(flat) + len(loose):
        return None
    entries = [_sakai_candidate(child.name, child, _attachments(child)) for child in folders]
    # Sakai has directories of those, too, who have not submitted.
    entries = [entry for entry in entries if entry.files != () or entry.stamp]
    for student, paths in flat.items():
        files = [(SAKAI_FLAT.sub(r"\g<file>", path.name), path) for path in paths]
        entries.append(_sakai_candidate(student, paths[0], files))
    entries += map(_added_by_hand, loose)
    taken = {*folders, *loose, *(path for paths in flat.values() for path in paths)}
    return entries, unmatched_files(
        child
        for child in children
        if child not in taken and not SAKAI_FILES.fullmatch(child.name.rpartition(")_")[2])
    )


def _has_sakai_mark(folder: Path) -> bool:
    return stamp_in(folder) != "" or is_folder(folder / SAKAI_ATTACHMENTS)


def _attachments(folder: Path) -> list[tuple[str, Path]] | None:
    """A student's files, without Sakai's own and what was given back; None where they cannot be listed."""
    try:
        files = list(folder_files(folder))
    except (SubmissionError, OSError):
        return None  # reading the directory will say why
    return [
        (file.name.removeprefix(f"{SAKAI_ATTACHMENTS}/"), file.path)
        for file in files
        if not file.name.startswith(f"{SAKAI_RETURNED}/") and not SAKAI_FILES.fullmatch(file.name)
    ]


def _sakai_candidate(
    student: str, path: Path, files: Sequence[tuple[str, Path]] | None
) -> CollectedSubmission:
    whole = storable(student)
    match = SAKAI_NAME.fullmatch(whole)
    name, login = (match["name"], match["id"]) if match else (whole, "")
    stamp = SAKAI_TIME.sub(r"\1-\2-\3T\4:\5:\6Z", stamp_in(path)) if is_folder(path) else ""
    return CollectedSubmission(
        whole,
        path,
        origin=whole,
        keys=tuple(filter(None, (login, name))),
        name=name if login else "",
        group=name,
        files=None if files is None else tuple(files),
        stamp=stamp,
    )


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
SAKAI = Layout(
    "sakai",
    _read_sakai,
    says_who=True,
    untimed=(
        "Sakai writes it into the students' directories alone",
        "Download all again, in directories of the students.",
    ),
)
