"""Quiz files, `quizzes/<name>.yaml`: items by name or drawn from banks, and the times of the quiz."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from autograder.course.course import Course
from autograder.course.local_time import counted, instant_of
from autograder.errors import ContentError, UsageError, choose_one
from autograder.yaml_source import line_of, read_yaml
from quizzes.content.bank import Bank, find_item, load_banks
from quizzes.content.items.base import Part, Text
from quizzes.content.quiz import Pool, Quiz, Release
from quizzes.schedule.timing import SECOND, Schedule

__all__ = ["TAKEN", "QuizFile", "QuizPlan", "check_quiz_name", "load_quiz", "quiz_paths"]


Local = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, date) else value)]
# Names of pages below /staff that are none of a quiz.
TAKEN = frozenset({"attempts", "homework", "submissions"})


class Pick(Part):
    """One question by `item`, or several drawn at random from a bank."""

    item: str = Field(default="", description="An item as topic/id.")
    bank: str = Field(default="", description="A bank to draw from.")
    draw: int = Field(default=1, ge=1, le=50, description="How many to draw.")
    tags: list[str] = Field(default_factory=list, description="Only items with all of these tags.")
    without: list[str] = Field(default_factory=list, description="Only items with none of these tags.")
    points: Decimal = Field(default=Decimal(1), gt=0, le=1000, description="For each question.")
    variants: int = Field(default=1, ge=1, description="What lint demands: variants of every item.")
    keys: int = Field(
        default=1, ge=1, description="What lint demands: different right numbers of every item."
    )
    parallel: bool = Field(default=False, description="What lint demands: items of one form, equally hard.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.item) == bool(self.bank):
            raise ValueError("a question names either an item (topic/id) or a bank to draw from")
        if self.item and (self.draw != 1 or self.tags or self.without):
            raise ValueError("draw, tags and without go with a bank, not with an item")
        return self


class QuizFile(Part):
    """The keys of a quiz file."""

    title: Text = Field(description="What students read.")
    instructions: str = Field(default="", description="Shown above the questions once the quiz is open.")
    rules: list[Text] = Field(
        default_factory=list,
        description="What is allowed (calculator, notes, collaboration); shown before the quiz opens, too.",
    )
    points: Decimal = Field(gt=0, description="Of all questions together.")
    opens: Local = Field(description="Local time, such as 2027-05-18 15:00.")
    due: Local = Field(
        default="",
        description="Later answers are late; a bare 23:59 is the whole minute. Never, if left out.",
    )
    closes: Local = Field(default="", description="When the quiz locks; when it is due, if left out.")
    minutes: Decimal | None = Field(
        default=None, gt=0, le=10_080, description="Once started; no limit if left out."
    )
    grace_seconds: int = Field(default=20, ge=0, le=300, description="For saves on their way at the end.")
    attempts: int | None = Field(
        default=1, ge=1, le=100, description="How often a student may take it; null for any number of times."
    )
    shuffle: bool = Field(default=True, description="Show the questions in an order of each student's own.")
    extend_close: bool = Field(default=True, description="Extra time moves the close for its student.")
    release: Release = Field(default_factory=Release, description="When students see what.")
    questions: list[Pick] = Field(min_length=1, description="Items by name, or drawn from banks.")
    dropped: list[str] = Field(
        default_factory=list,
        description="Wrong items (topic/id): everybody gets their points.",
    )

    @model_validator(mode="after")
    def _points_add_up(self) -> Self:
        total = sum((pick.points * pick.draw for pick in self.questions), Decimal(0))
        if total != self.points:
            raise ValueError(f"points: the questions have {total:f} points together, not {self.points:f}")
        return self


@dataclass(frozen=True)
class QuizPlan:
    """A quiz and its schedule."""

    path: Path
    zone: ZoneInfo
    quiz: Quiz
    schedule: Schedule
    picks: tuple[Pick, ...] = ()

    @property
    def name(self) -> str:
        """The file's name, which the quiz goes by."""
        return self.quiz.name


def check_quiz_name(name: str) -> None:
    """Raise UsageError for a name that other pages of the site have: they would hide the quiz's own."""
    if name in TAKEN:
        raise UsageError(
            f"A quiz cannot be named {name!r}: the site has other pages of that name.",
            next_step=f"Give its file another name, such as {name}-quiz.yaml.",
        )


def quiz_paths(course: Course) -> list[Path]:
    """The files of all quizzes."""
    return sorted((course.root / "quizzes").glob("*.yaml"), key=lambda path: path.stem)


def load_quiz(course: Course, name: str) -> QuizPlan:
    """The quiz of that name; raises UsageError for an unknown one, ContentError with file, line and key."""
    path = course.root / "quizzes" / f"{name}.yaml"
    if path not in quiz_paths(course):
        raise UsageError(
            f"There is no quiz {name!r} in {path.parent}.",
            next_step=choose_one(
                (path.stem for path in quiz_paths(course)), f"Add the quiz as {path.name} there."
            ),
        )
    check_quiz_name(name)
    return _Reader(path, load_banks(path.parent / "banks"), course.zone).plan()


class _Reader:
    """Reads one file and reports every mistake with its line."""

    def __init__(self, path: Path, banks: dict[str, Bank], zone: ZoneInfo) -> None:
        self.path, self.banks, self.zone = path, banks, zone
        self.file = read_yaml(path, QuizFile)

    def plan(self) -> QuizPlan:
        file = self.file
        pools = [self._pool(index, pick) for index, pick in enumerate(file.questions)]
        self._check_enough(pools)
        pictures = {image.file for pool in pools for item in pool.items.values() for image in item.images}
        quiz = Quiz(
            name=self.path.stem,
            title=file.title,
            instructions=file.instructions,
            **({"rules": file.rules} if file.rules else {}),
            shuffle=file.shuffle,
            release=file.release,
            pools=pools,
            dropped=self._dropped(pools),
            pictures={picture: b64encode(self._picture(picture)) for picture in sorted(pictures)},
        )
        return QuizPlan(self.path, self.zone, quiz, self._schedule(), tuple(file.questions))

    def _schedule(self) -> Schedule:
        file = self.file
        schedule = Schedule(
            opens_at=self._instant("opens"),
            due_at=self._instant("due") if file.due else None,
            closes_at=self._instant("closes" if file.closes else "due") if file.closes or file.due else None,
            limit=None if file.minutes is None else int(file.minutes * 60 * SECOND),
            grace=file.grace_seconds * SECOND,
            extend_close=file.extend_close,
            attempts=file.attempts,
        )
        if problem := schedule.problem():
            raise self._wrong("due", problem.rstrip("."))
        return schedule

    def _instant(self, key: str) -> int:
        try:
            return instant_of(getattr(self.file, key), self.zone)
        except ContentError as problem:
            raise ContentError(
                f"{self._place(key)}: {key}: {problem.message}", next_step=problem.next_step
            ) from problem

    def _pool(self, index: int, pick: Pick) -> Pool:
        location = self._place("questions", index)
        if pick.item:
            items = {pick.item: find_item(self.banks, pick.item, location)}
            return Pool(items=items, points=pick.points)
        if pick.bank not in self.banks:
            raise ContentError(
                f"{location}: there is no bank {pick.bank!r}.",
                next_step=choose_one(self.banks, f"Add the bank quizzes/banks/{pick.bank}.yaml."),
            )
        fitting = {
            f"{pick.bank}/{item.id}": item
            for item in self.banks[pick.bank].items.values()
            if set(pick.tags) <= set(item.tags) and not set(pick.without) & set(item.tags)
        }
        if len(fitting) < pick.draw:
            what = ", ".join([*pick.tags, *(f"without {tag}" for tag in pick.without)])
            which = f" with the tags {what}" if what else ""
            drawn, known = counted(pick.draw, "question is", "questions are"), counted(len(fitting), "item")
            raise self._wrong("questions", f"{drawn} drawn from {known} of {pick.bank!r}{which}", index)
        return Pool(items=fitting, draw=pick.draw, points=pick.points)

    def _check_enough(self, pools: list[Pool]) -> None:
        for index, pool in enumerate(pools):
            # Safe, not sharp: every pick that shares an item might take all it draws from this pool.
            needed = sum(other.draw for other in pools if pool.items.keys() & other.items.keys())
            narrow = not self.file.questions[index].item  # a named item is taken before anything is drawn
            if narrow and len(pool.items) < needed:
                drawn = counted(needed, "question is", "questions are")
                fault = f"{drawn} drawn from {counted(len(pool.items), 'item')}"
                raise self._wrong("questions", fault, index)
        named = [pick.item for pick in self.file.questions if pick.item]
        if len(set(named)) < len(named):
            raise self._wrong("questions", "an item is named twice")

    def _dropped(self, pools: list[Pool]) -> list[str]:
        for index, name in enumerate(self.file.dropped):
            if not any(name in pool.items for pool in pools):
                raise self._wrong("dropped", f"this quiz has no item {name!r}", index)
        return self.file.dropped

    def _picture(self, file: str) -> bytes:
        path = self.path.parent / "banks" / file
        try:
            return path.read_bytes()
        except OSError as problem:
            raise ContentError(
                f"{self.path}: there is no picture {path}.", next_step="Put it beside its bank."
            ) from problem

    def _place(self, *keys: str | int) -> str:
        return f"{self.path}, line {line_of(self.path.read_text(encoding='utf-8'), keys)}"

    def _wrong(self, key: str, what: str, *index: int) -> ContentError:
        return ContentError(f"{self._place(key, *index)}: {key}: {what}.", next_step="Correct the value.")
