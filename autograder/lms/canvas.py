"""What Canvas gives out under Download Submissions.

lovelaceada_12345_67890_hw1.ipynb          name in small letters, user, file, the file's own name
lovelaceada_LATE_12345_67891_hw1-1.ipynb   marked late; -1 and so on for a file handed in again
anon_x7Kp2_67892_hw1.ipynb                 where names are hidden from the grader
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    SUFFIX,
    CollectedSubmission,
    Layout,
    MatchCandidate,
    Unmatched,
    is_notebook,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["CANVAS", "NAME"]

# Canvas removes everything but letters, digits and underscores, and runs of digits between these.
NAME = re.compile(
    r"(?:(?P<slug>[^\s./]*?)_)??(?:(?P<late>LATE)_)?(?P<user>\d+|anon_[^\W_]{5})_(?P<file>\d+)_(?P<name>.+)",
    re.DOTALL,
)

AGAIN = re.compile(r"-\d+\Z")


def _recognises(folder: Path) -> bool:
    """Whether more than half of a folder's notebooks are named as Canvas names them."""
    try:
        names = [child.name for child in visible(folder) if is_notebook(child)]
    except OSError:
        return False
    return 2 * sum(_match(name) is not None for name in names) > len(names)


def _match(name: str) -> re.Match[str] | None:
    match = NAME.fullmatch(unicodedata.normalize("NFC", name))
    slug = match["slug"] or "" if match else ""
    return match if slug == slug.lower() else None


def read_canvas(folder: Path, assignment: str) -> tuple[list[MatchCandidate], list[Unmatched]] | None:
    """The notebooks of a download; of several in one submission, the one named after the assignment."""
    if not _recognises(folder):
        return None
    claims: list[MatchCandidate] = []
    unplaced: list[Unmatched] = []
    files = sorted((child for child in visible(folder) if child.is_file()), key=lambda child: child.name)
    named = {_user(one.name) for one in files if is_notebook(one) and _own_name(one) == assignment}
    with_notebook = {_user(one.name) for one in files if is_notebook(one)}
    for path in files:
        match, user = _match(path.name), _user(path.name)
        if not is_notebook(path):
            if match and user not in with_notebook:
                unplaced.append(Unmatched(storable(path.name), f"It is no notebook ({SUFFIX})."))
        elif match is None:  # put beside the download by hand
            student = storable(stem(path))
            claims.append(
                MatchCandidate(CollectedSubmission(student, path, origin=storable(path.name)), (student,))
            )
        elif user in named and _own_name(path) != assignment:
            unplaced.append(Unmatched(storable(path.name), f"A notebook named {assignment} is beside it."))
        else:
            claims.append(_claim(path, match))
    return claims, unplaced


def _claim(path: Path, match: re.Match[str]) -> MatchCandidate:
    slug, user = match["slug"] or "", match["user"]
    entry = CollectedSubmission(
        storable(f"{slug} ({user})" if slug else user),
        path,
        attempt=int(match["file"][:18]),  # Canvas numbers files as they come
        late=match["late"] is not None,
        origin=storable(path.name),
    )
    return MatchCandidate(entry, (slug,) if slug else (), (("canvas_id", user),))


def _user(name: str) -> str:
    match = _match(name)
    return match["user"] if match else ""


def _own_name(path: Path) -> str:
    """The file's name before Canvas changed it."""
    match = _match(path.name)
    return AGAIN.sub("", stem(Path(match["name"]))) if match else stem(path)


CANVAS = Layout("canvas", read_canvas)
