"""The content of a quiz: it builds the questions of an attempt from its seed.

Everything a student could be shown is in it, pictures too, so the bytes of a published quiz build the same
questions for as long as anybody asks, whatever becomes of the files it was written in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Base64Bytes, Field, PrivateAttr

from quizzes.content.correction import Incomparable, corrected_item, kept_values
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Part, ShownQuestion, VariantProblem
from quizzes.content.randomization import Draw, derived_seed
from quizzes.content.version import AttemptItem

__all__ = ["Pool", "Quiz", "Release", "When"]


When = Literal["never", "after_submit", "after_due", "after_close"]


class Release(Part):
    """When students see scores, feedback, keys and explanations."""

    score: When = Field(default="after_submit", description="When students see their points.")
    feedback: When = Field(default="after_close", description="When they see what was wrong with an answer.")
    key: When = Field(default="after_close", description="When they see the right answers.")
    explanation: When = Field(default="after_close", description="When they see the worked explanations.")


class Pool(Part):
    """Items by their references (`topic/id`), and how many of them an attempt gets."""

    items: dict[str, Item] = Field(min_length=1)
    draw: int = 1
    points: Decimal = Decimal(1)


class Quiz(Part):
    """The content of one version, which never changes."""

    name: str
    title: str
    instructions: str = ""
    rules: list[str] = Field(default_factory=list)  # Markdown, shown before the quiz opens
    shuffle: bool = True
    release: Release = Release()
    pools: list[Pool] = Field(min_length=1)
    dropped: list[str] = Field(default_factory=list)  # references
    pictures: dict[str, Base64Bytes] = Field(default_factory=dict)  # by their path beside the banks
    _corrected: dict[tuple[str, str], Item | Incomparable] = PrivateAttr(default_factory=dict)

    def __len__(self) -> int:
        return sum(pool.draw for pool in self.pools)

    @property
    def points(self) -> Decimal:
        """All points together."""
        return sum((pool.points * pool.draw for pool in self.pools), Decimal(0))

    @cached_property
    def content(self) -> bytes:
        """The quiz as bytes, for `Quiz.read`."""
        return self.model_dump_json(exclude_unset=True).encode()

    @cached_property
    def hash(self) -> str:
        """The version's hash; it changes with everything that a student could see."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def read(cls, content: bytes) -> Quiz:
        """The quiz of such bytes."""
        return cls.model_validate_json(content)

    def picked(self, seed: bytes) -> list[tuple[str, Item, Decimal]]:
        """The questions of an attempt in their order: reference, item, points."""
        draw, taken = Draw(derived_seed(seed, "quiz")), set[str]()
        chosen: dict[int, list[str]] = {}
        # Named items and narrow pools first, so that no draw takes what another one needs.
        for index in sorted(range(len(self.pools)), key=lambda number: len(self.pools[number].items)):
            pool = self.pools[index]
            left = [reference for reference in draw.shuffled(list(pool.items)) if reference not in taken]
            chosen[index] = left[: pool.draw]
            taken |= set(chosen[index])
        picked = [
            (reference, pool.items[reference], pool.points)
            for index, pool in enumerate(self.pools)
            for reference in chosen[index]
        ]
        return draw.shuffled(picked) if self.shuffle else picked

    def variants(self, seed: bytes) -> list[ShownQuestion]:
        """All questions of the attempt with this seed."""
        picked = self.picked(seed)
        return [item.question(derived_seed(seed, name), points) for name, item, points in picked]

    def build_questions(self, seed: str) -> list[AttemptItem]:
        """The questions of an attempt, with what is written down of them."""
        picked, variants = self.picked(seed.encode()), self.variants(seed.encode())
        return [
            _attempt_item(reference, item, question, dropped=reference in self.dropped)
            for (reference, item, _), question in zip(picked, variants, strict=True)
        ]

    @cached_property
    def items(self) -> dict[str, Item]:
        """All items by their references."""
        return {reference: item for pool in self.pools for reference, item in pool.items.items()}

    def correct_questions(self, seed: str, taken: Quiz) -> list[AttemptItem]:
        """The questions that an attempt at the version `taken` showed, each with the key of this version.

        Numbers and options stay as they were shown, and so do the points. Where that is not possible, a
        question keeps its own key, with the reason.
        """
        questions = taken.build_questions(seed)
        if taken.hash == self.hash:
            return questions
        return [self._correct(question, seed, taken) for question in questions]

    def _correct(self, shown: AttemptItem, seed: str, taken: Quiz) -> AttemptItem:
        dropped = shown.reference in self.dropped
        try:
            item = self._corrected_item(shown.reference, taken)
            drawn = {name: Decimal(value) for name, value in json.loads(shown.params).items()}
            values = kept_values(taken.items[shown.reference], item, drawn)
            question = item.question(derived_seed(seed.encode(), shown.reference), shown.points, values)
        except (Incomparable, VariantProblem) as problem:
            return replace(shown, dropped=dropped, kept_key="" if dropped else str(problem))
        digest = _digest(shown.reference, item)
        return replace(shown, question=question, question_hash=digest, dropped=dropped)

    def _corrected_item(self, reference: str, taken: Quiz) -> Item:
        if (taken.hash, reference) not in self._corrected:
            try:
                if reference not in self.items:
                    raise Incomparable("it is not in this version")
                corrected: Item | Incomparable = corrected_item(taken.items[reference], self.items[reference])
            except Incomparable as problem:
                corrected = problem
            self._corrected[taken.hash, reference] = corrected
        corrected = self._corrected[taken.hash, reference]
        if isinstance(corrected, Incomparable):
            raise Incomparable(str(corrected))
        return corrected


def _attempt_item(reference: str, item: Item, question: ShownQuestion, *, dropped: bool) -> AttemptItem:
    view = question.public_view()
    orders = [
        [option.id for option in options] for options in (view.options, *(f.options for f in view.fields))
    ]
    values = {name: str(value) for name, value in question.context.values.items()}
    return AttemptItem(
        question=question,
        reference=reference,
        question_hash=_digest(reference, item),
        params=json.dumps(values),
        option_order=json.dumps(orders if any(orders) else []),
        points=question.points,
        dropped=dropped,
    )


def _digest(reference: str, item: Item) -> str:
    """The hash of an item at its wording."""
    return hashlib.sha256(f"{reference}\n{item.model_dump_json(exclude_unset=True)}".encode()).hexdigest()
