"""The page of learning platforms for instructors: registrations, connected courses, and who is who."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.lti.contexts import connect, contexts, disconnect, proposals, settle
from autograder.site.lti.deliveries import send_scores_again, undelivered
from autograder.site.lti.members import MembersRead, follow_members, member_links
from autograder.site.lti.registration import (
    REGISTRATION_PATH,
    enable,
    new_secret,
    registered_platforms,
    remove,
)
from autograder.site.lti.users import Context
from autograder.site.requests import PageRoute, form_of, parsed_json, reads, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course

__all__ = ["PLATFORM_ROUTES"]

PATH = "/platforms"
FIELDS = ("issuer", "client", "deployment", "context")


@reads
@requires(Permission.MANAGE)
def platforms_page(request: Request) -> Response:
    """The registrations, the courses of platforms, and the users who may be somebody in this course."""
    return _page(request, staff_of_course(request))


def _page(
    request: Request, session: Session, *, address: str = "", members: Sequence[MembersRead] = ()
) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        rows, matches, scores = contexts(connection), proposals(connection), undelivered(connection)
        registered, listed = registered_platforms(connection), member_links(connection)
    known = {(row.issuer, row.client) for row in registered}
    platforms = site.lti.platforms().platforms if site.lti is not None else ()
    page = site.page(
        "platforms.html",
        contexts=rows,
        scores=scores,
        matches=[(match, json.dumps([match.issuer, match.subject])) for match in matches],
        registered=registered,
        written=[platform for platform in platforms if (platform.issuer, platform.client_id) not in known],
        has_members=bool(listed),
        members=members,
        address=address,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@requires(Permission.MANAGE)
async def new_address(request: Request) -> Response:
    """A new address that registers one platform, shown once."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    secret = new_secret(site.signer, request.state.at)
    base = str(request.base_url).rstrip("/")
    return await site.in_reader(
        lambda: _page(request, session, address=f"{base}{REGISTRATION_PATH}/{secret}")
    )


@requires(Permission.MANAGE)
async def change_registration(request: Request) -> Response:
    """Enable or remove a registration that a platform made."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    issuer, client = (form.get(name, [""])[-1] for name in ("issuer", "client"))
    change = enable if "enable" in form else remove
    await site.written(lambda connection: change(connection, issuer, client, at=at, who=session.person))
    return RedirectResponse(PATH, 303)


@requires(Permission.MANAGE)
async def read_members(request: Request) -> Response:
    """Ask the platforms for the members of all connected courses, and follow the lists."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    at, lti = request.state.at, site.lti
    if lti is None:
        raise Conflict("This server accepts no launches.", next_step="Reload the page.")

    def write(work: Callable[[Connection], object]) -> object:
        return site.writer.submit(work).result()

    def read() -> list[MembersRead]:
        with site.database.reading() as connection:
            links = member_links(connection)
        return [
            follow_members(lti, write, site.course, context, link, at=at, who=session.person)
            for context, link in links.items()
        ]

    # A platform may be slow: no page waits in the same pool.
    members = await asyncio.to_thread(read)
    return await site.in_reader(lambda: _page(request, session, members=members))


@requires(Permission.MANAGE)
async def change_connection(request: Request) -> Response:
    """Connect a platform's course, or take the connection back."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    context = Context(*(form.get(name, [""])[-1] for name in FIELDS))
    connects = "connect" in form

    def write(connection: Connection) -> None:
        known = [
            row for row in contexts(connection) if all(row._mapping[n] == getattr(context, n) for n in FIELDS)
        ]
        if not known:
            raise Conflict("No launch came from this course.", next_step="Reload the page.")
        if connects:
            connect(connection, context, at=at, who=session.person)
        else:
            disconnect(connection, site.course, context, at=at, who=session.person)

    await site.written(write)
    return RedirectResponse(PATH, 303)


@requires(Permission.MANAGE)
async def settle_matches(request: Request) -> Response:
    """Store for the chosen users whether they are the proposed people."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    same = "same" in form
    try:
        chosen = [(str(issuer), str(subject)) for issuer, subject in map(parsed_json, form.get("user", []))]
    except (ValueError, TypeError):
        raise Conflict("This form cannot be read.", next_step="Reload the page.") from None
    if not chosen:
        raise Conflict("Nobody was chosen.", next_step="Tick the people first.")

    def write(connection: Connection) -> None:
        for issuer, subject in chosen:
            settle(connection, site.course, issuer, subject, same=same, at=at, who=session.person)

    await site.written(write)
    return RedirectResponse(PATH, 303)


@requires(Permission.MANAGE)
async def retry_scores(request: Request) -> Response:
    """Send the scores again that did not arrive."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    at = request.state.at
    await site.written(lambda connection: send_scores_again(connection, at, session.person))
    return RedirectResponse(PATH, 303)


PLATFORM_ROUTES = (
    PageRoute(PATH, platforms_page),
    PageRoute(f"{PATH}/addresses", new_address, methods=["POST"]),
    PageRoute(f"{PATH}/registrations", change_registration, methods=["POST"]),
    PageRoute(f"{PATH}/members", read_members, methods=["POST"]),
    PageRoute(f"{PATH}/connections", change_connection, methods=["POST"]),
    PageRoute(f"{PATH}/scores", retry_scores, methods=["POST"]),
    PageRoute(f"{PATH}/matches", settle_matches, methods=["POST"]),
)
