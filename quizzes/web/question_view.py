"""An attempt's questions as its page shows them: what is asked, what is stored, and what was just refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quizzes.attempts.response import is_blank, response_of
from quizzes.attempts.save_rules import Outcome, SaveResult, StoredAnswer
from quizzes.content.question import Answer, PublicQuestion
from quizzes.services.exam import View
from quizzes.web.answer_forms import Filled, answer_shown, filled

__all__ = ["Line", "sheet"]


WHY = {
    Outcome.ELSEWHERE: "Another window writes this quiz now. Press “Save here” to go on in this one.",
    Outcome.STALE: "Another window saved a different answer. Yours is not saved: save again to replace it.",
    Outcome.BLANK: "Your stored answer was kept. To take it away, tick “Clear my answer” and save.",
    Outcome.CLOSED: "The attempt is over.",
    Outcome.LATE: "This came after the time was over.",
}


@dataclass(frozen=True)
class Line:
    """One question on the page."""

    pos: int
    view: PublicQuestion
    rev: int
    filled: Filled
    answered: bool
    flagged: bool
    problem: str = ""
    stored: str = ""  # what is stored, where the controls show something else

    @property
    def number(self) -> int:
        """As people count."""
        return self.pos + 1


def sheet(
    view: View, flags: set[int], typed: Mapping[int, tuple[Answer, SaveResult]] | None = None
) -> list[Line]:
    """The questions of an attempt; `typed` are answers that were just sent and not all taken."""
    lines = []
    for pos, item in enumerate(view.items):
        public, held = item.view, view.answers.get(pos, StoredAnswer())
        stored = response_of(held.raw)
        shown, problem, other = stored, "", ""
        if typed and pos in typed:
            sent, result = typed[pos]
            if result.outcome is not Outcome.SAVED:
                shown, problem = sent, result.problem or WHY.get(result.outcome, "")
                other = str(answer_shown(public, stored)) if held.rev else ""
        lines.append(
            Line(
                pos,
                public,
                held.rev,
                filled(public, shown),
                not is_blank(stored),
                pos in flags,
                problem,
                other,
            )
        )
    return lines
