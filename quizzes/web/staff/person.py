"""A student's quizzes on the page of the person: dates, time allowed, and attempts."""

from __future__ import annotations

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request

from autograder.errors import Refused
from autograder.site.requests import site_of
from quizzes.store.attempts import attempts_at
from quizzes.store.overrides import terms_and_role
from quizzes.store.quizzes import published_in

__all__ = ["person_section"]


def person_section(request: Request, connection: Connection, person: str) -> Markup:
    """The quizzes of the course as one student has them; empty for members of staff."""
    site, items = site_of(request), []
    for published in published_in(connection, site.course):
        try:
            terms, role = terms_and_role(connection, published.id, person)
        except Refused:
            return Markup("")
        if role == "student":
            items.append((published, terms, attempts_at(connection, published.id, person)))
    return Markup(site.page("person_quizzes.html", items=items)) if items else Markup("")
