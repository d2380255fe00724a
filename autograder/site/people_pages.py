"""The page of the people in the course, and of imports: the difference first, then what was confirmed.

An instructor uploads a roster, a table of accommodations, or both, reads what would change, and confirms it.
What the tables would take away is only taken away if that is ticked, too.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.course.csv_table import parse_table
from autograder.course.roster import RosterTable, find_roster, read_people
from autograder.errors import AutograderError, Conflict, Refused
from autograder.site.app_context import AppContext
from autograder.site.people import COURSE, names_in
from autograder.site.requests import (
    LARGEST_PAGE,
    PageRoute,
    body_of,
    check_form_token,
    form_of,
    site_of,
)
from autograder.site.roster_import import ImportPlan, plan_import
from autograder.site.sessions import Session, has_passcode, new_passcode
from autograder.site.staff import staff_of_course
from autograder.site.tables import enrolment, person

__all__ = ["PEOPLE_ROUTES"]

TABLES = {"roster": "The roster", "accommodations": "The table of accommodations"}


async def people_page(request: Request) -> Response:
    """The people of the course, and the form of an import."""
    session = staff_of_course(request, instructor=True)
    return _page(request, session)


async def preview_import(request: Request) -> Response:
    """What the uploaded tables would change; nothing is stored yet."""
    site, session = site_of(request), staff_of_course(request, instructor=True)
    fields = _upload(request, session)
    texts = {name: fields.get(name, "") for name in TABLES}
    try:
        plan = await site.in_thread(_previewed, site, texts)
    except AutograderError as problem:
        return _page(request, session, problem=problem, status=409)
    return _page(request, session, plan=plan, texts=texts)


async def confirm_import(request: Request) -> Response:
    """Store the difference that was shown; raises Conflict if it is another one by now."""
    site, session, at = site_of(request), staff_of_course(request, instructor=True), request.state.at
    form = await form_of(request, session, LARGEST_PAGE)
    texts = {name: form.get(name, [""])[-1] for name in TABLES}
    digest, take_away = form.get("digest", [""])[-1], "take_away" in form

    def store(connection: Connection) -> list[tuple[str, str, str]]:
        if _plan(connection, site, tables, take_away=True).digest != digest:
            raise Conflict(
                "The people of the course were changed meanwhile; nothing was imported.",
                next_step="Upload the table again.",
            )
        plan = _plan(connection, site, tables, take_away=take_away)
        plan.apply(connection, at, session.person)
        names = names_in(connection, COURSE)
        return [
            (student, names[student], new_passcode(connection, student, site.signer))
            for student in plan.students
            if not has_passcode(connection, student)
        ]

    try:
        tables = _tables(texts)
        codes = await site.written(store)
    except Refused:
        raise
    except AutograderError as problem:
        return _page(request, session, problem=problem, status=409)
    return _page(request, session, codes=codes, done=True)


PEOPLE_ROUTES = (
    PageRoute("/people", people_page),
    PageRoute("/people/preview", preview_import, methods=["POST"]),
    PageRoute("/people/import", confirm_import, methods=["POST"]),
)


def _upload(request: Request, session: Session) -> dict[str, str]:
    """The fields of an uploaded form, files as text; raises Refused for what is not UTF-8."""
    kind = request.headers.get("content-type", "")
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body_of(request, LARGEST_PAGE))
    fields: dict[str, str] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        try:
            fields[str(name)] = (content if isinstance(content, bytes) else b"").decode()
        except UnicodeDecodeError:
            raise Refused("This file is not UTF-8 text.", next_step="Save it as CSV UTF-8.") from None
    check_form_token(request, session, fields.pop("token", ""))
    return fields


def _tables(texts: dict[str, str]) -> tuple[RosterTable | None, ...]:
    return tuple(
        read_people(parse_table(Path(TABLES[name]), text.encode())) if text.strip() else None
        for name, text in texts.items()
    )


def _plan(
    connection: Connection, site: AppContext, tables: tuple[RosterTable | None, ...], *, take_away: bool
) -> ImportPlan:
    roster, accommodations = tables
    known = find_roster(site.folder)
    return plan_import(connection, site.zone, roster, accommodations, known, take_away=take_away)


def _previewed(site: AppContext, texts: dict[str, str]) -> ImportPlan:
    tables = _tables(texts)
    with site.database.reading() as connection:
        return _plan(connection, site, tables, take_away=True)


def _page(
    request: Request,
    session: Session,
    *,
    status: int = 200,
    plan: ImportPlan | None = None,
    texts: dict[str, str] | None = None,
    codes: list[tuple[str, str, str]] | None = None,
    problem: AutograderError | None = None,
    done: bool = False,
) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        people = connection.execute(
            select(person.c.name, enrolment)
            .join_from(enrolment, person)
            .where(enrolment.c.course == site.course)
            .order_by(enrolment.c.person)
        ).all()
    page = site.page(
        "people.html",
        people=people,
        plan=plan,
        texts=texts or {},
        codes=codes or [],
        problem=problem,
        done=done,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status)
