"""Publishing quizzes and moving their times from pages, with who would lose time named first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import find_course
from autograder.course.local_time import instant_of
from autograder.errors import AutograderError, Conflict, ContentError
from autograder.site.app_context import AppContext
from autograder.site.notices.notices import Kind, notify_in_steps
from autograder.site.people import students_in
from autograder.site.requests import PageRoute, field_of, form_of, is_json, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.staff import requires, staff_of_course
from quizzes.content.bank import load_bank
from quizzes.content.lint import faults_in_bank
from quizzes.content.quiz_file import QuizPlan, load_quiz, quiz_paths
from quizzes.services.enrolment import publish_plan
from quizzes.store.quizzes import Published, published_in, reschedule, times_seen

__all__ = ["PUBLISHING_ROUTES"]

LOOKED_AT = 25  # variants of each item; `quizzes lint` looks at more
FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class QuizState:
    """A quiz file beside what is published of it."""

    name: str
    title: str
    plan: QuizPlan | None
    published: Published | None
    problem: str = ""

    @property
    def state(self) -> str:
        """Its state in a few words."""
        if self.problem:
            return "the file has a mistake"
        if self.published is None:
            return "not published"
        if self.plan is None:
            return "published; its file is gone"
        return (
            "published" if self.plan.quiz.hash == self.published.version else "changed since it was published"
        )


@reads_much
@requires(Permission.MANAGE)
def quiz_files(request: Request) -> Response:
    """The quiz files of the course, what is published of them, and the forms that publish and move them."""
    site, session = site_of(request), staff_of_course(request)
    states = _states(site)
    if is_json(request):
        return JSONResponse(
            [{"quiz": state.name, "title": state.title, "state": state.state} for state in states]
        )
    page = site.page(
        "staff_quiz_files.html",
        quizzes=states,
        written=lambda instant: "" if instant is None else _written(instant, site),
        times_seen=times_seen,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@requires(Permission.MANAGE)
async def publish_quiz(request: Request) -> Response:
    """Publish the current version of a quiz file; `force` even if somebody cannot get their full time."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, quiz = await form_of(request, session), request.path_params["quiz"]
    force = "force" in form

    def load() -> QuizPlan:
        try:
            plan = load_quiz(find_course(site.folder), quiz)
            topics = {reference.split("/")[0] for pool in plan.quiz.pools for reference in pool.items}
            for topic in sorted(topics):
                bank = load_bank(site.folder / "quizzes" / "banks" / f"{topic}.yaml")
                if faults := faults_in_bank(bank, LOOKED_AT):
                    raise ContentError(f"{faults[0]}", next_step="Correct the item, then publish.")
        except AutograderError as problem:
            raise Conflict(_plain(problem.message, site), next_step=problem.next_step) from problem
        return plan

    plan = await site.in_thread(load)
    work = partial(publish_plan, plan=plan, at=request.state.at, who=session.person, force=force)
    await site.written(work)
    return _done(request)


@requires(Permission.MANAGE)
async def move_times(request: Request) -> Response:
    """Move the opening, due date or close of a published quiz; open attempts gain time, and all are told."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, quiz = await form_of(request, session), request.path_params["quiz"]
    times = {name: _instant(field_of(form, name, 40), site) for name in ("opens_at", "due_at", "closes_at")}
    if times["opens_at"] is None:
        raise Conflict("The opening is missing.", next_step="Write it as 2026-05-18 15:00.")
    work = partial(
        reschedule,
        quiz_id=quiz,
        opens_at=times["opens_at"],
        due_at=times["due_at"],
        closes_at=times["closes_at"],
        reason=field_of(form, "reason"),
        at=request.state.at,
        who=session.person,
        force="force" in form,
        seen=field_of(form, "seen", 80),
    )
    moved = await site.written(work)
    published = await site.in_reader(_published, site, quiz) if moved else None
    if published is not None:
        await _tell_students(request, published)
    return _done(request)


async def _tell_students(request: Request, quiz: Published) -> None:
    """Tell the class that the times of a quiz were moved."""
    site, at = site_of(request), request.state.at

    def students() -> list[str]:
        with site.database.reading() as connection:
            return students_in(connection, site.course)

    people = await site.in_reader(students)
    subject, once = f"The times of {quiz.title} were moved", f"date:quiz {quiz.id}:{at}"
    await notify_in_steps(site, people, Kind.DATE, subject, path=f"/quizzes/{quiz.id}", once=once, at=at)


def _published(site: AppContext, quiz: str) -> Published | None:
    with site.database.reading() as connection:
        return next((row for row in published_in(connection, site.course) if row.id == quiz), None)


PUBLISHING_ROUTES = (
    PageRoute("/quiz-files", quiz_files),
    PageRoute("/quiz-files/{quiz}/publish", publish_quiz, methods=["POST"]),
    PageRoute("/quiz-files/{quiz}/times", move_times, methods=["POST"]),
)


def _done(request: Request) -> Response:
    return JSONResponse({"page": "/quiz-files"}) if is_json(request) else RedirectResponse("/quiz-files", 303)


def _states(site: AppContext) -> list[QuizState]:
    with site.database.reading() as connection:
        published = {row.id: row for row in published_in(connection, site.course)}
    course = find_course(site.folder)
    states = []
    for path in quiz_paths(course):
        known = published.pop(path.stem, None)
        try:
            plan = load_quiz(course, path.stem)
            states.append(QuizState(path.stem, plan.quiz.title, plan, known))
        except AutograderError as problem:
            title = known.title if known else path.stem
            states.append(QuizState(path.stem, title, None, known, _plain(problem.message, site)))
    states += [QuizState(row.id, row.title, None, row) for row in published.values()]
    return states


def _plain(message: str, site: AppContext) -> str:
    """A message without the course's directory on the server."""
    return message.replace(f"{site.folder}/", "")


def _written(instant: int, site: AppContext) -> str:
    return datetime.fromtimestamp(instant / 1000, site.zone).strftime(FORMAT)


def _instant(written: str, site: AppContext) -> int | None:
    if not written:
        return None
    try:
        return instant_of(written, site.zone)
    except ContentError as problem:
        raise Conflict(problem.message, next_step=problem.next_step) from problem
