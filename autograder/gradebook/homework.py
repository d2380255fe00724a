"""An assignment as a column: where everybody stands, worked out anew from the ledger."""

from __future__ import annotations

from autograder.course.assignment import assignment_file
from autograder.course.course import Course
from autograder.course.roster import Roster
from autograder.gradebook.column import Column
from autograder.ledger import opened, read_ledger
from autograder.results import Results
from autograder.standing import due_for, standings

__all__ = ["homework_column"]


def homework_column(results: Results, course: Course, roster: Roster) -> Column:
    """The column of a results folder; late policy, extensions and attempts are as course.yaml has them now.

    Raises UsageError for a folder without a ledger, or of an assignment that the course does not have.
    """
    lines, _ = read_ledger(results.ledger)
    name = opened(lines, results.ledger).assignment
    file = assignment_file(course, name)
    found = standings(lines, course, name, file, results.reports)
    students = {*found, *(person.student_id for person in roster.people)}
    return Column(
        name,
        file.title,
        file.points,
        found,
        {student: due_for(course.granted(student, name), course, file) for student in students},
    )
