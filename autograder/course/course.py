"""The course: its directory, its name, its time zone, and where assignments are found."""

from __future__ import annotations

import os
from copy import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from autograder.course.due_rules import DueRules
from autograder.course.grading_policy import GradebookRules
from autograder.course.local_time import LocalTime, later_wall, zoned
from autograder.errors import UsageError, choose_one
from autograder.yaml_source import read_yaml

__all__ = ["FILE", "Course", "Extension", "LateDays", "find_course"]

FILE = "course.yaml"

Attempts = Literal["best", "last", "first"]


class Extension(BaseModel):
    """An extension or another exception for one student, for one assignment or for all."""

    model_config = ConfigDict(extra="forbid")

    due: LocalTime | None = Field(
        default=None, description="Another due date, in local time; a date alone means the end of that day."
    )
    extra_days: float = Field(default=0, ge=0, description="Days on top of the due date.")
    no_penalty: bool = Field(default=False, description="No late penalty for this student.")
    attempts: Attempts | None = Field(default=None, description="Which of the student's attempts counts.")
    excused: bool = Field(
        default=False, description="The gradebook leaves this assignment out for the student."
    )
    reason: str = Field(default="", description="For the record.")


class StudentRules(Extension):
    """The exceptions for one student: for all assignments, and for single ones."""

    due: None = Field(default=None, description="A due date belongs to an assignment.")
    assignments: dict[str, Extension] = Field(
        default_factory=dict, description="For single assignments, by their names."
    )


class LateDays(BaseModel):
    """A student's own late days: each moves a due date by a day at no cost."""

    model_config = ConfigDict(extra="forbid")

    per_term: int = Field(ge=0, le=365, description="How many a student may spend in the whole course.")
    per_assignment: int = Field(default=2, ge=1, le=365, description="At most so many on one assignment.")


class RegradeRequestRules(BaseModel):
    """When and how often a student may request a regrade on the site."""

    model_config = ConfigDict(extra="forbid")

    after_hours: float = Field(
        default=24, ge=0, description="Requests open so many hours after the result was shown."
    )
    days: float = Field(default=7, gt=0, description="They close so many days after that.")
    tokens: int | None = Field(
        default=3, ge=0, description="How many a student has; one comes back when it changes the points."
    )


class CourseFile(BaseModel):
    """The content of course.yaml."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="The course's name, as pages show it.")
    time_zone: str = Field(default="UTC", description="An IANA name; all local times are in this zone.")

    attempts: Attempts = Field(default="last", description="Which attempt counts: best, last or first.")
    written: bool = Field(
        default=True, description="Whether there are people to mark written answers; `written: off` if not."
    )
    students: dict[str, StudentRules] = Field(
        default_factory=dict, description="Exceptions for single students, by student ID."
    )
    late_days: LateDays | None = Field(
        default=None, description="Late days that each student may spend on the course's site."
    )
    retention: date | None = Field(
        default=None, description="Until when personal data is kept; staff are reminded a month before."
    )
    gradebook: GradebookRules | None = Field(default=None, description="How the course's total is computed.")
    regrade_requests: RegradeRequestRules = Field(
        default_factory=RegradeRequestRules, description="When students may request a regrade."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as problem:
            raise ValueError(
                f"{name!r} is not a time zone; write an IANA name such as Europe/Berlin"
            ) from problem
        return name


class Course:
    """A course directory: `course.yaml`, `assignments/`, `solutions/`."""

    def __init__(self, root: Path, file: CourseFile) -> None:
        self.root, self.title, self.zone = root, file.title, ZoneInfo(file.time_zone)
        self.attempts, self.gradebook, self.written = file.attempts, file.gradebook, file.written
        self.regrade_requests = file.regrade_requests
        self._students = file.students
        self.late_days, self.retention = file.late_days, file.retention
        self.due_rules = DueRules()

    def with_due_rules(self, rules: DueRules) -> Course:
        """The same course with other rules of due dates, which a site stores."""
        course = copy(self)
        course.due_rules = rules
        return course

    def due(self, student: str, assignment: str, published: datetime | None) -> datetime | None:
        """A student's due date for an assignment that everybody has until `published`; None without one."""
        base = self.due_rules.base(student, assignment, published)
        written = self.extension(student, assignment)
        written_due = base if written.due is None else zoned(written.due, self.zone)
        if written_due is None:
            return None
        written_due = later_wall(written_due, written.extra_days, self.zone)
        return self.due_rules.due(student, assignment, base or written_due, written_due, self.zone)

    def assignment_ids(self) -> list[str]:
        """The ids of all assignments: directories with an assignment.yaml, in alphabetical order."""
        return sorted(path.parent.name for path in (self.root / "assignments").glob("*/assignment.yaml"))

    def extension(self, student: str, assignment: str) -> Extension:
        """A student's exceptions for an assignment.

        What is written for this assignment alone goes first, also where it is 0 or false.
        """
        chosen = {"attempts": self.attempts, **self.extension_as_written(student, assignment)}
        if chosen["attempts"] is None:  # as if it were not written
            rules = self._students.get(student, StudentRules())
            chosen["attempts"] = rules.attempts or self.attempts
        for rule in self.due_rules.extensions(student, assignment):
            chosen |= {name: True for name in ("no_penalty", "excused") if getattr(rule, name)}
        return Extension.model_construct(**chosen)

    def extension_as_written(self, student: str, assignment: str) -> dict[str, Any]:
        """What course.yaml itself says of a student for an assignment, without any default."""
        rules = self._students.get(student, StudentRules())
        extension = rules.assignments.get(assignment, Extension())
        wider = {
            name: getattr(rules, name) for name in rules.model_fields_set & Extension.model_fields.keys()
        }
        return {**wider, **{name: getattr(extension, name) for name in extension.model_fields_set}}

    def students_with_rules(self) -> list[str]:
        """The students who have exceptions, in course.yaml or on the site."""
        return sorted(self._students.keys() | self.due_rules.students())

    def spoken_of(self) -> set[str]:
        """The assignments and quizzes for which course.yaml has exceptions for single students."""
        return {name for rules in self._students.values() for name in rules.assignments}

    def assignments_at(self, folder: Path) -> list[str]:
        """The assignment whose public or hidden directory a folder is, or lies in; none elsewhere."""
        try:
            parts = folder.resolve().relative_to(self.root).parts
        except ValueError:
            return []
        if len(parts) < 2 or parts[0] not in ("assignments", "solutions"):
            return []
        return [name for name in self.assignment_ids() if name == parts[1]]

    def folders(self, assignment: str) -> tuple[Path, Path]:
        """The public and the hidden directory of an assignment; raises UsageError for an unknown id."""
        public = self.root / "assignments" / assignment
        if assignment not in self.assignment_ids():
            raise UsageError(
                f"There is no assignment {assignment!r} in {self.root / 'assignments'}.",
                next_step=choose_one(self.assignment_ids(), "Add the assignment's directory there."),
            )
        return public, self.root / "solutions" / assignment


def find_course(start: Path | None = None) -> Course:
    """The course whose directory is `start` or the nearest one above it; raises UsageError outside one."""
    here = Path(os.path.realpath(start or Path.cwd()))  # a circle of links is no directory, not an error
    if not here.is_dir():
        raise UsageError(
            f"{here} is not a directory.", next_step="Name the course's directory with --course."
        )
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return Course(folder, read_yaml(folder / FILE, CourseFile))
    raise UsageError(
        f"{here} is not inside a course: no {FILE} here or above.",
        next_step="Change into the course's directory, or name it with --course DIR.",
    )
