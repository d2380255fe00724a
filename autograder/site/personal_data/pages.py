"""The pages of personal data: the ZIP of a person's data, erasure with its counts first, retention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import IO
from urllib.parse import quote

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from autograder.course.course import find_course
from autograder.course.local_time import counted
from autograder.errors import AutograderError, Conflict, Refused
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.gradebook.exports import forget_exports
from autograder.site.homework.context import context_of
from autograder.site.people import not_erased, students_in
from autograder.site.personal_data.erasure import (
    counts_of,
    delete_erased_files,
    erase_person,
    files_that_name,
)
from autograder.site.personal_data.export import person_zip
from autograder.site.requests import PageRoute, field_of, form_of, reads_much, session_of, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access
from autograder.site.tables import enrolment, person

__all__ = ["PERSONAL_DATA_ROUTES", "retention_warning"]

WARN_BEFORE = timedelta(days=30)
AT_ONCE = 100  # people who are erased by one request
CHUNK = 256 * 1024


@reads_much
def own_zip(request: Request) -> Response:
    """Everything that the site stores about the person who asks, as far as they may see it now."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        file = person_zip(site, connection, session.person, full=False, at=request.state.at)
    return _download(file, "my-data.zip")


@reads_much
@requires(Permission.MANAGE)
def personal_data_page(request: Request) -> Response:
    """Until when personal data is kept, and erasing all students."""
    session, _ = staff_access(request)
    return _overview(request, session)


@reads_much
@requires(Permission.MANAGE)
def person_data_page(request: Request) -> Response:
    """What erasing a person would delete, and what would stay."""
    session, _ = staff_access(request)
    return _person_page(request, session)


@requires(Permission.MANAGE)
async def person_data_zip(request: Request) -> Response:
    """Everything about a person, for an instructor who was asked for it; it is recorded."""
    site, at, name = site_of(request), request.state.at, request.path_params["person"]
    session, _ = await site.in_reader(staff_access, request)
    await form_of(request, session)

    def made() -> IO[bytes]:
        with site.database.reading() as connection:
            counts_of(connection, site.course, name)  # raises NotFound
            return person_zip(site, connection, name, full=True, at=at)

    file = await site.in_thread(made)
    act = Act(at, session.person, "export personal data", name, {})
    await site.written(lambda connection: record_act(connection, act))
    return _download(file, "personal-data.zip")


@requires(Permission.MANAGE)
async def erase(request: Request) -> Response:
    """Erase a person whose ID was written into the form."""
    site, at, name = site_of(request), request.state.at, request.path_params["person"]
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    try:
        if field_of(form, "confirm") != name:
            raise Conflict(
                f"Write {name} into the field to confirm that the person is erased.",
                next_step="Nothing was changed.",
            )
        who = session.person
        await site.written(lambda connection: erase_person(connection, site.course, name, at=at, who=who))
        await _delete_files(site, at)
    except Conflict as problem:
        return await site.in_thread(partial(_person_page, request, session, problem=problem))
    site.forget_person(name)
    return RedirectResponse("/personal-data", 303)


@requires(Permission.MANAGE)
async def erase_all(request: Request) -> Response:
    """Erase students at the end of the retention time, one transaction each, a hundred a request."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    try:
        if field_of(form, "confirm") != site.title:
            raise Conflict(
                f"Write {site.title} into the field to confirm that all students are erased.",
                next_step="Nothing was changed.",
            )
        who = session.person
        for name in (await site.in_reader(_students, site))[:AT_ONCE]:
            await site.written(partial(erase_person, course=site.course, name=name, at=at, who=who))
            site.forget_person(name)
        await _delete_files(site, at)
    except Conflict as problem:
        return await site.in_thread(partial(_overview, request, session, problem=problem))
    return RedirectResponse("/personal-data", 303)


PERSON = "/personal-data/person/{person:path}"
PERSONAL_DATA_ROUTES = (
    PageRoute("/my-data.zip", own_zip),
    PageRoute("/personal-data", personal_data_page),
    PageRoute("/personal-data/erase-all", erase_all, methods=["POST"]),
    PageRoute(f"{PERSON}/zip", person_data_zip, methods=["POST"]),
    PageRoute(f"{PERSON}/erase", erase, methods=["POST"]),
    PageRoute(PERSON, person_data_page),
)


def retention_warning(site: AppContext) -> str:
    """A sentence from a month before the date until which personal data is kept; empty before."""
    try:
        until = find_course(site.folder).retention
    except AutograderError:
        return ""
    if until is None:
        return ""
    today = datetime.fromtimestamp(site.now() / 1000, site.zone).date()
    if today < until - WARN_BEFORE or not _students(site):
        return ""
    if today <= until:
        return f"Personal data of this course is kept until {until}: export what you need, then erase it."
    return f"Personal data of this course was to be erased by {until}: erase it on the page Personal data."


def _students(site: AppContext) -> list[str]:
    """Everybody who is or was a student: those on the roster, and former ones whose work is here."""
    with site.database.reading() as connection:
        staff = select(enrolment.c.person).where(
            enrolment.c.course == site.course, enrolment.c.role != "student"
        )
        rows = connection.execute(
            select(person.c.id)
            .where(person.c.id.not_in(staff), not_erased(person.c.id))
            .order_by(person.c.id)
        )
        return list(rows.scalars())


async def _delete_files(site: AppContext, at: int) -> None:
    files = context_of(site).files
    await site.written(lambda connection: delete_erased_files(connection, files, at))
    await site.in_thread(forget_exports, site.folder)


def _overview(request: Request, session: Session, problem: Refused | None = None) -> Response:
    site = site_of(request)
    everybody = _students(site)
    with site.database.reading() as connection:
        enrolled = len(students_in(connection, site.course))
    try:
        until = find_course(site.folder).retention
    except AutograderError:
        until = None
    page = site.page(
        "personal_data.html",
        until=until,
        everybody=counted(len(everybody), "student"),
        enrolled=enrolled,
        at_once=AT_ONCE,
        warning=retention_warning(site),
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)


def _person_page(request: Request, session: Session, problem: Refused | None = None) -> Response:
    site, name = site_of(request), request.path_params["person"]
    with site.database.reading() as connection:
        counts = counts_of(connection, site.course, name)
        row = connection.execute(select(person).where(person.c.id == name)).one()
    page = site.page(
        "person_data.html",
        person=row,
        counts=counts,
        naming=files_that_name(site.folder, row.id, row.name, row.email),
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)


def _download(file: IO[bytes], name: str) -> Response:
    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    headers = {"Content-Disposition": f"attachment; filename={quote(name)}"}
    return StreamingResponse(chunks(), media_type="application/zip", headers=headers)
