"""Looking at the site as a student: any page, read-only, marked by a bar, recorded."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.audit import Act, record_act
from autograder.site.enrolment.acts import member_of
from autograder.site.requests import COOKIE, PageRoute, form_of, session_for, site_of
from autograder.site.roles import Permission, may_look_as, require_visible, student_access
from autograder.site.sessions import look_as
from autograder.site.staff import requires, staff_access

__all__ = ["LOOK_ROUTES"]


@requires(Permission.STUDENTS)
async def look(request: Request) -> Response:
    """See the site as a student until “Stop looking” is pressed."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    name = form.get("person", [""])[-1]
    if session.by_token:
        raise Conflict(
            "A program has no pages to look at.", next_step="Sign in with a browser to look as a student."
        )

    def write(connection: Connection) -> None:
        access = student_access(connection, site.course, session.person)
        member = member_of(connection, site.course, name)
        require_visible(connection, site.course, access, [name])
        if not may_look_as(connection, site.course, session.person, name):
            raise Conflict(
                f"{member.name} is a member of the staff.", next_step="Choose a student to look as."
            )
        look_as(connection, session.token, name)
        record_act(connection, Act(at, session.person, "look as", name, {}))

    await site.written(write)
    site.forget(request.cookies.get(COOKIE, ""))
    return RedirectResponse("/", 303)


async def stop(request: Request) -> Response:
    """See the site as oneself again, on the page of the student."""
    site, session = site_of(request), await session_for(request)
    await form_of(request, session)
    await site.written(lambda connection: look_as(connection, session.token, None))
    site.forget(request.cookies.get(COOKIE, ""))
    back = f"/people/person/{quote(session.person)}" if session.viewer else "/"
    return RedirectResponse(back, 303)


LOOK_ROUTES = (
    PageRoute("/look", look, methods=["POST"]),
    PageRoute("/look/stop", stop, methods=["POST"]),
)
