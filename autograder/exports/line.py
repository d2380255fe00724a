"""One line of a class's grades: where a student stands, and who that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from autograder.errors import UsageError
from autograder.report import Report
from autograder.roster import Person, Roster
from autograder.standing import Standing

__all__ = ["Line", "lines_of", "points", "standings_of_reports"]

WITH_ID = re.compile(r"(?P<name>.*) \((?P<id>\w+)\)", re.DOTALL)  # as intake names students without a roster


@dataclass(frozen=True)
class Line:
    """A student's standing, and the person; known says whether the roster has them."""

    standing: Standing
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
        if one.comment:
            said.append(one.comment)
        return " ".join(said)


def lines_of(standings: Iterable[Standing], roster: Roster, platform: str = "canvas") -> list[Line]:
    """The lines of a class; whom the roster does not know is who their submission says.

    `platform` says whose number stands in brackets behind a name that intake made up.
    """
    lines = []
    for standing in standings:
        person, _ = roster.resolve(standing.student)
        match = WITH_ID.fullmatch(standing.student)
        if person is None and match and platform in ("canvas", "moodle"):
            person = roster.column(f"{platform}_id", match["id"])
        if person is not None:
            lines.append(Line(standing, person, True))
            continue
        made = Person(standing.student, full_name=match["name"] if match else standing.student)
        if match and platform == "canvas":
            made = Person(standing.student, full_name=match["name"], canvas_id=match["id"])
        elif match and platform == "moodle":
            made = Person(standing.student, full_name=match["name"], moodle_id=match["id"])
        lines.append(Line(standing, made, False))
    return lines


def points(number: float) -> str:
    """Points as every platform reads them: a decimal point, at most four places, no exponent."""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def standings_of_reports(results: Path) -> Sequence[Standing]:
    """Where the students of a run stand when nothing but its reports counts."""
    standings = []
    paths = sorted((results / "reports").glob("*.json"))
    if not paths:
        raise UsageError(
            f"{results} holds no reports.", next_step="Name the folder that `autograder grade --out` wrote."
        )
    for path in paths:
        try:
            report = Report.from_json(path.read_bytes())
        except (ValidationError, OSError) as problem:
            raise UsageError(f"{path} is no report.", next_step="Grade again.") from problem
        score = report.score
        standings.append(
            Standing(
                report.student,
                score.earned,
                score.possible,
                score.earned,
                1,
                path,
                problem=report.submission.problem,
            )
        )
    return standings
