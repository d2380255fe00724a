"""The homework pages of students: list, assignment, upload, submission, feedback."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import Course
from autograder.course.lateness import late_share
from autograder.course.local_time import shown
from autograder.errors import Conflict, Forbidden, NotFound, Refused
from autograder.pages.student_page import student_page
from autograder.report import Evidence, Report
from autograder.site.homework.assignments import Homework, due_for_student, homework_in, published
from autograder.site.homework.attempt_limit import AttemptsLeft, attempts_left
from autograder.site.homework.context import (
    HomeworkContext,
    homework_of,
    require_taking_part,
    role_of,
)
from autograder.site.homework.marking import homework_marking
from autograder.site.homework.notices import tell_received
from autograder.site.homework.partners import partners_in
from autograder.site.homework.queue import pause_until_next_look, position_in_queue
from autograder.site.homework.score_history import score_history
from autograder.site.homework.scores import (
    Attempt,
    attempts_of,
    counted,
    days_late_at,
    is_final,
    late_rule,
    used_times,
)
from autograder.site.homework.site_groups import sign_up_for
from autograder.site.homework.submissions import (
    StoredSubmission,
    latest_gradings,
    owners_of,
    receipt_of,
    store_submission,
    submission_of,
)
from autograder.site.homework.tokens import revoke_found, tokens_in
from autograder.site.homework.visibility import Visible, latest_due, visible_to
from autograder.site.marking.regrade_request_pages import regrade_window
from autograder.site.marking.regrade_requests import RegradeRequest, Window, requests_in
from autograder.site.marking.source import QuestionToMark
from autograder.site.middleware import LARGEST_UPLOAD
from autograder.site.people import names_of
from autograder.site.requests import (
    PageRoute,
    reads,
    reads_much,
    session_for,
    session_of,
    site_of,
    uploaded_form,
)
from autograder.site.roles import Role
from autograder.site.sessions import Session

__all__ = ["HOMEWORK_ROUTES", "feedback_page", "home_section", "store_upload", "titles_alone"]

PREVIEW_PATIENCE = 1.5  # seconds for the first look before the receipt is shown without it
# A report brings its own style sheet and pictures, and no scripts; the header's form signs out.
FEEDBACK_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Card:
    """An assignment for one student: their own dates, attempts and score."""

    homework: Homework
    due_at: int | None
    attempts: list[Attempt]
    counted: Attempt | None
    visible: Visible
    is_final: bool = True  # no mark of a written answer can change what counts


def home_section(request: Request) -> Markup:
    """The list of the course's assignments for the student; empty where none is published."""
    site, session = site_of(request), session_of(request)
    context = homework_of(request)
    with site.database.reading() as connection:
        rows = homework_in(connection, site.course)
        if not rows:
            return Markup("")
        is_staff = role_of(connection, site.course, session.person) != Role.STUDENT
        cards = [_card(connection, context, row, session.person, request.state.at) for row in rows]
    at = request.state.at  # what is due next comes first, what is over last
    cards.sort(key=lambda card: card.due_at is not None and card.due_at < at)
    return Markup(site.page("homework_list.html", cards=cards, at=at, is_staff=is_staff, session=session))


@reads
def assignment_page(request: Request) -> Response:
    """One assignment: dates, points by task, the handout, the upload, earlier submissions."""
    return _assignment_page(request, session_of(request))


@reads_much
def handout(request: Request) -> Response:
    """The ZIP of what students get."""
    site, context = site_of(request), homework_of(request)
    session = session_of(request)
    with site.database.reading() as connection:
        role_of(connection, site.course, session.person)
        row = published(connection, site.course, request.path_params["assignment"])
    content = context.files.get(row.handout)
    return Response(content, media_type="application/zip", headers=_as_file(f"{row.id}.zip"))


async def upload(request: Request) -> Response:
    """Store an uploaded notebook, queue its grading, and show its receipt."""
    site, session = site_of(request), await session_for(request)
    try:
        sent = await uploaded_form(request, session, "notebook", "notebook.ipynb")
        if not sent.content:
            raise Conflict(
                "No file was chosen, or it is empty.", next_step="Choose your notebook and try again."
            )
        stored, _ = await store_upload(request, session.person, sent.name, sent.content)
    except Conflict as problem:
        return await site.in_reader(_assignment_page, request, session, problem)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"submission": f"/submissions/{stored.id}"})
    return RedirectResponse(f"/submissions/{stored.id}", 303)


async def store_upload(
    request: Request, person: str, name: str, content: bytes, *, source: str = "site"
) -> tuple[StoredSubmission, str]:
    """Store a file that a person submits to the assignment in the path: the submission, and a notice or "".

    Raises NotFound for an unknown assignment, Conflict where no attempt is left.
    """
    site, context, at = site_of(request), homework_of(request), request.state.at
    assignment = request.path_params["assignment"]

    def allowed() -> None:
        with site.database.reading() as connection:
            require_taking_part(connection, site.course, person)
            published(connection, site.course, assignment)

    await site.in_reader(allowed)
    digest, tokens = await site.in_thread(lambda: (context.files.put(content), tokens_in(content)))

    def store(connection: Connection) -> tuple[StoredSubmission, int]:
        row = published(connection, site.course, assignment)
        if row.facts.attempts is not None:
            card = _card(connection, context, row, person, at)
            if not card.attempts or card.attempts[-1].submission.digest != digest:  # the same again is free
                _require_an_attempt(_left(card, at), site.zone)
        owners = partners_in(connection, context.course(connection), site.course, assignment).owners(person)
        stored = store_submission(
            connection,
            row,
            owners=owners,
            course=site.course,
            person=person,
            digest=digest,
            size=len(content),
            file=name,
            began_at=request.state.began_at,
            received_at=at,
            signer=site.signer,
            source=source,
        )
        tell_received(connection, site.course, row, stored, owners, at)
        return stored, revoke_found(connection, site.course, tokens, site.signer)

    stored, given_away = await site.written(store)
    context.announce_submission()
    notice = "The file held a token for submitting; it was revoked. Make a new one." if given_away else ""
    return stored, notice


async def submission_page(request: Request) -> Response:
    """One submission: receipt, first look, place in the queue, score."""
    site, context = site_of(request), homework_of(request)
    values = await site.in_thread(_submission_values, request)
    stored, facts = values["attempt"].submission, values["card"].homework.facts
    look = context.previews.look(stored.digest, stored.file, stored.assignment, facts.functions)
    with suppress(TimeoutError, CancelledError):
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(look)), PREVIEW_PATIENCE)
    preview = look.result() if look.done() and not look.cancelled() else None
    page = await site.in_thread(lambda: site.page("submission.html", preview=preview, **values))
    return HTMLResponse(page)


def _submission_values(request: Request) -> dict[str, Any]:
    """What the page of a submission shows, but the first look."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        card, attempt = _with_attempt(connection, request, session)
        before = position_in_queue(connection, site.course, attempt.grading.id)
        owners = owners_of(connection, attempt.submission.id)
        names = names_of(connection, [*owners, attempt.submission.by_whom])
        asked = _regrade_requests(connection, request, session, card, attempt)
        titles = {task.id: task.title for task in (*card.homework.facts.tasks, *card.homework.facts.written)}
        history = score_history(connection, attempt.submission.id, titles) if card.visible.score else []
    stored = attempt.submission
    return {
        "card": card,
        "attempt": attempt,
        "before": before,
        "others": [names[owner] for owner in owners if owner != session.person],
        "by_whom": "" if stored.by_whom == session.person else names[stored.by_whom],
        "late_seconds": _seconds_late(card, attempt),
        "receipt": receipt_of(site.signer, stored, session.person),
        "functions": card.homework.facts.functions,
        "asked": asked,
        "at": request.state.at,
        "history": history,
        "session": session,
        "token": site.form_token(session),
    }


def _regrade_requests(
    connection: Connection, request: Request, session: Session, card: Card, attempt: Attempt
) -> list[tuple[QuestionToMark, Window | None, RegradeRequest | None]]:
    """The tasks of a graded submission, each with the window of requests and the request that was sent."""
    site = site_of(request)
    if attempt.grading.report is None or not card.visible.score:
        return []
    source, work = homework_marking(site), card.homework.id
    known = {
        item.part: item
        for item in requests_in(connection, site.course, answer=attempt.submission.id, person=session.person)
    }
    asked = []
    for question in source.questions(connection, work):
        try:
            found = source.answer(connection, work, question, attempt.submission.id, question.id)
        except NotFound:  # nothing was written there
            continue
        if question.by_hand and found.mark is None:
            continue
        window = regrade_window(connection, site, source, work, found, session.person, request.state.at)
        asked.append((question, window, known.get(question.id)))
    return asked


@reads
def submission_status(request: Request) -> Response:
    """The state of a submission, which an open page asks for until it is graded."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        stored = submission_of(connection, request.path_params["submission"], session.person)
        grading = latest_gradings(connection, [stored.id])[stored.id]
        before = position_in_queue(connection, site.course, grading.id)
    again = pause_until_next_look(before, request.state.at - grading.queued_at)
    return JSONResponse({"state": grading.state, "before": before, "again": again})


@reads_much
def feedback(request: Request) -> Response:
    """The report on a submission as one page, as far as it may be seen now."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        card, attempt = _with_attempt(connection, request, session)
    if not card.visible.titles:
        raise Forbidden(
            card.visible.why or "Of this assignment only the score is shown.",
            next_step="Go back to the submission.",
        )
    return feedback_page(request, card.homework, attempt, session.person, full=card.visible.full)


def feedback_page(
    request: Request, row: Homework, attempt: Attempt, students: str, *, full: bool
) -> Response:
    """The report on an attempt of these students; without `full` its titles and statuses alone."""
    site, context = site_of(request), homework_of(request)
    if attempt.grading.report is None:
        raise NotFound("This submission is not graded yet.", next_step="Go back to the submission.")
    report = Report.from_json(context.files.get(attempt.grading.report))
    report = report.model_copy(update={"student": students})  # a group's is graded in one member's name
    page = student_page(report if full else titles_alone(report), title=row.facts.title, course=site.title)
    session = session_of(request)
    header = site.page(
        "feedback_header.html",
        back=request.url.path.rpartition("/")[0],
        number=attempt.submission.number,
        session=session,
        token=site.form_token(session),
    )
    request.state.policy = FEEDBACK_POLICY
    return HTMLResponse(page.replace("<body>", f"<body>{header}", 1))


def titles_alone(report: Report) -> Report:
    """A report without messages, hints and evidence: how each check ended, and nothing of why."""
    nothing = {"message": "", "hint": "", "mistake": "", "flag": "", "evidence": Evidence()}
    tasks = [
        task.model_copy(update={"checks": [check.model_copy(update=nothing) for check in task.checks]})
        for task in report.tasks
    ]
    return report.model_copy(update={"tasks": tasks})


@reads_much
def submitted_file(request: Request) -> Response:
    """The bytes of a submission, as they came."""
    site, context, session = site_of(request), homework_of(request), session_of(request)
    with site.database.reading() as connection:
        stored = submission_of(connection, request.path_params["submission"], session.person)
    content = context.files.get(stored.digest)
    return Response(content, media_type="application/octet-stream", headers=_as_file(stored.file))


HOMEWORK_ROUTES = (
    PageRoute("/homework/{assignment}", assignment_page),
    PageRoute("/homework/{assignment}/handout", handout),
    PageRoute("/homework/{assignment}/upload", upload, methods=["POST"]),
    PageRoute("/submissions/{submission}", submission_page),
    PageRoute("/submissions/{submission}/status", submission_status),
    PageRoute("/submissions/{submission}/feedback", feedback),
    PageRoute("/submissions/{submission}/file", submitted_file),
)


def _assignment_page(request: Request, session: Session, problem: Refused | None = None) -> Response:
    site, context, at = site_of(request), homework_of(request), request.state.at
    with site.database.reading() as connection:
        row = published(connection, site.course, request.path_params["assignment"])
        card = _card(connection, context, row, session.person, at)
        staff = role_of(connection, site.course, session.person) != "student"
        partners = _partners(connection, context, card, session.person, at)
        course = context.course(connection)
        sign_up = sign_up_for(connection, site.course, row.id)
    page = site.page(
        "homework.html",
        card=card,
        late=_late_now(card, course, at),
        is_over=card.due_at is not None and at > card.due_at,
        replaces=card.counted is not None and _rule(course, card, session.person) == "last",
        partners=partners,
        groups_open=sign_up is not None,
        left=_left(card, at),
        largest=LARGEST_UPLOAD // 1024**2,
        problem=problem,
        staff=staff,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)


def _card(connection: Connection, context: HomeworkContext, row: Homework, person: str, at: int) -> Card:
    course, of = context.course(connection), context.site.course
    attempts = attempts_of(connection, course, of, row, person)
    role = role_of(connection, of, person)
    visible = visible_to(connection, of, row, person, role, at, latest_due(course, row))
    counting = counted(course, row, person, attempts) if visible.score else None
    final = is_final(course, row, person, attempts)
    return Card(row, due_for_student(course, row, person), attempts, counting, visible, final)


def _partners(
    connection: Connection, context: HomeworkContext, card: Card, person: str, at: int
) -> list[tuple[str, int, bool]]:
    """The other members of the group: name, days late now, whether a submission takes another's place."""
    course, row = context.course(connection), card.homework
    others = [
        owner
        for owner in partners_in(connection, course, context.site.course, row.id).owners(person)
        if owner != person
    ]
    names = names_of(connection, others)
    partners = []
    for other in others:
        theirs = _card(connection, context, row, other, at)
        late = _late_now(theirs, course, at)
        mine = {attempt.submission.id for attempt in card.attempts}
        replaced = _rule(course, theirs, other) == "last" and any(
            attempt.submission.id not in mine for attempt in theirs.attempts[-1:]
        )
        partners.append((names[other], late[0] if late else 0, replaced))
    return partners


def _rule(course: Course, card: Card, person: str) -> str:
    """Which submission of a person counts."""
    written = course.extension_as_written(person, card.homework.id).get("attempts")
    return str(written or card.homework.facts.counts)


def _seconds_late(card: Card, attempt: Attempt) -> int:
    """How long after the due time a submission arrived, in whole seconds; 0 in time."""
    return 0 if card.due_at is None else max(0, (attempt.submission.received_at - card.due_at) // 1000)


def _with_attempt(connection: Connection, request: Request, session: Session) -> tuple[Card, Attempt]:
    """The person's own attempt that the path names, and the card of its assignment; raises NotFound."""
    site, context = site_of(request), homework_of(request)
    stored = submission_of(connection, request.path_params["submission"], session.person)
    row = published(connection, site.course, stored.assignment)
    card = _card(connection, context, row, session.person, request.state.at)
    return card, next(attempt for attempt in card.attempts if attempt.submission.id == stored.id)


def _late_now(card: Card, course: Course, at: int) -> tuple[int, Decimal] | None:
    """The days and the penalty in percent of an upload now; None where it would be in time."""
    days = days_late_at(course, card.homework, card.due_at, at)
    return (days, Decimal(str(late_share(late_rule(card.homework), days))) * 100) if days else None


def _left(card: Card, at: int) -> AttemptsLeft | None:
    limit = card.homework.facts.attempts
    return None if limit is None else attempts_left(limit, used_times(card.attempts), at)


def _require_an_attempt(left: AttemptsLeft | None, zone: ZoneInfo) -> None:
    if left is None or left.now:
        return
    if left.next_at is None:
        raise Conflict(
            "You have used all attempts at this assignment.",
            next_step="Ask the course's staff if you need another one.",
        )
    raise Conflict(
        f"You have no attempt left just now: the next one is there at {shown(left.next_at, zone)}.",
        next_step="Nothing was submitted; upload it then.",
    )


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
