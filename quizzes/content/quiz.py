"""The content of a quiz: it builds the questions of an attempt from its seed.

Everything a student could be shown is in it, pictures too, so the bytes of a published quiz build the same
questions for as long as anybody asks, whatever becomes of the files it was written in.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Base64Bytes, Field

from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Part, ShownQuestion
from quizzes.content.randomization import Draw, derived_seed
from quizzes.content.version import AttemptItem

__all__ = ["Pool", "Quiz", "Release", "When"]


When = Literal["never", "after_submit", "after_due", "after_close"]


class Release(Part):
    """When students see scores, feedback, keys and explanations."""

    score: When = "after_submit"
    feedback: When = "after_close"
    key: When = "after_close"
    explanation: When = "after_close"


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
    shuffle: bool = True
    release: Release = Release()
    pools: list[Pool] = Field(min_length=1)
    dropped: list[str] = Field(default_factory=list)  # references
    pictures: dict[str, Base64Bytes] = Field(default_factory=dict)  # by their path beside the banks

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


def _attempt_item(reference: str, item: Item, question: ShownQuestion, *, dropped: bool) -> AttemptItem:
    view = question.public_view()
    orders = [
        [option.id for option in options] for options in (view.options, *(f.options for f in view.fields))
    ]
    digest = hashlib.sha256(f"{reference}\n{item.model_dump_json(exclude_unset=True)}".encode()).hexdigest()
    values = {name: str(value) for name, value in question.context.values.items()}
    return AttemptItem(
        question=question,
        reference=reference,
        question_hash=digest,
        params=json.dumps(values),
        option_order=json.dumps(orders if any(orders) else []),
        points=question.points,
        dropped=dropped,
    )
