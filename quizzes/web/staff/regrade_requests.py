"""Regrade requests of students: the page that lists them, and the answer of a member of staff."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import NotFound
from autograder.site.notices.notices import Kind, notify
from autograder.site.requests import form_of, reads_much, site_of, whole_number
from autograder.site.roles import require_visible
from quizzes.store.attempts import find_attempt
from quizzes.store.marks import set_points
from quizzes.store.messages import answer_regrade_request, regrade_requests
from quizzes.web.staff.access import access_in, names_of_attempts, quiz_page, staff_at

__all__ = ["answer", "show_requests"]

MOST_QUESTIONS = 10_000


@reads_much
def show_requests(request: Request) -> Response:
    """The regrade requests of a quiz."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        access = access_in(connection, site.course, session)
        people = names_of_attempts(connection, site.course, quiz, access)
        requests = [item for item in regrade_requests(connection, quiz=quiz) if item.attempt in people]
    return quiz_page(request, session, "staff_regrade_requests.html", requests=requests, people=people)


async def answer(request: Request) -> Response:
    """Answer a regrade request, with other points if they are due."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = await site_of(request).in_reader(staff_at, request, quiz)
    form, at = await form_of(request, session), request.state.at
    attempt_id, reply = (form.get(name, [""])[-1] for name in ("attempt", "reply"))
    pos = whole_number(form.get("pos", [""])[-1], MOST_QUESTIONS)
    points = form.get("points", [""])[-1].strip()

    def write(connection: Connection) -> None:
        access = access_in(connection, site.course, session)
        require_visible(connection, site.course, access, [find_attempt(connection, attempt_id).person])
        if pos is None or find_attempt(connection, attempt_id).quiz != quiz:
            raise NotFound("There is no such regrade request.", next_step="Reload the page.")
        answer_regrade_request(connection, attempt_id, pos, reply, at=at, who=session.person)
        notify(
            connection,
            site.course,
            [find_attempt(connection, attempt_id).person],
            Kind.REQUEST,
            f"Your regrade request about question {pos + 1} was answered",
            "",
            path=f"/attempts/{attempt_id}/results",
            once=f"regrade request:{attempt_id}:{pos}",
            at=at,
        )
        if points:
            set_points(connection, attempt_id, pos, points, reason=reply, at=at, who=session.person)

    await site.written(write, attempt_id)
    return RedirectResponse(f"/staff/{quiz}/regrade-requests", 303)
