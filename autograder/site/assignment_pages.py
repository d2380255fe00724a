"""The page of an assignment, which a learning platform's link opens: title, dates, tasks, current score."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import NotFound
from autograder.site.homework.assignments import homework_in
from autograder.site.requests import PageRoute, reads, session_of, site_of
from autograder.site.tables import enrolment

__all__ = ["ASSIGNMENT_ROUTES"]


@reads
def assignment_page(request: Request) -> Response:
    """One assignment with the dates and the score of whoever is signed in.

    Students see it once a learning platform links to it, staff always. Where the assignment is published on
    the site, its page there takes its place.
    """
    site, session, name = site_of(request), session_of(request), request.path_params["assignment"]
    file = site.assignments.file(name)
    enrolled = enrolment.c.course == site.course, enrolment.c.person == session.person
    with site.database.reading() as connection:
        role = connection.execute(select(enrolment.c.role).where(*enrolled)).scalar_one_or_none()
        is_open = role is not None and (role != "student" or site.assignments.is_linked(connection, name))
        is_published = any(row.id == name for row in homework_in(connection, site.course))
    if role is not None and is_published:
        return RedirectResponse(f"/homework/{name}", 303)
    if file is None or not is_open:
        raise NotFound("There is no such assignment.", next_step="Go back to your learning platform.")
    due = site.assignments.due_for(name, session.person)
    score = site.assignments.final_score(name, session.person)
    submitted = score.submitted if score is not None else None
    page = site.page(
        "assignment.html",
        file=file,
        due_at=None if due is None else _instant(due),
        score=score,
        submitted_at=None if submitted is None else _instant(submitted),
        excused=site.assignments.is_excused(name, session.person),
        is_staff=role != "student",
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


def _instant(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


ASSIGNMENT_ROUTES = (PageRoute("/assignments/{assignment}", assignment_page),)
