"""What the engine needs to know of a quiz's content: four small shapes, and nothing of what a question is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from quizzes.raw import Answer

__all__ = ["Dealt", "Mark", "Question", "QuizVersion"]


class Mark(Protocol):
    """What an answer earned."""

    @property
    def points(self) -> float:
        """The points, out of those the question has."""
        ...

    @property
    def detail(self) -> str:
        """Why, as text or JSON; shown to staff, and to the student once the quiz shows results."""
        ...


class Question(Protocol):
    """A question as one student sees it, with its numbers drawn."""

    def problem_with(self, answer: Answer) -> str:
        """Why this answer cannot be saved, in a sentence; empty when it can."""
        ...

    def mark(self, answer: Answer) -> Mark:
        """What the answer earns; None is no answer."""
        ...


class Dealt(Protocol):
    """A question with what must be written down to show the same again, byte for byte."""

    @property
    def question(self) -> Question:
        """The question itself."""
        ...

    @property
    def question_hash(self) -> str:
        """Which question of the bank, at which wording."""
        ...

    @property
    def params(self) -> str:
        """The numbers drawn, as JSON."""
        ...

    @property
    def option_order(self) -> str:
        """The order of the options by their ids, as JSON."""
        ...

    @property
    def points(self) -> float:
        """The points it has."""
        ...


class QuizVersion(Protocol):
    """An immutable snapshot of a quiz: whoever started with it stays with it."""

    @property
    def hash(self) -> str:
        """What it is known by: a digest of its content."""
        ...

    @property
    def content(self) -> bytes:
        """Everything that is needed to deal it again."""
        ...

    def deal(self, seed: str) -> Sequence[Dealt]:
        """The questions of one attempt; the same for the same seed."""
        ...
