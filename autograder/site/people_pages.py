"""The page of the people in the course, and of imports: the difference first, then what was confirmed.

An instructor uploads a roster, a table of accommodations, or both, reads what would change, and confirms it.
What the tables would take away is only taken away if that is ticked, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

from cachetools import TTLCache
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.course.csv_table import guard_formula, parse_table, table_text, write_table
from autograder.course.roster import RosterTable, find_roster, read_people
from autograder.errors import AutograderError, Conflict, Refused, UsageError
from autograder.site.app_context import AppContext
from autograder.site.audit import id_of_form
from autograder.site.enrolment.acts import drop_students, sections_in
from autograder.site.enrolment.look_pages import LOOK_ROUTES
from autograder.site.enrolment.person_pages import PERSON_ROUTES
from autograder.site.enrolment.token_pages import TOKEN_ROUTES
from autograder.site.people import COURSE, factor_text, names_in
from autograder.site.requests import (
    LARGEST_PAGE,
    PageRoute,
    body_of,
    check_form_token,
    field_of,
    form_of,
    reads_much,
    require_shown,
    site_of,
    whole_number,
)
from autograder.site.roles import Access, Permission, Role, access_of, may_see
from autograder.site.roster_import import ImportPlan, plan_import
from autograder.site.sessions import Session, add_passcodes
from autograder.site.staff import requires, staff_access, staff_of_course
from autograder.site.tables import enrolment, person, section_member

__all__ = ["PEOPLE_ROUTES"]

CHANGED = Conflict(
    "The people of the course were changed meanwhile; nothing was imported.",
    next_step="Upload the table again.",
)
ROWS = 200  # people on one page
SHOWS = {
    "": "everybody",
    "students": "students who take part",
    "staff": "staff",
    "time": "who has extra time",
    "dropped": "who has dropped the course",
    "test": "test students",
}
PART, MOST_KEPT, CODES_LAST = "new passcodes", 16, 300  # imports, and seconds for a form that is sent again
Codes: TypeAlias = list[tuple[str, str, str]]  # student ID, name, passcode
TABLES = {"roster": "The roster", "accommodations": "The table of accommodations"}


@reads_much
@requires(Permission.STUDENTS)
def people_page(request: Request) -> Response:
    """The people of the course; for instructors with the form of an import."""
    session, _ = staff_access(request)
    return _page(request, session)


@reads_much
@requires(Permission.MANAGE)
def preview_import(request: Request) -> Response:
    """What the uploaded tables would change; nothing is stored yet."""
    session = staff_of_course(request)
    fields = _upload(request, session)
    texts = {name: fields.get(name, "") for name in TABLES}
    try:
        plan = _plan(site_of(request), _tables(texts), take_away=True)
    except AutograderError as problem:
        return _page(request, session, problem=problem, status=409)
    return _page(request, session, plan=plan, texts=texts)


@requires(Permission.MANAGE)
async def confirm_import(request: Request) -> Response:
    """Store the difference that was shown; raises Conflict if it is another one by now.

    A form that is sent twice, as by a double click, imports once and is answered as the first time: whoever
    pressed the button sees the second answer, and the new passcodes are in no other.
    """
    site, at = site_of(request), request.state.at
    session = await site.in_reader(staff_of_course, request)
    form = await form_of(request, session, LARGEST_PAGE)
    texts = {name: form.get(name, [""])[-1] for name in TABLES}
    take_away, gone = "take_away" in form, form.get("drop", [])
    once = field_of(form, "page", 64) or None
    new_codes: TTLCache[str | None, Codes] = site.parts.setdefault(PART, TTLCache(MOST_KEPT, CODES_LAST))

    def confirmed() -> ImportPlan | None:
        with site.database.reading() as connection:
            if id_of_form(connection, once) is not None:
                return None
        tables = _tables(texts)
        plan = _plan(site, tables, take_away=True)
        require_shown(form, session, plan.digest, CHANGED)
        return plan if take_away or not plan.losses else _plan(site, tables, take_away=False)

    def store(connection: Connection) -> Codes:
        if plan is None or id_of_form(connection, once) is not None:
            return new_codes.get(once, [])
        if not plan.is_current(connection):
            raise CHANGED
        if not set(gone) <= set(plan.missing):
            raise CHANGED
        plan.apply(connection, at, session.person, once)
        drop_students(connection, COURSE, gone, at=at, who=session.person, reason="not in the roster")
        names, codes = names_in(connection, COURSE), add_passcodes(connection, plan.students, site.signer)
        shown = [(student, names[student], code) for student, code in codes.items()]
        if once is not None:
            new_codes[once] = shown
        return shown

    try:
        plan = await site.in_thread(confirmed)
        codes = await site.written(store)
    except Refused:
        raise
    except AutograderError as problem:
        failed = partial(_page, request, session, problem=problem, status=409)
        return await site.in_thread(failed)
    return await site.in_thread(partial(_page, request, session, codes=codes, done=True))


@reads_much
@requires(Permission.STUDENTS)
def export_people(request: Request) -> Response:
    """The people of the course as a table that the import reads again."""
    _, access = staff_access(request)
    site = site_of(request)
    with site.database.reading() as connection:
        people = _people(connection, site.course, access)
    heads = ("student_id", "name", "email", "section", "role", "label", "multiplier", "extra_minutes")
    rows = [
        [
            *map(guard_formula, (row.id, row.name, row.email or "", ", ".join(row.sections))),
            row.role,
            guard_formula(row.label),
            factor_text(Fraction(row.multiplier)),
            f"{row.extra / 60_000:.9g}",
        ]
        for row in people
    ]
    headers = {"Content-Disposition": "attachment; filename=people.csv"}
    return Response(write_table(heads, rows), media_type="text/csv; charset=utf-8", headers=headers)


PEOPLE_ROUTES = (
    PageRoute("/people", people_page),
    PageRoute("/people/preview", preview_import, methods=["POST"]),
    PageRoute("/people/import", confirm_import, methods=["POST"]),
    PageRoute("/people/export", export_people),
    *PERSON_ROUTES,
    *LOOK_ROUTES,
    *TOKEN_ROUTES,
)


def _upload(request: Request, session: Session) -> dict[str, str]:
    """The fields of an uploaded form, files as text; raises Refused for a file that is not a CSV table."""
    kind = request.headers.get("content-type", "")
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body_of(request, LARGEST_PAGE))
    fields: dict[str, str] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        try:
            text = table_text(
                Path(TABLES.get(str(name), "The form")), content if isinstance(content, bytes) else b""
            )
        except UsageError as problem:
            raise Refused(problem.message, next_step=problem.next_step) from problem
        fields[str(name)] = text
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
    codes: Codes | None = None,
    problem: AutograderError | None = None,
    done: bool = False,
) -> Response:
    site, wanted = site_of(request), request.query_params
    find, show, section = (wanted.get(name, "")[:100] for name in ("find", "show", "section"))
    with site.database.reading() as connection:
        access = access_of(connection, site.course, session.person)
        assert access is not None  # the route has asked for it
        people = _people(connection, site.course, access)
        sections = sections_in(connection, site.course)
    chosen = [
        row
        for row in people
        if find.casefold() in f"{row.id} {row.name} {row.email or ''} {row.label}".casefold()
        and row.is_shown(show)
        and (not section or section in row.sections)
    ]
    pages = max(1, -(-len(chosen) // ROWS))
    number = min(max(1, whole_number(wanted.get("page", "1"), 10**6) or 0), pages)
    kept: dict[str, object] = {"find": find, "show": show, "section": section, "page": number}
    page = site.page(
        "people.html",
        people=chosen[(number - 1) * ROWS : number * ROWS],
        many=len(chosen),
        all_people=len(people),
        students=sum(row.takes_part for row in people),
        extra_time=sum(row.has_extra_time for row in people),
        find=find,
        show=show,
        shows=SHOWS,
        section=section,
        sections=sections,
        number=number,
        pages=pages,
        link=lambda **changes: "?" + urlencode(kept | changes),
        access=access,
        plan=plan,
        texts=texts or {},
        codes=codes or [],
        problem=problem,
        done=done,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status)


@dataclass(frozen=True)
class PersonRow:
    """A person in the table of people."""

    id: str
    name: str
    email: str | None
    role: str
    label: str
    multiplier: str
    extra: int
    dropped_at: int | None
    is_test: bool
    sections: tuple[str, ...]

    @property
    def takes_part(self) -> bool:
        """Whether statistics count the person."""
        return self.role == Role.STUDENT and self.dropped_at is None and not self.is_test

    @property
    def has_extra_time(self) -> bool:
        """Whether the person has more time in quizzes than others."""
        return self.multiplier != "1" or self.extra > 0

    def is_shown(self, show: str) -> bool:
        """Whether the person is among those that a choice of SHOWS means."""
        return {
            "students": self.takes_part,
            "staff": self.role != Role.STUDENT,
            "time": self.has_extra_time,
            "dropped": self.dropped_at is not None,
            "test": self.is_test,
        }.get(show, True)


def _people(connection: Connection, course: str, access: Access) -> list[PersonRow]:
    """The people of the course whom a member of staff may see, in the order of their names."""
    sections: dict[str, list[str]] = {}
    named = select(section_member).where(section_member.c.course == course)
    for row in connection.execute(named.order_by(section_member.c.section)):
        sections.setdefault(row.person, []).append(row.section)
    rows = connection.execute(
        select(person.c.id, person.c.name, person.c.email, enrolment)
        .join_from(enrolment, person)
        .where(enrolment.c.course == course, may_see(person.c.id, course, access))
    )
    people = [
        PersonRow(
            row.id,
            row.name,
            row.email,
            row.role,
            row.label,
            row.multiplier,
            row.extra,
            row.dropped_at,
            row.is_test,
            tuple(sections.get(row.id, ())),
        )
        for row in rows
    ]
    return sorted(people, key=lambda row: (row.name.casefold(), row.id))
