"""A submission: what one student submitted for one assignment, read once; its cells are parsed on demand.

`read_submission` reads a file, an archive, a directory, or several files of one submission: `selection` says
which notebook is graded. Whatever is wrong with it becomes a sentence for its student
(`Submission.problem`), never an exception. The command line, the batch, Gradescope's autograder and
nbgrader's converter grade what this module reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.submissions.archive import add_contents, holds_archive, is_archive, notebook_in
from autograder.submissions.guarded_files import (
    SUBMIT_FILE,
    FolderFile,
    folder_files,
    kind_of,
    read_regular_file,
)
from autograder.submissions.notebook import (
    LARGEST_FILE,
    Cell,
    read_notebook_and_version,
    require_size,
    storable,
)
from autograder.submissions.selection import (
    Contents,
    SubmittedNotebook,
    has_notebook_name,
    holds_notebook,
    may_hold_notebook,
    select_notebook,
    shortened,
)

__all__ = ["Submission", "digest", "notebook_bytes", "read_submission"]

# An unreadable submission is known by the digest of its reason: ledgers hold those of the first wording.
FIRST_WORDING = {
    SUBMIT_FILE: "Hand in the notebook file (.ipynb) itself.",
    "There is no notebook in the directory.": "There is no notebook in the folder.",
    "save it and submit it again.": "save it and hand it in again.",
}
# Neither does what else is in the directory make it another submission.
WHAT_IS_THERE = re.compile(r"(?<=in the directory), only .*?(?=\. Submit the notebook file)", re.DOTALL)


@dataclass(frozen=True)
class _Content:
    """What a submission's bytes hold."""

    file: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    python: str = ""
    others: tuple[str, ...] = ()
    notebook: bytes = b""


@dataclass(frozen=True)
class Submission:
    """What one student submitted for one assignment: the file's bytes, or why they could not be read."""

    student: str
    file_name: str  # as submitted
    data: bytes = field(default=b"", repr=False)
    unreadable: str = ""  # why there are no bytes, for the student; empty when they were read
    assignment: str = ""  # of several notebooks, the one named after the assignment is graded
    submitted: datetime | None = None  # with its zone, where the source says so
    marked_late: bool = False  # by a platform that does not give the time
    number: int = 0  # the platform's, larger for a later one; 0 where it has none
    origin: str = ""  # what the platform calls it; feedback goes back under this name
    functions: tuple[str, ...] = ()  # of the assignment; they tell its untouched handout from work
    other_files: tuple[str, ...] = ()  # the names of other files that were submitted with this one
    time_problem: str = ""  # why the time is not known, where the source should say it

    @cached_property
    def sha256(self) -> str:
        """Digest of the bytes; empty when they were not all read."""
        return "" if self.unreadable else hashlib.sha256(self.data).hexdigest()

    @property
    def digest(self) -> str:
        """What tells it from other submissions: the bytes' digest, or that of the reason there are none."""
        return self.sha256 or digest(self.file_name, _first_wording(self.unreadable))

    @property
    def file(self) -> str:
        """The file's name as reports show it: of an archive, with the notebook in it."""
        return self._content.file

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The notebook's code cells; none when it cannot be graded."""
        return self._content.cells

    @property
    def notebook(self) -> bytes:
        """The notebook's own bytes, out of an archive too; none when it cannot be graded."""
        return self._content.notebook

    @property
    def others(self) -> tuple[str, ...]:
        """The names of other files that were submitted and are not graded."""
        return tuple(shortened([*self.other_files, *self._content.others]))

    @property
    def problem(self) -> str:
        """Why it cannot be graded, for the student; empty when it can."""
        return self._content.problem

    @property
    def python(self) -> str:
        """The Python version that the notebook was run with; empty when it does not say."""
        return self._content.python

    @cached_property
    def _content(self) -> _Content:
        if self.unreadable:
            return _Content(self.file_name, problem=self.unreadable)
        name, data = self.file_name, self.data
        others: tuple[str, ...] = ()
        try:
            if holds_archive(data):
                notebook = notebook_in(data, self.assignment, self.functions)
                name, data, others = f"{name}: {notebook.name}", notebook.data, notebook.others
            cells, python = read_notebook_and_version(data)
            return _Content(name, tuple(cells), python=python, others=others, notebook=data)
        except SubmissionError as refusal:
            return _Content(name, problem=f"{refusal.message} {refusal.next_step}".strip(), others=others)


def read_submission(
    student: str,
    path: Path,
    assignment: str = "",
    *,
    submitted: datetime | None = None,
    marked_late: bool = False,
    number: int = 0,
    origin: str = "",
    functions: Sequence[str] = (),
    files: Sequence[tuple[str, Path]] | None = None,
    time_problem: str = "",
) -> Submission:
    """Read what a student submitted: a notebook, an archive, or a directory at any depth; follows no link.

    `files` are the submission's files, each with the name its student gave it, where they are not simply
    all that is at `path`. `functions` are the assignment's.
    """
    data, unreadable, name = b"", "", path.name
    other_files: tuple[str, ...] = ()
    try:
        if files is not None:
            listed = [FolderFile(own_name, file, kind_of(file.lstat().st_mode)) for own_name, file in files]
        else:
            listed = list(folder_files(path)) if _is_directory(path) else []
        if listed or files is not None or _is_directory(path):
            other_files = tuple(shortened(sorted(storable(file.name) for file in listed)))
            chosen, other_files = _choose_file(listed, assignment, functions)
            path = chosen.path
            name = chosen.name if files is None else path.name
        data = notebook_bytes(path)
        require_size(data)
    except SubmissionError as refusal:
        data, unreadable = b"", f"{refusal.message} {refusal.next_step}".strip()
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        unreadable = f"The file cannot be read: {reason}. {SUBMIT_FILE}"
    return Submission(
        storable(student),
        storable(name),
        data,
        unreadable,
        assignment,
        submitted,
        marked_late,
        functions=tuple(functions),
        other_files=other_files,
        number=number,
        origin=storable(origin),
        time_problem=storable(time_problem),
    )


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _choose_file(
    listed: Sequence[FolderFile], assignment: str, functions: Sequence[str]
) -> tuple[FolderFile, tuple[str, ...]]:
    """The file to grade of a submission's, a notebook or an archive, and the names of the others.

    Raises SubmissionError where none stands out.
    """
    notebooks = [file for file in listed if has_notebook_name(file.name)]
    archives = [file for file in listed if is_archive(Path(file.name))]
    json_files = [
        file for file in listed if may_hold_notebook(file.name) and not has_notebook_name(file.name)
    ]
    if len(notebooks) + len(archives) == 1 and not json_files:
        (chosen,) = notebooks + archives
        return chosen, tuple(shortened(sorted(storable(file.name) for file in listed if file is not chosen)))
    contents = _contents_of(notebooks, archives, json_files)
    looked_into = {*notebooks, *archives, *json_files}
    contents.others += [file.name for file in listed if file not in looked_into]
    if contents.notebooks:
        notebook = select_notebook(contents.notebooks, assignment, functions)
        chosen = next(file for file in listed if file.name == notebook.file)
        inside = f"{storable(chosen.name)}: "  # what is in the chosen archive is listed when that is read
        names = [name for name in contents.besides(notebook) if not name.startswith(inside)]
        return chosen, tuple(shortened(names))
    if archives:  # reading it says what is wrong with it
        names = [name for name in contents.besides(None) if name != storable(archives[0].name)]
        return archives[0], tuple(shortened(names))
    there = f", only {', '.join(shortened(contents.besides(None), 10))}" if contents.others else ""
    raise SubmissionError(f"There is no notebook in the directory{there}.", next_step=SUBMIT_FILE)


def _contents_of(
    notebooks: Sequence[FolderFile], archives: Sequence[FolderFile], json_files: Sequence[FolderFile]
) -> Contents:
    contents = Contents()
    for file in notebooks:
        notebook = _submitted_notebook(file)
        if holds_archive(notebook.data):
            archives = [*archives, file]
        else:
            contents.add(notebook)
    for file in json_files:
        notebook = _submitted_notebook(file)
        if not notebook.problem and holds_notebook(notebook.data):
            contents.add(notebook)
        else:
            contents.others.append(file.name)
    for file in archives:
        try:
            data = notebook_bytes(file.path)
            require_size(data)
            add_contents(contents, data, file.name)
        except (SubmissionError, OSError):
            contents.others.append(file.name)
    return contents


def _submitted_notebook(file: FolderFile) -> SubmittedNotebook:
    if file.kind != "file":
        return SubmittedNotebook(file.name, b"", file.name, file.kind)
    try:
        return SubmittedNotebook(file.name, notebook_bytes(file.path), file.name)
    except (SubmissionError, OSError) as failure:
        return SubmittedNotebook(file.name, b"", file.name, str(failure) or "it cannot be read")


def _first_wording(reason: str) -> str:
    reason = WHAT_IS_THERE.sub("", reason)
    for sentence, first in FIRST_WORDING.items():
        reason = reason.replace(sentence, first)
    return reason


def notebook_bytes(path: Path) -> bytes:
    """The bytes of a regular file, at most one more than a submission may have; see `read_regular_file`."""
    return read_regular_file(path, LARGEST_FILE)


def digest(*parts: str | bytes) -> str:
    """SHA-256 of the parts, told apart by their lengths."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()
