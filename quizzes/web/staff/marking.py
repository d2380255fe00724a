"""Manual marks: the page with the essays that wait, and the mark that staff give by the rubric."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import Conflict, NotFound
from autograder.site.requests import form_of, site_of
from quizzes.attempts.response import answer_from
from quizzes.content.items.essay import EssayQuestion
from quizzes.content.markup import escaped, render
from quizzes.store.attempts import attempts_at
from quizzes.store.marks import pending_marks, settle_mark
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import quiz_page, staff_at

__all__ = ["give_mark", "marking"]


LONGEST_COMMENT = 2_000  # characters


@dataclass(frozen=True)
class Essay:
    """An answer that waits for a manual mark, without its student's name."""

    attempt: str
    pos: int
    rev: int
    prompt: str
    answer: str
    rubric: list[Any]
    model: str


async def marking(request: Request) -> Response:
    """The answers that wait for a mark, question by question."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    essays = await site.in_thread(lambda: _essays(request, quiz))
    return quiz_page(request, session, "staff_marking.html", essays=essays)


async def give_mark(request: Request) -> Response:
    """Mark an answer by the rubric, once."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    form = await form_of(request, session)
    attempt_id, pos = form.get("attempt", [""])[-1], form.get("pos", [""])[-1]
    with site.database.reading() as connection:
        attempt_ids = {row.id for row in attempts_at(connection, quiz) if not row.preview}
        waiting = {
            (pending.attempt, str(pending.pos)): pending for pending in pending_marks(connection, again=True)
        }
    pending = waiting.get((attempt_id, pos))
    if (
        pending is None
        or attempt_id not in attempt_ids
        or form.get("rev", [""])[-1] != str(pending.answer_rev)
    ):
        raise _marked_meanwhile()
    question = quizzes_of(request).exam.inspect(attempt_id)[0].items[pending.pos].question
    if not isinstance(question, EssayQuestion):
        raise NotFound("This answer does not get a manual mark.", next_step="Choose one from the list.")
    met = set(form.get("met", []))
    mark = question.by_rubric([str(number) in met for number in range(len(question.item.rubric))])
    comment = form.get("comment", [""])[-1].strip()[:LONGEST_COMMENT]
    stored = json.loads(mark.as_json())
    stored["feedback"] = render(escaped(comment)) if comment else ""
    stored["detail"] = {"by": session.person, "met": ", ".join(sorted(met))}
    detail = json.dumps(stored, ensure_ascii=False)
    points, at = float(mark.points), request.state.at
    settled = await site.written(
        lambda connection: settle_mark(connection, pending, points, detail, at), attempt_id
    )
    if not settled:
        raise _marked_meanwhile()
    return RedirectResponse(f"/staff/{quiz}/marking", 303)


def _marked_meanwhile() -> Conflict:
    return Conflict("This answer was marked meanwhile.", next_step="Go back and choose the next answer.")


def _essays(request: Request, quiz: str) -> list[Essay]:
    with site_of(request).database.reading() as connection:
        attempt_ids = {row.id for row in attempts_at(connection, quiz) if not row.preview}
        waiting = [pending for pending in pending_marks(connection) if pending.attempt in attempt_ids]
    essays = []
    for pending in sorted(waiting, key=lambda pending: (pending.pos, pending.attempt)):
        question = quizzes_of(request).exam.inspect(pending.attempt)[0].items[pending.pos].question
        if isinstance(question, EssayQuestion):
            essays.append(
                Essay(
                    attempt=pending.attempt,
                    pos=pending.pos,
                    rev=pending.answer_rev,
                    prompt=question.public_view().prompt,
                    answer=str(answer_from(pending.response) or ""),
                    rubric=list(question.item.rubric),
                    model=question.key_text,
                )
            )
    return essays
