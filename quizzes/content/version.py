"""The interface between the content of a quiz and its attempts: a version builds an attempt's questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from quizzes.content.question import PublicQuestion, Question

__all__ = ["AttemptItem", "QuizVersion"]


@dataclass(frozen=True)
class AttemptItem:
    """A question of an attempt, with what is stored to build the same one again, byte for byte."""

    question: Question
    reference: str  # which item, as `topic/id`
    question_hash: str  # that item at this wording
    params: str  # the numbers drawn, as JSON
    option_order: str  # the order of the options by their ids, as JSON
    points: Decimal
    dropped: bool = False  # everybody gets its points
    kept_key: str = ""  # why a newer version's key does not fit, so that its own is used

    @cached_property
    def view(self) -> PublicQuestion:
        """What the student sees."""
        return self.question.public_view()


class QuizVersion(Protocol):
    """An immutable snapshot of a quiz; an attempt stays with the version it was started with."""

    @property
    def hash(self) -> str:
        """The digest of its content."""
        ...

    @property
    def content(self) -> bytes:
        """Everything that is needed to build its questions again."""
        ...

    def build_questions(self, seed: str) -> Sequence[AttemptItem]:
        """The questions of one attempt; the same for the same seed."""
        ...

    def correct_questions(self, seed: str, taken: Any) -> Sequence[AttemptItem]:
        """The questions that an attempt at the version `taken` showed, each with the key of this one."""
        ...
