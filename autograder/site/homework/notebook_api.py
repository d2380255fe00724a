"""Submitting from a notebook: the page of a person's tokens, and the requests of `submit` and of a Hub.

A JupyterHub asks for a token of each user whose server it starts. It shows the secret that it shares with the
site, AUTOGRADER_HUB_SECRET; without that variable nobody can.
"""

from __future__ import annotations

import hmac
import os

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from autograder.course.local_time import shown
from autograder.environment import HUB_SECRET
from autograder.errors import Conflict, Forbidden, NotFound, Refused
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import published
from autograder.site.homework.context import homework_of, role_of
from autograder.site.homework.pages import store_upload
from autograder.site.homework.submissions import receipt_of
from autograder.site.homework.tokens import (
    WrongToken,
    new_hub_token,
    new_token,
    note_use,
    owner_of,
    revoke,
    tokens_of,
)
from autograder.site.middleware import LARGEST_UPLOAD
from autograder.site.requests import (
    PageRoute,
    body_of,
    form_of,
    parsed_json,
    reads,
    session_for,
    session_of,
    site_of,
)
from autograder.site.tables import enrolment

__all__ = ["NOTEBOOK_ROUTES"]

LONGEST_NAME = 200
LARGEST_HUB_BODY = 4096  # bytes
SHORTEST_SECRET = 20  # characters


@reads
def tokens_page(request: Request) -> Response:
    """The tokens of whoever is signed in, without the tokens themselves."""
    return _page(request)


async def make_token(request: Request) -> Response:
    """Make a token and show it once."""
    site, session, at = site_of(request), await session_for(request), request.state.at
    form = await form_of(request, session)
    label = form.get("label", [""])[-1]

    def write(connection: Connection) -> str:
        role_of(connection, site.course, session.person)
        record_act(connection, Act(at, session.person, "make submit token", session.person, {}))
        return new_token(connection, site.course, session.person, label, site.signer, at)

    token = await site.written(write)
    return await site.in_reader(_page, request, token)


async def revoke_token(request: Request) -> Response:
    """Revoke a token."""
    site, session, at = site_of(request), await session_for(request), request.state.at
    form = await form_of(request, session)
    digest = form.get("hash", [""])[-1]

    def write(connection: Connection) -> None:
        if revoke(connection, site.course, session.person, digest):
            record_act(connection, Act(at, session.person, "revoke submit token", session.person, {}))

    await site.written(write)
    return await site.in_reader(_page, request)


async def submit(request: Request) -> Response:
    """Store a notebook that came with a token: the receipt as JSON.

    Header: `Authorization: Bearer TOKEN`; query: `file`, the file's name; body: the bytes.
    """
    site, person = site_of(request), await _owner(request)
    content = body_of(request, LARGEST_UPLOAD)
    if not content:
        raise Conflict("The file is empty.", next_step="Save the notebook in Jupyter and submit it again.")
    name = request.query_params.get("file", "")[-LONGEST_NAME:] or "notebook.ipynb"
    stored, notice = await store_upload(request, person, name, content, source="notebook")
    return JSONResponse(
        {
            "number": stored.number,
            "received": shown(stored.received_at, site.zone),
            "sha256": stored.digest,
            "signature": receipt_of(site.signer, stored, person).signature,
            "page": f"/submissions/{stored.id}",
            "notice": notice,
        }
    )


async def hub_token(request: Request) -> Response:
    """A new submit token of a person, for a JupyterHub that starts their server.

    Header: `Authorization: Bearer SECRET`; body: `{"person": NAME}`, where capitals do not matter to a Hub.
    """
    site, at = site_of(request), request.state.at
    _require_hub(request)
    try:
        name = parsed_json(body_of(request, LARGEST_HUB_BODY))["person"]
    except (ValueError, KeyError, TypeError) as problem:
        raise Refused("This names nobody.", next_step='Send {"person": NAME}.') from problem

    def write(connection: Connection) -> str:
        person = _named_by_hub(connection, site.course, str(name)[:LONGEST_NAME])
        record_act(connection, Act(at, "JupyterHub", "make submit token", person, {}))
        return new_hub_token(connection, site.course, person, site.signer, at)

    return JSONResponse({"token": await site.written(write)})


async def homework_facts(request: Request) -> Response:
    """What a notebook needs to know of an assignment before it submits: its functions."""
    site = site_of(request)
    await _owner(request)

    def read() -> dict[str, object]:
        with site.database.reading() as connection:
            facts = published(connection, site.course, request.path_params["assignment"]).facts
        return {"title": facts.title, "functions": facts.functions}

    return JSONResponse(await site.in_reader(read))


async def _owner(request: Request) -> str:
    """The person whose token came with a request; raises WrongToken."""
    site, at = site_of(request), request.state.at
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise WrongToken(
            "The token is missing.", next_step="Make one on the site's page “Submit from a notebook”."
        )

    def owner() -> str:
        with site.database.reading() as connection:
            return owner_of(connection, site.course, token, site.signer, at)

    person = await site.in_reader(owner)
    await site.written(lambda connection: note_use(connection, site.course, token, site.signer, at))
    return person


def _require_hub(request: Request) -> None:
    """Raise Forbidden unless the request shows the secret that the Hub and the site share."""
    secret = os.environ.get(HUB_SECRET, "")
    shown = request.headers.get("authorization", "").encode()
    if len(secret) < SHORTEST_SECRET or not hmac.compare_digest(shown, f"Bearer {secret}".encode()):
        raise Forbidden(
            "This site makes no tokens for this Hub.",
            next_step=f"Set {HUB_SECRET} to one secret of {SHORTEST_SECRET} characters or more for both.",
        )


def _named_by_hub(connection: Connection, course: str, name: str) -> str:
    """The person with a Hub's user name; a Hub writes names in small letters. Raises NotFound."""
    people = select(enrolment.c.person).where(enrolment.c.course == course)
    known = connection.execute(people.where(enrolment.c.person == name)).scalars().all() or [
        person for person in connection.execute(people).scalars() if person.casefold() == name.casefold()
    ]
    if len(known) != 1:
        raise NotFound(
            f"{name} is the name of nobody in this course."
            if not known
            else f"{name} may be {' or '.join(sorted(known))}.",
            next_step="Let users of the Hub sign in with the IDs of the roster.",
        )
    return str(known[0])


NOTEBOOK_ROUTES = (
    PageRoute("/api/hub/tokens", hub_token, methods=["POST"]),
    PageRoute("/tokens", tokens_page),
    PageRoute("/tokens", make_token, methods=["POST"]),
    PageRoute("/tokens/revoke", revoke_token, methods=["POST"]),
    PageRoute("/api/homework/{assignment}", homework_facts),
    PageRoute("/api/homework/{assignment}/submissions", submit, methods=["POST"]),
)


def _page(request: Request, token: str = "") -> Response:
    site, session = site_of(request), session_of(request)
    homework_of(request)
    with site.database.reading() as connection:
        role_of(connection, site.course, session.person)
        tokens = tokens_of(connection, site.course, session.person)
    page = site.page(
        "tokens.html",
        tokens=tokens,
        new=token,
        address=str(request.base_url).rstrip("/"),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)
