"""Before an attempt: the list of quizzes, the start page with the student's own times, and the start."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.local_time import shown
from autograder.site.app_context import AppContext, result_of
from autograder.site.requests import COOKIE, form_of, reads, session_for, session_of, site_of
from autograder.site.sessions import extend_session
from quizzes.attempts.edit_lock import new_lock
from quizzes.attempts.events import State
from quizzes.content.markup import render
from quizzes.content.quiz import Release
from quizzes.store.attempts import AttemptRow
from quizzes.store.marks import marks_in, total
from quizzes.store.quizzes import Availability, Published, availability_for, published_in
from quizzes.web.context import QuizContext, quizzes_of
from quizzes.web.released import released_now

__all__ = ["begin", "home_section", "start_page"]

SESSION_MARGIN = 3600 * 1000  # milliseconds; a session outlives the deadline by an hour


@dataclass(frozen=True)
class Card:
    """A quiz in the list."""

    published: Published
    availability: Availability
    questions: int
    points: Decimal
    limit: int | None  # milliseconds, before extra time

    @property
    def opened(self) -> bool:
        """Whether the quiz has opened for the student."""
        return self.availability.terms.opens_at <= self.availability.at

    @property
    def closed(self) -> bool:
        """Whether the quiz has closed for the student."""
        return self.opened and not self.availability.terms.may_start(self.availability.at)

    @property
    def submitted_at(self) -> int | None:
        """When the last attempt that counts was submitted; None if there is none."""
        ends = [attempt.finished_at for attempt in self.availability.attempts if not attempt.preview]
        return max((end for end in ends if end is not None), default=None)


@dataclass(frozen=True)
class FinishedAttempt:
    """A finished attempt on the start page, with its score as far as it may be shown."""

    row: AttemptRow
    score: Decimal | None
    waiting: int = 0  # questions still to be marked
    score_when: str = ""  # from when the score is shown


def home_section(request: Request) -> Markup:
    """The quizzes of the course, each with its availability for the student."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        cards = [
            _card(
                quizzes_of(request),
                published,
                availability_for(connection, published.id, session.person, request.state.at),
            )
            for published in published_in(connection, site.course)
        ]
    # Where there is no quiz yet, the question is worth a read of its own.
    is_staff = not cards or cards[0].availability.staff
    return Markup(site.page("quizzes.html", cards=cards, is_staff=is_staff, session=session))


@reads
def start_page(request: Request) -> Response:
    """One quiz before it is started."""
    site, session, quiz = site_of(request), session_of(request), request.path_params["quiz"]
    with site.database.reading() as connection:
        availability = availability_for(connection, quiz, session.person, request.state.at)
        content = quizzes_of(request).quiz(availability.published.version)
        before = [
            _finished(connection, site, content.release, row, request.state.at)
            for row in availability.attempts
            if row.state is not State.OPEN
        ]
    card = _card(quizzes_of(request), availability.published, availability)
    page = site.page(
        "start.html",
        card=card,
        availability=availability,
        before=before,
        # Nothing of a quiz is shown before it opens, its instructions neither; what is allowed is.
        rules=[render(rule) for rule in content.rules],
        instructions=content.instructions if card.opened or availability.staff else "",
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


def _finished(
    connection: Connection, site: AppContext, release: Release, row: AttemptRow, at: int
) -> FinishedAttempt:
    released = released_now(connection, release, row, at, lambda instant: shown(instant, site.zone))
    if not released.visibility.score:
        return FinishedAttempt(row, None, 0, released.when["score"])
    marks = marks_in(connection, row.id) if row.state is State.GRADED else {}
    score = total(marks.values()) if marks else None
    return FinishedAttempt(row, score, sum(current.pending for current in marks.values()))


async def begin(request: Request) -> Response:
    """Start an attempt, or resume the open one."""
    site, session, quiz = site_of(request), await session_for(request), request.path_params["quiz"]
    form = await form_of(request, session)
    lock = new_lock()
    exam, preview = quizzes_of(request).exam, "preview" in form
    starting = None if preview else exam.start_prepared(quiz, session.person, lock)
    attempt = None if starting is None else await result_of(starting)
    if attempt is None:
        attempt = await result_of(
            await site.in_reader(lambda: exam.start(quiz, session.person, lock, preview=preview))
        )
    if attempt.deadline_at is not None and attempt.deadline_at + SESSION_MARGIN > session.ends_at:
        until = attempt.deadline_at + SESSION_MARGIN
        await site.written(lambda connection: extend_session(connection, session.token, until))
        site.forget(request.cookies[COOKIE])
    begun = "#begun" if attempt.lock == lock else ""  # only the tab that started it holds the edit lock
    return RedirectResponse(f"/attempts/{attempt.id}{begun}", 303)


def _card(quizzes: QuizContext, published: Published, availability: Availability) -> Card:
    content = quizzes.quiz(published.version)
    return Card(published, availability, len(content), content.points, published.schedule.limit)
