"""Before the clock runs: the list of quizzes, and the page that says your minutes and your end."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import NotFound
from autograder.site.app_context import done
from autograder.site.requests import COOKIE, form_of, session_of, site_of
from autograder.site.sessions import outlive
from quizzes.attempts.edit_lock import new_lock
from quizzes.attempts.events import State
from quizzes.store.quizzes import Availability, Published, availability_for, published_in
from quizzes.web.context import QuizContext, quizzes_of

__all__ = ["begin", "quizzes", "start_page"]

AFTERWARDS = 3600 * 1000  # a session outlives the deadline by an hour


@dataclass(frozen=True)
class Card:
    """A quiz in the list."""

    published: Published
    offer: Availability
    questions: int
    points: str
    minutes: int | None

    @property
    def opened(self) -> bool:
        """Whether the student's window has begun."""
        return self.offer.terms.opens_at <= self.offer.at

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.opened and not self.offer.terms.may_start(self.offer.at)


async def quizzes(request: Request) -> Response:
    """The quizzes of the course, as the student may take them."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        found = published_in(connection, site.course)
        cards = [
            _card(
                quizzes_of(request),
                one,
                availability_for(connection, one.id, session.person, request.state.at),
            )
            for one in found
        ]
    token = site.form_token(session)
    return HTMLResponse(site.page("quizzes.html", cards=cards, session=session, token=token))


async def start_page(request: Request) -> Response:
    """One quiz before it is started."""
    site, session, name = site_of(request), session_of(request), request.path_params["quiz"]
    with site.database.reading() as connection:
        found = [one for one in published_in(connection, site.course) if one.id == name]
        if not found:
            raise NotFound("There is no such quiz.", next_step="Take one from the list of quizzes.")
        offer = availability_for(connection, name, session.person, request.state.at)
    before = [one for one in offer.attempts if one.state is not State.OPEN]
    card = _card(quizzes_of(request), found[0], offer)
    page = site.page(
        "start.html",
        card=card,
        offer=offer,
        before=before,
        # Nothing of a quiz is seen early, its instructions neither.
        instructions=quizzes_of(request).quiz(found[0].version).instructions
        if card.opened or offer.staff
        else "",
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def begin(request: Request) -> Response:
    """Start the clock, or go on with what is open."""
    site, session, name = site_of(request), session_of(request), request.path_params["quiz"]
    form = await form_of(request, session)
    preview = "preview" in form
    pen = new_lock()
    attempt = await done(quizzes_of(request).exam.start(name, session.person, pen, preview=preview))
    if attempt.deadline_at is not None and attempt.deadline_at + AFTERWARDS > session.ends_at:
        until = attempt.deadline_at + AFTERWARDS
        await site.written(lambda connection: outlive(connection, session.token, until))
        site.forget(request.cookies[COOKIE])
    begun = "#begun" if attempt.pen == pen else ""  # only one window begins it
    return RedirectResponse(f"/attempts/{attempt.id}{begun}", 303)


def _card(quizzes: QuizContext, one: Published, offer: Availability) -> Card:
    quiz = quizzes.quiz(one.version)
    return Card(one, offer, len(quiz), f"{quiz.points.normalize():f}", one.schedule.limit)
