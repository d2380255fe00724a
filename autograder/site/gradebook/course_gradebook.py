"""The gradebook of a course with a site: one computation for every page, export and platform.

Its columns are the published assignments and quizzes, and the results directories and quiz tables of what
is not published.
Pages of staff, a student's own page, exports and the commands with `--site` all come from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, or_, select

from autograder.course.course import Course
from autograder.course.roster import FILE as ROSTER
from autograder.course.roster import Person, Roster, find_roster
from autograder.gradebook.columns import Column, column_of
from autograder.gradebook.gradebook import Gradebook, gradebook_of
from autograder.results.final_scores import GradedAssignment
from autograder.site.database import Database
from autograder.site.extensions import GradedWork, extensions
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.people import COURSE, not_counted
from autograder.site.roles import Role, role_name, takes_part
from autograder.site.tables import enrolment, person, section_member

__all__ = ["CourseGradebook", "GradebookCache", "course_gradebook", "people_of"]

DAY = 24 * 60 * 60_000  # milliseconds


@dataclass(frozen=True)
class CourseGradebook:
    """The gradebook, and where each of its columns comes from."""

    gradebook: Gradebook
    work: Mapping[str, GradedWork]  # by the column's name


def course_gradebook(
    connection: Connection,
    course: Course,
    at: int,
    *,
    student: str | None = None,
    shown_only: bool = False,
    graded: Mapping[str, GradedAssignment] | None = None,
    quizzes: Mapping[str, Column] | None = None,
) -> CourseGradebook:
    """The gradebook with all scores; with a student only theirs, as far as the student may see them.

    With `shown_only` it has everybody's scores as far as students may see them: what may leave the site.
    `graded` are results directories, `quizzes` tables of quizzes; those of work that the site has itself
    are left out.
    Raises ContentError for rules in course.yaml that name an unknown assignment or quiz.
    """
    course = course_with_rules(connection, course, COURSE)  # dates and excuses that staff gave on the site
    roster = Roster(people_of(connection, course.root, student))
    work = {
        item.column.name: item
        for extension in extensions()
        for item in extension.graded_work(connection, course, COURSE, at, student=student)
    }
    for name, results in (graded or {}).items():
        if name not in work:
            page = f"/assignments/{name}"
            column = _only_of(student, column_of(results, roster))
            work[name] = GradedWork("assignment", column, page, page, search=page)
    for name, column in (quizzes or {}).items():
        if name not in work:
            of_class, of_student = "/gradebook#students", "/gradebook?find={}#students"
            work[name] = GradedWork("quiz", _only_of(student, column), "/grades", of_class, search=of_student)
    if student is None:  # what somebody submitted who dropped the course stays, and is in no list
        left_out = not_counted(connection, COURSE)
        work = {name: replace(item, column=_without(item.column, left_out)) for name, item in work.items()}
    if shown_only or student is not None:
        work = {name: item.as_shown() for name, item in work.items()}
    columns = [work[name].column for name in sorted(work)]
    now = datetime.fromtimestamp(at / 1000, UTC)
    return CourseGradebook(gradebook_of(columns, course, roster, now), work)


def _only_of(student: str | None, column: Column) -> Column:
    """A column with one student's score and date; as it is without a student."""
    if student is None:
        return column
    scores, waiting = (
        {key: value for key, value in of_people.items() if key == student}
        for of_people in (column.final_scores, column.waiting)
    )
    due = {student: column.due_of(student)}
    return replace(column, final_scores=scores, waiting=waiting, due=due)  # type: ignore[arg-type]


def _without(column: Column, people: frozenset[str]) -> Column:
    """A column without the scores and dates of some people."""
    if people.isdisjoint({*column.final_scores, *column.due, *column.waiting}):
        return column
    final_scores, due, waiting = (
        {name: value for name, value in of_people.items() if name not in people}
        for of_people in (column.final_scores, column.due, column.waiting)
    )
    return replace(column, final_scores=final_scores, due=due, waiting=waiting)  # type: ignore[arg-type]


class GradebookCache:
    """The gradebook of the class, computed again when anything that it is made of has changed.

    That is the database, course.yaml, roster.csv, results directories, and a due time that has passed.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, Lock()
        self._state: Hashable = None
        self._known: CourseGradebook | None = None
        # Held, so that no other object gets its identity.
        self._held: tuple[Mapping[str, GradedAssignment], Mapping[str, Column]] = {}, {}
        self._read_at = self._until = 0  # until the next due time

    def read(
        self,
        course: Course,
        at: int,
        graded: Mapping[str, GradedAssignment],
        quizzes: Mapping[str, Column],
    ) -> CourseGradebook:
        """The gradebook with all scores; raises as `course_gradebook` does."""
        with self._lock:
            state = (
                self._database.state(),
                course,  # by identity: a new reading is a new object
                _stamp(course.root / ROSTER),
                tuple((name, id(results)) for name, results in (*graded.items(), *quizzes.items())),
            )
            if self._known is None or state != self._state or not self._read_at <= at < self._until:
                with self._database.reading() as connection:
                    self._known = course_gradebook(connection, course, at, graded=graded, quizzes=quizzes)
                self._state, self._read_at, self._held = state, at, (graded, quizzes)
                self._until = _next_due(self._known, at)
            return self._known


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _next_due(found: CourseGradebook, at: int) -> int:
    """The next due time of anybody, from which a missing score counts as zero."""
    times = {
        int(due.timestamp() * 1000)
        for work in found.work.values()
        for due in {*work.column.due.values(), work.column.due_for_all}
        if due is not None
    }
    return min((time for time in times if time > at), default=at + DAY)


def people_of(connection: Connection, folder: Path, student: str | None = None) -> tuple[Person, ...]:
    """The people of the course as the site has them, with what roster.csv says beside it.

    Dropped students and test students have no row, unless they ask for their own.
    """
    rows = (
        select(person.c.id, person.c.name, person.c.email, enrolment.c.role)
        .join_from(enrolment, person)
        .where(enrolment.c.course == COURSE)
        .order_by(person.c.id)
    )
    if student is not None:
        rows = rows.where(person.c.id == student)
    else:
        rows = rows.where(or_(takes_part(), enrolment.c.role != Role.STUDENT.value))
    sections: dict[str, list[str]] = defaultdict(list)
    for member in connection.execute(
        select(section_member.c.person, section_member.c.section)
        .where(section_member.c.course == COURSE)
        .order_by(section_member.c.section)
    ):
        sections[member.person].append(member.section)
    known = {listed.student_id: listed for listed in find_roster(folder).people}
    people = []
    for row in connection.execute(rows):
        listed = known.get(row.id, Person(row.id))
        people.append(
            replace(
                listed,
                full_name=row.name if not (listed.last_name and listed.first_name) else listed.full_name,
                email=row.email or listed.email,
                section=", ".join(sections[row.id]) or listed.section,
                role="" if row.role == "student" else role_name(row.role),
            )
        )
    return tuple(people)
