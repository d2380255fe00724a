"""The ASGI application: the routes of the site and its extensions, and the pages for errors."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from autograder.errors import AutograderError, Busy, Refused
from autograder.site import sign_in, staff
from autograder.site.app_context import STATIC, AppContext
from autograder.site.assignment_pages import ASSIGNMENT_ROUTES
from autograder.site.content.pages import CONTENT_ROUTES
from autograder.site.extensions import extensions
from autograder.site.gradebook.pages import GRADEBOOK_ROUTES
from autograder.site.home import home
from autograder.site.integrity.pages import INTEGRITY_ROUTES
from autograder.site.lti.pages import LTI_ROUTES
from autograder.site.lti.staff_pages import PLATFORM_ROUTES
from autograder.site.marking.pages import MARKING_ROUTES
from autograder.site.marking.regrade_request_pages import REGRADE_REQUEST_ROUTES
from autograder.site.middleware import BODY_SECONDS, RECEIPT, SAVE, SecurityMiddleware
from autograder.site.notices.pages import NOTICE_ROUTES
from autograder.site.people_pages import PEOPLE_ROUTES
from autograder.site.personal_data.pages import PERSONAL_DATA_ROUTES
from autograder.site.request_log import path_to_log
from autograder.site.requests import COOKIE, PageRoute, SignedOut, is_json, site_of
from autograder.site.router import NamedRouter
from autograder.site.settings.operations import healthz, metrics
from autograder.site.settings.pages import SETTINGS_ROUTES
from autograder.site.sso.pages import SSO_ROUTES

__all__ = ["make_app", "site_routes"]


log = logging.getLogger(__name__)


def make_app(site: AppContext, *, body_seconds: float = BODY_SECONDS) -> SecurityMiddleware:
    """The application, for uvicorn or another ASGI server; `body_seconds` bounds the time of a body."""
    app = Starlette(
        routes=site_routes(),
        exception_handlers={
            SignedOut: _signed_out,
            Refused: _refused,
            AutograderError: _content_problem,
            HTTPException: _http_problem,
            DBAPIError: _database_problem,
            Exception: _failed,
        },
    )
    app.router = NamedRouter(app.routes)
    app.state.site = site
    site.routes = app.routes
    return SecurityMiddleware(
        app,
        site.clock,
        site.crowd,
        body_seconds=body_seconds,
        times={RECEIPT: site.receipt_times, SAVE: site.save_times},
    )


def site_routes() -> list[BaseRoute]:
    """All routes; those under names of extensions' own come first, since a class asks for them most."""
    of_site = _site_routes()
    names = {_first_name(route) for route in of_site}
    others = [route for extension in extensions() for route in extension.routes()]
    return [
        *(route for route in others if _first_name(route) not in names),
        *of_site,
        *(route for route in others if _first_name(route) in names),
    ]


def _first_name(route: BaseRoute) -> str:
    """The first name in a route's path: two routes with different ones match no address both."""
    path: str = getattr(route, "path", "/")
    return path.split("/")[1]


def _site_routes() -> list[BaseRoute]:
    return [
        Route("/healthz", healthz),  # load balancers ask for its head alone
        PageRoute("/metrics", metrics),
        PageRoute("/", home),
        PageRoute("/sign-in", sign_in.sign_in_page),
        PageRoute("/sign-in", sign_in.sign_in, methods=["POST"]),
        PageRoute("/sign-in/{secret}", sign_in.link_page),
        PageRoute("/sign-in/{secret}", sign_in.by_link, methods=["POST"]),
        PageRoute("/sign-out", sign_in.sign_out, methods=["POST"]),
        PageRoute("/clock", staff.show_clock),
        PageRoute("/clock", staff.set_clock, methods=["POST"]),
        *SSO_ROUTES,
        *LTI_ROUTES,
        *ASSIGNMENT_ROUTES,
        *PEOPLE_ROUTES,
        *GRADEBOOK_ROUTES,
        *CONTENT_ROUTES,
        *SETTINGS_ROUTES,
        *MARKING_ROUTES,
        *REGRADE_REQUEST_ROUTES,
        *INTEGRITY_ROUTES,
        *NOTICE_ROUTES,
        *PERSONAL_DATA_ROUTES,
        *PLATFORM_ROUTES,
        Mount(
            "/static/{digest}",
            StaticFiles(packages=[(package, "static") for package in STATIC]),
            name="static",
        ),
    ]


async def _signed_out(request: Request, problem: Any) -> Response:
    return await sign_in.asked_to_sign_in(request, problem)


async def _refused(request: Request, problem: Any) -> Response:
    retry = getattr(problem, "retry_after", 0)
    if problem.status >= 500 and problem.__cause__ is not None:  # of the machine: only its owner can mend it
        log.warning(
            "%s %s: %s %s",
            request.method,
            path_to_log(request.url.path),
            problem.message,
            _reason(problem.__cause__),
        )
    headers = {"Retry-After": str(retry)} if retry else {}
    return await _problem_page(request, problem.status, problem.message, problem.next_step, headers)


def _reason(cause: BaseException) -> str:
    """What was wrong, in one line: the file and the system's word, as far as they are known."""
    return " ".join(f"{type(cause).__name__}: {cause}".split())


async def _content_problem(request: Request, problem: Any) -> Response:
    """A mistake in the course's own files: staff read where it is, students that it is not theirs."""
    site = site_of(request)
    log.warning("%s %s: %s", request.method, path_to_log(request.url.path), problem.message)
    try:
        await site.in_reader(staff.staff_of_course, request)
    except Refused:
        message = "This page needs a file of the course that has a mistake. What you submitted is safe."
        return await _problem_page(request, 503, message, "Tell the course's staff; then try again.", {})
    message = problem.message.replace(f"{site.folder}/", "")
    return await _problem_page(request, 409, message, problem.next_step, {})


async def _http_problem(request: Request, problem: Any) -> Response:
    sentences = {
        404: ("There is no such page.", "Go back to the start page."),
        405: ("This page does not accept this kind of request.", "Go back to the start page."),
    }
    message, next_step = sentences.get(problem.status_code, ("The request failed.", "Go back and try again."))
    return await _problem_page(request, problem.status_code, message, next_step, dict(problem.headers or {}))


async def _database_problem(request: Request, problem: Any) -> Response:
    """A connection to the database was cut; the next request has another one."""
    if not problem.connection_invalidated:
        raise problem
    log.warning(
        "%s %s: the connection to the database was cut", request.method, path_to_log(request.url.path)
    )
    message = "The database was away for a moment. What was saved is safe."
    return await _problem_page(
        request, 503, message, "Try again in a few seconds.", {"Retry-After": str(Busy.retry_after)}
    )


async def _failed(request: Request, problem: Exception) -> Response:
    log.error("%s %s failed", request.method, path_to_log(request.url.path), exc_info=problem)
    message = "The server has a fault. Saved answers are safe."
    return await _problem_page(
        request, 500, message, "Go back and try again; if it happens again, tell the course's staff.", {}
    )


async def _problem_page(
    request: Request, status: int, message: str, next_step: str, headers: dict[str, str]
) -> Response:
    if is_json(request):
        return JSONResponse({"message": message, "next_step": next_step}, status, headers)
    site = site_of(request)

    def page() -> str:
        session = site.signed_in(request.cookies.get(COOKIE, ""), site.now())
        token = site.form_token(session) if session else ""
        return site.page("problem.html", message=message, next_step=next_step, session=session, token=token)

    return HTMLResponse(await site.in_reader(page), status, headers)
