"""The pages of groups: import and sign-up for staff, forming, joining and leaving for students."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.csv_table import Table, parse_table, table_text
from autograder.course.local_time import instant_of
from autograder.errors import AutograderError, Conflict, Refused
from autograder.site.audit import id_of_form
from autograder.site.homework.assignments import homework_in, published
from autograder.site.homework.context import homework_of, require_taking_part
from autograder.site.homework.partners import partners_in
from autograder.site.homework.site_groups import (
    GroupPlan,
    found_group,
    has_submitted,
    join_group,
    leave_group,
    plan_groups,
    set_sign_up,
    sign_up_for,
    sign_ups_in,
    site_groups,
)
from autograder.site.people import names_in
from autograder.site.requests import (
    LARGEST_PAGE,
    Form,
    PageRoute,
    field_of,
    form_of,
    reads,
    reads_much,
    require_shown,
    session_for,
    session_of,
    site_of,
    status_of,
    uploaded_form,
    whole_number,
)
from autograder.site.roles import Permission, visible_among
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access

__all__ = ["GROUP_ROUTES"]

TABLE = Path("The table of groups")
CHANGED = Conflict(
    "The groups were changed meanwhile; nothing was stored.", next_step="Upload the table again."
)
NO_TABLE = Conflict("No table was chosen, or it is empty.", next_step="Choose a CSV file: group,student_id")


@reads_much
@requires(Permission.STUDENTS)
def groups_page(request: Request) -> Response:
    """The groups of the course, the import, and where students form groups.

    Whoever sees only some students' work has the groups in which these are.
    """
    session, _ = staff_access(request)
    return _page(request, session)


@requires(Permission.MANAGE)
async def preview_groups(request: Request) -> Response:
    """What an uploaded table would change; nothing is stored yet."""
    site = site_of(request)
    session, _ = await site.in_reader(staff_access, request)
    upload = await uploaded_form(request, session, "groups", "groups.csv")

    def shown() -> Response:
        try:
            text = table_text(TABLE, upload.content)
            with site.database.reading() as connection:
                plan = _plan(connection, request, text)
        except AutograderError as problem:
            return _page(request, session, problem=problem)
        return _page(request, session, plan=plan, text=text)

    return await site.in_thread(shown)


@requires(Permission.MANAGE)
async def import_groups(request: Request) -> Response:
    """Store the groups that were shown; the same form again changes nothing."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session, LARGEST_PAGE)
    text, once = form.get("groups", [""])[-1], field_of(form, "page", 64) or None

    def planned() -> GroupPlan | None:
        with site.database.reading() as connection:
            if id_of_form(connection, once) is not None:
                return None
            plan = _plan(connection, request, text)
        require_shown(form, session, plan.digest, CHANGED)
        return plan

    def write(connection: Connection) -> None:
        if plan is None or id_of_form(connection, once) is not None:
            return
        if not plan.is_current(connection, site.course):
            raise CHANGED
        plan.apply(connection, site.course, at, session.person, once)

    try:
        plan = await site.in_thread(planned)
        await site.written(write)
    except AutograderError as problem:
        return await site.in_thread(partial(_page, request, session, problem=problem))
    return RedirectResponse("/groups", 303)


@requires(Permission.MANAGE)
async def change_sign_up(request: Request) -> Response:
    """Say where students form groups."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session)
    try:
        largest, until = _number(form, "largest"), field_of(form, "until", 60)
        ends_at = instant_of(until, site.zone) if until else None

        def write(connection: Connection) -> None:
            assignment = field_of(form, "assignment")
            if assignment:
                published(connection, site.course, assignment)
            who = session.person
            set_sign_up(connection, site.course, assignment, largest, ends_at, at=at, who=who)

        await site.written(write)
    except AutograderError as problem:
        return await site.in_thread(partial(_page, request, session, problem=problem))
    return RedirectResponse("/groups#sign-up", 303)


@reads
def student_page(request: Request) -> Response:
    """A student's group for an assignment, and the others that can be joined."""
    return _student_page(request, session_of(request))


async def change_group(request: Request) -> Response:
    """Form a group, join one, or leave it."""
    site, at, session = site_of(request), request.state.at, await session_for(request)
    form, assignment = await form_of(request, session), request.path_params["assignment"]

    def write(connection: Connection) -> None:
        require_taking_part(connection, site.course, session.person)
        published(connection, site.course, assignment)
        if "leave" in form:
            leave_group(connection, site.course, assignment, session.person, at=at)
        elif "join" in form:
            number = _number(form, "join")
            join_group(connection, site.course, assignment, session.person, number, at=at)
        else:
            name = field_of(form, "name", 200)
            found_group(connection, site.course, assignment, session.person, name, at=at)

    try:
        await site.written(write)
    except Conflict as problem:
        return await site.in_reader(partial(_student_page, request, session, problem))
    return RedirectResponse(f"/homework/{assignment}/group", 303)


GROUP_ROUTES = (
    PageRoute("/groups", groups_page),
    PageRoute("/groups/preview", preview_groups, methods=["POST"]),
    PageRoute("/groups/import", import_groups, methods=["POST"]),
    PageRoute("/groups/sign-up", change_sign_up, methods=["POST"]),
    PageRoute("/homework/{assignment}/group", student_page),
    PageRoute("/homework/{assignment}/group", change_group, methods=["POST"]),
)


def _plan(connection: Connection, request: Request, text: str) -> GroupPlan:
    if not text.strip():
        raise NO_TABLE
    table: Table = parse_table(TABLE, text.encode())
    assignments = [row.id for row in homework_in(connection, site_of(request).course)]
    return plan_groups(connection, site_of(request).course, table, assignments)


def _number(form: Form, name: str) -> int:
    number = whole_number(field_of(form, name, 20) or "0", 10**9)
    if number is None:
        raise Conflict(f"{name}: that is not a whole number.", next_step="Correct the number.")
    return number


def _page(
    request: Request,
    session: Session,
    *,
    plan: GroupPlan | None = None,
    text: str = "",
    problem: AutograderError | None = None,
) -> Response:
    site, context = site_of(request), homework_of(request)
    _, access = staff_access(request)
    with site.database.reading() as connection:
        works = homework_in(connection, site.course)
        groups, sign_ups = site_groups(connection, site.course), sign_ups_in(connection, site.course)
        members = {member for group in groups for member in group.members}
        visible = visible_among(connection, site.course, access, members)
        sees_all = access.may(Permission.ALL_STUDENTS)
        groups = [group for group in groups if sees_all or not visible.isdisjoint(group.members)]
        course = context.course(connection)
        problems = [
            text
            for row in (works[:1] if sees_all else ())  # they name anybody
            for text in partners_in(connection, course, site.course, row.id).problems
        ]
        names = names_in(connection, site.course)
    page = site.page(
        "groups.html",
        zone=site.zone.key,
        works=works,
        titles={row.id: row.facts.title for row in works},
        groups=groups,
        sign_ups=sign_ups,
        names=names,
        problems=problems,
        access=access,
        plan=plan,
        text=text,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status_of(problem))


def _student_page(request: Request, session: Session, problem: Refused | None = None) -> Response:
    site, context = site_of(request), homework_of(request)
    with site.database.reading() as connection:
        require_taking_part(connection, site.course, session.person)
        row = published(connection, site.course, request.path_params["assignment"])
        sign_up = sign_up_for(connection, site.course, row.id)
        course = context.course(connection)
        members = partners_in(connection, course, site.course, row.id).owners(session.person)
        groups = [
            group
            for group in site_groups(connection, site.course)
            if sign_up is not None and group.assignment == sign_up.assignment
        ]
        submitted = len(members) > 1 and has_submitted(connection, site.course, row.id, members)
        names = names_in(connection, site.course)
    joined = next((group for group in groups if session.person in group.members), None)
    page = site.page(
        "homework_group.html",
        homework=row,
        members=[names.get(member, member) for member in members],
        joined=joined,
        groups=groups,
        sign_up=sign_up,
        is_open=sign_up is not None and (sign_up.until is None or request.state.at <= sign_up.until),
        submitted=submitted,
        names=names,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)
