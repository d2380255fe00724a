"""Questions, their public view and their marks: the interface between content, attempts and pages."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from markupsafe import Markup

from quizzes.content.markup import render

__all__ = [
    "LONGEST_ANSWER",
    "Answer",
    "Mark",
    "PublicField",
    "PublicImage",
    "PublicOption",
    "PublicQuestion",
    "Question",
]


Answer = str | list[str] | dict[str, str] | None
LONGEST_ANSWER = 65_536
LONGEST_ID = 200  # characters of an option's or a field's id
MOST_PARTS = 1000  # texts of one answer
CENT = Decimal("0.0001")


# A server keeps the views of a class in memory: plain classes with slots take a third of what models take.


@dataclass(frozen=True, slots=True)
class PublicOption:
    """An option to choose or to order."""

    id: str
    html: str


@dataclass(frozen=True, slots=True)
class PublicImage:
    """A picture below the prompt."""

    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class PublicField:
    """One of several places to fill in: a `number`, a `text`, or a `choice`.

    A choice without options of its own is among the question's: in matching all fields share them.
    """

    id: str
    label: str
    kind: str = "text"
    hint: str = ""
    options: tuple[PublicOption, ...] = ()
    longest: int | None = None  # characters; None where nothing is typed


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """Everything that a student may see of a question before the quiz is over."""

    kind: str
    prompt: str
    points: str
    rule: str
    hint: str = ""
    options: tuple[PublicOption, ...] = ()
    fields: tuple[PublicField, ...] = ()
    images: tuple[PublicImage, ...] = ()
    starter: str = ""
    longest: int | None = None  # characters; None where nothing is typed, or only in fields
    most_words: int | None = None


@dataclass(frozen=True)
class Mark:
    """The mark of an answer; `pending` waits for a person or for the sandbox."""

    points: Decimal
    share: Fraction
    pending: bool = False
    feedback: str = ""
    detail: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        """The detail that is stored with the points, for staff and for the results page."""
        stored = {"share": str(self.share), "pending": self.pending, "feedback": self.feedback}
        return json.dumps({**stored, "detail": self.detail}, ensure_ascii=False)


class Question(ABC):
    """One variant of an item, as one student has it."""

    kind: str
    item_id: str
    points: Decimal

    @property
    @abstractmethod
    def explanation(self) -> str:
        """The worked answer as HTML, for after the quiz."""

    @property
    @abstractmethod
    def key_text(self) -> str:
        """The right answer as text, for after the quiz."""

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The texts that the right answer has together: options, pairs, entries in their order."""
        return (self.key_text,)

    @property
    def key_html(self) -> Markup:
        """The right answer as a page shows it: several parts as a list, code as it is."""
        if self.kind == "function":
            return Markup("<pre>{}</pre>").format(self.key_text)
        parts = [Markup(render(part)) for part in self.key_parts]
        if len(parts) == 1:
            return parts[0]
        lines = Markup("").join(Markup("<li>{}</li>").format(part) for part in parts)
        return Markup("<{0}>{1}</{0}>").format(Markup("ol" if self.kind == "ordering" else "ul"), lines)

    @property
    @abstractmethod
    def key_answer(self) -> Answer:
        """An answer that earns full marks; None where only a person or the homework engine can say."""

    @abstractmethod
    def public_view(self) -> PublicQuestion:
        """What the student sees."""

    @abstractmethod
    def mark(self, answer: Answer) -> Mark:
        """What the answer earns; one that could not be saved earns nothing."""

    def longest_text(self, field: str = "") -> int:
        """The most characters that a text of the answer may have, in one of several fields by its id.

        It is checked before anything looks at the text; an option's id is all that most kinds ask for.
        """
        return LONGEST_ID

    @abstractmethod
    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        """As `problem_with`, for an answer that is there."""

    def problem_with(self, answer: Answer) -> str:
        """Why the answer cannot be saved, as a sentence; empty when it can."""
        if answer is None:
            return ""
        parts = _parts(answer)
        if parts is None:
            return "That is not an answer; reload the page."
        # Nothing looks at a text before its length is known to be one that the question reads.
        for id, text in parts:
            if len(text) > (longest := self.longest_text(id)):
                return f"That is longer than {longest} characters; please shorten it."
        if sum(len(id) + len(text) for id, text in parts) > LONGEST_ANSWER:
            return f"An answer has at most {LONGEST_ANSWER // 1024} KB of text; please shorten it."
        return self._problem(answer)

    def _mark(self, share: Fraction, feedback: str = "", **detail: str) -> Mark:
        clipped = min(max(share, Fraction(0)), Fraction(1))
        exact = self.points * clipped.numerator / clipped.denominator
        return Mark(exact.quantize(CENT).normalize() + 0, clipped, feedback=render(feedback), detail=detail)

    def full(self) -> Mark:
        """Full marks, whatever was answered: the question was dropped."""
        return self._mark(Fraction(1))

    def _pending(self) -> Mark:
        return Mark(Decimal(0), Fraction(0), pending=True)


def _parts(answer: object) -> list[tuple[str, str]] | None:
    """The texts of an answer, each with the id of its field; None for any other JSON, and for too many."""
    if isinstance(answer, list | dict) and len(answer) > MOST_PARTS:
        return None
    pairs = answer.items() if isinstance(answer, dict) else [("", answer)]
    if isinstance(answer, list):
        pairs = [("", text) for text in answer]
    parts = [(id, text) for id, text in pairs if isinstance(id, str) and isinstance(text, str)]
    return parts if len(parts) == len(pairs) and all(len(id) <= LONGEST_ID for id, _ in parts) else None
