"""The pages of due dates: extensions with their difference first, students' requests and late days.

An instructor chooses one student, some, a label, a section or everybody, reads whose dates change, and
confirms. Quizzes take part through the site's extension interface.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.course import Course
from autograder.course.csv_table import parse_table, write_table
from autograder.course.due_rules import Scope
from autograder.course.local_time import instant_of
from autograder.course.roster import Person, read_people
from autograder.errors import AutograderError, Conflict, Forbidden, NotFound, Refused
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, id_of_form, record_act, record_acts
from autograder.site.enrolment.acts import sections_in
from autograder.site.extensions import AccommodationPlan, LinkTarget, extensions
from autograder.site.homework.assignments import due_for_student, homework_in, published
from autograder.site.homework.context import homework_of, require_taking_part
from autograder.site.homework.due_dates import (
    DateChange,
    DuePlan,
    RuleForm,
    changes_without,
    end_rule,
    plan_rules,
    rules_in,
)
from autograder.site.homework.extension_requests import (
    answer_request,
    ask_for_extension,
    open_requests,
    requests_of,
)
from autograder.site.homework.late_days import late_day_budget, spend_late_days
from autograder.site.homework.notices import tell_answered, tell_dates
from autograder.site.notices.notices import AT_ONCE, Kind, notify_in_steps
from autograder.site.people import labels_in, names_in, people_named, students_in
from autograder.site.requests import (
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
    whole_number,
)
from autograder.site.roles import Permission, StudentData, may_see, student_access
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access
from autograder.site.tables import enrolment

__all__ = ["DUE_DATE_ROUTES"]

CHANGED = Conflict(
    "The dates were changed meanwhile; nothing was stored.", next_step="Look at the difference again."
)
MOST_SHOWN = 200  # changes on one page
LONGEST_LIST = 200_000  # characters of a list of students
QUIZ, TIME = "quiz:", "time"  # work that is a quiz, and extra time in all of them
FORM = Path("The form")  # what messages call the table that a form is
FIELDS = (
    *("scope", "people", "label", "section", "work", "kind", "days", "hours", "until"),
    *("no_penalty", "excused", "multiplier", "extra_minutes", "reason"),
)


@dataclass(frozen=True)
class QuizDates:
    """An extension of the dates of a quiz, which its part of the course has planned."""

    people: tuple[str, ...]
    plans: tuple[AccommodationPlan, ...]

    @property
    def sentences(self) -> list[str]:
        """What changes."""
        return [change.sentence for plan in self.plans for change in plan.changes]


@dataclass(frozen=True)
class Plan:
    """What a form would change: of homework, or of a quiz."""

    form: RuleForm
    work: str
    due: DuePlan | None = None
    quiz: QuizDates | None = None

    @property
    def digest(self) -> str:
        """The same for the same changes."""
        if self.due is not None:
            return self.due.digest
        assert self.quiz is not None
        return hashlib.sha256(repr(self.quiz.sentences).encode()).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return self.quiz is not None and not self.quiz.sentences

    def is_current(self, connection: Connection) -> bool:
        """Whether what the plan was made from is still stored."""
        if self.due is not None:
            return self.due.is_current(connection)
        assert self.quiz is not None
        return all(plan.is_current(connection) for plan in self.quiz.plans)

    @property
    def affected(self) -> list[str]:
        """Whose dates change."""
        if self.due is not None:
            return list(dict.fromkeys(change.student for change in self.due.changes))
        assert self.quiz is not None
        return list(self.quiz.people)


@reads_much
@requires(Permission.STUDENTS)
def extensions_page(request: Request) -> Response:
    """The extensions that hold, the requests for more, and the form."""
    session, _ = staff_access(request)
    return _page(request, session)


@requires(Permission.MANAGE)
async def preview(request: Request) -> Response:
    """Whose dates a form would change; nothing is stored yet."""
    site = site_of(request)
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session, LONGEST_LIST)

    def made() -> Response:
        try:
            with site.database.reading() as connection:
                plan = _plan(connection, request, form, session.person)
        except (Conflict, NotFound) as problem:
            return _page(request, session, form=form, problem=problem)
        return _page(request, session, form=form, plan=plan)

    return await site.in_thread(made)


@requires(Permission.MANAGE)
async def give(request: Request) -> Response:
    """Store what was shown; raises Conflict if it would be something else by now.

    The same form again changes nothing.
    """
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form = await form_of(request, session, LONGEST_LIST)
    once = field_of(form, "page", 64) or None

    def planned() -> Plan | None:
        with site.database.reading() as connection:
            if id_of_form(connection, once) is not None:
                return None
            plan = _plan(connection, request, form, session.person)
        require_shown(form, session, plan.digest, CHANGED)
        if plan.due is not None and plan.due.losses and "take_away" not in form:
            raise Conflict(
                f"{len(plan.due.losses)} dates would become earlier.",
                next_step="Tick that these students are to have less time, or correct the form.",
            )
        return plan

    def write(connection: Connection) -> Plan | None:
        if plan is None or id_of_form(connection, once) is not None:
            return None
        if not plan.is_current(connection):
            raise CHANGED
        _store(connection, request, plan, at, session.person, once)
        return plan

    try:
        plan = await site.in_thread(planned)
        if (stored := await site.written(write)) is not None:
            await _tell_of(request, stored, at)
    except Forbidden:
        raise
    except AutograderError as problem:
        return await site.in_thread(partial(_page, request, session, form=form, problem=problem))
    return RedirectResponse("/extensions", 303)


@requires(Permission.MANAGE)
async def end(request: Request) -> Response:
    """End an extension, and tell whose dates change by it."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    await form_of(request, session)
    context, number = homework_of(request), request.path_params["number"]

    def changed() -> list[DateChange]:
        with site.database.reading() as connection:
            return changes_without(connection, context.course(connection), site.course, number)

    def write(connection: Connection) -> None:
        course = context.course(connection)
        end_rule(connection, course, site.course, number, at=at, who=session.person)

    changes = await site.in_thread(changed)
    await site.written(write)
    await _tell_dates(request, changes, once=f"end of extension:{number}", at=at)
    return RedirectResponse("/extensions", 303)


@requires(Permission.MANAGE)
async def answer(request: Request) -> Response:
    """Grant a student's request, or decline it with a reply."""
    site, at = site_of(request), request.state.at
    session, _ = await site.in_reader(staff_access, request)
    form, context, number = (
        await form_of(request, session),
        homework_of(request),
        request.path_params["number"],
    )
    days = None if "decline" in form else _number(form, "days", 60)

    def write(connection: Connection) -> None:
        course = context.course(connection)
        answered = answer_request(
            connection,
            course,
            site.course,
            number,
            days=days,
            reply=field_of(form, "reply", 1000),
            at=at,
            who=session.person,
        )
        tell_answered(connection, site.course, answered, at)

    await site.written(write)
    return RedirectResponse("/extensions#requests", 303)


@reads
def student_page(request: Request) -> Response:
    """A student's own dates of an assignment: extensions, late days, and the form of a request."""
    return _student_page(request, session_of(request))


async def ask(request: Request) -> Response:
    """Ask for an extension."""
    site, at, session = site_of(request), request.state.at, await session_for(request)
    form, assignment = await form_of(request, session), request.path_params["assignment"]

    def write(connection: Connection) -> None:
        require_taking_part(connection, site.course, session.person)
        published(connection, site.course, assignment)
        days, text = _number(form, "days", 60), field_of(form, "text", 1000)
        ask_for_extension(connection, site.course, session.person, assignment, days, text, at=at)

    return await _student_act(request, session, write)


async def spend(request: Request) -> Response:
    """Spend late days on an assignment."""
    site, at, session = site_of(request), request.state.at, await session_for(request)
    form, assignment = await form_of(request, session), request.path_params["assignment"]
    context = homework_of(request)

    def write(connection: Connection) -> None:
        require_taking_part(connection, site.course, session.person)
        row, course = published(connection, site.course, assignment), context.course(connection)
        days = _number(form, "days", 365)
        spend_late_days(connection, course, site.course, row, session.person, days, at=at)

    return await _student_act(request, session, write)


DUE_DATE_ROUTES = (
    PageRoute("/extensions", extensions_page),
    PageRoute("/extensions/preview", preview, methods=["POST"]),
    PageRoute("/extensions/give", give, methods=["POST"]),
    PageRoute("/extensions/{number:whole}/end", end, methods=["POST"]),
    PageRoute("/extensions/requests/{number:whole}", answer, methods=["POST"]),
    PageRoute("/homework/{assignment}/dates", student_page),
    PageRoute("/homework/{assignment}/dates", ask, methods=["POST"]),
    PageRoute("/homework/{assignment}/late-days", spend, methods=["POST"]),
)


def _plan(connection: Connection, request: Request, form: Form, who: str) -> Plan:
    """What a form asks for; raises Conflict for what cannot be read."""
    site, work = site_of(request), field_of(form, "work")
    assignment = "" if work == TIME or work.startswith(QUIZ) else work
    wanted = _rule_form(form, site.zone, assignment, names_in(connection, site.course))
    course = homework_of(request).course(connection)
    if work != TIME and not work.startswith(QUIZ):
        return Plan(wanted, work, due=plan_rules(connection, course, site.course, wanted, who=who))
    if work == TIME:
        return Plan(wanted, work, quiz=_extra_time(connection, site, form, wanted, course, who))
    if wanted.scope is Scope.ALL:
        raise Conflict(
            "A whole class gets more time for a quiz on the quiz's monitor.",
            next_step="Open the quiz's monitor and give time there: open attempts get it at once, too.",
        )
    if not (wanted.days or wanted.minutes or wanted.until is not None):
        raise Conflict("Nothing is given.", next_step="Give days, hours or a date.")
    named = plan_rules(connection, course, site.course, _for_everything(wanted), who=who).students
    plans = [
        plan
        for extension in extensions()
        if (
            plan := extension.plan_extension(
                connection,
                work.removeprefix(QUIZ),
                named,
                site.zone,
                days=wanted.days,
                minutes=wanted.minutes,
                until=wanted.until,
            )
        )
        is not None
    ]
    if not plans:
        raise Conflict("There is no such quiz.", next_step="Reload the page.")
    return Plan(wanted, work, quiz=QuizDates(named, tuple(plans)))


def _extra_time(
    connection: Connection, site: AppContext, form: Form, wanted: RuleForm, course: Course, who: str
) -> QuizDates:
    """Extra time in all quizzes for the chosen students; what they have beyond it stays."""
    multiplier = field_of(form, "multiplier", 20).replace(",", ".")
    minutes = field_of(form, "extra_minutes", 20).replace(",", ".")
    if not multiplier and not minutes:
        raise Conflict("Nothing is given.", next_step="Give a factor of the time, or minutes.")
    named = plan_rules(connection, course, site.course, _for_everything(wanted), who=who).students
    rows = [[name, multiplier, minutes] for name in named]
    text = write_table(["student_id", "multiplier", "extra_minutes"], rows)
    table = read_people(parse_table(FORM, text.encode()))

    def find(known: Person, location: str) -> str:
        return known.student_id

    try:
        plans = tuple(
            extension.plan_accommodations(connection, table, find, site.zone, take_away=False)
            for extension in extensions()
        )
    except AutograderError as problem:
        raise Conflict(problem.message, next_step=problem.next_step) from problem
    changed = {change.student for plan in plans for change in plan.changes}
    return QuizDates(tuple(name for name in named if name in changed), plans)


def _for_everything(form: RuleForm) -> RuleForm:
    """The same people and reason, to find out who they are."""
    return RuleForm(form.scope, form.who, "", form.reason, days=1)


def _rule_form(form: Form, zone: Any, assignment: str, known: Collection[str]) -> RuleForm:
    written, until = field_of(form, "until", 60), None
    if written:
        try:
            until = instant_of(written, zone)
        except AutograderError as problem:
            raise Conflict(problem.message, next_step=problem.next_step) from problem
    scope = field_of(form, "scope") or Scope.PERSON.value
    if scope not in [item.value for item in Scope]:
        raise Conflict(f"Unknown choice {scope[:20]!r}.", next_step="Choose whom it is for.")
    who: Sequence[str] = ()
    if scope == Scope.PERSON:
        who = people_named("\n".join(form.get("people", []))[:LONGEST_LIST], known)
    elif scope in (Scope.LABEL, Scope.SECTION):
        who = [field_of(form, scope)]
    return RuleForm(
        Scope(scope),
        tuple(who),
        assignment,
        field_of(form, "reason"),
        moves=field_of(form, "kind") == "move",
        until=until,
        days=_number(form, "days", 365),
        minutes=60 * _number(form, "hours", 24 * 14),
        no_penalty="no_penalty" in form,
        excused="excused" in form,
    )


def _store(connection: Connection, request: Request, plan: Plan, at: int, who: str, once: str | None) -> None:
    if plan.due is not None:
        plan.due.apply(connection, homework_of(request).course(connection), at, who, once)
        return
    assert plan.quiz is not None
    for quiz in plan.quiz.plans:
        quiz.apply(connection, at, who)
    words: dict[str, object] = {"reason": plan.form.reason, "changes": plan.quiz.sentences}
    people: dict[str, object] = {"reason": plan.form.reason, "quiz": plan.work.removeprefix(QUIZ)}
    act = "give extra time" if plan.work == TIME else "give extension"
    record_acts(connection, [Act(at, who, act, person, people) for person in plan.quiz.people])
    record_act(connection, Act(at, who, act, plan.work.removeprefix(QUIZ), words), once)


async def _tell_of(request: Request, plan: Plan, at: int) -> None:
    """Tell the students whose dates changed, in steps: the saves of others go between them."""
    site = site_of(request)
    if plan.due is None:
        with_titles = await site.in_reader(_titles, request)
        title = with_titles.get(plan.work.removeprefix(QUIZ), plan.work)
        more_time = plan.work == TIME
        await notify_in_steps(
            site,
            plan.affected,
            Kind.DATE,
            "You have more time in quizzes" if more_time else f"Your dates of {title} were moved",
            path="/" if more_time else f"/quizzes/{plan.work.removeprefix(QUIZ)}",
            once=f"date:{plan.digest}:{at}",
            at=at,
        )
        return
    await _tell_dates(request, plan.due.changes, once=f"date:{plan.digest}:{at}", at=at)


async def _tell_dates(request: Request, changes: Sequence[DateChange], *, once: str, at: int) -> None:
    """Tell students of their new due dates, some at a time."""
    site, context = site_of(request), homework_of(request)
    titles = await site.in_reader(_titles, request)

    def step(connection: Connection, start: int) -> None:
        course, some = context.course(connection), changes[start : start + AT_ONCE]
        tell_dates(connection, course, site.course, some, titles, once=once, at=at)

    for start in range(0, len(changes), AT_ONCE):
        await site.written(partial(step, start=start))


def _titles(request: Request) -> dict[str, str]:
    """The titles of everything that has dates."""
    site = site_of(request)
    with site.database.reading() as connection:
        return {name: title for part in extensions() for name, title in part.works(connection, site.course)}


def _number(form: Form, name: str, largest: int) -> int:
    """A whole number in a form, 0 for an empty field."""
    written = field_of(form, name, 20)
    number = whole_number(written or "0", largest)
    if number is None:
        raise Conflict(
            f"{name}: {written!r} is not a whole number up to {largest}.", next_step="Correct the number."
        )
    return number


def _page(
    request: Request,
    session: Session,
    *,
    form: Form | None = None,
    plan: Plan | None = None,
    problem: AutograderError | None = None,
) -> Response:
    site, context = site_of(request), homework_of(request)
    with site.database.reading() as connection:
        access = student_access(connection, site.course, session.person)
        names = names_in(connection, site.course)
        works = homework_in(connection, site.course)
        quizzes = _quizzes(connection, site.course)
        rules = rules_in(connection, site.course)
        if access.students is not StudentData.ALL:
            seen = select(enrolment.c.person).where(
                enrolment.c.course == site.course, may_see(enrolment.c.person, site.course, access)
            )
            visible = set(connection.execute(seen).scalars())
            rules = [
                item for item in rules if item.rule.scope is not Scope.PERSON or item.rule.who in visible
            ]
        requests = open_requests(connection, site.course, access)
        course = context.course(connection)
        by_id = {row.id: row for row in works}
        dates = {
            item.id: due_for_student(course, by_id[item.assignment], item.person)
            for item in requests
            if item.assignment in by_id
        }
        sections, labels = sections_in(connection, site.course), labels_in(connection, site.course)
        students = len(students_in(connection, site.course))
    sent = {name: field_of(form, name, LONGEST_LIST) if form else "" for name in FIELDS}
    if form:
        sent["people"] = "\n".join(form.get("people", []))
    elif wanted := request.query_params.get("person", ""):
        sent |= {"scope": Scope.PERSON.value, "people": wanted[:200]}
    page = site.page(
        "extensions.html",
        zone=site.zone.key,
        access=access,
        names=names,
        works=works,
        titles={row.id: row.facts.title for row in works} | {item.name: item.title for item in quizzes},
        quizzes=quizzes,
        rules=rules,
        requests=requests,
        dates=dates,
        sections=sections,
        labels=labels,
        students=students,
        sent=sent,
        fields=FIELDS,
        plan=plan,
        most=MOST_SHOWN,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status_of(problem))


def _quizzes(connection: Connection, course: str) -> list[LinkTarget]:
    return [target for extension in extensions() for target in extension.link_targets(connection, course)]


async def _student_act(request: Request, session: Session, write: Any) -> Response:
    site = site_of(request)
    try:
        await site.written(write)
    except Conflict as problem:
        return await site.in_reader(partial(_student_page, request, session, problem))
    return RedirectResponse(f"/homework/{request.path_params['assignment']}/dates", 303)


def _student_page(request: Request, session: Session, problem: Refused | None = None) -> Response:
    site, context = site_of(request), homework_of(request)
    with site.database.reading() as connection:
        require_taking_part(connection, site.course, session.person)
        row = published(connection, site.course, request.path_params["assignment"])
        course = context.course(connection)
        budget = late_day_budget(connection, course, site.course, row, session.person)
        asked = [
            item for item in requests_of(connection, site.course, session.person) if item.assignment == row.id
        ]
    page = site.page(
        "homework_dates.html",
        homework=row,
        due_at=due_for_student(course, row, session.person),
        base_at=due_for_student(course, row, ""),
        extensions=course.due_rules.extensions(session.person, row.id),
        budget=budget,
        asked=asked,
        may_ask=not any(item.answered_at is None for item in asked),
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)
