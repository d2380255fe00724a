"""The pages of homework's regrades: propose one, watch it, stop it, see the difference, release it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.site.homework.assignments import Homework, published
from autograder.site.homework.context import homework_of
from autograder.site.homework.regrades import (
    ALL,
    COUNTING,
    Regrade,
    discard_regrade,
    find_regrade,
    propose_regrade,
    regraded_submissions,
    regrades_of,
    release_regrade,
    resume_regrade,
    stop_regrade,
)
from autograder.site.homework.scores import attempts_of_class, counted
from autograder.site.people import names_in
from autograder.site.requests import PageRoute, field_of, form_of, is_json, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course

__all__ = ["REGRADE_ROUTES"]

MOST_ROWS = 500  # submissions on the page of a difference


@reads_much
@requires(Permission.MANAGE)
def regrades_page(request: Request) -> Response:
    """The regrades of an assignment, and the form that proposes one."""
    site, session = site_of(request), staff_of_course(request)
    with site.database.reading() as connection:
        row = published(connection, site.course, request.path_params["assignment"])
        regrades = regrades_of(connection, site.course, row.id)
        names = names_in(connection, site.course)
        counting = _submissions(connection, request, row, COUNTING)
        everything = _submissions(connection, request, row, ALL)
    if is_json(request):
        return JSONResponse([_as_json(regrade) for regrade in regrades])
    page = site.page(
        "homework_regrades.html",
        homework=row,
        regrades=regrades,
        names=names,
        counting=len(counting),
        everything=len(everything),
        reason=request.query_params.get("reason", "")[:300],
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@reads_much
@requires(Permission.MANAGE)
def regrade_page(request: Request) -> Response:
    """One regrade: its progress, and what it changes."""
    site, session = site_of(request), staff_of_course(request)
    with site.database.reading() as connection:
        row = published(connection, site.course, request.path_params["assignment"])
        regrade = find_regrade(connection, site.course, row.id, request.path_params["run"])
        if request.query_params.get("part") == "progress":
            return JSONResponse(_as_json(regrade))
        submissions = regraded_submissions(connection, regrade.id)
        names = names_in(connection, site.course)
    if is_json(request):
        return JSONResponse(
            {
                **_as_json(regrade),
                "submissions": [
                    {
                        "submission": item.submission,
                        "people": item.people,
                        "before": None if item.before is None else float(item.before),
                        "after": None if item.after is None else float(item.after),
                        "problem": item.problem,
                        "left_out": item.outcome,
                        "by_hand": [mark.who for mark in item.marks],
                    }
                    for item in submissions
                ],
            }
        )
    page = site.page(
        "homework_regrade.html",
        homework=row,
        regrade=regrade,
        submissions=submissions[:MOST_ROWS],
        more=len(submissions) - MOST_ROWS,
        changed=sum(item.changed for item in submissions),
        by_hand=sum(bool(item.marks) for item in submissions),
        names=names,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@requires(Permission.MANAGE)
async def propose(request: Request) -> Response:
    """Queue a regrade of the counting submissions, or of all."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at, assignment = (
        await form_of(request, session),
        request.state.at,
        request.path_params["assignment"],
    )
    scope, reason = field_of(form, "scope") or COUNTING, field_of(form, "reason")

    def read() -> tuple[Homework, list[tuple[str, str]]]:
        with site.database.reading() as connection:
            row = published(connection, site.course, assignment)
            return row, _submissions(connection, request, row, scope)

    row, submissions = await site.in_thread(read)
    run = await site.written(
        partial(
            propose_regrade,
            course=site.course,
            row=row,
            submissions=submissions,
            scope=scope,
            reason=reason,
            signer=site.signer,
            at=at,
            who=session.person,
        )
    )
    return _done(request, assignment, run)


@requires(Permission.MANAGE)
async def stop(request: Request) -> Response:
    """Stop a regrade."""
    return await _act(request, stop_regrade)


@requires(Permission.MANAGE)
async def discard(request: Request) -> Response:
    """Discard a regrade."""
    return await _act(request, discard_regrade)


@requires(Permission.MANAGE)
async def release(request: Request) -> Response:
    """Release a regrade."""
    return await _act(request, release_regrade)


@requires(Permission.MANAGE)
async def resume(request: Request) -> Response:
    """Go on with a stopped regrade."""

    def read() -> list[tuple[str, str]]:
        site, assignment = site_of(request), request.path_params["assignment"]
        with site.database.reading() as connection:
            row = published(connection, site.course, assignment)
            regrade = find_regrade(connection, site.course, assignment, request.path_params["run"])
            return _submissions(connection, request, row, regrade.scope)

    await site_of(request).in_reader(staff_of_course, request)
    submissions = await site_of(request).in_thread(read)
    return await _act(
        request, partial(resume_regrade, submissions=submissions, signer=site_of(request).signer)
    )


REGRADE_ROUTES = (
    PageRoute("/staff/homework/{assignment}/regrades", regrades_page),
    PageRoute("/staff/homework/{assignment}/regrades", propose, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/regrades/{run:whole}", regrade_page),
    PageRoute("/staff/homework/{assignment}/regrades/{run:whole}/stop", stop, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/regrades/{run:whole}/resume", resume, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/regrades/{run:whole}/discard", discard, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/regrades/{run:whole}/release", release, methods=["POST"]),
)


async def _act(request: Request, work: Callable[..., None]) -> Response:
    """An act on the regrade in the address."""
    site = site_of(request)
    session: Session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    assignment, run = request.path_params["assignment"], request.path_params["run"]
    act = partial(
        work, course=site.course, assignment=assignment, run=run, at=request.state.at, who=session.person
    )
    await site.written(act)
    return _done(request, assignment, run)


def _done(request: Request, assignment: str, run: int) -> Response:
    path = f"/staff/homework/{assignment}/regrades/{run}"
    return JSONResponse({"page": path}) if is_json(request) else RedirectResponse(path, 303)


def _submissions(
    connection: Connection, request: Request, row: Homework, scope: str
) -> list[tuple[str, str]]:
    """The submissions of a scope, by id and digest; a group's once."""
    site, course = site_of(request), homework_of(request).course(connection)
    found: dict[str, str] = {}
    for person, attempts in attempts_of_class(connection, course, site.course, row).items():
        chosen = counted(course, row, person, attempts)
        wanted = attempts if scope == ALL else [chosen] if chosen is not None else []
        found.update((attempt.submission.id, attempt.submission.digest) for attempt in wanted)
    return sorted(found.items())


def _as_json(regrade: Regrade) -> dict[str, object]:
    return {
        "id": regrade.id,
        "state": regrade.state,
        "scope": regrade.scope,
        "reason": regrade.reason,
        "submissions": regrade.many,
        "left": regrade.left,
        "graded": regrade.done,
        "failed": regrade.failed,
    }
