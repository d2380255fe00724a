"""Pages of a course's staff that belong to no quiz and no assignment: the server's clock."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict, Forbidden, NotFound
from autograder.site.clock import ClockState, ServerClock
from autograder.site.clock_correction import correct_clock
from autograder.site.extensions import extensions
from autograder.site.requests import COOKIE, form_of, reads, session_of, site_of
from autograder.site.roles import Access, access_of, student_access
from autograder.site.sessions import Session, extend_session

__all__ = ["content_staff", "set_clock", "show_clock", "staff_access", "staff_of_course"]

NO_PAGE = NotFound("There is no such page.", next_step="Go back to the start page.")
HOUR = 3_600_000  # milliseconds


def staff_of_course(request: Request, instructor: bool = False) -> Session:
    """The session of a member of staff; raises NotFound for students, Forbidden for too low a role."""
    return staff_access(request, instructor=instructor)[0]


def staff_access(
    request: Request, *, instructor: bool = False, students: bool = False
) -> tuple[Session, Access]:
    """The same, with what the person may do; with `students` they must be allowed to see somebody's work."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        access = access_of(connection, site.course, session.person)
        if access is None or not access.is_staff:
            raise NO_PAGE
        if students:
            student_access(connection, site.course, session.person)
    if instructor and not access.manages:
        raise Forbidden("Only an instructor may do this.", next_step="Ask one of the course's instructors.")
    return session, access


def content_staff(request: Request) -> Session:
    """The session of somebody who may edit the course's content; raises as `staff_of_course` does."""
    session, access = staff_access(request)
    if not access.edits_content:
        raise Forbidden(
            "Your role in this course does not edit content.",
            next_step="Ask one of the course's instructors.",
        )
    return session


@reads
def show_clock(request: Request) -> Response:
    """The server's clock beside the machine's."""
    site, session = site_of(request), staff_of_course(request)
    clock = site.clock
    if not isinstance(clock, ServerClock):
        raise NO_PAGE
    page = site.page("clock.html", state=clock.state(), session=session, token=site.form_token(session))
    return HTMLResponse(page)


async def set_clock(request: Request) -> Response:
    """Take over the machine's clock, which staff found to be right."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request, True)
    form, clock = await form_of(request, session), site.clock
    reason = form.get("reason", [""])[-1].strip()[:500]
    if not isinstance(clock, ServerClock):
        raise NO_PAGE
    if not reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    before = clock.set_right()

    def write(connection: Connection) -> int:
        extend_session(connection, session.token, clock.now() + HOUR)
        later = _later(connection, before)
        return correct_clock(connection, before, later, who=session.person, reason=reason)

    site.clock_corrections.made_here(await site.written(write))
    site.forget(request.cookies.get(COOKIE, ""))
    return RedirectResponse("/clock", 303)


def _later(connection: Connection, before: ClockState) -> list[int]:
    return [
        instant for extension in extensions() for instant in extension.instants_after(connection, before.wall)
    ]
