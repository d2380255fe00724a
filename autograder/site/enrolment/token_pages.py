"""The page of a member of staff's own tokens for programs."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.errors import Forbidden
from autograder.site.requests import PageRoute, field_of, form_of, reads, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from autograder.site.staff_tokens import make_staff_token, revoke_staff_token, staff_tokens_of

__all__ = ["TOKEN_ROUTES"]


@reads
@requires(Permission.STAFF)
def tokens_page(request: Request) -> Response:
    """The tokens of the member of staff who asks."""
    return _page(request, staff_of_course(request))


@requires(Permission.STAFF)
async def make_token(request: Request) -> Response:
    """Make a token and show it once."""
    site, at = site_of(request), request.state.at
    session = await site.in_reader(staff_of_course, request)
    label = field_of(await form_of(request, session), "label")
    if session.by_token:
        raise Forbidden("A program makes no tokens.", next_step="Make one on the page, signed in.")
    who = session.person
    token = await site.written(
        lambda connection: make_staff_token(connection, site.course, who, label, site.signer, at=at, who=who)
    )
    return await site.in_reader(partial(_page, request, session, token))


@requires(Permission.STAFF)
async def revoke_token(request: Request) -> Response:
    """Revoke a token of one's own."""
    site, at = site_of(request), request.state.at
    session = await site.in_reader(staff_of_course, request)
    digest, who = field_of(await form_of(request, session), "hash"), session.person

    def write(connection: Connection) -> bool:
        return revoke_staff_token(connection, site.course, who, digest, at=at, who=who)

    await site.written(write)
    site.forget_person(who)
    return await site.in_reader(partial(_page, request, session))


TOKEN_ROUTES = (
    PageRoute("/staff-tokens", tokens_page),
    PageRoute("/staff-tokens", make_token, methods=["POST"]),
    PageRoute("/staff-tokens/revoke", revoke_token, methods=["POST"]),
)


def _page(request: Request, session: Session, new: str = "") -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        tokens = staff_tokens_of(connection, site.course, session.person)
    page = site.page(
        "staff_tokens.html",
        tokens=tokens,
        new=new,
        address=str(request.base_url).rstrip("/"),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)
