"""How check results look in a notebook, and as plain text elsewhere."""

from __future__ import annotations

from autograder.report import CheckResult

__all__ = ["Results"]


class Results:
    """The results of one task's public checks; shows itself richly in Jupyter."""

    def __init__(self, title: str, results: list[CheckResult]) -> None:
        self.title, self.results = title, results

    def __repr__(self) -> str:
        return "\n".join(f"{r.status}: {r.title} {r.message} {r.hint}" for r in self.results)
