"""Tables: read with everything that makes them the platform's, written back with nothing else changed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.roster import Person, Roster
from autograder.errors import UsageError
from autograder.report import ReportSummary
from autograder.results.final_scores import FinalScore

__all__ = [
    "FORMULA",
    "GradeRow",
    "Table",
    "grade_rows",
    "grades_csv",
    "guarded",
    "plain_cell",
    "plain_grades",
    "points",
    "read_table",
    "unguarded",
    "write_rows",
]


BOM = "\ufeff"


@dataclass
class Table:
    """The rows of a platform's table, and how it writes them."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    newline: str
    bom: bool

    def column(self, name: str) -> int:
        """Where a column is; -1 when there is none."""
        heads = [head.strip().casefold() for head in self.rows[0]]
        return heads.index(name.casefold()) if name.casefold() in heads else -1

    def needed(self, name: str) -> int:
        """Where a column is; raises UsageError when there is none."""
        at = self.column(name)
        if at < 0:
            raise UsageError(
                f"{self.path}, line 1: there is no column {name}.",
                next_step="Download the table again and leave its columns as they are.",
            )
        return at

    def put(self, row: int, column: int, text: str) -> None:
        """Write one cell; a short row is filled up."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text

    def text(self) -> str:
        """The table as its platform wrote it."""
        return (BOM if self.bom else "") + write_rows(self.rows, self.delimiter, self.newline)


def read_table(path: Path) -> Table:
    """A platform's table; raises UsageError for anything else."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path} is not UTF-8 text.", next_step="Download it again, as CSV.") from problem
    bom, text = text.startswith(BOM), text.removeprefix(BOM)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as problem:
        raise UsageError(
            f"{path}, line {reader.line_num}: {problem}.", next_step="Download the table again."
        ) from problem
    if not rows:
        raise UsageError(f"{path} is empty.", next_step="Download the table again.")
    return Table(path, rows, delimiter, "\r\n" if first.endswith("\r") else "\n", bom)


def write_rows(rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\n") -> str:
    """Rows as CSV, quoted where needed."""
    lines = []
    for row in rows:
        line = io.StringIO(newline="")
        # Only what is in the line's end is quoted: with a lone \n, a carriage return would end a line.
        csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n") + newline)
    return "".join(lines)


def guarded(text: str) -> str:
    """A text people wrote, with a quote in front where a spreadsheet would take it for a formula.

    A text that has the quote already gets another, so `unguarded` always gives back what was written. Ids,
    logins and addresses that a platform looks students up by must not be changed and are not guarded.
    """
    return "'" + text if text.lstrip("'").startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """What was written before `guarded`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula begins with, for some spreadsheet
WHY = ("raw", "penalty", "days_late", "attempt", "attempts", "submitted", "by_hand", "comment", "marked_late")


def grades_csv(reports: Sequence[ReportSummary], final_scores: Mapping[str, FinalScore]) -> str:
    """One row a student: what counts, points by task, why it counts so, and what a person should look at."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    tasks = [task.task for task in reports[0].tasks] if reports else []
    writer.writerow(["student", "earned", "possible", *tasks, "problem", *WHY])
    for report in reports:
        standing = final_scores[report.student]
        broken = f"broken checks: {', '.join(report.broken)}" if report.broken else ""
        writer.writerow(
            [
                plain_cell(report.student),
                f"{standing.earned:g}",
                f"{standing.possible:g}",
                *(f"{task.earned:g}" for task in report.tasks),
                plain_cell(report.problem or broken),
                f"{standing.raw:g}",
                f"{standing.penalty:g}",
                standing.days_late,
                standing.attempt,
                standing.attempts,
                standing.submitted.isoformat() if standing.submitted else "",
                "yes" if standing.changed else "",
                plain_cell(standing.comment),
                "yes" if standing.marked_late else "",
            ]
        )
    return table.getvalue()


def plain_cell(text: str) -> str:
    """The text, with a quote in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(FORMULA) else text


WITH_ID = re.compile(r"(?P<name>.*) \((?P<id>\w+)\)", re.DOTALL)  # as intake names students without a roster


@dataclass(frozen=True)
class GradeRow:
    """A student's standing, and the person; known says whether the roster has them."""

    standing: FinalScore
    person: Person
    known: bool

    def in_roster(self, roster: Roster) -> tuple[Person | None, str]:
        """The same person on another roster, such as a platform's own table, or why not."""
        person = self.person
        for column in ("canvas_id", "moodle_id"):
            if found := roster.column(column, getattr(person, column)):
                return found, ""
        keys = (person.sis_id, person.sis_login, person.email, person.gradescope_sid, person.student_id)
        return roster.resolve(*filter(None, keys), names=(person.name, person.sortable))

    def remarks(self) -> str:
        """What a student should read beside the number."""
        one = self.standing
        said = [f"{points(one.earned)} of {points(one.possible)} points."]
        if one.problem:
            said.append(one.problem)
        if one.penalty:
            said.append(f"{points(one.penalty)} points were taken off for {one.days_late} days of lateness.")
        if one.marked_late:
            said.append("The platform marks it late; how late is not known.")
        if one.comment:
            said.append(one.comment)
        return " ".join(said)


def grade_rows(
    final_scores: Iterable[FinalScore], roster: Roster, platform: str = "canvas"
) -> list[GradeRow]:
    """The lines of a class; whom the roster does not know is who their submission says.

    `platform` says whose number stands in brackets behind a name that intake made up.
    """
    lines = []
    for standing in final_scores:
        person, _ = roster.resolve(standing.student)
        match = WITH_ID.fullmatch(standing.student)
        if person is None and match and platform in ("canvas", "moodle"):
            person = roster.column(f"{platform}_id", match["id"])
        if person is not None:
            lines.append(GradeRow(standing, person, True))
            continue
        made = Person(standing.student, full_name=match["name"] if match else standing.student)
        if match and platform == "canvas":
            made = Person(standing.student, full_name=match["name"], canvas_id=match["id"])
        elif match and platform == "moodle":
            made = Person(standing.student, full_name=match["name"], moodle_id=match["id"])
        lines.append(GradeRow(standing, made, False))
    return lines


def points(number: float) -> str:
    """Points as every platform reads them: a decimal point, at most four places, no exponent."""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


PLAIN_HEAD = [
    *("student_id", "last_name", "first_name", "email", "section", "earned", "possible", "raw", "attempts"),
    *("submitted", "days_late", "penalty", "changed", "comment", "problem", "marked_late"),
]


def plain_grades(lines: Sequence[GradeRow]) -> str:
    """One row a student with all that is known about the grade."""
    rows = [PLAIN_HEAD]
    for line in lines:
        one, person = line.standing, line.person
        rows.append(
            [
                person.student_id if line.known else guarded(person.student_id),
                *map(guarded, (person.last_name, person.first_name)),
                person.email,
                guarded(person.section),
                *(points(one.earned), points(one.possible), points(one.raw), str(one.attempts)),
                one.submitted.isoformat() if one.submitted else "",
                *(str(one.days_late), points(one.penalty), "yes" if one.changed else ""),
                *map(guarded, (one.comment, one.problem)),
                "yes" if one.marked_late else "",
            ]
        )
    return write_rows(rows)
