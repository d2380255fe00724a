"""What marking by hand asks of homework and of quizzes: their questions, the answers, and giving a mark.

An extension of the site returns a `MarkingSource` (`Extension.marking_source`); pages, rubrics and assigning
know no other difference between the two.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from markupsafe import Markup
from sqlalchemy import Connection

from autograder.errors import NotFound
from autograder.site.extensions import extensions
from autograder.site.marks import Mark

if TYPE_CHECKING:
    from autograder.site.app_context import AppContext

__all__ = [
    "AnswerToMark",
    "Criterion",
    "GivenMark",
    "MarkingSource",
    "QuestionToMark",
    "ShownAnswer",
    "WaitingWork",
    "marking_source",
    "marking_sources",
    "question_of",
    "rubric_detail",
]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of the rubric that the author wrote."""

    text: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class QuestionToMark:
    """A question of a piece of work, or a task."""

    id: str
    title: str
    points: Decimal
    by_hand: bool  # nobody but a person gives its points
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerToMark:
    """An answer to a question: of a submission that counts, or of an attempt."""

    id: str  # the work of its marks: a submission or an attempt
    part: str  # of that work
    people: tuple[str, ...]  # all who submitted it, whoever it counts for
    mark: Mark | None  # the mark of a person that counts
    changed: bool  # that mark is for an earlier answer
    machine: Decimal | None  # what checks or the key gave; None where only a person can
    newest: int  # the number of its newest mark, withdrawn ones included; 0 before the first
    blank: bool = False  # nothing was answered: it waits for nobody

    @property
    def earned(self) -> Decimal | None:
        """What it earns now; None while it waits for its first mark."""
        return self.machine if self.mark is None else self.mark.points

    @property
    def waits(self) -> bool:
        """Whether a person has to look at it."""
        return self.changed or (self.mark is None and self.machine is None and not self.blank)


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What a marker reads: parts with their headings, as HTML of ours."""

    parts: Sequence[tuple[str, Markup]]
    for_staff: Sequence[tuple[str, Markup]] = ()  # the model answer; folded on the page


@dataclass(frozen=True, slots=True)
class GivenMark:
    """What a person decides about an answer; without points the earlier mark is withdrawn."""

    points: Decimal | None
    comment: str = ""
    rubric: dict[str, Any] = field(default_factory=dict)  # see `rubric_detail`


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """A piece of work with answers that wait for a person."""

    work: str
    title: str
    #: By question, the people of each answer that waits; questions without one are left out.
    questions: Mapping[str, Sequence[tuple[str, ...]]]


class MarkingSource(Protocol):
    """The work of one kind, as marking by hand sees it."""

    kind: str

    def works(self, connection: Connection) -> Sequence[tuple[str, str]]:
        """The ids and titles of what can be marked."""

    def questions(self, connection: Connection, work: str) -> Sequence[QuestionToMark]:
        """The questions of a piece of work; raises NotFound for an unknown one."""

    def answers(self, connection: Connection, work: str, question: QuestionToMark) -> Sequence[AnswerToMark]:
        """The answers to a question that count, of the whole class."""

    def waiting(self, connection: Connection) -> Sequence[WaitingWork]:
        """What waits for a person of all works: for each question the answers whose `waits` is true.

        The home page of staff asks it each time: it reads what waits and what has changed, not the class.
        """

    def questions_of_people(self, connection: Connection, work: str) -> Collection[str]:
        """The questions that only people mark, and those of which they marked an answer, by their ids."""

    def marked(self, connection: Connection, work: str, question: QuestionToMark) -> Sequence[AnswerToMark]:
        """The answers that people have marked, each mark once, also where another attempt counts now."""

    def answer(
        self, connection: Connection, work: str, question: QuestionToMark, id: str, part: str
    ) -> AnswerToMark:
        """One of them as the database has it now; raises NotFound."""

    def shown(
        self, connection: Connection, work: str, question: QuestionToMark, answer: AnswerToMark
    ) -> ShownAnswer:
        """What a marker reads of an answer."""

    def give(
        self,
        connection: Connection,
        work: str,
        question: QuestionToMark,
        answer: AnswerToMark,
        given: GivenMark,
        *,
        at: int,
        who: str,
    ) -> None:
        """Add a person's mark, with its act in the log."""

    def earlier(self, connection: Connection, answer: AnswerToMark) -> Sequence[Mark]:
        """All marks that people gave the part, the oldest first."""

    def is_for(self, connection: Connection, answer: AnswerToMark, given: Mark) -> bool:
        """Whether one of these marks was given for the answer as it is now, not for an earlier one."""

    def people_of(self, connection: Connection, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """All who submitted each of these submissions or attempts; unknown ones are left out."""

    def work_of(self, connection: Connection, id: str) -> str:
        """The assignment or quiz of a submission or attempt; raises NotFound."""

    def question_at(self, connection: Connection, work: str, id: str, part: str) -> QuestionToMark:
        """The question that a part of a submission or attempt answers; raises NotFound."""

    def shown_since(
        self, connection: Connection, work: str, answer: AnswerToMark, person: str, at: int
    ) -> int | None:
        """Since when a student sees the points of an answer of theirs; None while they are hidden."""

    def page_for_student(self, answer: AnswerToMark) -> str:
        """The page on which its student sees the answer's points."""

    def propose_for_all(self, work: str, reason: str, *, at: int, who: str) -> str:
        """Propose a regrade of everybody by the files as they are now; the path of its page.

        It waits for the writer. Raises Conflict where that is not possible.
        """

    def open_regrade(self, connection: Connection, work: str) -> tuple[int, str] | None:
        """The number of a regrade whose difference nobody has released yet, and who proposed it."""

    def page_of(self, answer: AnswerToMark) -> str:
        """The page of the submission or attempt, which names its student."""

    def page_of_work(self, work: str) -> str:
        """The page of the assignment or quiz."""


def marking_sources(site: AppContext) -> list[MarkingSource]:
    """The sources of all extensions that have something to mark."""
    sources = (extension.marking_source(site) for extension in extensions())
    return [source for source in sources if source is not None]


def marking_source(site: AppContext, kind: str) -> MarkingSource:
    """The source of one kind of work; raises NotFound."""
    for source in marking_sources(site):
        if source.kind == kind:
            return source
    raise NotFound("There is no such page.", next_step="Go back to the list of what can be marked.")


def question_of(connection: Connection, source: MarkingSource, work: str, id: str) -> QuestionToMark:
    """A question by its id; raises NotFound."""
    for question in source.questions(connection, work):
        if question.id == id:
            return question
    raise NotFound("There is no such question.", next_step="Go back to the list of what can be marked.")


def rubric_detail(mark: Mark | None) -> dict[str, Any]:
    """What a mark says of the rubric: `items`, the ids of the items chosen, `adjust` and `comment`.

    `version` is the rubric's, and `by` the marker where somebody else changed the rubric afterwards.
    Empty for a mark that was given without the rubric.
    """
    if mark is None:
        return {}
    try:
        detail = json.loads(mark.detail).get("rubric", {})
    except (ValueError, AttributeError):
        return {}
    return detail if isinstance(detail, dict) else {}
