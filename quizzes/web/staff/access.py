"""Who may see a staff page: a student gets the same answer as for a page that does not exist."""

from __future__ import annotations

from starlette.requests import Request

from autograder.errors import Forbidden, NotFound, Refused
from autograder.site.requests import session_of, site_of
from autograder.site.sessions import Session
from quizzes.store.attempts import AttemptRow, find
from quizzes.store.overrides import place_of

__all__ = ["INSTRUCTOR", "TA", "staff_at", "staff_of_attempt"]


TA, INSTRUCTOR = "ta", "instructor"
NO_PAGE = NotFound("There is no such page.", next_step="Go back to the list of quizzes.")


def staff_at(request: Request, quiz: str, least: str = TA) -> Session:
    """The member of staff who asks; raises NotFound for students, Forbidden for a TA where it takes more."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        try:
            role = place_of(connection, quiz, session.person)[1]
        except Refused:
            raise NO_PAGE from None
    if role not in (TA, INSTRUCTOR):
        raise NO_PAGE
    if least == INSTRUCTOR and role != INSTRUCTOR:
        raise Forbidden("Only an instructor may do this.", next_step="Ask one of the course's instructors.")
    return session


def staff_of_attempt(request: Request, least: str = TA) -> tuple[Session, AttemptRow]:
    """The same for the quiz of an attempt; raises NotFound for no such attempt, too."""
    site = site_of(request)
    session_of(request)
    with site.database.reading() as connection:
        try:
            row = find(connection, request.path_params["attempt"])
        except NotFound:
            raise NO_PAGE from None
    return staff_at(request, row.quiz, least), row
