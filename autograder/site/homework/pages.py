"""The homework pages of students: list, assignment, upload, submission, feedback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

from markupsafe import Markup
from python_multipart.multipart import parse_options_header
from sqlalchemy import Connection
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.assignment import Late
from autograder.course.course import Course
from autograder.course.lateness import days_late, late_share
from autograder.errors import Conflict, NotFound, Refused
from autograder.pages.student_page import student_page
from autograder.report import Report
from autograder.site.homework.assignments import Homework, due_for_student, homework_in, published
from autograder.site.homework.context import HomeworkContext, homework_of, role_of
from autograder.site.homework.queue import position_in_queue
from autograder.site.homework.submissions import (
    Grading,
    StoredSubmission,
    latest_gradings,
    receipt_of,
    store_submission,
    submission_of,
    submissions_of,
)
from autograder.site.middleware import LARGEST_UPLOAD
from autograder.site.requests import (
    PageRoute,
    check_form_token,
    reads,
    reads_much,
    session_for,
    session_of,
    site_of,
    uploaded,
)
from autograder.site.sessions import Session
from autograder.submissions.preview import Preview, preview_of

__all__ = ["HOMEWORK_ROUTES", "Attempt", "home_section"]

LONGEST_NAME = 200  # characters of a file's name
# A report brings its own style sheet and pictures, and neither scripts nor forms.
FEEDBACK_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Attempt:
    """A submission with its grading, as pages show it."""

    submission: StoredSubmission
    grading: Grading
    days_late: int
    final: Decimal | None  # after the late penalty; None while it is not graded

    @property
    def state(self) -> str:
        """The state in a word or two."""
        words = {"waiting": "Waiting for grading", "leased": "Being graded", "failed": "Not graded yet"}
        return words.get(self.grading.state, "Graded")


@dataclass(frozen=True)
class Card:
    """An assignment in the list, with the student's own dates and score."""

    homework: Homework
    due_at: int | None
    attempts: list[Attempt]
    counted: Attempt | None


def home_section(request: Request) -> Markup:
    """The list of the course's assignments for the student; empty where none is published."""
    site, session = site_of(request), session_of(request)
    context = homework_of(request)
    with site.database.reading() as connection:
        rows = homework_in(connection, site.course)
        if not rows:
            return Markup("")
        role_of(connection, site.course, session.person)
        cards = [_card(connection, context, row, session.person) for row in rows]
    return Markup(site.page("homework_list.html", cards=cards, at=request.state.at))


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
    site, context, session = site_of(request), homework_of(request), await session_for(request)
    assignment = request.path_params["assignment"]

    def allowed() -> Homework:
        with site.database.reading() as connection:
            role_of(connection, site.course, session.person)
            return published(connection, site.course, assignment)

    row = await site.in_reader(allowed)
    try:
        name, content = await _uploaded_file(request, session)
        if not content:
            raise Conflict(
                "No file was chosen, or it is empty.", next_step="Choose your notebook and try again."
            )
    except Conflict as problem:
        return await site.in_reader(_assignment_page, request, session, problem)
    digest = await site.in_thread(context.files.put, content)
    stored = await site.written(
        lambda connection: store_submission(
            connection,
            row,
            course=site.course,
            person=session.person,
            digest=digest,
            size=len(content),
            file=name,
            began_at=request.state.began_at,
            received_at=request.state.at,
            signer=site.signer,
        )
    )
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"submission": f"/submissions/{stored.id}"})
    return RedirectResponse(f"/submissions/{stored.id}", 303)


@reads_much
def submission_page(request: Request) -> Response:
    """One submission: receipt, first look, place in the queue, score."""
    site, context, session = site_of(request), homework_of(request), session_of(request)
    with site.database.reading() as connection:
        stored = submission_of(connection, request.path_params["submission"], session.person)
        row = published(connection, site.course, stored.assignment)
        attempt = _attempt(connection, context, row, session.person, stored)
        before = position_in_queue(connection, site.course, attempt.grading.id)
    page = site.page(
        "submission.html",
        homework=row,
        attempt=attempt,
        before=before,
        receipt=receipt_of(site.signer, stored, session.person),
        preview=_preview(context, row, stored),
        functions=row.facts.functions,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@reads
def submission_status(request: Request) -> Response:
    """The state of a submission, which an open page asks for until it is graded."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        stored = submission_of(connection, request.path_params["submission"], session.person)
        grading = latest_gradings(connection, [stored.id])[stored.id]
        before = position_in_queue(connection, site.course, grading.id)
    return JSONResponse({"state": grading.state, "before": before})


@reads_much
def feedback(request: Request) -> Response:
    """The report on a submission, as one page."""
    site, context, session = site_of(request), homework_of(request), session_of(request)
    with site.database.reading() as connection:
        stored = submission_of(connection, request.path_params["submission"], session.person)
        row = published(connection, site.course, stored.assignment)
        grading = latest_gradings(connection, [stored.id])[stored.id]
    if grading.report is None:
        raise NotFound("This submission is not graded yet.", next_step="Go back to the submission.")
    report = Report.from_json(context.files.get(grading.report))
    page = student_page(report, title=row.facts.title, course=site.title)
    back = (
        f'<nav class="page"><a href="/submissions/{quote(stored.id)}">← {stored.number}. submission</a></nav>'
    )
    request.state.policy = FEEDBACK_POLICY
    return HTMLResponse(page.replace("<body>", f"<body>{back}", 1))


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
    site, context = site_of(request), homework_of(request)
    with site.database.reading() as connection:
        role_of(connection, site.course, session.person)
        row = published(connection, site.course, request.path_params["assignment"])
        card = _card(connection, context, row, session.person)
    page = site.page(
        "homework.html",
        card=card,
        late=_late_now(context.course(), row, card.due_at, request.state.at),
        largest=LARGEST_UPLOAD // 1024**2,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else 200)


def _card(connection: Connection, context: HomeworkContext, row: Homework, person: str) -> Card:
    stored = submissions_of(connection, context.site.course, row.id, person)
    gradings = latest_gradings(connection, [submission.id for submission in stored])
    due_at = due_for_student(context.course(), row, person)
    attempts = [
        _with_penalty(context.course(), row, person, due_at, submission, gradings[submission.id])
        for submission in stored
    ]
    return Card(row, due_at, attempts, _counted(context.course(), row, person, attempts))


def _attempt(
    connection: Connection, context: HomeworkContext, row: Homework, person: str, stored: StoredSubmission
) -> Attempt:
    grading = latest_gradings(connection, [stored.id])[stored.id]
    due_at = due_for_student(context.course(), row, person)
    return _with_penalty(context.course(), row, person, due_at, stored, grading)


def _with_penalty(
    course: Course, row: Homework, person: str, due_at: int | None, stored: StoredSubmission, grading: Grading
) -> Attempt:
    days = 0 if due_at is None else _days_late(course, row, due_at, stored.received_at)
    if grading.earned is None:
        return Attempt(stored, grading, days, None)
    no_penalty = course.extension(person, row.id).no_penalty
    share = Decimal(str(late_share(_late(row), days, no_penalty=no_penalty)))
    return Attempt(stored, grading, days, grading.earned * (1 - share))


def _counted(course: Course, row: Homework, person: str, attempts: list[Attempt]) -> Attempt | None:
    """The attempt whose score counts, by the course's rule; None before any is graded."""
    rule = course.extension(person, row.id).attempts or course.attempts
    graded = [attempt for attempt in attempts if attempt.final is not None]
    if not graded:
        return None
    if rule == "best":
        return max(graded, key=lambda attempt: (attempt.final or 0, attempt.submission.number))
    return graded[-1] if rule == "last" else graded[0]


def _late(row: Homework) -> Late:
    facts = row.facts
    return Late(per_day=facts.late_per_day, at_most=facts.late_at_most, grace_minutes=facts.grace_minutes)


def _days_late(course: Course, row: Homework, due_at: int, at: int) -> int:
    moment, due = (
        datetime.fromtimestamp(instant / 1000, UTC).astimezone(course.zone) for instant in (at, due_at)
    )
    return days_late(moment, due, _late(row), course.zone)


def _late_now(course: Course, row: Homework, due_at: int | None, at: int) -> tuple[int, Decimal] | None:
    """The days and the penalty in percent of an upload now; None where it would be in time."""
    days = 0 if due_at is None else _days_late(course, row, due_at, at)
    return (days, Decimal(str(late_share(_late(row), days))) * 100) if days else None


def _preview(context: HomeworkContext, row: Homework, stored: StoredSubmission) -> Preview:
    return preview_of(context.files.get(stored.digest), stored.file, row.id, row.facts.functions)


async def _uploaded_file(request: Request, session: Session) -> tuple[str, bytes]:
    """The name and the bytes of the uploaded file; raises Conflict for a form that cannot be read."""
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Conflict("This is not an upload.", next_step="Choose a file on the assignment's page.")
    body = uploaded(request)

    async def chunks() -> AsyncGenerator[bytes, None]:
        body.seek(0)
        while chunk := body.read(256 * 1024):
            yield chunk

    try:
        form = await MultiPartParser(
            request.headers, chunks(), max_files=1, max_fields=5, max_part_size=4096
        ).parse()
    except MultiPartException as problem:
        raise Conflict(
            "This upload cannot be read.", next_step="Choose one file on the assignment's page."
        ) from problem
    try:
        token, file = form.get("token"), form.get("notebook")
        check_form_token(request, session, token if isinstance(token, str) else "")
        if file is None or isinstance(file, str):
            return "", b""
        name = (file.filename or "notebook.ipynb").replace("\\", "/").rpartition("/")[2]
        clean = "".join(letter for letter in name if letter.isprintable())
        return clean[-LONGEST_NAME:] or "notebook.ipynb", await file.read()
    finally:
        await form.close()


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
