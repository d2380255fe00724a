"""The requests of graders: lease a grading, fetch files by digest, bring the report or the fault.

A grader is a program of its own (`autograder grader`), on this machine or another. It shows a token that is
derived from the server's secret; it never opens the database.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from contextlib import suppress
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
from autograder.site.requests import PageRoute, body_of, reads_much, site_of, whole_number
from autograder.site.signer import Signer

__all__ = ["GRADER_ROUTES", "grader_token", "is_chosen_token"]

SHORTEST_TOKEN = 16  # characters
BASIS = ("engine", "environment")  # what a grader says that its result depends on
LONGEST_BASIS = 200  # characters
LONGEST_WAIT = 600_000  # milliseconds


def grader_token(signer: Signer) -> str:
    """What a grader shows: AUTOGRADER_TOKEN if whoever runs the server chose it, else from its secret.

    It stays the same as long as the server's secret does.
    """
    return _chosen() if is_chosen_token() else signer.of("grader", "token")


def is_chosen_token() -> bool:
    """Whether it is AUTOGRADER_TOKEN: whoever chose it knows it, and no log has to hold it."""
    return len(_chosen()) >= SHORTEST_TOKEN


def _chosen() -> str:
    return os.environ.get("AUTOGRADER_TOKEN", "")


async def lease(request: Request) -> Response:
    """The next grading; 204 where nothing is queued, also after the milliseconds that the grader `wait`s.

    What is submitted at this server is leased at once to a grader that waits. What another server of the
    database takes in is found when the grader asks again.
    """
    _authorize(request)
    site, context, values = site_of(request), homework_of(request), _json_of(request)
    grader, now = str(values.get("grader", "")), asyncio.get_running_loop().time
    ends = now() + (whole_number(values.get("wait"), LONGEST_WAIT) or 0) / 1000
    while True:
        if (await site.in_reader(site.maintenance.state, site.now())).on:
            return Response(status_code=204)  # what is being graded comes to its end, nothing new begins
        queued = context.submission_queued()  # before the look, so that nothing comes between
        leased = await site.written(
            lambda connection: lease_next(connection, site.course, grader, site.now())
        )
        if leased is not None:
            return JSONResponse(asdict(leased))
        with suppress(TimeoutError), site.crowd.aside():
            async with asyncio.timeout(max(0.0, ends - now())):
                await queued.wait()
        # What a grader that has gone would lease, nobody graded until the lease ends.
        if not queued.is_set() or await request.is_disconnected():
            return Response(status_code=204)


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
