"""Regrades of a quiz: the page that lists them, proposing one, and releasing one."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.course.course import find_course
from autograder.errors import NotFound
from autograder.site.requests import form_of, site_of
from quizzes.content.quiz_file import load_quiz
from quizzes.services.exam import GRADER
from quizzes.services.regrading import propose_regrade
from quizzes.store.attempts import attempts_at
from quizzes.store.quizzes import keep_version, set_current_version
from quizzes.store.regrades import regrade_runs, release_run
from quizzes.web.staff.access import INSTRUCTOR, quiz_page, staff_at

__all__ = ["propose", "regrades", "release"]


async def regrades(request: Request) -> Response:
    """The regrades of a quiz, with the scores they change."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        runs = regrade_runs(connection, quiz)
        people = {row.id: row.person for row in attempts_at(connection, quiz)}
    return quiz_page(request, session, "staff_regrades.html", runs=runs, people=people)


async def propose(request: Request) -> Response:
    """Mark by the current files and show which scores would change; nothing counts yet."""
    site, quiz, at = site_of(request), request.path_params["quiz"], request.state.at
    session = staff_at(request, quiz, INSTRUCTOR)
    await form_of(request, session)

    def work() -> int:
        version = load_quiz(find_course(site.folder), quiz).quiz

        def write(connection: Connection) -> int:
            keep_version(connection, version, at)
            return propose_regrade(connection, quiz, version, GRADER, at=at, who=session.person)[0]

        return site.writer.submit(write).result()

    run = await site.in_thread(work)
    return RedirectResponse(f"/staff/{quiz}/regrades#run-{run}", 303)


async def release(request: Request) -> Response:
    """Make a regrade count; results show its keys and explanations from then on."""
    site, quiz, at = site_of(request), request.path_params["quiz"], request.state.at
    session = staff_at(request, quiz, INSTRUCTOR)
    await form_of(request, session)
    number = request.path_params["run"]

    def write(connection: Connection) -> None:
        run = next((run for run in regrade_runs(connection, quiz) if run.id == number), None)
        if run is None:
            raise NotFound("There is no such regrade.", next_step="Reload the page.")
        release_run(connection, number, at=at, who=session.person)
        set_current_version(connection, quiz, run.key_version)

    await site.written(write)
    return RedirectResponse(f"/staff/{quiz}/regrades", 303)
