"""The gradebook as pages: the class in one table, and one page per student with every score."""

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
from autograder.submissions.guarded_files import is_ignored

__all__ = [
    "SIGNS",
    "gradebook_page",
    "gradebook_student_page",
    "score_reasons",
    "section_sentence",
    "weight_text",
    "weights_of",
    "write_gradebook",
]


# The text of a cell for a score that is not a number of points, and its class in the style sheet.
SIGNS = {State.EXCUSED: "EX", State.WAITING: "…", State.OPEN: ""}
NOTHING = "\u2013"
KINDS = {State.MISSING: "z", State.DROPPED: "d"}


@dataclass(frozen=True)
class TableRow:
    """A student in the table; `cells` are (class, text) in the order of the columns."""

    name: str
    student: str  # the ID, where it is not the name
    link: str
    total: str
    share: float
    letter: str
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """One score on a student's page."""

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


def gradebook_page(gradebook: Gradebook, link: Callable[[Row], str]) -> str:
    """The page of the class; `link` gives the path of a student's page, relative to this one."""
    source, policy = script("sort.js", "filter.js")
    totals = [float(row.total) for row in gradebook.rows if row.total is not None]
    return render(
        "gradebook.html",
        course=gradebook.course,
        policy=policy,
        script=source,
        remarks=gradebook.remarks,
        amount=len(gradebook.rows),
        mean=f"{100 * fmean(totals):.1f}" if totals else NOTHING,
        median=f"{100 * median(totals):.1f}" if totals else NOTHING,
        letters=_letters(gradebook),
        charts=_charts(gradebook, totals),
        columns=gradebook.columns,
        groups=[
            (group, len([name for name in group.of if _has(gradebook, name)]))
            for group in gradebook.rules.groups
        ],
        weights=weights_of(gradebook),
        rows=[_table_row(row, link(row)) for row in gradebook.rows],
    )


def gradebook_student_page(gradebook: Gradebook, row: Row, zone: ZoneInfo) -> str:
    """The page of one student: every score with its state and reasons, and the sum of the total."""
    used = [group for group in row.groups if group.share is not None]
    drops = {group.name: group.drop_lowest for group in gradebook.rules.groups}
    return render(
        "gradebook_student.html",
        course=gradebook.course,
        name=row.person.name,
        student=row.student if row.student != row.person.name else "",
        total="" if row.total is None else str(percent(row.total)),
        letter=row.letter,
        scale=sorted(gradebook.rules.scale.items(), key=lambda threshold: -threshold[1]),
        sections=[_section(group, drops[group.name], zone) for group in row.groups if group.scores],
        sum=" + ".join(f"{percent(group.contribution)}" for group in used),
        reweighted=len(used) < len(row.groups) and bool(used),
    )


def _has(gradebook: Gradebook, name: str) -> bool:
    return any(column.name == name for column in gradebook.columns)


def weights_of(gradebook: Gradebook) -> dict[str, str]:
    """The weight of each group as a percentage of all."""
    whole = sum(Fraction(group.weight) for group in gradebook.rules.groups)
    return {group.name: weight_text(Fraction(group.weight) / whole) for group in gradebook.rules.groups}


def _letters(gradebook: Gradebook) -> list[tuple[str, int]]:
    """The number of students with each letter, the best letter first."""
    order = sorted(gradebook.rules.scale, key=lambda letter: -gradebook.rules.scale[letter])
    return [(letter, sum(row.letter == letter for row in gradebook.rows)) for letter in order]


def _charts(gradebook: Gradebook, totals: list[float]) -> list[tuple[str, Markup]]:
    shares = [("Total", totals)]
    for position, column in enumerate(gradebook.columns):
        scores = [row.scores[position] for row in gradebook.rows]
        shares.append((column.title, [_share(score) for score in scores if _is_scored(score)]))
    return [
        (
            title,
            histogram(
                values,
                key=f"c{position}",
                title=f"Distribution of {cut(title, 60)}",
                description=f"{count(len(values), 'score')}, median {whole_percent(median(values))}.",
                median=median(values),
            ),
        )
        for position, (title, values) in enumerate(shares)
        if values
    ]


def _share(score: Score) -> float:
    return float(score.earned / score.possible)


def _is_scored(score: Score) -> bool:
    return score.state in (State.COUNTED, State.DROPPED) and score.final_score is not None


def _table_row(row: Row, link: str) -> TableRow:
    name = row.person.sortable
    return TableRow(
        name=cut(name, 60),
        student=cut(row.student, 40) if row.student != name else "",
        link=href(link),
        total="" if row.total is None else str(percent(row.total)),
        share=float(row.total or 0),
        letter=row.letter,
        cells=[_cell(score) for score in row.scores],
    )


def _cell(score: Score) -> tuple[str, str]:
    text = SIGNS.get(score.state, points(float(score.earned)))
    full = score.state is State.COUNTED and score.earned >= score.possible
    return "f" if full else KINDS.get(score.state, ""), text


def section_sentence(group: GroupShare, drop: int) -> str:
    """What was dropped in a group, and what it would be otherwise; empty where nothing was."""
    dropped = [score for score in group.scores if score.state is State.DROPPED]
    if dropped and group.share is not None and group.whole is not None:
        names = " and ".join(score.title for score in dropped)
        return (
            f"{names} {'is' if len(dropped) == 1 else 'are'} dropped: of all ways to drop {drop}, "
            f"this one gives the best result, {percent(group.share)} % instead of {percent(group.whole)} %."
        )
    return ""


def _section(group: GroupShare, drop: int, zone: ZoneInfo) -> Section:
    return Section(
        name=group.name,
        parts=[_part(score, zone) for score in group.scores],
        share="" if group.share is None else str(percent(group.share)),
        weight=weight_text(group.weight),
        contribution=str(percent(group.contribution)),
        sentence=section_sentence(group, drop),
    )


def score_reasons(score: Score) -> list[str]:
    """Why a score counts as it does, a sentence each."""
    why, final_score = [score.why] if score.why else [], score.final_score
    if final_score:
        why += [
            reason
            for reason in (why_it_counts(final_score), final_score.comment, final_score.problem)
            if reason
        ]
        if final_score.penalty:
            why.append(f"Earned {points(final_score.raw)}, minus {points(final_score.penalty)} for lateness.")
    return why


def _part(score: Score, zone: ZoneInfo) -> Part:
    final_score = score.final_score
    earned = points(float(score.earned)) if score.has_points else NOTHING
    when = final_score.submitted.astimezone(zone) if final_score and final_score.submitted else None
    return Part(
        title=score.title,
        points=f"{earned} of {points(float(score.possible))}",
        state=score.state,
        why=score_reasons(score),
        submitted=f"{when:%Y-%m-%d %H:%M %Z}" if when else "",
        contribution=str(percent(score.contribution)) if score.state.counts else "",
    )


def weight_text(share: Fraction) -> str:
    """A weight as a percentage without needless zeros."""
    return f"{percent(share):f}".rstrip("0").rstrip(".")


INDEX, TABLE, STUDENTS = "index.html", "gradebook.csv", "students"


def write_gradebook(gradebook: Gradebook, out: Path, zone: ZoneInfo) -> None:
    """Write all pages and the table, and remove pages of students who are not in the gradebook any more.

    Raises UsageError for a directory that holds other files, or that cannot be written to.
    """
    pages = {f"{safe_name(row.student)}.html": row for row in gradebook.rows}
    try:
        _prepare(out)
        for old in (out / STUDENTS).iterdir():
            if old.name not in pages:
                old.unlink()
        for name, row in pages.items():
            (out / STUDENTS / name).write_text(gradebook_student_page(gradebook, row, zone), encoding="utf-8")
        (out / INDEX).write_text(gradebook_page(gradebook, _link), encoding="utf-8")
        (out / TABLE).write_text(gradebook_csv(gradebook), encoding="utf-8", newline="")
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be written to: {problem.strerror}.", next_step="Name another directory with --out."
        ) from problem


def _link(row: Row) -> str:
    return f"{STUDENTS}/{safe_name(row.student)}.html"


def _prepare(out: Path) -> None:
    """Create the directory; raises UsageError where it holds other files."""
    students = out / STUDENTS
    there = [*(out.iterdir() if out.exists() else ()), *(students.iterdir() if students.exists() else ())]
    for path in there:
        if is_ignored(path.name):
            continue
        if path.name not in (INDEX, TABLE, STUDENTS) and (path.parent == out or path.suffix != ".html"):
            raise UsageError(
                f"{path} does not belong to a gradebook; nothing was written.",
                next_step="Move it elsewhere, or name a new directory with --out.",
            )
    students.mkdir(parents=True, exist_ok=True)
