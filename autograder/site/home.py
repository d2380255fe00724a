"""The home page: what the course has for the person who is signed in, part by part."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.site.extensions import extensions
from autograder.site.requests import reads, session_of, site_of
from autograder.site.roles import access_of

__all__ = ["home"]


@reads
def home(request: Request) -> Response:
    """The sections of all parts of the course that have something to show."""
    site, session = site_of(request), session_of(request)
    sections = [
        (extension.title, html) for extension in extensions() if (html := extension.home_section(request))
    ]
    with site.database.reading() as connection:
        access = access_of(connection, site.course, session.person)
    page = site.page(
        "home.html", sections=sections, access=access, session=session, token=site.form_token(session)
    )
    return HTMLResponse(page)
