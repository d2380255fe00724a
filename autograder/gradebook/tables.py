"""The grade tables of an assignment: `grades.csv` and the plain export, from final scores."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from autograder.course.csv_table import guard_formula, unguard_formula, write_table
from autograder.course.roster import Person, Roster
from autograder.report import Report, ReportSummary
from autograder.results.final_scores import FinalScore

__all__ = [
    "MOST_MISTAKES",
    "GradeRow",
    "grade_rows",
    "grades_csv",
    "mistake_sentence",
    "named_mistakes",
    "plain_grades",
    "points",
    "student_in_cell",
]


WHY = ("raw", "penalty", "days_late", "attempt", "attempts", "submitted", "by_hand", "comment", "marked_late")


def grades_csv(reports: Sequence[ReportSummary], final_scores: Mapping[str, FinalScore]) -> str:
    """One row per student: the final score, the points per task, its reasons, and problems to look at.

    The columns are the tasks of all reports: one that was kept from before a task was added, or from
    after one was removed, has empty cells there.
    """
    tasks = list(dict.fromkeys(task.task for report in reports for task in report.tasks))
    rows = [["student", "earned", "possible", *map(guard_formula, tasks), "problem", *WHY]]
    for report in reports:
        score = final_scores[report.student]
        earned = {task.task: f"{task.earned:g}" for task in report.tasks}
        broken = f"broken checks: {', '.join(report.broken)}" if report.broken else ""
        rows.append(
            [
                guard_formula(report.student),
                f"{score.earned:g}",
                f"{score.possible:g}",
                *(earned.get(task, "") for task in tasks),
                guard_formula(report.problem or broken),
                f"{score.raw:g}",
                f"{score.penalty:g}",
                str(score.days_late),
                str(score.attempt),
                str(score.attempts),
                score.submitted.isoformat() if score.submitted else "",
                "yes" if score.changed else "",
                guard_formula(score.comment),
                "yes" if score.marked_late else "",
            ]
        )
    return write_table(rows[0], rows[1:])


def student_in_cell(cell: str, students: Collection[str]) -> str:
    """The student whom a cell of grades.csv names, guarded or not; the cell itself if it names nobody.

    What a table shows goes first: a command is given the text that somebody copied from there.
    """
    student = unguard_formula(cell)
    return student if student in students else cell


MOST_MISTAKES = 5  # in the remarks on a score
WITH_ID = re.compile(r"(?P<name>.*) \((?P<id>\w+)\)", re.DOTALL)  # as students are named without a roster


@dataclass(frozen=True)
class GradeRow:
    """A student's final score, and the person; `known` says whether they are on the roster."""

    final_score: FinalScore
    person: Person
    known: bool
    mistakes: tuple[str, ...] = ()  # that were named, a sentence each; see `named_mistakes`

    def in_roster(
        self, roster: Roster, columns: Sequence[str] = ("canvas_id", "moodle_id")
    ) -> tuple[Person | None, str]:
        """The same person on another roster, such as a platform's table; or None, and why.

        What stands in one of the columns decides.
        """
        person = self.person
        for column in columns:
            if match := roster.column(column, getattr(person, column)):
                return match, ""
        keys = (person.sis_id, person.sis_login, person.email, person.gradescope_sid, person.student_id)
        return roster.resolve(*filter(None, keys), names=(person.name, person.sortable))

    def remarks(self) -> str:
        """The remarks on a score for the student."""
        score = self.final_score
        sentences = [f"{points(score.earned)} of {points(score.possible)} points."]
        if score.problem:
            sentences.append(score.problem)
        if score.penalty:
            sentences.append(
                f"{points(score.penalty)} points were taken off for {score.days_late} days of lateness."
            )
        if score.marked_late:
            sentences.append("The platform marks it late; how late is not known.")
        sentences += self.mistakes[:MOST_MISTAKES]
        if (more := len(self.mistakes) - MOST_MISTAKES) > 0:
            sentences.append(f"{more} more {'is' if more == 1 else 'are'} on the feedback page.")
        if score.comment:
            sentences.append(score.comment)
        return " ".join(sentences)


def grade_rows(
    final_scores: Iterable[FinalScore],
    roster: Roster,
    platform: str = "canvas",
    mistakes: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> list[GradeRow]:
    """The rows of a class; a student who is not on the roster is named as in their submission.

    `platform` says whose number stands in brackets behind a name that was made when collecting, `mistakes`
    which were named, by student.
    """
    rows = []
    for final_score in final_scores:
        person, _ = roster.resolve(final_score.student)
        named = mistakes.get(final_score.student, ())
        match = WITH_ID.fullmatch(final_score.student)
        if person is None and match and platform in ("canvas", "moodle"):
            person = roster.column(f"{platform}_id", match["id"])
        if person is not None:
            rows.append(GradeRow(final_score, person, True, named))
            continue
        made = Person(final_score.student, full_name=match["name"] if match else final_score.student)
        if match and platform == "canvas":
            made = Person(final_score.student, full_name=match["name"], canvas_id=match["id"])
        elif match and platform == "moodle":
            made = Person(final_score.student, full_name=match["name"], moodle_id=match["id"])
        rows.append(GradeRow(final_score, made, False, named))
    return rows


def named_mistakes(report: Report) -> tuple[str, ...]:
    """The mistakes that the grader named, each once, with the function and what to do about it."""
    named = {
        result.mistake: mistake_sentence(result.mistake, result.hint)
        for result in report.results()
        if result.mistake and result.hint and result.status.needs_work
    }
    return tuple(named.values())


def mistake_sentence(mistake: str, hint: str) -> str:
    """A named mistake for a comment: the function, and what to do about it."""
    return f"{mistake.partition(': ')[0]}: {' '.join(hint.split())}"


def points(number: float) -> str:
    """Points as every platform reads them: a decimal point, at most four places, no exponent."""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


PLAIN_HEAD = [
    *("student_id", "last_name", "first_name", "email", "section", "earned", "possible", "raw", "attempts"),
    *("submitted", "days_late", "penalty", "changed", "comment", "problem", "marked_late"),
]


def plain_grades(grade_rows: Sequence[GradeRow]) -> str:
    """One row per student with all that is known about the grade."""
    rows = [PLAIN_HEAD]
    for row in grade_rows:
        score, person = row.final_score, row.person
        rows.append(
            [
                person.student_id if row.known else guard_formula(person.student_id),
                *map(guard_formula, (person.last_name, person.first_name)),
                person.email,
                guard_formula(person.section),
                *(points(score.earned), points(score.possible), points(score.raw), str(score.attempts)),
                score.submitted.isoformat() if score.submitted else "",
                *(str(score.days_late), points(score.penalty), "yes" if score.changed else ""),
                *map(guard_formula, (score.comment, score.problem)),
                "yes" if score.marked_late else "",
            ]
        )
    return write_table(rows[0], rows[1:])
