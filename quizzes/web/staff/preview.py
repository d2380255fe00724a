"""What staff see of a quiz file before students do: every question with its key, on paper, and filled in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import find_course
from autograder.errors import AutograderError, Conflict, NotFound, choose_one
from autograder.site.requests import PageRoute, form_of, is_json, reads_much, site_of, whole_number
from autograder.site.roles import Permission
from autograder.site.staff import requires, staff_of_course
from quizzes.attempts.events import State
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.items.base import PICTURE_TYPES
from quizzes.content.question import PublicQuestion
from quizzes.content.quiz_file import QuizPlan, load_quiz
from quizzes.interchange.printed_page import PARTS, printed_page
from quizzes.store.attempts import answers_of
from quizzes.web.context import quizzes_of
from quizzes.web.forms import answer_html
from quizzes.web.staff.access import staff_of_attempt

__all__ = ["PREVIEW_ROUTES", "fill_in"]

MOST_VARIANTS = 10_000
LONGEST_VERSION = 12
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class KeyedQuestion:
    """A question of the preview with what no student sees yet."""

    reference: str
    view: PublicQuestion
    answer: Markup  # the right one, as a student would give it
    key: Markup
    explanation: Markup


@reads_much
@requires(Permission.MANAGE)
def preview(request: Request) -> Response:
    """The questions of one variant of a quiz file, each with key and explanation; nothing is stored."""
    site, session = site_of(request), staff_of_course(request)
    plan, number = _plan(request), whole_number(request.query_params.get("variant", "1"), MOST_VARIANTS) or 1
    questions = []
    for item in plan.quiz.build_questions(f"preview {number}"):
        question = item.question
        answer = question.key_answer
        is_code = question.kind == "function"
        shown = answer_html(item.view, answer) if answer is not None and not is_code else Markup("")
        questions.append(
            KeyedQuestion(item.reference, item.view, shown, question.key_html, Markup(question.explanation))
        )
    page = site.page(
        "staff_preview.html",
        quiz=plan.quiz,
        name=plan.name,
        number=number,
        questions=questions,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@reads_much
@requires(Permission.MANAGE)
def preview_picture(request: Request) -> Response:
    """A picture of a quiz file."""
    staff_of_course(request)
    file = request.path_params["file"]
    content = _picture(_plan(request))(file)
    if content is None:
        raise NotFound("There is no such picture.", next_step="Reload the page.")
    return Response(content, media_type=PICTURE_TYPES[file.rpartition(".")[2]])


@reads_much
@requires(Permission.MANAGE)
def paper(request: Request) -> Response:
    """A version on paper, for the browser's print and PDF: `?part=questions|sheet|key&version=A`."""
    staff_of_course(request)
    part, version = request.query_params.get("part", "questions"), request.query_params.get("version", "A")
    if part not in PARTS:
        raise NotFound("There is no such part.", next_step=choose_one(PARTS))
    if not version.isalnum() or len(version) > LONGEST_VERSION:
        raise Conflict(
            "A version is named by letters and digits.", next_step="Write, for example, ?version=B."
        )
    plan = _plan(request)
    request.state.policy = POLICY
    return HTMLResponse(printed_page(plan.quiz, version, part, _picture(plan)))


@requires(Permission.STUDENTS)
async def fill_in(request: Request) -> Response:
    """Save the right answers in an open preview of one's own; what only a person marks stays empty."""
    site = site_of(request)
    session, row = await site.in_reader(staff_of_attempt, request)
    await form_of(request, session)
    if not row.preview or row.person != session.person or row.state is not State.OPEN:
        raise Conflict(
            "Only an open preview of your own can be filled in.",
            next_step="Press “Preview as staff” on the quiz's page first.",
        )
    exam = quizzes_of(request).exam

    def work() -> int:
        with site.database.reading() as connection:
            stored = answers_of(connection, row.id)
        saved = 0
        for pos, item in enumerate(exam.items_of(row.id)):
            answer = item.question.key_answer
            if answer is None and item.question.kind == "function":
                answer = item.question.key_text
            if answer is None:
                continue
            exam.save(
                row.id,
                row.person,
                pos,
                answer,
                base_rev=stored.get(pos, StoredAnswer()).rev,
                save_id=f"fill-{secrets.token_urlsafe(8)}",
                lock=row.lock,
            ).result()
            saved += 1
        return saved

    saved = await site.in_thread(work)
    path = f"/attempts/{row.id}"
    return JSONResponse({"page": path, "saved": saved}) if is_json(request) else RedirectResponse(path, 303)


PREVIEW_ROUTES = (
    PageRoute("/quiz-files/{quiz}/preview", preview),
    PageRoute("/quiz-files/{quiz}/pictures/{file:path}", preview_picture),
    PageRoute("/quiz-files/{quiz}/print", paper),
    PageRoute("/staff/attempts/{attempt}/fill-in", fill_in, methods=["POST"]),
)


def _plan(request: Request) -> QuizPlan:
    site = site_of(request)
    try:
        return load_quiz(find_course(site.folder), request.path_params["quiz"])
    except AutograderError as problem:  # a mistake in the files, for their author
        message = problem.message.replace(f"{site.folder}/", "")
        raise Conflict(message, next_step=problem.next_step) from problem


def _picture(plan: QuizPlan) -> Callable[[str], bytes | None]:
    return plan.quiz.pictures.get
