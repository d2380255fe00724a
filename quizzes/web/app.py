"""The application: which address leads where, and what becomes of what goes wrong."""

from __future__ import annotations

import logging
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from quizzes.refusal import Refused
from quizzes.web import ending, lti, results, sign_in, start, taking
from quizzes.web.guard import Guard
from quizzes.web.requests import COOKIE, SignedOut, is_json, site_of
from quizzes.web.site import STATIC, Site
from quizzes.web.staff import mending, watching

__all__ = ["make_app"]

log = logging.getLogger(__name__)
ATTEMPT = "/attempts/{attempt}"
ROUTES = [
    Route("/", start.quizzes),
    Route("/sign-in", sign_in.sign_in, methods=["GET", "POST"]),
    Route("/sign-in/{secret}", sign_in.by_link, methods=["GET", "POST"]),
    Route("/sign-out", sign_in.sign_out, methods=["POST"]),
    Route("/lti/login", lti.login, methods=["GET", "POST"]),
    Route("/lti/launch", lti.launch, methods=["POST"], name="lti_launch"),
    Route("/lti/keys", lti.keys),
    Route("/quizzes/{quiz}", start.start_page),
    Route("/quizzes/{quiz}/start", start.begin, methods=["POST"]),
    Route(ATTEMPT, taking.page),
    Route(ATTEMPT, taking.save_page, methods=["POST"]),
    Route(f"{ATTEMPT}/answers/{{pos:int}}", taking.save_answer, methods=["POST"]),
    Route(f"{ATTEMPT}/flags/{{pos:int}}", taking.save_flag, methods=["POST"]),
    Route(f"{ATTEMPT}/pen", taking.take_pen, methods=["POST"]),
    Route(f"{ATTEMPT}/clock", taking.clock),
    Route(f"{ATTEMPT}/pictures/{{file:path}}", taking.picture),
    Route(f"{ATTEMPT}/review", ending.review),
    Route(f"{ATTEMPT}/finish", ending.finish, methods=["POST"]),
    Route(f"{ATTEMPT}/receipt", ending.receipt),
    Route(f"{ATTEMPT}/receipt.json", ending.receipt_file),
    Route(f"{ATTEMPT}/results", results.results),
    Route(f"{ATTEMPT}/requests/{{pos:int}}", results.ask, methods=["POST"]),
    Route("/staff/attempts/{attempt}", watching.look),
    Route("/staff/attempts/{attempt}/reopen", watching.open_again, methods=["POST"]),
    Route("/staff/attempts/{attempt}/close", watching.close, methods=["POST"]),
    Route("/staff/attempts/{attempt}/accept", watching.accept, methods=["POST"]),
    Route("/staff/{quiz}", watching.live),
    Route("/staff/{quiz}/time", watching.give_time, methods=["POST"]),
    Route("/staff/{quiz}/message", watching.message, methods=["POST"]),
    Route("/staff/{quiz}/marking", mending.marking),
    Route("/staff/{quiz}/marking", mending.give_mark, methods=["POST"]),
    Route("/staff/{quiz}/requests", mending.requests),
    Route("/staff/{quiz}/requests", mending.answer, methods=["POST"]),
    Route("/staff/{quiz}/regrades", mending.regrades),
    Route("/staff/{quiz}/regrades", mending.regrade, methods=["POST"]),
    Route("/staff/{quiz}/regrades/{run:int}/release", mending.release_run, methods=["POST"]),
    Mount("/static/{digest}", StaticFiles(directory=STATIC), name="static"),
]


def make_app(site: Site) -> ASGIApp:
    """The whole server, for uvicorn or another ASGI server."""
    app = Starlette(
        routes=[Route("/health", _health), *ROUTES],
        exception_handlers={
            SignedOut: _signed_out,
            Refused: _refused,
            HTTPException: _http_problem,
            Exception: _failed,
        },
    )
    app.state.site = site
    return Guard(app, site.proctor.clock)


async def _health(request: Request) -> Response:
    """Whether the store can be read, and how much waits to be written."""
    site = site_of(request)
    with site.proctor.database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    return JSONResponse({"status": "ok", "waiting": site.proctor.writer.waiting()})


async def _signed_out(request: Request, problem: Any) -> Response:
    return await sign_in.asked_to_sign_in(request, problem)


async def _refused(request: Request, problem: Any) -> Response:
    retry = getattr(problem, "retry_after", 0)
    headers = {"Retry-After": str(retry)} if retry else {}
    return _told(request, problem.status, problem.message, problem.next_step, headers)


async def _http_problem(request: Request, problem: Any) -> Response:
    said = {
        404: ("There is no such page.", "Go back to the list of quizzes."),
        405: ("This page cannot be used like this.", "Go back to the list of quizzes."),
    }
    message, next_step = said.get(problem.status_code, ("This did not work.", "Go back and try again."))
    return _told(request, problem.status_code, message, next_step, dict(problem.headers or {}))


async def _failed(request: Request, problem: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
    message = "The server made a mistake. What was saved is safe."
    return _told(request, 500, message, "Go back and try again; if it stays, tell the course's staff.", {})


def _told(request: Request, status: int, message: str, next_step: str, headers: dict[str, str]) -> Response:
    if is_json(request):
        return JSONResponse({"message": message, "next_step": next_step}, status, headers)
    site = site_of(request)
    session = site.signed_in(request.cookies.get(COOKIE, ""), site.now())
    token = site.form_token(session) if session else ""
    page = site.page("problem.html", message=message, next_step=next_step, session=session, token=token)
    return HTMLResponse(page, status, headers)
