"""Selection: from all files that a student submitted to the one notebook that is graded.

The rule is the same for a directory, an archive, and single files of one submission, at any depth:

1. the notebook named after the assignment, or else the only one in a directory named so,
2. else the only notebook that is not the untouched handout,
3. else none: a sentence lists them.

A notebook in which every function is still a stub is the untouched handout; it is graded when there is
nothing else. Of several with the same bytes only one counts, and a link or a pipe counts only where there is
no file. `submission` and `archive` select with it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.errors import SubmissionError
from autograder.submissions.guarded_files import SUBMIT_FILE
from autograder.submissions.notebook import LARGEST_FILE, raw_cells, read_notebook, storable
from autograder.submissions.stubs import is_untouched

__all__ = [
    "Contents",
    "SubmittedNotebook",
    "has_notebook_name",
    "holds_notebook",
    "is_undecided",
    "may_hold_notebook",
    "notebook_stem",
    "select_notebook",
    "shortened",
]

# Browsers and mail programs add the second ending to a notebook's name.
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")
JSON = ".json"  # a notebook if its content is one
MOST_BYTES = 5 * LARGEST_FILE  # of all notebooks of one submission
SEVERAL = "There are several notebooks: "
# How a problem begins where a submission has files, and none that can be taken for its notebook.
UNDECIDED = (SEVERAL, "There is no notebook in the directory, only ", "There is no notebook in the archive")
MOST_NAMES = 30  # of other files that a page lists


@dataclass(frozen=True)
class SubmittedNotebook:
    """A notebook somewhere in a submission."""

    name: str  # its path inside the submission: "work/week1.ipynb", or "work.zip: week1.ipynb"
    data: bytes = field(default=b"", repr=False)
    file: str = ""  # of one in an archive, the archive's path; its own path otherwise
    problem: str = ""  # in words, what stands in place of a file, or why that cannot be read

    @property
    def parts(self) -> list[str]:
        """The directories and archives it is in, then its own name."""
        return self.name.replace(": ", "/").split("/")

    @property
    def stem(self) -> str:
        """Its own name without the ending."""
        return notebook_stem(self.parts[-1])


@dataclass
class Contents:
    """What is in a submission: the notebooks, and the names of all other files."""

    notebooks: list[SubmittedNotebook] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    size: int = 0  # bytes of the notebooks

    def add(self, notebook: SubmittedNotebook) -> None:
        """Add a notebook; raises SubmissionError when there are too many bytes of them."""
        self.notebooks.append(notebook)
        self.size += len(notebook.data)
        if self.size > MOST_BYTES:
            raise SubmissionError(
                f"The notebooks hold more than {MOST_BYTES // 1_000_000} MB.", next_step=SUBMIT_FILE
            )

    def besides(self, chosen: SubmittedNotebook | None) -> list[str]:
        """The names of all files but the chosen notebook, in alphabetical order."""
        names = [notebook.name for notebook in self.notebooks if notebook is not chosen]
        return sorted(storable(name) for name in [*names, *self.others])

    def label(self, chosen: SubmittedNotebook) -> str:
        """The notebook's own name, with its directories only where another one has the same name."""
        namesakes = [notebook for notebook in self.notebooks if notebook.parts[-1] == chosen.parts[-1]]
        return storable(chosen.name if len(namesakes) > 1 else chosen.parts[-1])


def has_notebook_name(name: str) -> bool:
    """Whether a file's name says that it is a notebook."""
    return name.lower().endswith(ENDINGS)


def may_hold_notebook(name: str) -> bool:
    """Whether a file's name says that it is a notebook or JSON, which may be one."""
    return name.lower().endswith((*ENDINGS, JSON))


def holds_notebook(data: bytes) -> bool:
    """Whether a file's content is a notebook."""
    if b'"cells"' not in data and b'"worksheets"' not in data:
        return False
    try:
        raw_cells(data)
    except SubmissionError:
        return False
    return True


def notebook_stem(name: str) -> str:
    """A notebook's name without its ending."""
    for ending in (*reversed(ENDINGS), JSON):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
            break
    return unicodedata.normalize("NFC", name)


def select_notebook(
    notebooks: Sequence[SubmittedNotebook], assignment: str, functions: Sequence[str] = ()
) -> SubmittedNotebook:
    """The notebook to grade, of at least one; raises SubmissionError with their names where none stands out.

    Without the assignment's functions no notebook is known as the untouched handout.
    """
    distinct = _distinct(notebooks, assignment)
    distinct = [notebook for notebook in distinct if not notebook.problem] or distinct
    if len(distinct) == 1:
        return distinct[0]
    worked = [notebook for notebook in distinct if not _is_untouched(notebook, functions)]
    if named := named_after(worked, assignment):
        nearest = [notebook for notebook in named if len(notebook.parts) == len(named[0].parts)]
        if len(nearest) > 1:
            raise _several(nearest, assignment)
        return nearest[0]
    inside = [notebook for notebook in worked if assignment in notebook.parts[:-1]]
    if len(inside) == 1:
        return inside[0]
    if len(worked) > 1:
        readable = [notebook for notebook in worked if holds_notebook(notebook.data)]
        if len(readable) != 1:
            raise _several(worked, assignment)
        return readable[0]
    return (worked or distinct)[0]


def named_after(notebooks: Sequence[SubmittedNotebook], assignment: str) -> list[SubmittedNotebook]:
    """The notebooks with the assignment's name; without one, those whose name differs in capitals alone."""
    exactly = [notebook for notebook in notebooks if notebook.stem == assignment]
    # Many file systems take two such names for one.
    return exactly or [item for item in notebooks if item.stem.casefold() == assignment.casefold()]


def _distinct(notebooks: Sequence[SubmittedNotebook], assignment: str) -> list[SubmittedNotebook]:
    """One notebook of each content: first those named after the assignment, then by depth and name."""
    by_content: dict[object, SubmittedNotebook] = {}
    for notebook in sorted(
        notebooks, key=lambda notebook: (notebook.stem != assignment, len(notebook.parts), notebook.name)
    ):
        content = notebook.name if notebook.problem else hashlib.sha256(notebook.data).digest()
        by_content.setdefault(content, notebook)
    return list(by_content.values())


def _is_untouched(notebook: SubmittedNotebook, functions: Sequence[str]) -> bool:
    if notebook.problem:
        return False
    try:
        return is_untouched([cell.source for cell in read_notebook(notebook.data)], functions)
    except SubmissionError:
        return False  # it cannot be read, so nobody knows


def _several(notebooks: Sequence[SubmittedNotebook], assignment: str) -> SubmissionError:
    names = ", ".join(shortened(sorted(storable(notebook.name) for notebook in notebooks), 10))
    return SubmissionError(
        f"{SEVERAL}{names}.",
        next_step=f"Keep only the one to grade, or let only that one be named {assignment}.ipynb.",
    )


def is_undecided(problem: str) -> bool:
    """Whether a submission was not graded because no file of it stands out as its notebook."""
    return problem.startswith(UNDECIDED)


def shortened(names: Sequence[str], most: int = MOST_NAMES) -> list[str]:
    """The first names, each cut to a length that a page can show, and how many more there are."""
    shown = [name if len(name) <= 160 else f"{name[:159]}…" for name in names[:most]]
    return [*shown, f"and {len(names) - most:,} more"] if len(names) > most else shown
