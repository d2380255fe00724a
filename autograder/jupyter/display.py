"""The display of public checks' results: HTML in Jupyter, plain text elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from autograder.report import CheckResult, Status

__all__ = ["Overview", "Results", "TaskState"]

MARKS = {Status.PASSED: "✓", Status.MISSING: "…", Status.SKIPPED: "–"}
# Colours of Jupyter's theme, each with enough contrast in light and dark; elsewhere the text's own.
MUTED = "var(--jp-content-font-color2, currentcolor)"
COLOURS = {
    Status.PASSED: "var(--jp-success-color0, currentcolor)",
    Status.MISSING: MUTED,
    Status.SKIPPED: MUTED,
}
WRONG_MARK, WRONG_COLOUR = "✗", "var(--jp-error-color1, currentcolor)"
CODE = "font-family:var(--jp-code-font-family, monospace);font-size:var(--jp-code-font-size, inherit)"
VALUES = {"call", "got", "expected", "where", "your line"}  # rows that are code, as are the arguments


@dataclass(frozen=True)
class TaskState:
    """A task in the table at the end of a notebook: its points, and what is missing."""

    title: str
    points: float
    extra: bool
    missing: str  # empty when nothing is


class Overview:
    """All tasks of an assignment: points, what is missing, and whether it is ready to submit."""

    def __init__(self, tasks: Sequence[TaskState], notes: Sequence[str] = ()) -> None:
        """`notes` say what will not be there when the notebook is graded."""
        self.tasks, self.notes = tasks, notes

    @property
    def ready(self) -> bool:
        """Whether nothing of the required tasks is missing."""
        return not any(task.missing for task in self.tasks if not task.extra)

    @property
    def summary(self) -> str:
        """One sentence on what is left."""
        if self.ready and self.notes:
            return (
                "All checks pass here, but not everything will be there when graded: look at the lines "
                "above, then save the notebook and submit it."
            )
        if self.ready:
            return "Ready to submit: save the notebook, then submit it."
        left = sum(bool(task.missing) for task in self.tasks if not task.extra)
        return f"Not ready to submit: {left} of {sum(not task.extra for task in self.tasks)} tasks need work."

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (task.title, f"{task.points:g}{' extra' * task.extra}", task.missing or "nothing")
            for task in self.tasks
        ]

    def __repr__(self) -> str:
        rows = [("task", "points", "missing"), *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        lines = [f"{title:<{widths[0]}}  {points:>{widths[1]}}  {missing}" for title, points, missing in rows]
        lines += [f"When graded: {note}" for note in self.notes]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:0.1em 1em 0.1em 0"'
        head = "".join(f'<th scope="col" {cell}>{name}</th>' for name in ("Task", "Points", "Missing"))
        rows = "".join(
            f'<tr><th scope="row" {cell}>{escape(title)}</th><td {cell}>{points}</td>'
            f"<td {cell}>{escape(missing)}</td></tr>"
            for title, points, missing in self._rows()
        )
        return (
            f"<table><caption>Before you submit</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
            + "".join(f"<p>When graded: {escape(note)}</p>" for note in self.notes)
            + f"<p><strong>{escape(self.summary)}</strong></p>"
        )


class Results:
    """The results of one task's public checks, with what a failing one teaches."""

    def __init__(self, title: str, results: list[CheckResult], notes: Sequence[str] = ()) -> None:
        """`notes` say what will not be there when the notebook is graded."""
        self.title, self.results, self.notes = title, results, notes

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(result.status is Status.PASSED for result in self.results)

    @property
    def summary(self) -> str:
        """Such as `ReLU: 2 of 3 checks pass`."""
        count = sum(result.status is Status.PASSED for result in self.results)
        return f"{self.title}: {count} of {len(self.results)} checks pass"

    def __repr__(self) -> str:
        lines = [self.summary]
        for result in self.results:
            lines.append(f"  {MARKS.get(result.status, WRONG_MARK)} {result.title}")
            lines += [f"      {name}: {_indented(text)}" for name, text in _details(result)]
        lines += [f"  When graded: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = "".join(_item(result) for result in self.results)
        items += "".join(f"<li>When graded: {escape(note)}</li>" for note in self.notes)
        return (
            f'<div role="group" aria-label="{escape(self.summary)}" style="max-width:50em">'
            f"<strong>{escape(self.summary)}</strong>"
            f'<ul style="list-style:none;padding-left:0.3em;margin:0.3em 0">{items}</ul></div>'
        )


def _item(result: CheckResult) -> str:
    colour = COLOURS.get(result.status, WRONG_COLOUR)
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;vertical-align:top;font-weight:600;padding:0 1em 0 0">'
        f'{escape(name)}</th><td style="text-align:left;white-space:pre-wrap;{_font(name)}">{escape(text)}'
        "</td></tr>"
        for name, text in _details(result)
    )
    table = f'<table style="margin:0.2em 0 0.6em 1.6em">{rows}</table>' if rows else ""
    return (
        f'<li><span style="color:{colour};font-weight:700">{MARKS.get(result.status, WRONG_MARK)} '
        f"{result.status}</span> {escape(result.title)}{table}</li>"
    )


def _font(name: str) -> str:
    """The style of a row's value: columns of numbers stand under each other in a font of one width."""
    return CODE if name in VALUES or name.startswith("with ") else ""


def _details(result: CheckResult) -> list[tuple[str, str]]:
    """What a person wants to know of a check that did not pass: the call, both values, a hint."""
    if result.status is Status.PASSED:
        return [("note", result.message)] if result.message else []
    seen = result.evidence
    rows = [("what", result.message), ("call", seen.call)]
    rows += [(f"with {name} =", value) for name, value in seen.arguments.items()]
    rows += [("got", seen.got), ("expected", seen.expected), ("where", seen.trace), ("hint", result.hint)]
    if result.place and result.place != seen.trace:
        rows.append(("your line", result.place))
    return [(name, text) for name, text in rows if text]


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 12)
