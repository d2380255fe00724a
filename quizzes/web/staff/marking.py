"""Manual marks: the page with the essays that wait, and the mark that staff give by the rubric."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import Conflict, NotFound
from autograder.site.requests import form_of, reads_much, site_of
from autograder.site.sessions import Session
from autograder.site.tables import points_text
from quizzes.attempts.response import answer_from
from quizzes.content.items.essay import EssayQuestion
from quizzes.content.markup import escaped, render
from quizzes.store.attempts import answers_of, attempts_at
from quizzes.store.marks import changed_marks, give_mark, history_of, marks_in, pending_marks
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import access_in, quiz_page, staff_at, visible_attempts

__all__ = ["mark_essay", "marking"]


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
    seen: int  # the number of the newest mark
    most: str  # points of the question
    given: str = ""  # the points of a person's mark, which was of an earlier answer
    by: str = ""


@reads_much
def marking(request: Request) -> Response:
    """The answers that wait for a mark, question by question."""
    quiz = request.path_params["quiz"]
    session = staff_at(request, quiz)
    essays, others = _waiting(request, quiz, session)
    return quiz_page(request, session, "staff_marking.html", essays=essays, others=others)


async def mark_essay(request: Request) -> Response:
    """Mark an answer by the rubric, once."""
    site, quiz, at = site_of(request), request.path_params["quiz"], request.state.at
    session = await site_of(request).in_reader(staff_at, request, quiz)
    form = await form_of(request, session)
    sent = {name: form.get(name, [""])[-1] for name in ("attempt", "pos", "rev", "seen", "comment")}
    essay = await site.in_thread(_one_waiting, request, quiz, session, sent["attempt"], sent["pos"])
    if essay is None or str(essay.rev) != sent["rev"] or (sent["seen"] and str(essay.seen) != sent["seen"]):
        raise Conflict("This answer was marked meanwhile.", next_step="Go back and choose the next answer.")
    question = quizzes_of(request).exam.items_of(essay.attempt)[essay.pos].question
    assert isinstance(question, EssayQuestion)
    met = set(form.get("met", []))
    mark = question.by_rubric([str(number) in met for number in range(len(question.item.rubric))])
    comment = sent["comment"].strip()[:LONGEST_COMMENT]
    stored = json.loads(mark.as_json())
    stored["feedback"] = render(escaped(comment)) if comment else ""
    stored["detail"] = {"by": session.person, "met": ", ".join(sorted(met))}
    await site.written(
        partial(
            give_mark,
            attempt_id=essay.attempt,
            pos=essay.pos,
            points=mark.points,
            detail=json.dumps(stored, ensure_ascii=False),
            reason="by the rubric",
            at=at,
            who=session.person,
            seen=essay.seen,
        ),
        essay.attempt,
    )
    return RedirectResponse(f"/staff/{quiz}/marking", 303)


def _places(
    connection: Connection, quiz: str, course: str, session: Session
) -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    """Positions and attempts of the answers that wait, and of those that changed after a person's mark."""
    visible = visible_attempts(connection, course, quiz, access_in(connection, course, session))
    attempt_ids = {row.id for row in attempts_at(connection, quiz) if not row.preview and row.id in visible}
    waiting = {
        (pending.pos, pending.attempt)
        for pending in pending_marks(connection)
        if pending.attempt in attempt_ids
    }
    changed = changed_marks(connection, quiz)
    return waiting, {(pos, attempt_id) for attempt_id, pos in changed if attempt_id in attempt_ids}


def _waiting(request: Request, quiz: str, session: Session) -> tuple[list[Essay], list[tuple[str, int]]]:
    """The essays that wait for a mark, and other answers that changed after a person marked them."""
    exam = quizzes_of(request).exam
    with site_of(request).database.reading() as connection:
        waiting, changed = _places(connection, quiz, site_of(request).course, session)
        essays, others = [], []
        for pos, attempt_id in sorted(waiting | changed):
            question = exam.items_of(attempt_id)[pos].question
            if isinstance(question, EssayQuestion):
                essays.append(_essay(connection, question, attempt_id, pos))
            elif (pos, attempt_id) in changed:
                others.append((attempt_id, pos))
    return essays, others


def _one_waiting(request: Request, quiz: str, session: Session, attempt_id: str, pos: str) -> Essay | None:
    """One essay that waits; None if it does not."""
    with site_of(request).database.reading() as connection:
        waiting, changed = _places(connection, quiz, site_of(request).course, session)
        for position, waiting_id in waiting | changed:
            if (str(position), waiting_id) == (pos, attempt_id):
                question = quizzes_of(request).exam.items_of(attempt_id)[position].question
                if isinstance(question, EssayQuestion):
                    return _essay(connection, question, attempt_id, position)
                raise NotFound(
                    "This answer does not get a manual mark.", next_step="Choose one from the list."
                )
    return None


def _essay(connection: Connection, question: EssayQuestion, attempt_id: str, pos: int) -> Essay:
    answer, current = answers_of(connection, attempt_id).get(pos), marks_in(connection, attempt_id)[pos]
    return Essay(
        attempt=attempt_id,
        pos=pos,
        rev=answer.rev if answer else 0,
        prompt=question.public_view().prompt,
        answer=str(answer_from(answer.response) or "") if answer else "",
        rubric=list(question.item.rubric),
        model=question.key_text,
        seen=history_of(connection, attempt_id)[pos][-1].id,
        most=points_text(question.points),
        given=points_text(current.points) if current.changed else "",
        by=current.mark.who,
    )
