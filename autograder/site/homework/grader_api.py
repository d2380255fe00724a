"""The requests of graders: lease a grading, fetch files by digest, bring the report or the fault.

A grader is a program of its own (`autograder grader`), on this machine or another. It shows a token that is
derived from the server's secret; it never opens the database.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from autograder.errors import Forbidden, Refused
from autograder.report import Report, summarize_report
from autograder.site.homework.context import homework_of
from autograder.site.homework.grade_records import GradingResult
from autograder.site.homework.notices import tell_graded
from autograder.site.homework.queue import fail, finish, lease_next
from autograder.site.homework.scores import GradingSummary
from autograder.site.middleware import LARGEST_UPLOAD
from autograder.site.requests import PageRoute, body_of, reads_much, site_of
from autograder.site.signer import Signer

__all__ = ["GRADER_ROUTES", "grader_token"]

SHORTEST_TOKEN = 16  # characters
BASIS = ("engine", "environment")  # what a grader says that its result depends on
LONGEST_BASIS = 200  # characters


def grader_token(signer: Signer) -> str:
    """What a grader shows: AUTOGRADER_TOKEN if whoever runs the server chose it, else from its secret.

    It stays the same as long as the server's secret does.
    """
    chosen = os.environ.get("AUTOGRADER_TOKEN", "")
    return chosen if len(chosen) >= SHORTEST_TOKEN else signer.of("grader", "token")


async def lease(request: Request) -> Response:
    """The next grading; 204 where nothing waits."""
    _authorize(request)
    site = site_of(request)
    grader = str(_json_of(request).get("grader", ""))
    if (await site.in_reader(site.maintenance.state, request.state.at)).on:
        return Response(status_code=204)  # what is being graded comes to its end, nothing new begins
    leased = await site.written(
        lambda connection: lease_next(connection, site.course, grader, request.state.at)
    )
    return Response(status_code=204) if leased is None else JSONResponse(asdict(leased))


@reads_much
def file(request: Request) -> Response:
    """The bytes of a submission or a bundle."""
    _authorize(request)
    content = homework_of(request).files.get(request.path_params["digest"])
    return Response(content, media_type="application/octet-stream")


async def report(request: Request) -> Response:
    """Store the report on a leased grading."""
    _authorize(request)
    site, context = site_of(request), homework_of(request)
    number, secret = request.path_params["number"], request.query_params.get("lease", "")
    content = body_of(request, LARGEST_UPLOAD)
    basis = {name: request.query_params.get(name, "")[:LONGEST_BASIS] for name in BASIS}

    def stored() -> tuple[str, Report]:
        try:
            result = Report.from_json(content)
        except ValidationError as problem:
            raise Refused(
                "This is not a report.", next_step="Update the grader to the server's version."
            ) from problem
        return context.files.put(content), result

    digest, result = await site.in_thread(stored)
    whole = summarize_report(result)
    graded = GradingResult(
        report=digest,
        earned=Decimal(str(result.score.earned)),
        possible=Decimal(str(result.score.possible)),
        summary=GradingSummary.of(result).to_json(),
        problem=whole.problem,
        sandbox=result.sandbox,
        dataset=result.dataset,
        written={task: (points, answer) for task, points, answer in whole.written},
        **basis,
    )

    def write(connection: Connection) -> None:
        finish(connection, number, secret, graded, site.now())
        tell_graded(connection, context.course(connection), site.course, number, site.now())

    await site.written(write)
    return Response(status_code=204)


async def fault(request: Request) -> Response:
    """Give a leased grading back, with the reason."""
    _authorize(request)
    site, number = site_of(request), request.path_params["number"]
    values = _json_of(request)
    secret, problem = str(values.get("lease", "")), str(values.get("problem", ""))
    await site.written(lambda connection: fail(connection, number, secret, problem))
    return Response(status_code=204)


GRADER_ROUTES = (
    PageRoute("/graders/lease", lease, methods=["POST"]),
    PageRoute("/graders/files/{digest}", file),
    PageRoute("/graders/gradings/{number:whole}/report", report, methods=["POST"]),
    PageRoute("/graders/gradings/{number:whole}/fault", fault, methods=["POST"]),
)


def _authorize(request: Request) -> None:
    shown = request.headers.get("authorization", "")
    expected = f"Bearer {grader_token(site_of(request).signer)}"
    if not hmac.compare_digest(shown.encode(), expected.encode()):
        raise Forbidden(
            "This token is not a grader's.", next_step="Start the grader with this server's token."
        )


def _json_of(request: Request) -> dict[str, Any]:
    try:
        values = json.loads(body_of(request, 64 * 1024) or b"{}")
    except (ValueError, RecursionError) as problem:
        raise Refused(
            "This is not JSON.", next_step="Update the grader to the server's version."
        ) from problem
    return values if isinstance(values, dict) else {}
