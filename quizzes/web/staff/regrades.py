"""Regrades of a quiz: the page that lists them, proposing one, and releasing one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.course.course import find_course
from autograder.errors import AutograderError, Conflict
from autograder.site.people import names_in
from autograder.site.requests import form_of, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.staff import requires
from quizzes.content.quiz_file import load_quiz
from quizzes.store.regrades import regrade_runs
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import access_in, names_of_attempts, quiz_page, staff_at

__all__ = ["propose", "regrades", "release"]


WAIT = 2.0  # seconds for a release before the page shows how far it is


@reads_much
@requires(Permission.STUDENTS)
def regrades(request: Request) -> Response:
    """The regrades of a quiz, with the scores they change and what they left alone."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)

    with site.database.reading() as connection:
        access = access_in(connection, site.course, session)
        people = names_of_attempts(connection, site.course, quiz, access)
        names = names_in(connection, site.course)
        runs = [
            replace(
                run,
                changes=[change for change in run.changes if change.attempt in people],
                remarks=[change for change in run.remarks if change.attempt in people],
                skipped=[change for change in run.skipped if change.attempt in people],
            )
            for run in regrade_runs(connection, quiz)
        ]
    return quiz_page(request, session, "staff_regrades.html", runs=runs, people=people, names=names)


@requires(Permission.MANAGE)
async def propose(request: Request) -> Response:
    """Mark by the current files and show which scores would change; nothing counts yet."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = await site_of(request).in_reader(staff_at, request, quiz)
    await form_of(request, session)

    def work() -> int:
        try:
            version = load_quiz(find_course(site.folder), quiz).quiz
        except AutograderError as problem:  # a mistake in the files, for their author
            message = problem.message.replace(f"{site.folder}/", "")
            raise Conflict(message, next_step=problem.next_step) from problem
        return quizzes_of(request).exam.regrades.propose(quiz, version, who=session.person)[0]

    run = await site.in_thread(work)
    return RedirectResponse(f"/staff/{quiz}/regrades#run-{run}", 303)


@requires(Permission.MANAGE)
async def release(request: Request) -> Response:
    """Release a regrade; results show its keys at once, and attempts get their marks one after another."""
    site, quiz, run = site_of(request), request.path_params["quiz"], request.path_params["run"]
    session = await site_of(request).in_reader(staff_at, request, quiz)
    await form_of(request, session)
    service = quizzes_of(request).exam.regrades
    await site.in_thread(lambda: service.release(quiz, run, who=session.person))
    applying = asyncio.ensure_future(site.in_thread(service.apply, run))
    await asyncio.wait({applying}, timeout=WAIT)  # a small class is done by then
    if applying.done():
        applying.result()
    return RedirectResponse(f"/staff/{quiz}/regrades#run-{run}", 303)
