"""A first look at an upload: is it a notebook, which functions does it hold, which imports will be refused?

`python -m autograder.submissions.preview FILE ASSIGNMENT FUNCTION…` reads the file from its standard input
and writes JSON. It is a program of its own because it parses a stranger's file: the web server runs it with
`preview_of` within limits, and a file that needs more costs the preview alone.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from autograder.submissions.limited_program import run_limited, serve_limited
from autograder.submissions.stubs import defined_functions, stubs_among
from autograder.submissions.submission import Submission

__all__ = ["Preview", "preview_of"]

IMPORTABLE = frozenset({*sys.stdlib_module_names, "numpy"})
#: What does nothing when graded and spoils nothing: pictures, and this course's own checks.
HARMLESS = frozenset({"matplotlib", "IPython", "autograder", "google"})
MOST_NAMES = 20


@dataclass(frozen=True)
class Preview:
    """What was seen in an upload."""

    problem: str = ""  # why it cannot be graded as it is
    file: str = ""  # the notebook that will be graded
    defined: tuple[str, ...] = ()
    stubs: tuple[str, ...] = ()
    refused_imports: tuple[str, ...] = ()
    complete: bool = True  # False where the file needed more than a preview may use

    def missing(self, functions: Sequence[str]) -> list[str]:
        """The functions that are not in the notebook."""
        return [name for name in functions if name not in self.defined]


def preview_of(content: bytes, file: str, assignment: str, functions: Sequence[str]) -> Preview:
    """A first look at an upload, in a process of its own."""
    values = run_limited("autograder.submissions.preview", content, file, assignment, *functions)
    if values is None:
        return Preview(complete=False)
    defined, stubs, refused = (tuple(values[name]) for name in ("defined", "stubs", "refused_imports"))
    return Preview(values["problem"], values["file"], defined, stubs, refused)


def _look(content: bytes, file: str, assignment: str, functions: Sequence[str]) -> Preview:
    submission = Submission("", file, content, assignment=assignment, functions=tuple(functions))
    if submission.problem:
        return Preview(problem=submission.problem)
    sources = [cell.source for cell in submission.cells]
    defined = defined_functions(sources, functions)
    refused = dict.fromkeys(name for source in sources for name in _imports(source))
    return Preview(
        "",
        submission.file,
        tuple(defined),
        tuple(stubs_among(sources, defined)),
        tuple(name for name in refused if name not in IMPORTABLE | HARMLESS)[:MOST_NAMES],
    )


def _imports(source: str) -> Iterator[str]:
    """The modules that a cell imports; none of a cell that is not Python, such as a shell line."""
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        warnings.simplefilter("ignore")  # about the student's literals
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


if __name__ == "__main__":
    serve_limited(
        lambda content, arguments: asdict(_look(content, arguments[0], arguments[1], arguments[2:]))
    )
