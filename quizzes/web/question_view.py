"""The questions of an attempt as its pages show them: the prompt, the stored answer, and a refused answer.

The quiz page, the review and the receipt are made of these views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quizzes.attempts.response import answer_from, is_blank
from quizzes.attempts.save_rules import Outcome, SaveResult, StoredAnswer
from quizzes.content.question import Answer, PublicQuestion
from quizzes.services.exam import View
from quizzes.web.forms import ControlNames, ControlValues, answer_html, control_values, shape_of

__all__ = ["QuestionView", "question_views"]


REASONS = {
    Outcome.ELSEWHERE: "Another tab holds the edit lock. Press “Save here” to continue in this one.",
    Outcome.STALE: "Another tab saved a different answer. Yours is not saved: save again to replace it.",
    Outcome.BLANK: "Your stored answer was kept. To remove it, tick “Clear my answer” and save.",
    Outcome.CLOSED: "The attempt is over.",
    Outcome.LATE: "This came after the time was over.",
}


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

    @property
    def number(self) -> int:
        """The number that people see, from 1."""
        return self.pos + 1

    @property
    def names(self) -> ControlNames:
        """The names of its controls."""
        return ControlNames(self.pos)

    @property
    def shape(self) -> str:
        """What its controls hold."""
        return shape_of(self.view)


def question_views(
    view: View, flags: set[int], typed: Mapping[int, tuple[Answer, SaveResult]] | None = None
) -> list[QuestionView]:
    """The questions of an attempt; `typed` are the answers of a form that was just sent, with results."""
    questions = []
    for pos, item in enumerate(view.items):
        stored = view.answers.get(pos, StoredAnswer())
        stored_answer = answer_from(stored.response)
        shown, problem, other = stored_answer, "", ""
        if typed and pos in typed:
            sent, result = typed[pos]
            if result.outcome is not Outcome.SAVED:
                shown, problem = sent, result.problem or REASONS.get(result.outcome, "")
                other = str(answer_html(item.view, stored_answer)) if stored.rev else ""
        questions.append(
            QuestionView(
                pos=pos,
                view=item.view,
                rev=stored.rev,
                values=control_values(item.view, shown),
                answered=not is_blank(stored_answer),
                flagged=pos in flags,
                problem=problem,
                stored=other,
            )
        )
    return questions
