"""What staff pages share: who may see them, the fields of their forms, and the page about one quiz.

A student gets the same answer as for a page that does not exist. Every module of staff pages uses this one.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.errors import Conflict, NotFound, Refused
from autograder.site.marking.assigned_work import require_may_mark
from autograder.site.people import names_in
from autograder.site.requests import Form, session_of, site_of, whole_number
from autograder.site.roles import Access, may_see, require_visible, student_access
from autograder.site.sessions import Session
from quizzes.store.attempts import AttemptRow, attempts_at, find_attempt
from quizzes.store.overrides import terms_of
from quizzes.store.quizzes import published_in
from quizzes.store.tables import attempt

__all__ = [
    "MINUTE",
    "access_in",
    "names_of_attempts",
    "quiz_page",
    "reason_in",
    "require_may_extend",
    "staff_at",
    "staff_deciding_on_attempt",
    "staff_of_attempt",
    "students_judged",
    "visible_attempts",
    "whole_number_in",
]


MINUTE = 60_000  # milliseconds
LARGEST = 10_080  # minutes in a week
NO_PAGE = NotFound("There is no such page.", next_step="Go back to the start page.")


def staff_at(request: Request, quiz: str) -> Session:
    """The session of a member of staff who sees students' work at a quiz.

    Raises NotFound for students and for an unknown quiz, Forbidden for staff who see nobody's work.
    """
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        try:
            terms_of(connection, quiz, session.person)
        except Refused:
            raise NO_PAGE from None
        student_access(connection, site.course, session.person)
    return session


def staff_of_attempt(request: Request) -> tuple[Session, AttemptRow]:
    """The same for the quiz of an attempt; raises NotFound for an unknown attempt as well."""
    site = site_of(request)
    session_of(request)
    with site.database.reading() as connection:
        try:
            row = find_attempt(connection, request.path_params["attempt"])
        except NotFound:
            raise NO_PAGE from None
    session = staff_at(request, row.quiz)
    with site.database.reading() as connection:
        require_visible(connection, site.course, access_in(connection, site.course, session), [row.person])
    return session, row


def staff_deciding_on_attempt(request: Request) -> tuple[Session, AttemptRow]:
    """The same for acts on its points or time; raises Forbidden for one's own, or a conflict of interest."""
    session, row = staff_of_attempt(request)
    with site_of(request).database.reading() as connection:
        require_may_mark(connection, site_of(request).course, session.person, students_judged(row))
    return session, row


def students_judged(row: AttemptRow) -> list[str]:
    """Whose points and time an attempt is about; nobody's for a preview, which counts nowhere."""
    return [] if row.preview else [row.person]


def require_may_extend(connection: Connection, course: str, who: str, attempts: Collection[str]) -> None:
    """Raise Forbidden where one of these attempts is one's own, or a conflict of interest is recorded."""
    rows = (find_attempt(connection, attempt_id) for attempt_id in attempts)
    require_may_mark(connection, course, who, [person for row in rows for person in students_judged(row)])


def access_in(connection: Connection, course: str, session: Session) -> Access:
    """Whose work a member of staff may see; raises Forbidden where it is nobody's."""
    return student_access(connection, course, session.person)


def quiz_page(request: Request, session: Session, template: str, **values: object) -> Response:
    """A page about the quiz in the address."""
    site, quiz = site_of(request), request.path_params["quiz"]
    with site.database.reading() as connection:
        title = next(
            published.title for published in published_in(connection, site.course) if published.id == quiz
        )
    token = site.form_token(session)
    return HTMLResponse(
        site.page(template, quiz_id=quiz, title=title, session=session, token=token, **values)
    )


def names_of_attempts(connection: Connection, course: str, quiz: str, access: Access) -> dict[str, str]:
    """The names of the students of a quiz whose work a person may see, by their attempts."""
    names = names_in(connection, course)
    visible = visible_attempts(connection, course, quiz, access)
    return {
        row.id: names.get(row.person, row.person)
        for row in attempts_at(connection, quiz)
        if row.id in visible
    }


def visible_attempts(connection: Connection, course: str, quiz: str, access: Access) -> frozenset[str]:
    """The attempts at a quiz that a person may see."""
    found = select(attempt.c.id).where(attempt.c.quiz == quiz, may_see(attempt.c.person, course, access))
    return frozenset(connection.execute(found).scalars())


def whole_number_in(form: Form, name: str) -> int:
    """A whole number in a form, 0 for an empty field; raises Conflict for anything else."""
    text = form.get(name, [""])[-1].strip() or "0"
    number = whole_number(text, LARGEST)
    if number is None:
        raise Conflict(
            f"{name}: {text[:20]!r} is not a whole number up to {LARGEST}.", next_step="Correct the number."
        )
    return number


def reason_in(form: Form) -> str:
    """The reason in a form, which is recorded; raises Conflict if it is missing."""
    reason = form.get("reason", [""])[-1].strip()
    if not reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    return reason[:500]
