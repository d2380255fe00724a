"""The home page: what the course has for the person who is signed in, part by part; for staff what waits."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.course.local_time import counted
from autograder.site.app_context import AppContext
from autograder.site.extensions import extensions
from autograder.site.lti.score_states import failed_scores
from autograder.site.marking.waiting import requests_waiting, waiting_for, waiting_sentences
from autograder.site.requests import reads, session_of, site_of
from autograder.site.roles import Access, access_of

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
        waiting = _waiting(connection, site, access, request.state.at) if access and access.is_staff else []
    page = site.page(
        "home.html",
        sections=sections,
        access=access,
        waiting=waiting,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


def _waiting(connection: Connection, site: AppContext, access: Access, at: int) -> list[tuple[str, str]]:
    """What waits for a member of staff: sentences and the pages to go to."""
    if not access.sees_students:
        return []
    course = site.course
    waiting = waiting_sentences(waiting_for(connection, site, access))
    if asked := requests_waiting(connection, site, access):
        words = counted(asked, "regrade request waits", "regrade requests wait")
        waiting.append((f"{words} for an answer", "/regrade-requests"))
    for extension in extensions():
        waiting += extension.waits_for_staff(connection, course, access, at)
    if access.manages and (failed := failed_scores(connection)):
        words = counted(failed, "score has", "scores have")
        waiting.append(
            (f"{words} not arrived at a learning platform", "/gradebook?show=undelivered#platforms")
        )
    return waiting
