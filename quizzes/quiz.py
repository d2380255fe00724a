"""The quiz: its dates, its minutes, and which questions an attempt gets."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from autograder.course import Course, line_of, read_yaml
from autograder.errors import ContentError, UsageError
from quizzes.bank import Bank, find_item, load_banks
from quizzes.dates import instant
from quizzes.items import Item
from quizzes.items.base import Part, Text
from quizzes.question import Question
from quizzes.variant import Draw, derived_seed

__all__ = ["Quiz", "load_quiz", "quiz_paths"]

When = Literal["never", "after_submit", "after_due", "after_close"]
Local = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, date) else value)]


class Pick(Part):
    """One question by `item`, or several drawn at random from a bank."""

    item: str = Field(default="", description="An item as topic/id.")
    bank: str = Field(default="", description="A bank to draw from.")
    draw: int = Field(default=1, ge=1, le=50, description="How many to draw.")
    tags: list[str] = Field(default_factory=list, description="Only items with all of these tags.")
    points: Decimal = Field(default=Decimal(1), gt=0, le=1000, description="For each question.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.item) == bool(self.bank):
            raise ValueError("a question names either an item (topic/id) or a bank to draw from")
        if self.item and (self.draw != 1 or self.tags):
            raise ValueError("draw and tags go with a bank, not with an item")
        return self


class Release(Part):
    """When students see what."""

    score: When = "after_submit"
    feedback: When = "after_close"
    key: When = "after_close"
    explanation: When = "after_close"


class QuizFile(Part):
    """What a quiz's file may say."""

    title: Text
    instructions: str = ""
    points: Decimal = Field(gt=0)
    opens: Local
    due: Local
    closes: Local = Field(default="", description="When the quiz locks; when it is due, if left out.")
    minutes: Decimal | None = Field(
        default=None, gt=0, le=10_080, description="Once started; no limit if left out."
    )
    attempts: int = Field(default=1, ge=1, le=100)
    shuffle: bool = Field(default=True, description="Show the questions in an order of each student's own.")
    extend_close: bool = Field(default=True, description="Extra time moves the close for its student.")
    release: Release = Field(default_factory=Release)
    questions: list[Pick] = Field(min_length=1)

    @model_validator(mode="after")
    def _points_add_up(self) -> Self:
        total = sum((one.points * one.draw for one in self.questions), Decimal(0))
        if total != self.points:
            raise ValueError(f"points: the questions have {total:f} points together, not {self.points:f}")
        return self


class Quiz:
    """A quiz with the items it draws from; its version changes with everything a student could see."""

    def __init__(self, path: Path, file: QuizFile, banks: dict[str, Bank], zone: ZoneInfo) -> None:
        self.path, self.name, self.zone, self.file = path, path.stem, zone, file
        self.title, self.points, self.attempts = file.title, file.points, file.attempts
        self.instructions, self.release, self.extend_close = (
            file.instructions,
            file.release,
            file.extend_close,
        )
        self.minutes = file.minutes
        self.opens, self.due, self.closes = (self._instant(key) for key in ("opens", "due", "closes"))
        if not self.opens < self.due <= self.closes:
            raise self._wrong("due", "a quiz opens, then is due, then closes")
        self._pools = [self._pool(index, pick, banks) for index, pick in enumerate(file.questions)]
        self._check_enough()

    def __len__(self) -> int:
        return sum(pick.draw for pick in self.file.questions)

    @property
    def limit(self) -> timedelta | None:
        """The time once started, without accommodations."""
        return None if self.minutes is None else timedelta(seconds=float(self.minutes * 60))

    @property
    def version(self) -> str:
        """A digest of the quiz and of every item it can draw."""
        digest = hashlib.sha256(self.file.model_dump_json().encode())
        for pool in self._pools:
            for reference, item in pool:
                digest.update(f"\n{reference}\n{item.model_dump_json()}".encode())
        return digest.hexdigest()

    def picked(self, seed: bytes) -> list[tuple[str, Item, Decimal]]:
        """The questions of an attempt in its order: reference, item, points."""
        draw, taken = Draw(derived_seed(seed, "quiz")), set[str]()
        found: list[tuple[str, Item, Decimal]] = []
        chosen: dict[int, list[tuple[str, Item]]] = {}
        # Named items and narrow pools first, so that no draw takes what another one needs.
        for index in sorted(range(len(self._pools)), key=lambda one: len(self._pools[one])):
            left = [one for one in draw.shuffled(self._pools[index]) if one[0] not in taken]
            chosen[index] = left[: self.file.questions[index].draw]
            taken |= {reference for reference, _ in chosen[index]}
        for index, pick in enumerate(self.file.questions):
            found += [(reference, item, pick.points) for reference, item in chosen[index]]
        return draw.shuffled(found) if self.file.shuffle else found

    def variant(self, seed: bytes, position: int) -> Question:
        """The question at a position, counted from 0, of the attempt with this seed."""
        reference, item, points = self.picked(seed)[position]
        return item.question(derived_seed(seed, reference), points)

    def variants(self, seed: bytes) -> list[Question]:
        """All questions of the attempt with this seed."""
        picked = self.picked(seed)
        return [item.question(derived_seed(seed, name), points) for name, item, points in picked]

    def _instant(self, key: str) -> datetime:
        text: str = getattr(self.file, key) or self.file.due
        try:
            return instant(text, self.zone)
        except ValueError as problem:
            raise self._wrong(key, str(problem)) from problem

    def _pool(self, index: int, pick: Pick, banks: dict[str, Bank]) -> list[tuple[str, Item]]:
        place = f"{self.path}, line {self._line('questions', index)}"
        if pick.item:
            return [(pick.item, find_item(banks, pick.item, place))]
        if pick.bank not in banks:
            raise ContentError(
                f"{place}: there is no bank {pick.bank!r}.", next_step=f"Take one of: {', '.join(banks)}."
            )
        items = banks[pick.bank].items.values()
        return [(f"{pick.bank}/{one.id}", one) for one in items if set(pick.tags) <= set(one.tags)]

    def _check_enough(self) -> None:
        for index, pool in enumerate(self._pools):
            names = {name for name, _ in pool}
            # Safe, not sharp: every pick that shares an item might take all it draws from this pool.
            needed = sum(
                pick.draw
                for pick, other in zip(self.file.questions, self._pools, strict=True)
                if names & {name for name, _ in other}
            )
            narrow = not self.file.questions[index].item  # a named item is taken before anything is drawn
            if not names or (narrow and len(names) < needed):
                raise self._wrong("questions", f"{needed} questions are drawn from {len(names)} items", index)
        named = [one.item for one in self.file.questions if one.item]
        if len(set(named)) < len(named):
            raise self._wrong("questions", "an item is named twice")

    def _line(self, *keys: str | int) -> int | None:
        return line_of(self.path.read_text(encoding="utf-8"), keys)

    def _wrong(self, key: str, what: str, *more: int) -> ContentError:
        line = self._line(key, *more)
        return ContentError(f"{self.path}, line {line}: {key}: {what}.", next_step="Correct the key.")


def quiz_paths(course: Course) -> list[Path]:
    """The files of all quizzes."""
    return sorted((course.root / "quizzes").glob("*.yaml"))


def load_quiz(course: Course, name: str) -> Quiz:
    """The quiz of that name; raises UsageError for an unknown one, ContentError with file, line and key."""
    path = course.root / "quizzes" / f"{name}.yaml"
    if path not in quiz_paths(course):
        known = ", ".join(one.stem for one in quiz_paths(course)) or "none yet"
        raise UsageError(f"There is no quiz {name!r} in {path.parent}.", next_step=f"Take one of: {known}.")
    return Quiz(path, read_yaml(path, QuizFile), load_banks(path.parent / "banks"), course.zone)
