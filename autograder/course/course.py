"""The course: its folder, its name, its time zone, and where assignments are found."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from autograder.course.grading_policy import GradebookRules
from autograder.errors import UsageError
from autograder.yaml_source import read_yaml

__all__ = ["FILE", "Course", "Extension", "find_course"]

FILE = "course.yaml"

Attempts = Literal["best", "last", "first"]


class Extension(BaseModel):
    """What one student is granted, for one assignment or for all."""

    model_config = ConfigDict(extra="forbid")

    due: datetime | None = Field(default=None, description="A due date of their own, local time.")
    extra_days: float = Field(default=0, ge=0, description="Days on top of the due date.")
    no_penalty: bool = Field(default=False, description="Lateness costs this student nothing.")
    attempts: Attempts | None = Field(default=None, description="Which of their attempts counts.")
    excused: bool = Field(default=False, description="The gradebook does as if there were no such thing.")
    reason: str = Field(default="", description="For the record.")


class StudentRules(Extension):
    """What one student is granted for all assignments, and for single ones."""

    due: None = Field(default=None, description="A due date belongs to an assignment.")
    assignments: dict[str, Extension] = Field(default_factory=dict)


class CourseFile(BaseModel):
    """What course.yaml may say."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="The course's name, as pages show it.")
    time_zone: str = Field(default="UTC", description="An IANA name; all local times are meant in it.")

    attempts: Attempts = Field(default="last", description="Which attempt counts: best, last or first.")
    students: dict[str, StudentRules] = Field(
        default_factory=dict, description="What holds for one student, by their id."
    )
    gradebook: GradebookRules | None = Field(default=None, description="How the course's total comes about.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as problem:
            raise ValueError(
                f"{name!r} is no time zone; write an IANA name such as Europe/Berlin"
            ) from problem
        return name


class Course:
    """A course folder: `course.yaml`, `assignments/`, `solutions/`."""

    def __init__(self, root: Path, file: CourseFile) -> None:
        self.root, self.title, self.zone = root, file.title, ZoneInfo(file.time_zone)
        self.attempts, self.gradebook = file.attempts, file.gradebook
        self._students = file.students

    def assignment_ids(self) -> list[str]:
        """The ids of all assignments: folders with an assignment.yaml, in alphabetical order."""
        return sorted(path.parent.name for path in (self.root / "assignments").glob("*/assignment.yaml"))

    def granted(self, student: str, assignment: str) -> Extension:
        """What a student is granted for an assignment; what is said of that assignment goes first."""
        rules = self._students.get(student, StudentRules())
        granted = rules.assignments.get(assignment, Extension())
        return Extension(
            due=granted.due,
            extra_days=granted.extra_days or rules.extra_days,
            no_penalty=granted.no_penalty or rules.no_penalty,
            attempts=granted.attempts or rules.attempts or self.attempts,
            excused=granted.excused or rules.excused,
            reason=granted.reason or rules.reason,
        )

    def spoken_of(self) -> set[str]:
        """Names of assignments and quizzes that course.yaml says something about for single students."""
        return {name for rules in self._students.values() for name in rules.assignments}

    def folders(self, assignment: str) -> tuple[Path, Path]:
        """The public and the hidden folder of an assignment; raises UsageError for an unknown id."""
        public = self.root / "assignments" / assignment
        if assignment not in self.assignment_ids():
            known = ", ".join(self.assignment_ids()) or "none yet"
            raise UsageError(
                f"There is no assignment {assignment!r} in {self.root / 'assignments'}.",
                next_step=f"Take one of: {known}.",
            )
        return public, self.root / "solutions" / assignment


def find_course(start: Path | None = None) -> Course:
    """The course whose folder is `start` or the nearest one above it; raises UsageError outside one."""
    here = (start or Path.cwd()).resolve()
    if not here.is_dir():
        raise UsageError(f"{here} is no folder.", next_step="Name the course's folder with --course.")
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return Course(folder, read_yaml(folder / FILE, CourseFile))
    raise UsageError(
        f"{here} is not inside a course: no {FILE} here or above.",
        next_step="Change into the course's folder, or name it with --course DIR.",
    )
