"""The pages of regrade requests: a student's own, and those that staff answer, of homework and of quizzes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import Course, find_course
from autograder.errors import Conflict, Forbidden, NotFound
from autograder.site.app_context import AppContext
from autograder.site.marking.assigned_work import (
    conflict_pairs,
    markers_in,
    markers_of,
    may_mark,
    require_may_mark,
)
from autograder.site.marking.regrade_requests import (
    RegradeRequest,
    Window,
    answer_request,
    appeal_request,
    find_request,
    request_regrade,
    requests_in,
    requests_left,
    require_may_answer,
    window_of,
)
from autograder.site.marking.rubrics import read_points
from autograder.site.marking.source import (
    AnswerToMark,
    GivenMark,
    MarkingSource,
    QuestionToMark,
    marking_source,
    marking_sources,
)
from autograder.site.notices.notices import Kind, notify
from autograder.site.people import names_in
from autograder.site.requests import (
    PageRoute,
    field_of,
    form_of,
    is_json,
    reads_much,
    session_for,
    session_of,
    site_of,
    whole_number,
)
from autograder.site.roles import Access, Permission, access_of, student_access, visible_among
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access

__all__ = ["REGRADE_REQUEST_ROUTES", "regrade_window", "store_regrade_request"]

MOST = 10**15
PATH = "/regrade-requests"
FILTERS = {
    "": "that wait for an answer",
    "mine": "that wait for me",
    "appealed": "appeals",
    "all": "all of the course",
}


@dataclass(frozen=True)
class ShownRequest:
    """A request with the answer that it is about, as pages show it."""

    request: RegradeRequest
    work: str
    question: QuestionToMark
    answer: AnswerToMark | None  # None where it is no longer there
    page: str
    people: tuple[str, ...]  # whose points the answer decides: of a group's work, all of its students'
    can_answer: bool = False


@reads_much
def requests_page(request: Request) -> Response:
    """A student's own requests; for staff those of the students whose work they see."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        access = access_of(connection, site.course, session.person)
        if access is None:
            raise NotFound("There is no such page.", next_step="Go back to the start page.")
        if access.is_staff:
            student_access(connection, site.course, session.person)
            return _staff_page(request, session, connection, access)
        mine = requests_in(connection, site.course, person=session.person)
        shown = [_as_seen(connection, site, item, request.state.at) for item in mine]
        left = requests_left(connection, site.course, _course(site).regrade_requests, session.person)
        names = names_in(connection, site.course)
    if is_json(request):
        return JSONResponse([_as_json(item.request) for item in shown])
    page = site.page(
        "regrade_requests.html",
        requests=shown,
        left=left,
        names=names,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


def _staff_page(request: Request, session: Session, connection: Connection, access: Access) -> Response:
    site, wanted = site_of(request), request.query_params
    kind, work, show = wanted.get("kind"), wanted.get("work"), wanted.get("show", "")
    found = requests_in(connection, site.course, kind=kind or None, work=work or None)
    visible = visible_among(connection, site.course, access, {item.person for item in found})
    conflicts = conflict_pairs(connection, site.course)
    chosen = [
        _shown(connection, site, item, session.person)
        for item in found
        if item.person in visible
        and (
            show == "all"
            or (show == "" and item.waits)
            or (show == "appealed" and item.state == "appealed")
            or (show == "mine" and item.waits and item.marker in ("", session.person))
        )
    ]
    shown = [item for item in chosen if may_mark(conflicts, session.person, item.people)]
    names = names_in(connection, site.course)
    if is_json(request):
        return JSONResponse([{**_as_json(item.request), "seen": _seen(item)} for item in shown])
    page = site.page(
        "regrade_requests_staff.html",
        requests=shown,
        names=names,
        show=show,
        kind=kind or "",
        work=work or "",
        filters=FILTERS,
        manages=access.manages,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def send_request(request: Request) -> Response:
    """Ask the course's staff to look at a mark again."""
    session = await session_for(request)
    form = await form_of(request, session)
    kind, answer, part = (field_of(form, name, 200) for name in ("kind", "answer", "part"))
    await store_regrade_request(request, session, kind, answer, part, form.get("text", [""])[-1])
    return JSONResponse({"page": PATH}) if is_json(request) else RedirectResponse(PATH, 303)


@requires(Permission.STUDENTS)
async def answer(request: Request) -> Response:
    """Answer a request, with other points if they are due, and with a regrade for all if a check is wrong."""
    site = site_of(request)
    session, access = await site.in_reader(staff_access, request)
    form, at, number = await form_of(request, session), request.state.at, request.path_params["number"]
    text, typed = form.get("text", [""])[-1], field_of(form, "points", 40)
    seen = whole_number(field_of(form, "seen", 20), MOST)

    def marked_meanwhile() -> Conflict:
        return Conflict(
            "Somebody else has marked this answer meanwhile.",
            next_step="Reload the page, look at the newer mark, and decide again.",
        )

    def read() -> ShownRequest:
        with site.database.reading() as connection:
            found = find_request(connection, site.course, number)
            if not visible_among(connection, site.course, access, [found.person]):
                raise NotFound("There is no such regrade request.", next_step="Go back to the list.")
            shown = _shown(connection, site, found, session.person)
            require_may_mark(connection, site.course, session.person, shown.people)
            require_may_answer(found, text, who=session.person)  # before a regrade is proposed for it
            if typed and _seen(shown) != seen:
                raise marked_meanwhile()
            return shown

    shown = await site.in_thread(read)
    source = marking_source(site, shown.request.kind)
    points = read_points(typed, most=shown.question.points) if typed else None
    page = PATH
    if "check_is_wrong" in form:
        if not access.manages:
            raise Forbidden(
                "Only an instructor may propose a regrade for all.",
                next_step="Answer without it, and tell an instructor that the check is wrong.",
            )
        reason = f"Regrade request {number}: {text.strip()[:200]}"
        page = await site.in_thread(
            partial(source.propose_for_all, shown.request.work, reason, at=at, who=session.person)
        )

    def write(connection: Connection) -> None:
        current = find_request(connection, site.course, number)
        before = now = None
        if shown.answer is not None:
            now = source.answer(
                connection, shown.request.work, shown.question, shown.request.answer, shown.request.part
            )
            before = now.earned
        if points is not None:
            if now is None or now.newest != seen:
                raise marked_meanwhile()
            given = GivenMark(points, text.strip())
            source.give(connection, shown.request.work, shown.question, now, given, at=at, who=session.person)
        answer_request(connection, current, text, before=before, after=points, at=at, who=session.person)
        notify(
            connection,
            site.course,
            [current.person],
            Kind.REQUEST,
            f"{shown.work}: your regrade request was answered",
            "",
            path=f"{PATH}#request-{number}",
            once=f"regrade request:{number}:{current.state}",
            at=at,
        )

    await site.written(write, shown.request.answer)
    return JSONResponse({"page": page}) if is_json(request) else RedirectResponse(page, 303)


async def appeal(request: Request) -> Response:
    """Appeal against an answer."""
    site, session = site_of(request), await session_for(request)
    form, number = await form_of(request, session), request.path_params["number"]
    text = form.get("text", [""])[-1]

    def write(connection: Connection) -> None:
        found = find_request(connection, site.course, number, session.person)
        appeal_request(connection, found, text, at=request.state.at)

    await site.written(write)
    return JSONResponse({"page": PATH}) if is_json(request) else RedirectResponse(PATH, 303)


REGRADE_REQUEST_ROUTES = (
    PageRoute(PATH, requests_page),
    PageRoute(PATH, send_request, methods=["POST"]),
    PageRoute(f"{PATH}/{{number:whole}}/answer", answer, methods=["POST"]),
    PageRoute(f"{PATH}/{{number:whole}}/appeal", appeal, methods=["POST"]),
)


async def store_regrade_request(
    request: Request, session: Session, kind: str, id: str, part: str, text: str
) -> None:
    """Store a request of whoever is signed in about their own answer; raises NotFound for anybody else's."""
    site, at = site_of(request), request.state.at
    source = marking_source(site, kind)

    def write(connection: Connection) -> None:
        work = source.work_of(connection, id)
        question = source.question_at(connection, work, id, part)
        found = source.answer(connection, work, question, id, part)
        if session.person not in found.people:
            raise NotFound("There is no such answer.", next_step="Go back to your results.")
        request_regrade(
            connection,
            site.course,
            _course(site).regrade_requests,
            regrade_window(connection, site, source, work, found, session.person, at),
            kind=kind,
            work=work,
            answer=id,
            part=part,
            person=session.person,
            marker=_marker(connection, site, source, work, question, found),
            text=text,
            at=at,
        )

    await site.written(write)


def regrade_window(
    connection: Connection,
    site: AppContext,
    source: MarkingSource,
    work: str,
    found: AnswerToMark,
    person: str,
    at: int,
) -> Window | None:
    """When a student may request a regrade of an answer; a later mark opens it anew. None: not yet."""
    since = source.shown_since(connection, work, found, person, at)
    if since is None:
        return None
    marked_at = found.mark.at if found.mark is not None else 0
    return window_of(_course(site).regrade_requests, max(since, marked_at))


def _marker(
    connection: Connection,
    site: AppContext,
    source: MarkingSource,
    work: str,
    question: QuestionToMark,
    found: AnswerToMark,
) -> str:
    """Who answers: whoever gave the mark, else the one to whom the answer is assigned; empty for anybody."""
    staff = set(markers_in(connection, site.course))
    assigned = markers_of(connection, site.course, source.kind, work).get(question.id, {})
    asked = [found.mark.who] if found.mark is not None else []
    asked += [assigned[person] for person in found.people if person in assigned]
    return next((marker for marker in asked if marker in staff), "")


def _course(site: AppContext) -> Course:
    return find_course(site.folder)


def _shown(connection: Connection, site: AppContext, found: RegradeRequest, reader: str) -> ShownRequest:
    source = next(source for source in marking_sources(site) if source.kind == found.kind)
    titles = dict(source.works(connection))
    try:
        question = source.question_at(connection, found.work, found.answer, found.part)
        current = source.answer(connection, found.work, question, found.answer, found.part)
    except NotFound:
        question, current = QuestionToMark(found.part, found.part, Decimal(0), by_hand=False), None
    page = ""
    if current is not None:
        page = source.page_of(current) if reader else source.page_for_student(current)
    people = source.people_of(connection, [found.answer]).get(found.answer, (found.person,))
    may_answer = found.waits and not (found.state == "appealed" and found.answered_by == reader)
    return ShownRequest(
        found, titles.get(found.work, found.work), question, current, page, people, may_answer
    )


def _as_seen(connection: Connection, site: AppContext, found: RegradeRequest, at: int) -> ShownRequest:
    """A request as its student sees it: without points while the result is held or hidden."""
    shown = _shown(connection, site, found, "")
    source = marking_source(site, found.kind)
    if (
        shown.answer is not None
        and source.shown_since(connection, found.work, shown.answer, found.person, at) is not None
    ):
        return shown
    messages = tuple(replace(message, before=None, after=None) for message in found.messages)
    return replace(shown, request=replace(found, messages=messages, changed=False))


def _seen(shown: ShownRequest) -> int:
    return shown.answer.newest if shown.answer is not None else 0


def _as_json(request: RegradeRequest) -> dict[str, object]:
    return {
        "id": request.id,
        "kind": request.kind,
        "work": request.work,
        "answer": request.answer,
        "part": request.part,
        "state": request.state,
        "changed": request.changed,
        "messages": [
            {
                "at": message.at,
                "who": message.who,
                "text": message.text,
                "before": None if message.before is None else float(message.before),
                "after": None if message.after is None else float(message.after),
            }
            for message in request.messages
        ],
    }
