"""The course: its folder, its name, its time zone, and where assignments are found."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from autograder.errors import ContentError, UsageError
from autograder.places import line_of

__all__ = ["Course", "find_course", "line_of", "read_yaml"]

FILE = "course.yaml"
M = TypeVar("M", bound=BaseModel)


class CourseFile(BaseModel):
    """What course.yaml may say."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="The course's name, as pages show it.")
    time_zone: str = Field(default="UTC", description="An IANA name; all local times are meant in it.")

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

    def assignment_ids(self) -> list[str]:
        """The ids of all assignments: folders with an assignment.yaml, in alphabetical order."""
        return sorted(path.parent.name for path in (self.root / "assignments").glob("*/assignment.yaml"))

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


def read_yaml(path: Path, model: type[M]) -> M:
    """A YAML file as a checked model; raises ContentError with file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except OSError as problem:
        raise ContentError(f"{path} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise ContentError(f"{path} is not UTF-8 text.", next_step="Save it as UTF-8.") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        what = getattr(problem, "problem", None) or "it is not YAML"
        raise ContentError(f"{path}{place}: {what}.", next_step="Correct the line.") from problem
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        line = line_of(text, first["loc"])
        raise ContentError(
            f"{path}{f', line {line}' if line else ''}: {key}{': ' if key else ''}"
            f"{first['msg'].removeprefix('Value error, ')}.",
            next_step="Correct the key.",
        ) from problem
