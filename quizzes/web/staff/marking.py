"""After a quiz: marking by hand, students' requests, and regrading with the difference shown first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.course import find_course
from autograder.errors import Conflict, NotFound
from autograder.site.requests import form_of, site_of
from autograder.site.sessions import Session
from quizzes.attempts.response import response_of
from quizzes.content.items.essay import EssayQuestion
from quizzes.content.markup import escaped, render
from quizzes.content.quiz_file import load_quiz
from quizzes.services.exam import GRADER
from quizzes.services.regrading import propose_regrade
from quizzes.store.attempts import attempts_at
from quizzes.store.marks import Waiting, give_points, settle_mark, waiting
from quizzes.store.messages import answer_request, requests_at
from quizzes.store.quizzes import keep_version, make_current, published_in
from quizzes.store.regrades import release, runs_of
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import INSTRUCTOR, staff_at

__all__ = ["answer", "give_mark", "marking", "regrade", "regrades", "release_run", "requests"]


@dataclass(frozen=True)
class Essay:
    """An answer that waits for a person, without the name of who wrote it."""

    attempt: str
    pos: int
    rev: int
    prompt: str
    answer: str
    rubric: list[Any]
    model: str


async def marking(request: Request) -> Response:
    """The answers that wait, question after question."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    essays = await site.in_thread(lambda: _essays(request, quiz))
    return _page(request, session, "staff_marking.html", essays=essays)


async def give_mark(request: Request) -> Response:
    """Give a mark by the rubric, once."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    form = await form_of(request, session)
    one, pos = form.get("attempt", [""])[-1], form.get("pos", [""])[-1]
    with site.database.reading() as connection:
        theirs = {row.id for row in attempts_at(connection, quiz)}
        wanted = next(
            (each for each in waiting(connection, again=True) if (each.attempt, str(each.pos)) == (one, pos)),
            None,
        )
    if wanted is None or one not in theirs or form.get("rev", [""])[-1] != str(wanted.answer_rev):
        raise Conflict("This answer was marked meanwhile.", next_step="Go back and take the next one.")
    question = quizzes_of(request).exam.look(one)[0].items[wanted.pos].question
    if not isinstance(question, EssayQuestion):
        raise NotFound("This answer is not marked by hand.", next_step="Take one from the list.")
    met = set(form.get("met", []))
    mark = question.by_rubric([str(number) in met for number in range(len(question.item.rubric))])
    told = json.loads(mark.as_json())
    said = form.get("said", [""])[-1].strip()[:2000]
    told["feedback"] = render(escaped(said)) if said else ""
    told["detail"] = {"by": session.person, "met": ", ".join(sorted(met))}
    detail = json.dumps(told, ensure_ascii=False)
    points, at = float(mark.points), request.state.at
    given = await site.written(lambda connection: settle_mark(connection, wanted, points, detail, at), one)
    if not given:
        raise Conflict("This answer was marked meanwhile.", next_step="Go back and take the next one.")
    return RedirectResponse(f"/staff/{quiz}/marking", 303)


async def requests(request: Request) -> Response:
    """What students asked about their marks."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        found = requests_at(connection, quiz=quiz)
        people = {row.id: row.person for row in attempts_at(connection, quiz)}
    return _page(request, session, "staff_requests.html", requests=found, people=people)


async def answer(request: Request) -> Response:
    """Answer a request, with other points if they are due."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    form, at = await form_of(request, session), request.state.at
    one, pos, reply = (form.get(name, [""])[-1] for name in ("attempt", "pos", "reply"))
    points = form.get("points", [""])[-1].strip()

    def write(connection: Connection) -> None:
        if one not in {row.id for row in attempts_at(connection, quiz)} or not pos.isdigit():
            raise NotFound("There is no such request.", next_step="Reload the page.")
        answer_request(connection, one, int(pos), reply, at=at, who=session.person)
        if points:
            give_points(connection, one, int(pos), points, reason=reply, at=at, who=session.person)

    await site.written(write, one)
    return RedirectResponse(f"/staff/{quiz}/requests", 303)


async def regrades(request: Request) -> Response:
    """What regrades changed, or would change."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        runs = runs_of(connection, quiz)
        people = {row.id: row.person for row in attempts_at(connection, quiz)}
    return _page(request, session, "staff_regrades.html", runs=runs, people=people)


async def regrade(request: Request) -> Response:
    """Mark by the files as they are now, and show what would change; nothing counts yet."""
    site, quiz, at = site_of(request), request.path_params["quiz"], request.state.at
    session = staff_at(request, quiz, INSTRUCTOR)
    await form_of(request, session)

    def propose() -> int:
        version = load_quiz(find_course(site.folder), quiz).quiz

        def write(connection: Connection) -> int:
            keep_version(connection, version, at)
            return propose_regrade(connection, quiz, version, GRADER, at=at, who=session.person)[0]

        return site.writer.submit(write).result()

    run = await site.in_thread(propose)
    return RedirectResponse(f"/staff/{quiz}/regrades#run-{run}", 303)


async def release_run(request: Request) -> Response:
    """Let a regrade count; its keys and explanations are shown from here on."""
    site, quiz, at = site_of(request), request.path_params["quiz"], request.state.at
    session = staff_at(request, quiz, INSTRUCTOR)
    await form_of(request, session)
    number = request.path_params["run"]

    def write(connection: Connection) -> None:
        run = next((one for one in runs_of(connection, quiz) if one.id == number), None)
        if run is None:
            raise NotFound("There is no such regrade.", next_step="Reload the page.")
        release(connection, number, at=at, who=session.person)
        make_current(connection, quiz, run.key_version)

    await site.written(write)
    return RedirectResponse(f"/staff/{quiz}/regrades", 303)


def _essays(request: Request, quiz: str) -> list[Essay]:
    site = site_of(request)
    with site.database.reading() as connection:
        theirs = {row.id for row in attempts_at(connection, quiz)}
        found: list[Waiting] = [one for one in waiting(connection) if one.attempt in theirs]
    essays = []
    for one in sorted(found, key=lambda each: (each.pos, each.attempt)):
        question = quizzes_of(request).exam.look(one.attempt)[0].items[one.pos].question
        if isinstance(question, EssayQuestion):
            prompt = question.public_view().prompt
            text = str(response_of(one.raw) or "")
            rubric = list(question.item.rubric)
            essays.append(
                Essay(one.attempt, one.pos, one.answer_rev, prompt, text, rubric, question.key_text)
            )
    return essays


def _page(request: Request, session: Session, template: str, **values: object) -> Response:
    """A page about the quiz in the address."""
    site, quiz = site_of(request), request.path_params["quiz"]
    with site.database.reading() as connection:
        title = next(one.title for one in published_in(connection, site.course) if one.id == quiz)
    token = site.form_token(session)
    page = site.page(template, quiz_id=quiz, title=title, session=session, token=token, **values)
    return HTMLResponse(page)
