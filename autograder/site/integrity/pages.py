"""The pages of integrity cases, for instructors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from autograder.errors import AutograderError, Conflict, NotFound
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.extensions import extensions
from autograder.site.homework.assignments import homework_in
from autograder.site.homework.context import context_of
from autograder.site.homework.notices import tell_results
from autograder.site.integrity.bundle import case_bundle
from autograder.site.integrity.cases import (
    Case,
    add_evidence,
    add_note,
    case_of,
    cases_in,
    cases_of_person,
    close_case,
    names_in_cases,
    open_case,
    set_hold,
)
from autograder.site.integrity.comparison import PAGE as SIMILARITY_PAGE
from autograder.site.integrity.comparison import compare_class
from autograder.site.people import names_in, people_named
from autograder.site.requests import (
    Form,
    PageRoute,
    field_of,
    form_of,
    reads_much,
    site_of,
    status_of,
    uploaded_form,
)
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access

__all__ = ["INTEGRITY_ROUTES"]

CHUNK = 256 * 1024
# Evidence comes from outside: it runs nothing, loads nothing, and is of an origin of its own.
EVIDENCE_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)


@reads_much
@requires(Permission.MANAGE)
def cases_page(request: Request) -> Response:
    """The cases of the course, and the form of a new one."""
    session, _ = staff_access(request)
    return _list(request, session)


@requires(Permission.MANAGE)
async def new_case(request: Request) -> Response:
    """Open a case."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)

    def write(connection: Connection) -> int:
        work = field_of(form, "work")
        if work not in dict(_works(connection, site.course)):
            raise Conflict("There is no such work.", next_step="Choose an assignment or a quiz of the list.")
        people = people_named(field_of(form, "people", 10_000), names_in(connection, site.course))
        title, held = field_of(form, "title"), "held" in form
        return open_case(connection, site.course, work, people, title, held=held, at=at, who=session.person)

    try:
        number = await site.written(write)
    except Conflict as problem:
        return await site.in_thread(partial(_list, request, session, form=form, problem=problem))
    return RedirectResponse(f"/integrity/{number}", 303)


@reads_much
@requires(Permission.MANAGE)
def case_page(request: Request) -> Response:
    """One case."""
    session, _ = staff_access(request)
    return _page(request, session)


@requires(Permission.MANAGE)
async def write_note(request: Request) -> Response:
    """Add a note."""

    def change(connection: Connection, form: Form, who: str, at: int) -> None:
        site, number = site_of(request), request.path_params["number"]
        add_note(connection, site.course, number, field_of(form, "text", 5000), at=at, who=who)

    return await _act(request, change)


@requires(Permission.MANAGE)
async def change_hold(request: Request) -> Response:
    """Hold the scores, or let them go."""

    def change(connection: Connection, form: Form, who: str, at: int) -> None:
        site, number = site_of(request), request.path_params["number"]
        case = case_of(connection, site.course, number)
        set_hold(connection, site.course, number, "hold" in form, at=at, who=who)
        _tell_of_results(site, connection, case, at)

    return await _act(request, change)


@requires(Permission.MANAGE)
async def close(request: Request) -> Response:
    """Close the case with its outcome."""

    def change(connection: Connection, form: Form, who: str, at: int) -> None:
        site, number = site_of(request), request.path_params["number"]
        case = case_of(connection, site.course, number)
        close_case(connection, site.course, number, field_of(form, "outcome", 5000), at=at, who=who)
        _tell_of_results(site, connection, case, at)

    return await _act(request, change)


@requires(Permission.MANAGE)
async def upload_evidence(request: Request) -> Response:
    """Add a file as evidence."""
    site = site_of(request)
    session, _ = await site.in_reader(staff_access, request)
    upload = await uploaded_form(request, session, "evidence", "evidence")
    if not upload.content:
        problem = Conflict("No file was chosen, or it is empty.", next_step="Choose a file and try again.")
        return await site.in_thread(partial(_page, request, session, problem))
    return await _keep(request, session, upload.name, upload.content)


@requires(Permission.MANAGE)
async def compare(request: Request) -> Response:
    """Compare the submissions of the class, and keep the page as evidence."""
    site = site_of(request)
    session, _ = await site.in_reader(staff_access, request)
    await form_of(request, session)

    def compared() -> bytes:
        with site.database.reading() as connection:
            case = case_of(connection, site.course, request.path_params["number"])
            if case.work not in [row.id for row in homework_in(connection, site.course)]:
                raise Conflict("Only homework is compared.", next_step="Add other evidence as a file.")
        return compare_class(site, case.work)

    try:
        content = await site.in_thread(compared)
    except Conflict as problem:
        return await site.in_thread(partial(_page, request, session, problem))
    return await _keep(request, session, SIMILARITY_PAGE, content)


@reads_much
@requires(Permission.MANAGE)
def evidence(request: Request) -> Response:
    """A file of a case: an HTML page sandboxed, anything else as a download."""
    site, _ = site_of(request), staff_access(request)
    with site.database.reading() as connection:
        case = case_of(connection, site.course, request.path_params["number"])
    item = next((item for item in case.evidence if item.id == request.path_params["item"]), None)
    if item is None:
        raise NotFound("There is no such file.", next_step="Go back to the case.")
    content = context_of(site).files.get(item.digest)
    if item.file.endswith(".html"):
        request.state.policy = EVIDENCE_POLICY
        return HTMLResponse(content)
    headers = {"Content-Disposition": "attachment; filename=evidence"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@requires(Permission.MANAGE)
async def bundle(request: Request) -> Response:
    """Everything of a case as one ZIP; it is recorded."""
    site, at, number = site_of(request), request.state.at, request.path_params["number"]
    session, _ = await site.in_reader(staff_access, request)
    await form_of(request, session)

    def made() -> IO[bytes]:
        with site.database.reading() as connection:
            return case_bundle(site, connection, case_of(connection, site.course, number))

    file = await site.in_thread(made)
    act = Act(at, session.person, "download integrity bundle", f"case {number}", {})
    await site.written(lambda connection: record_act(connection, act))

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    headers = {"Content-Disposition": f"attachment; filename=case-{number}.zip"}
    return StreamingResponse(chunks(), media_type="application/zip", headers=headers)


CASE = "/integrity/{number:whole}"
INTEGRITY_ROUTES = (
    PageRoute("/integrity", cases_page),
    PageRoute("/integrity", new_case, methods=["POST"]),
    PageRoute(CASE, case_page),
    PageRoute(f"{CASE}/notes", write_note, methods=["POST"]),
    PageRoute(f"{CASE}/hold", change_hold, methods=["POST"]),
    PageRoute(f"{CASE}/close", close, methods=["POST"]),
    PageRoute(f"{CASE}/evidence", upload_evidence, methods=["POST"]),
    PageRoute(f"{CASE}/compare", compare, methods=["POST"]),
    PageRoute(f"{CASE}/evidence/{{item:whole}}", evidence),
    PageRoute(f"{CASE}/bundle", bundle, methods=["POST"]),
)


async def _act(request: Request, change: Callable[[Connection, Form, str, int], None]) -> Response:
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    try:
        await site.written(lambda connection: change(connection, form, session.person, at))
    except Conflict as problem:
        return await site.in_thread(partial(_page, request, session, problem))
    return RedirectResponse(f"/integrity/{request.path_params['number']}", 303)


async def _keep(request: Request, session: Session, name: str, content: bytes) -> Response:
    site, at, number = site_of(request), request.state.at, request.path_params["number"]
    digest = await site.in_thread(context_of(site).files.put, content)

    def write(connection: Connection) -> None:
        who, size = session.person, len(content)
        add_evidence(connection, site.course, number, name, digest, size, at=at, who=who)

    await site.written(write)
    return RedirectResponse(f"/integrity/{number}", 303)


def _tell_of_results(site: AppContext, connection: Connection, case: Case, at: int) -> None:
    """Tell the people of a case that held their scores: everybody else was told when results were shown.

    `case` is as it was before; while any case still holds somebody's score, they are told nothing.
    """
    row = next((row for row in homework_in(connection, site.course) if row.id == case.work), None)
    if row is not None and case.held:
        course, once = context_of(site).course(connection), f"results:{row.id}:case {case.id}:{at}"
        tell_results(connection, course, site.course, row, case.people, once=once, at=at)


def _works(connection: Connection, course: str) -> list[tuple[str, str]]:
    return [work for extension in extensions() for work in extension.works(connection, course)]


def _list(
    request: Request,
    session: Session,
    *,
    form: Form | None = None,
    problem: AutograderError | None = None,
) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        cases, works = cases_in(connection, site.course), _works(connection, site.course)
        names = names_in_cases(connection, cases)
    sent = {name: field_of(form, name, 10_000) if form else "" for name in ("title", "work", "people")}
    page = site.page(
        "integrity.html",
        cases=cases,
        works=works,
        titles=dict(works),
        names=names,
        sent=sent,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status_of(problem))


def _page(request: Request, session: Session, problem: AutograderError | None = None) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        case = case_of(connection, site.course, request.path_params["number"])
        earlier = {
            person: [item for item in cases_of_person(connection, site.course, person) if item.id != case.id]
            for person in case.people
        }
        names = names_in_cases(connection, [case])
        homework = {row.id for row in homework_in(connection, site.course)}
        works = dict(_works(connection, site.course))
    page = site.page(
        "integrity_case.html",
        case=case,
        earlier={person: items for person, items in earlier.items() if items},
        names=names,
        title=works.get(case.work, case.work),
        is_homework=case.work in homework,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status_of(problem))
