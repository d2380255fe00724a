"""The page of one person: role, sections, time, sign-in, LTI state, work and history, each with its form.

Members of staff who may see a student see the page; an instructor's forms change it. Every form is answered
by the page, which confirms what was done, and shows a new passcode or link this once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.csv_table import parse_table, write_table
from autograder.course.roster import Person, read_people
from autograder.errors import AutograderError, Conflict, Forbidden
from autograder.site.audit import Act, acts_on, record_act
from autograder.site.enrolment.acts import (
    AccessForm,
    Member,
    add_test_student,
    drop_students,
    member_of,
    require_another,
    return_student,
    sections_in,
    set_access,
)
from autograder.site.extensions import extensions
from autograder.site.integrity.cases import CASE_ACTS
from autograder.site.people import names_in, names_of, people_named
from autograder.site.requests import (
    Form,
    PageRoute,
    field_of,
    form_of,
    reads_much,
    site_of,
    status_of,
)
from autograder.site.roles import Access, Permission, Role, require_visible
from autograder.site.roster_import import remove_people
from autograder.site.sessions import Session, end_sessions_of, new_link, new_passcode
from autograder.site.staff import requires, staff_access
from autograder.site.tables import credential, lti_member, lti_score, lti_user, session

__all__ = ["PERSON_ROUTES", "act_words"]

FORM = Path("The form")  # what messages call the table of one line that a form is
MOST_ACTS = 100  # of the newest, on the page
MOST_IDS = 200_000  # characters of a list of assigned students
WORDS = {
    "set access": "changed the access",
    "set time": "set label and extra time",
    "accommodate": "changed the accommodations",
    "drop student": "noted that the student dropped the course",
    "return student": "let the student take part again",
    "add test student": "added this test student",
    "new passcode": "gave a new passcode",
    "sign-in link": "made a sign-in link",
    "end sessions": "ended the sessions",
    "look as": "looked at the site as this student",
    "make submit token": "made a token for submitting",
    "revoke submit token": "revoked a token for submitting",
    "make staff token": "made a token for programs",
    "revoke staff token": "revoked a token for programs",
    "roster remove": "removed the person from the course",
    "give extension": "gave an extension",
    "give extra time": "gave extra time in quizzes",
    "move due date": "moved a due date",
    "end extension": "ended an extension",
    "ask for extension": "asked for an extension",
    "answer extension request": "answered a request for an extension",
    "spend late days": "spent late days",
    "form group": "formed a group",
    "join group": "joined a group",
    "leave group": "left a group",
    "open integrity case": "opened an integrity case",
    "hold score": "held a score",
    "let score go": "let a score go that was held",
    "close integrity case": "closed an integrity case",
    "export personal data": "downloaded the personal data",
}


@dataclass(frozen=True)
class SignIn:
    """How a person can sign in, and where they are signed in."""

    has_passcode: bool
    open_links: int
    sessions: list[Row[Any]]


@reads_much
@requires(Permission.STUDENTS)
def person_page(request: Request) -> Response:
    """One person of the course."""
    session, access = staff_access(request)
    return _page(request, session, access)


@requires(Permission.MANAGE)
async def change_access(request: Request) -> Response:
    """Set role, access, sections and assigned students."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        name, course = request.path_params["person"], site_of(request).course
        wanted = AccessForm(
            field_of(form, "role"),
            field_of(form, "content"),
            field_of(form, "students"),
            tuple(_listed(field_of(form, "sections", 10_000), ",;\n")),
            tuple(people_named(field_of(form, "assigned", MOST_IDS), names_in(connection, course))),
        )
        seen = field_of(form, "seen")
        changes = set_access(connection, course, name, wanted, seen=seen, at=at, who=who)
        return "; ".join(changes) or "Nothing was changed."

    return await _act(request, change)


@requires(Permission.MANAGE)
async def change_time(request: Request) -> Response:
    """Set label and extra time in quizzes; open attempts get their time at once."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        site, name = site_of(request), request.path_params["person"]
        require_another(who, name)
        before, reason = member_of(connection, site.course, name), _reason(form)
        cells = {
            "student_id": name,
            "label": field_of(form, "label", 80) or "-",
            "multiplier": field_of(form, "multiplier", 20).replace(",", ".") or "1",
            "extra_minutes": field_of(form, "extra_minutes", 20).replace(",", ".") or "0",
        }
        if seen := field_of(form, "seen"):
            _require_version(before, seen)
        table = read_people(parse_table(FORM, write_table([*cells], [[*cells.values()]]).encode()))

        def find(known: Person, location: str) -> str:
            return str(name)

        done: list[str] = []
        for extension in extensions():
            plan = extension.plan_accommodations(connection, table, find, site.zone, take_away=True)
            done += [item.sentence.partition(": ")[2] for item in plan.changes]
            plan.apply(connection, at, who)
        if done:
            record_act(connection, Act(at, who, "set time", name, {"changes": done, "reason": reason}))
        return "; ".join(done) or "Nothing was changed."

    return await _act(request, change)


@requires(Permission.MANAGE)
async def drop(request: Request) -> Response:
    """Note that a student takes part no more."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        name, course = request.path_params["person"], site_of(request).course
        drop_students(connection, course, [name], at=at, who=who, reason=field_of(form, "reason"))
        return "The student has dropped the course: the work stays, and nothing new is taken."

    return await _act(request, change)


@requires(Permission.MANAGE)
async def take_back(request: Request) -> Response:
    """Let a dropped student take part again."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        return_student(connection, site_of(request).course, request.path_params["person"], at=at, who=who)
        return "The student takes part again."

    return await _act(request, change)


@requires(Permission.MANAGE)
async def make_passcode(request: Request) -> Response:
    """Give a new passcode, which the page shows this once; the old one stops working."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        site, name = site_of(request), request.path_params["person"]
        member_of(connection, site.course, name)
        code = new_passcode(connection, name, site.signer)
        record_act(connection, Act(at, who, "new passcode", name, {}))
        return f"The new passcode, shown this once: {code}"

    return await _act(request, change)


@requires(Permission.MANAGE)
async def make_link(request: Request) -> Response:
    """Make a link that signs the person in once, within a week."""
    address = str(request.base_url).rstrip("/")

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        site, name = site_of(request), request.path_params["person"]
        member_of(connection, site.course, name)
        secret = new_link(connection, name, site.signer, at)
        record_act(connection, Act(at, who, "sign-in link", name, {}))
        return f"A link that signs in once within a week, shown this once: {address}/sign-in/{secret}"

    return await _act(request, change)


@requires(Permission.MANAGE)
async def end_sessions(request: Request) -> Response:
    """End all sessions and unused links of a person."""

    def change(connection: Connection, form: Form, who: str, at: int) -> str:
        name = request.path_params["person"]
        member_of(connection, site_of(request).course, name)
        ended = end_sessions_of(connection, name, at=at, who=who, reason=_reason(form))
        return f"Sessions ended: {ended}. The passcode still works."

    return await _act(request, change)


@requires(Permission.MANAGE)
async def remove(request: Request) -> Response:
    """Remove a person from the course; attempts and marks stay."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form, name = await form_of(request, session), request.path_params["person"]
    require_another(session.person, name)
    if field_of(form, "confirm") != name:
        raise Conflict(
            f"Write {name} into the field to confirm that the person is removed.",
            next_step="Go back; nothing was changed.",
        )

    def write(connection: Connection) -> None:
        member_of(connection, site.course, name)
        remove_people(connection, [name], at, session.person)

    await site.written(write)
    site.forget_person(name)
    return RedirectResponse("/people", 303)


@requires(Permission.MANAGE)
async def new_test_student(request: Request) -> Response:
    """Add a test student, and open the page of it."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    await form_of(request, session)
    name = await site.written(
        lambda connection: add_test_student(connection, site.course, at=at, who=session.person)
    )
    return RedirectResponse(f"/people/person/{name}", 303)


PERSON = "/people/person/{person:path}"  # an ID may have any sign
PERSON_ROUTES = (
    PageRoute("/people/test-student", new_test_student, methods=["POST"]),
    PageRoute(f"{PERSON}/access", change_access, methods=["POST"]),
    PageRoute(f"{PERSON}/time", change_time, methods=["POST"]),
    PageRoute(f"{PERSON}/drop", drop, methods=["POST"]),
    PageRoute(f"{PERSON}/return", take_back, methods=["POST"]),
    PageRoute(f"{PERSON}/passcode", make_passcode, methods=["POST"]),
    PageRoute(f"{PERSON}/link", make_link, methods=["POST"]),
    PageRoute(f"{PERSON}/end-sessions", end_sessions, methods=["POST"]),
    PageRoute(f"{PERSON}/remove", remove, methods=["POST"]),
    PageRoute(PERSON, person_page),
)
Change = Callable[[Connection, Form, str, int], str]


async def _act(request: Request, change: Change) -> Response:
    """Do what a form asks for and show the page again, with a sentence that confirms it or says why not."""
    site, at, name = site_of(request), request.state.at, request.path_params["person"]
    session, access = await site.in_reader(staff_access, request)
    form = await form_of(request, session, MOST_IDS + 64 * 1024)
    try:
        done = await site.written(lambda connection: change(connection, form, session.person, at))
    except Forbidden:
        raise
    except AutograderError as problem:
        shown = partial(_page, request, session, access, problem=problem)
        return await site.in_thread(shown)
    site.forget_person(name)
    return await site.in_thread(partial(_page, request, session, access, done=done))


def _page(
    request: Request,
    session: Session,
    access: Access,
    *,
    done: str = "",
    problem: AutograderError | None = None,
) -> Response:
    site, name, at = site_of(request), request.path_params["person"], request.state.at
    with site.database.reading() as connection:
        member = member_of(connection, site.course, name)
        if access.person != name:
            require_visible(connection, site.course, access, [name])
        hidden = () if access.manages else CASE_ACTS  # cases are instructors'
        acts = [act for act in acts_on(connection, name) if act.act not in hidden][-MOST_ACTS:]
        sections = sections_in(connection, site.course)
        details = [
            (extension.title, html)
            for extension in extensions()
            if (html := extension.person_section(request, connection, member.person))
        ]
        page = site.page(
            "person.html",
            member=member,
            access=access,
            sign_in=_sign_in(connection, name, at),
            platforms=_platforms(connection, name),
            sections=sections,
            roles=[role.value for role in Role],
            details=details,
            acts=_shown_acts(connection, acts),
            done=done,
            problem=problem,
            session=session,
            token=site.form_token(session),
        )
    return HTMLResponse(page, status_of(problem))


def _shown_acts(connection: Connection, acts: list[Act]) -> list[tuple[int, str]]:
    names = names_of(connection, {act.who for act in acts})
    return [(act.at, f"{names[act.who]} {act_words(act)}") for act in reversed(acts)]


def act_words(act: Act) -> str:
    """What was done to a person, after the name of who did it."""
    words, changes = WORDS.get(act.act, act.act), act.detail.get("changes")
    if isinstance(changes, list) and changes:
        words += f": {'; '.join(map(str, changes))}"
    reason = act.detail.get("reason")
    return f"{words} ({reason})" if reason else words


def _sign_in(connection: Connection, name: str, at: int) -> SignIn:
    def many(*conditions: Any) -> int:
        counted = select(func.count()).select_from(credential).where(credential.c.person == name, *conditions)
        return int(connection.execute(counted).scalar_one())

    unused = credential.c.used_at.is_(None), credential.c.ends_at > at
    sessions = (
        select(session.c.made_at, session.c.ends_at, session.c.client)
        .where(session.c.person == name, session.c.ends_at > at)
        .order_by(session.c.made_at.desc())
    )
    return SignIn(
        bool(many(credential.c.kind == "passcode")),
        many(credential.c.kind == "link", *unused),
        list(connection.execute(sessions)),
    )


def _platforms(connection: Connection, name: str) -> list[dict[str, Any]]:
    """What each learning platform knows of a person: the role there, and the scores that it has taken."""
    platforms = []
    for user in connection.execute(select(lti_user).where(lti_user.c.person == name)).all():
        member = select(lti_member).where(
            lti_member.c.issuer == user.issuer, lti_member.c.subject == user.subject
        )
        scores = select(lti_score).where(
            lti_score.c.person == name,
            lti_score.c.issuer == user.issuer,
            lti_score.c.subject == user.subject,
        )
        roles = {row.launched or row.listed for row in connection.execute(member)}
        rows = connection.execute(scores.order_by(lti_score.c.kind, lti_score.c.work)).all()
        platforms.append(
            {"issuer": user.issuer, "subject": user.subject, "roles": sorted(roles - {""}), "scores": rows}
        )
    return platforms


def _listed(text: str, separators: str) -> list[str]:
    """The names in a field, separated by any of some characters."""
    for separator in separators:
        text = text.replace(separator, "\0")
    return list(dict.fromkeys(filter(None, (part.strip() for part in text.split("\0")))))


def _reason(form: Form) -> str:
    reason = field_of(form, "reason")
    if not reason:
        raise Conflict("The reason is missing; it is recorded.", next_step="Give a reason of a few words.")
    return reason


def _require_version(member: Member, seen: str) -> None:
    if seen != member.version:
        raise Conflict(
            f"Somebody else has changed {member.name} meanwhile; the page shows what is stored now.",
            next_step="Decide what stands, and send the form again.",
        )
