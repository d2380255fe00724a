"""One line of a class's grades: where a student stands, and who that is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.course.roster import Person, Roster
from autograder.standing import Standing

__all__ = ["Line", "lines_of", "points"]

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
        if one.marked_late:
            said.append("The platform marks it late; how late is not known.")
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
