"""The pages by which instructors upload a class's download: choose it, see the difference, store it."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import Homework, published
from autograder.site.homework.class_upload import (
    LOOKED_AT,
    UPLOADED,
    ClassDownload,
    FoundSubmission,
    new_in,
    read_download,
    received_at,
    students_of,
)
from autograder.site.homework.context import homework_of
from autograder.site.homework.partners import partners_in
from autograder.site.homework.submissions import FROM_STAFF, store_submission
from autograder.site.requests import PageRoute, form_of, reads, site_of, uploaded_file
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course

__all__ = ["CLASS_UPLOAD_ROUTES"]

LONGEST_NAME = 200


@reads
@requires(Permission.MANAGE)
def choose(request: Request) -> Response:
    """The form for an archive."""
    session = staff_of_course(request)
    return _page(request, session, _assignment(request))


def _assignment(request: Request) -> Homework:
    with site_of(request).database.reading() as connection:
        return published(connection, site_of(request).course, request.path_params["assignment"])


@requires(Permission.MANAGE)
async def show_difference(request: Request) -> Response:
    """What an uploaded archive would add; nothing but the archive is stored."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    row = await site.in_reader(_assignment, request)
    try:
        async with uploaded_file(request, session, "notebook", "class.zip") as sent:
            if sent.file is None or not sent.file.size:
                raise Conflict("No file was chosen, or it is empty.", next_step="Choose an archive.")
            name, files = sent.name, homework_of(request).files
            digest = await site.in_thread(files.put_file, sent.file.file)
        # Work of the whole class is in the file store from here on: erasing somebody finds it by this act.
        act = Act(request.state.at, session.person, LOOKED_AT, row.id, {"archive": digest, "name": name})
        await site.written(lambda connection: record_act(connection, act))
        row, download, new = await site.in_thread(partial(_read, request, digest, name, keep=False))
    except Conflict as problem:  # another archive can be chosen at once
        return _page(request, session, row, problem=problem)
    return _page(request, session, row, download, new, digest=digest, name=name)


@requires(Permission.MANAGE)
async def confirm(request: Request) -> Response:
    """Store and queue what is new in an archive that was shown."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at, context = await form_of(request, session), request.state.at, homework_of(request)
    await site.in_reader(_assignment, request)
    digest, name = (form.get(field, [""])[-1][:LONGEST_NAME] for field in ("digest", "name"))
    try:
        row, _, new = await site.in_thread(partial(_read, request, digest, name, keep=True))
    except NotFound as problem:
        raise Conflict("This archive is not here any more.", next_step="Upload it again.") from problem

    def store(item: FoundSubmission, connection: Connection) -> bool:
        course = context.course(connection)
        if not new_in(connection, site.course, row, [item]):
            return False  # somebody confirmed it at the same time, or it is the group's
        received = received_at(course, row, item, at)
        store_submission(
            connection,
            row,
            owners=partners_in(connection, course, site.course, row.id).owners(item.student),
            course=site.course,
            person=item.student,
            digest=item.digest,
            size=item.size,
            file=item.file,
            began_at=received,
            received_at=received,
            signer=site.signer,
            source=FROM_STAFF,
            by_whom=session.person,
            origin=f"{name}: {item.origin or item.file}"[:LONGEST_NAME],
            queued_at=at,  # behind what students have just submitted
        )
        return True

    many = 0
    for item in new:  # one transaction each: nobody's upload waits for a class
        many += await site.written(partial(store, item))
        homework_of(request).announce_submission()
    detail: dict[str, object] = {"archive": digest, "name": name, "submissions": many}
    act = Act(at, session.person, UPLOADED, row.id, detail)
    await site.written(lambda connection: record_act(connection, act))
    return RedirectResponse(f"/staff/homework/{row.id}", 303)


CLASS_UPLOAD_ROUTES = (
    PageRoute("/staff/homework/{assignment}/upload", choose),
    PageRoute("/staff/homework/{assignment}/upload", show_difference, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/upload/confirm", confirm, methods=["POST"]),
)


Difference: TypeAlias = tuple[Homework, ClassDownload, list[FoundSubmission]]


def _read(request: Request, digest: str, name: str, *, keep: bool) -> Difference:
    """The assignment, what is in an archive, and what of it is new."""
    site, context = site_of(request), homework_of(request)
    with site.database.reading() as connection:
        row = published(connection, site.course, request.path_params["assignment"])
        students = students_of(connection, site.course)
    download = read_download(context.files, context.course(), row, students, digest, name, keep=keep)
    with site.database.reading() as connection:
        return row, download, new_in(connection, site.course, row, download.found)


def _page(
    request: Request,
    session: Session,
    row: Homework,
    download: ClassDownload | None = None,
    new: list[FoundSubmission] | None = None,
    *,
    digest: str = "",
    name: str = "",
    problem: Conflict | None = None,
) -> Response:
    site = site_of(request)
    page = site.page(
        "class_upload.html",
        homework=row,
        download=download,
        new=new or [],
        known=len(download.found) - len(new or []) if download else 0,
        at=request.state.at,
        digest=digest,
        name=name,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, 409 if problem else 200)
