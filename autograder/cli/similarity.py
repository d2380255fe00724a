"""`autograder similarity`: find similar submissions and lay them side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.similarity.baseline import baseline_of
from autograder.authoring.similarity.page import similarity_page
from autograder.authoring.similarity.pairs import LONGEST, compare, work_of
from autograder.cli.options import AssignmentArgument, CourseOption
from autograder.cli.show import progress_bar, say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.lms.layouts import collect_submissions
from autograder.pages.text import count
from autograder.submissions.class_archive import unpacked

__all__ = ["similarity"]

PAGE = "similarity.html"


def similarity(
    assignment: AssignmentArgument,
    path: Annotated[
        Path, typer.Argument(help="A directory of notebooks, a directory per student, or an archive.")
    ],
    out: Annotated[Path, typer.Option(help="The directory for similarity.html.")],
    course: CourseOption = None,
) -> None:
    """Lay similar submissions side by side, for a person to read; no grade changes."""
    root = find_course(course)
    loaded = load_assignment(root, assignment)
    baseline = baseline_of(loaded)
    works, unread = [], []
    with unpacked(path) as (folder, left_out):
        entries = collect_submissions(folder, assignment)
        for member in left_out:
            say(f"Left out of {path.name}: {member.name}: {member.reason}")
        for unmatched in entries.unmatched:
            say(f"Not compared: {unmatched.name}: {unmatched.reason}")
        with progress_bar() as progress:
            bar = progress.add_task(f"Reading {assignment}", total=len(entries))
            for entry in entries:
                read = entry.read(assignment, loaded.functions)
                sources = [cell.source for cell in read.cells]
                if read.problem or sum(map(len, sources)) > LONGEST:
                    unread.append(read.student)
                else:
                    works.append(work_of(read.student, read.file, sources, baseline))
                progress.advance(bar)
    if len({work.student for work in works}) < 2:
        raise UsageError(
            f"{path} has readable notebooks of fewer than two students: there is nothing to compare.",
            next_step="Name the directory or the archive of the whole class.",
        )
    found = compare(works)
    page = similarity_page(found, baseline, title=loaded.file.title, course=root.title, unread=unread)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(page, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"{out / PAGE} cannot be written: {problem.strerror}.",
            next_step="Name another directory with --out.",
        ) from None
    say(f"{count(len(works), 'notebook')} compared, {count(len(found.pairs), 'pair')} to read.")
    say(f"\nPage  {out / PAGE}")
