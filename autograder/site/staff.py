"""What endpoints of staff ask of their readers; the page of the server's clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict, Forbidden, NotFound
from autograder.site.clock import ClockState, ServerClock
from autograder.site.clock_correction import correct_clock
from autograder.site.extensions import extensions
from autograder.site.requests import COOKIE, form_of, reads, session_of, site_of
from autograder.site.roles import Access, Permission, access_of
from autograder.site.sessions import Session, extend_session

__all__ = ["requires", "set_clock", "show_clock", "staff_access", "staff_of_course"]

NO_PAGE = NotFound("There is no such page.", next_step="Go back to the start page.")
Endpoint = TypeVar("Endpoint", bound=Callable[[Request], Any])
HOUR = 3_600_000  # milliseconds


def staff_of_course(request: Request) -> Session:
    """The session of a member of staff; raises NotFound for anybody else."""
    return staff_access(request)[0]


def staff_access(request: Request) -> tuple[Session, Access]:
    """The same, with what the person may do."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        access = access_of(connection, site.course, session.person)
    if access is None or not access.is_staff:
        raise NO_PAGE
    return session, access


def require(request: Request, permission: Permission) -> None:
    """Raise NotFound for anybody outside the staff, and Forbidden for staff without the permission."""
    if not staff_access(request)[1].may(permission):
        raise Forbidden(permission.value, next_step="Ask one of the course's instructors.")


def requires(permission: Permission) -> Callable[[Endpoint], Endpoint]:
    """Declare what an endpoint asks of its reader: it is checked first, and links to it are shown by it.

    It stands below `reads`, which takes the declaration over.
    """

    def declared(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def writing(request: Request) -> Any:
            await site_of(request).in_reader(require, request, permission)
            return await endpoint(request)

        @wraps(endpoint)
        def reading(request: Request) -> Any:
            require(request, permission)
            return endpoint(request)

        checked: Any = writing if iscoroutinefunction(endpoint) else reading
        checked.permission = permission
        return cast(Endpoint, checked)

    return declared


@reads
@requires(Permission.STAFF)
def show_clock(request: Request) -> Response:
    """The server's clock beside the machine's."""
    site, session = site_of(request), staff_of_course(request)
    clock = site.clock
    if not isinstance(clock, ServerClock):
        raise NO_PAGE
    page = site.page("clock.html", state=clock.state(), session=session, token=site.form_token(session))
    return HTMLResponse(page)


@requires(Permission.MANAGE)
async def set_clock(request: Request) -> Response:
    """Take over the machine's clock, which staff found to be right."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
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
