"""The page of the people in the course, and of imports: the difference first, then what was confirmed.

An instructor uploads a roster, a table of accommodations, or both, reads what would change, and confirms it.
What the tables would take away is only taken away if that is ticked, too.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
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
    reads_much,
    site_of,
)
from autograder.site.roster_import import ImportPlan, plan_import
from autograder.site.sessions import Session, add_passcodes
from autograder.site.staff import staff_of_course
from autograder.site.tables import enrolment, person

__all__ = ["PEOPLE_ROUTES"]

CHANGED = Conflict(
    "The people of the course were changed meanwhile; nothing was imported.",
    next_step="Upload the table again.",
)
TABLES = {"roster": "The roster", "accommodations": "The table of accommodations"}


@reads_much
def people_page(request: Request) -> Response:
    """The people of the course, and the form of an import."""
    session = staff_of_course(request, instructor=True)
    return _page(request, session)


@reads_much
def preview_import(request: Request) -> Response:
    """What the uploaded tables would change; nothing is stored yet."""
    session = staff_of_course(request, instructor=True)
    fields = _upload(request, session)
    texts = {name: fields.get(name, "") for name in TABLES}
    try:
        plan = _plan(site_of(request), _tables(texts), take_away=True)
    except AutograderError as problem:
        return _page(request, session, problem=problem, status=409)
    return _page(request, session, plan=plan, texts=texts)


async def confirm_import(request: Request) -> Response:
    """Store the difference that was shown; raises Conflict if it is another one by now."""
    site, at = site_of(request), request.state.at
    session = await site.in_reader(staff_of_course, request, True)
    form = await form_of(request, session, LARGEST_PAGE)
    texts = {name: form.get(name, [""])[-1] for name in TABLES}
    digest, take_away = form.get("digest", [""])[-1], "take_away" in form

    def confirmed() -> ImportPlan:
        tables = _tables(texts)
        plan = _plan(site, tables, take_away=True)
        if plan.digest != digest:
            raise CHANGED
        return plan if take_away or not plan.losses else _plan(site, tables, take_away=False)

    def store(connection: Connection) -> list[tuple[str, str, str]]:
        if not plan.is_current(connection):
            raise CHANGED
        plan.apply(connection, at, session.person)
        names, codes = names_in(connection, COURSE), add_passcodes(connection, plan.students, site.signer)
        return [(student, names[student], code) for student, code in codes.items()]

    try:
        plan = await site.in_thread(confirmed)
        codes = await site.written(store)
    except Refused:
        raise
    except AutograderError as problem:
        failed = partial(_page, request, session, problem=problem, status=409)
        return await site.in_thread(failed)
    return await site.in_thread(partial(_page, request, session, codes=codes, done=True))


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


def _plan(site: AppContext, tables: tuple[RosterTable | None, ...], *, take_away: bool) -> ImportPlan:
    roster, accommodations = tables
    known = find_roster(site.folder)
    with site.database.reading() as connection:
        return plan_import(connection, site.zone, roster, accommodations, known, take_away=take_away)


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
