"""A helper for tests of cells: a few harmless cells, run in this process as a child would run them."""

from __future__ import annotations

import textwrap
from typing import Any

from event_loops import in_thread

from autograder.sandbox.cells import run_definitions


class CompletedCommand:
    """What became of a few cells: names, notes, and the statements that ran, as (cell, line)."""

    def __init__(self, *cells: str, wanted: str = "f", skip: set[tuple[int, int]] | None = None) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__", "trail": []}
        self.statements: list[tuple[int, int]] = []
        self.notes = in_thread(
            lambda: run_definitions(
                [(number, textwrap.dedent(cell)) for number, cell in enumerate(cells, 1)],
                wanted.split(),
                self.names,
                skip or set(),
                lambda cell, line: self.statements.append((cell, line)),
                lambda problem: {"text": f"{type(problem).__name__}: {problem}"},
            )
        )

    @property
    def places(self) -> list[tuple[int, int]]:
        """Where the notes are."""
        return [(note["cell"], note["line"]) for note in self.notes]

    def call(self, *arguments: Any) -> Any:
        """What the function f returns; nothing may have failed before."""
        assert self.notes == []
        return self.names["f"](*arguments)
