"""The questions of an attempt as its pages show them: the prompt, the stored answer, and a refused answer.

The quiz page, the review and the receipt are made of these views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.errors import Refused
from quizzes.attempts.response import answer_from, is_blank
from quizzes.attempts.save_rules import Outcome, SaveResult, StoredAnswer
from quizzes.content.question import PublicQuestion
from quizzes.content.version import AttemptItem
from quizzes.web.forms import ControlNames, ControlValues, answer_html, control_values, shape_of

__all__ = ["QuestionView", "TypedAnswer", "question_views"]


REASONS = {
    Outcome.ELSEWHERE: "Another tab holds the edit lock. Press “Save here” to continue in this one.",
    Outcome.STALE: "Another tab saved a different answer. Yours is not saved: save again to replace it.",
    Outcome.BLANK: "Your stored answer was kept. To remove it, tick “Clear my answer” and save.",
    Outcome.CLOSED: "The attempt is over.",
    Outcome.LATE: "This came after the time was over.",
}


@dataclass(frozen=True)
class TypedAnswer:
    """An answer in a form that was just sent: what its controls held, and its result or its refusal."""

    values: ControlValues
    result: SaveResult | Refused

    @property
    def saved(self) -> bool:
        """Whether it is stored."""
        return not isinstance(self.result, Refused) and self.result.outcome is Outcome.SAVED

    @property
    def over(self) -> bool:
        """Whether it came after the attempt was over."""
        return not isinstance(self.result, Refused) and self.result.outcome in (Outcome.CLOSED, Outcome.LATE)

    @property
    def elsewhere(self) -> bool:
        """Whether another tab holds the edit lock."""
        return not isinstance(self.result, Refused) and self.result.outcome is Outcome.ELSEWHERE

    @property
    def status(self) -> int:
        """The HTTP status of the reply."""
        return self.result.status if isinstance(self.result, Refused) else self.result.outcome.status

    @property
    def problem(self) -> str:
        """Why it is not stored; empty if it is."""
        if isinstance(self.result, Refused):
            return f"{self.result.message} {self.result.next_step}"
        return "" if self.saved else self.result.problem or REASONS.get(self.result.outcome, "")


@dataclass(frozen=True)
class QuestionView:
    """One question on a page."""

    pos: int
    view: PublicQuestion
    rev: int
    values: ControlValues
    answered: bool
    flagged: bool
    problem: str = ""
    stored: str = ""  # the stored answer, where the controls show another one
    elsewhere: bool = False  # another tab holds the edit lock

    @property
    def number(self) -> int:
        """The number that people see, from 1."""
        return self.pos + 1

    @property
    def classes(self) -> list[str]:
        """The classes of its link in the navigation."""
        states = {"answered": self.answered, "unsaved": bool(self.problem), "flagged": self.flagged}
        return [name for name, holds in states.items() if holds]

    @property
    def names(self) -> ControlNames:
        """The names of its controls."""
        return ControlNames(self.pos)

    @property
    def shape(self) -> str:
        """What its controls hold."""
        return shape_of(self.view)


def question_views(
    items: Sequence[AttemptItem],
    answers: Mapping[int, StoredAnswer],
    flags: set[int],
    typed: Mapping[int, TypedAnswer] | None = None,
) -> list[QuestionView]:
    """The questions of an attempt; `typed` are the answers of a form that was just sent."""
    questions = []
    for pos, item in enumerate(items):
        stored = answers.get(pos, StoredAnswer())
        stored_answer = answer_from(stored.response)
        refused = typed.get(pos) if typed else None
        if refused is not None and refused.saved:
            refused = None
        other = str(answer_html(item.view, stored_answer)) if refused and stored.rev else ""
        questions.append(
            QuestionView(
                pos=pos,
                view=item.view,
                rev=stored.rev,
                values=refused.values if refused else control_values(item.view, stored_answer),
                answered=not is_blank(stored_answer),
                flagged=pos in flags,
                problem=refused.problem if refused else "",
                stored=other,
                elsewhere=refused is not None and refused.elsewhere,
            )
        )
    return questions
