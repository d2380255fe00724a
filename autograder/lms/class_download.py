"""What is in a class's download: whose submissions, when, and what could not be placed.

`python -m autograder.lms.class_download ARCHIVE COURSE PEOPLE OUT NAME ASSIGNMENT FUNCTION…` takes the file
ARCHIVE, which may be too large for the memory, writes each submission's file to OUT, and JSON to its standard
output. It is a program of its own because it parses strangers' files: the web server runs it within limits.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course.course import find_course
from autograder.course.groups import find_groups
from autograder.course.roster import FILE as ROSTER
from autograder.course.roster import find_roster
from autograder.errors import AutograderError, UsageError
from autograder.lms.layouts import collect_submissions
from autograder.lms.worksheet import tables_near, worksheets_in
from autograder.submissions.archive import is_archive
from autograder.submissions.class_archive import has_instants, unpacked
from autograder.submissions.limited_program import serve_limited

__all__ = ["DownloadRequest"]

PROCESSOR_SECONDS, MEMORY = 120, 1024**3  # of a class of hundreds
MOST_BYTES = 2 * 1024**3  # unpacked
LONGEST_NAME = 100  # characters


@dataclass(frozen=True)
class DownloadRequest:
    """What the program is asked."""

    archive: Path
    course: Path
    people: Path  # a directory whose roster.csv holds the people of the site
    out: Path
    name: str  # of the archive where it comes from
    assignment: str
    functions: tuple[str, ...]


def _look(_content: bytes, arguments: list[str]) -> dict[str, Any]:
    *paths, name, assignment = arguments[:6]
    archive, course, people, out = map(Path, paths)
    request = DownloadRequest(archive, course, people, out, name, assignment, tuple(arguments[6:]))
    try:
        return _collected(request)
    except AutograderError as problem:
        # People know the archive by its name, not by where it was unpacked.
        message = re.sub(rf"{re.escape(tempfile.gettempdir())}/\S*?(?=[ :,])", name, problem.message)
        return {"problem": message, "next_step": problem.next_step}


def _collected(request: DownloadRequest) -> dict[str, Any]:
    root = find_course(request.course)
    roster = find_roster(root.root if (root.root / ROSTER).exists() else request.people)
    name = re.sub(r"[^\w.-]", "_", request.name)[-LONGEST_NAME:].lstrip(".")
    if not is_archive(Path(name)):
        raise UsageError(
            f"{request.name} is not an archive.",
            next_step="Upload the ZIP file that the platform gives you for all submissions.",
        )
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, name)
        shutil.move(request.archive, path)
        with unpacked(path, MOST_BYTES) as (folder, skipped):
            collected = collect_submissions(
                folder,
                request.assignment,
                roster,
                root.zone,
                find_groups(root.root, request.assignment),
                worksheets_in([root.root / ROSTER, *tables_near(folder)]),
                dated=True,
                has_instants=has_instants(path),
            )
            found = []
            unmatched = [{"name": member.name, "reason": member.reason} for member in skipped]
            for number, entry in enumerate(collected):
                submission = entry.read(request.assignment, request.functions)
                if submission.unreadable:
                    unmatched.append(
                        {"name": entry.origin or entry.path.name, "reason": submission.unreadable}
                    )
                    continue
                (request.out / str(number)).write_bytes(submission.data)
                time = submission.submitted
                found.append(
                    {
                        "number": number,
                        "student": submission.student,
                        "file": submission.file_name,
                        "submitted": None if time is None else int(time.timestamp() * 1000),
                        "origin": submission.origin,
                        "problem": submission.problem,
                    }
                )
        unmatched += [{"name": file.name, "reason": file.reason} for file in collected.unmatched]
    return {
        "found": found,
        "unmatched": unmatched,
        "remarks": list(collected.remarks),
        "layout": collected.layout,
    }


if __name__ == "__main__":
    serve_limited(_look, processor_seconds=PROCESSOR_SECONDS, memory=MEMORY)
