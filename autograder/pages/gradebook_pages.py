"""The gradebook as pages: the class in one table, and for each student what counts and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean, median
from zoneinfo import ZoneInfo

from markupsafe import Markup

from autograder.errors import UsageError
from autograder.gradebook.gradebook import Gradebook, GroupShare, Row, gradebook_csv, percent
from autograder.gradebook.scores import Score, State
from autograder.pages.bar_charts import histogram
from autograder.pages.rendering import href, render, script
from autograder.pages.text import count, cut, points
from autograder.pages.text import percent as whole_percent
from autograder.pages.what_counts import why_it_counts
from autograder.submissions.collecting import safe_name

__all__ = ["gradebook_page", "gradebook_student_page", "write_book"]


# What stands in a cell for a mark that is not a number of points, and its class in the style sheet.
SIGNS = {State.EXCUSED: "EX", State.WAITING: "…", State.OPEN: ""}
NOTHING = "\u2013"
KINDS = {State.MISSING: "z", State.DROPPED: "d"}


@dataclass(frozen=True)
class Line:
    """A student in the table; `cells` are (class, text) in the order of the columns."""

    name: str
    student: str  # their id, where it is not the name
    link: str
    total: str
    share: float
    letter: str
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """One mark on a student's page."""

    title: str
    points: str
    state: State
    why: list[str]
    submitted: str
    contribution: str


@dataclass(frozen=True)
class Section:
    """One group on a student's page."""

    name: str
    parts: list[Part]
    share: str
    weight: str
    contribution: str
    sentence: str


def gradebook_page(book: Gradebook, link: Callable[[Row], str]) -> str:
    """The class; `link` says where a student's own page is, relative to this one."""
    source, policy = script("sort.js", "filter.js")
    totals = [float(row.total) for row in book.rows if row.total is not None]
    return render(
        "gradebook.html",
        course=book.course,
        policy=policy,
        script=source,
        remarks=book.remarks,
        amount=len(book.rows),
        mean=f"{100 * fmean(totals):.1f}" if totals else NOTHING,
        median=f"{100 * median(totals):.1f}" if totals else NOTHING,
        letters=_letters(book),
        charts=_charts(book, totals),
        columns=book.columns,
        groups=[(group, len([name for name in group.of if _has(book, name)])) for group in book.rules.groups],
        weights=_weights(book),
        lines=[_line(row, link(row)) for row in book.rows],
    )


def gradebook_student_page(book: Gradebook, row: Row, zone: ZoneInfo) -> str:
    """One student: every mark, what became of it and why, and how the total comes about."""
    used = [group for group in row.groups if group.share is not None]
    drops = {group.name: group.drop_lowest for group in book.rules.groups}
    return render(
        "gradebook_student.html",
        course=book.course,
        name=row.person.name,
        student=row.student if row.student != row.person.name else "",
        total="" if row.total is None else str(percent(row.total)),
        letter=row.letter,
        scale=sorted(book.rules.scale.items(), key=lambda one: -one[1]),
        sections=[_section(group, drops[group.name], zone) for group in row.groups if group.marks],
        sum=" + ".join(f"{percent(group.contribution)}" for group in used),
        reweighted=len(used) < len(row.groups) and bool(used),
    )


def _has(book: Gradebook, name: str) -> bool:
    return any(column.name == name for column in book.columns)


def _weights(book: Gradebook) -> dict[str, str]:
    whole = sum(Fraction(group.weight) for group in book.rules.groups)
    return {group.name: _short(Fraction(group.weight) / whole) for group in book.rules.groups}


def _letters(book: Gradebook) -> list[tuple[str, int]]:
    """How often each letter was reached, the best first."""
    order = sorted(book.rules.scale, key=lambda letter: -book.rules.scale[letter])
    return [(letter, sum(row.letter == letter for row in book.rows)) for letter in order]


def _charts(book: Gradebook, totals: list[float]) -> list[tuple[str, Markup]]:
    shares = [("Total", totals)]
    for place, column in enumerate(book.columns):
        marks = [row.marks[place] for row in book.rows]
        shares.append((column.title, [_share(mark) for mark in marks if _is_scored(mark)]))
    return [
        (
            title,
            histogram(
                values,
                key=f"c{place}",
                title=f"Distribution of {cut(title, 60)}",
                description=f"{count(len(values), 'score')}, median {whole_percent(median(values))}.",
                median=median(values),
            ),
        )
        for place, (title, values) in enumerate(shares)
        if values
    ]


def _share(mark: Score) -> float:
    return float(mark.earned / mark.possible)


def _is_scored(mark: Score) -> bool:
    return mark.state in (State.COUNTED, State.DROPPED) and mark.standing is not None


def _line(row: Row, link: str) -> Line:
    name = row.person.sortable
    return Line(
        name=cut(name, 60),
        student=cut(row.student, 40) if row.student != name else "",
        link=href(link),
        total="" if row.total is None else str(percent(row.total)),
        share=float(row.total or 0),
        letter=row.letter,
        cells=[_cell(mark) for mark in row.marks],
    )


def _cell(mark: Score) -> tuple[str, str]:
    text = SIGNS.get(mark.state, points(float(mark.earned)))
    full = mark.state is State.COUNTED and mark.earned >= mark.possible
    return "f" if full else KINDS.get(mark.state, ""), text


def _section(group: GroupShare, drop: int, zone: ZoneInfo) -> Section:
    dropped = [mark for mark in group.marks if mark.state is State.DROPPED]
    sentence = ""
    if dropped and group.share is not None and group.whole is not None:
        names = " and ".join(mark.title for mark in dropped)
        sentence = (
            f"{names} {'is' if len(dropped) == 1 else 'are'} left out: of all ways to leave out {drop}, "
            f"this one makes the rest best, {percent(group.share)} % instead of {percent(group.whole)} %."
        )
    return Section(
        name=group.name,
        parts=[_part(mark, zone) for mark in group.marks],
        share="" if group.share is None else str(percent(group.share)),
        weight=_short(group.weight),
        contribution=str(percent(group.contribution)),
        sentence=sentence,
    )


def _part(mark: Score, zone: ZoneInfo) -> Part:
    why, standing = [mark.why] if mark.why else [], mark.standing
    if standing:
        why += [one for one in (why_it_counts(standing), standing.comment, standing.problem) if one]
        if standing.penalty:
            why.append(f"Earned {points(standing.raw)}, less {points(standing.penalty)} for lateness.")
    earned = points(float(mark.earned)) if mark.has_points else NOTHING
    when = standing.submitted.astimezone(zone) if standing and standing.submitted else None
    return Part(
        title=mark.title,
        points=f"{earned} of {points(float(mark.possible))}",
        state=mark.state,
        why=why,
        submitted=f"{when:%Y-%m-%d %H:%M %Z}" if when else "",
        contribution=str(percent(mark.contribution)) if mark.state.counts else "",
    )


def _short(share: Fraction) -> str:
    """A weight as a percentage without needless zeros."""
    return f"{percent(share):f}".rstrip("0").rstrip(".")


INDEX, TABLE, STUDENTS = "index.html", "gradebook.csv", "students"


def write_book(book: Gradebook, out: Path, zone: ZoneInfo) -> None:
    """Write all of it, and take away pages of who is not in it any more.

    Raises UsageError for a folder that holds anything else, or that cannot be written to.
    """
    pages = {f"{safe_name(row.student)}.html": row for row in book.rows}
    try:
        _prepare(out)
        for old in (out / STUDENTS).iterdir():
            if old.name not in pages:
                old.unlink()
        for name, row in pages.items():
            (out / STUDENTS / name).write_text(gradebook_student_page(book, row, zone), encoding="utf-8")
        (out / INDEX).write_text(gradebook_page(book, _link), encoding="utf-8")
        (out / TABLE).write_text(gradebook_csv(book), encoding="utf-8", newline="")
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be written to: {problem.strerror}.", next_step="Name another folder with --out."
        ) from problem


def _link(row: Row) -> str:
    return f"{STUDENTS}/{safe_name(row.student)}.html"


def _prepare(out: Path) -> None:
    """Make the folder, or see that it holds nothing else."""
    students = out / STUDENTS
    there = [*(out.iterdir() if out.exists() else ()), *(students.iterdir() if students.exists() else ())]
    for one in there:
        if one.name not in (INDEX, TABLE, STUDENTS) and (one.parent == out or one.suffix != ".html"):
            raise UsageError(
                f"{one} is not of a gradebook; nothing was written.",
                next_step="Name a new folder with --out.",
            )
    students.mkdir(parents=True, exist_ok=True)
