"""For those who watch a server: `/healthz` says whether it works, `/metrics` how much it has to do.

`/healthz` needs no sign-in and names nothing of the course. `/metrics` is in the format of Prometheus, for
staff: a scraper shows a staff token. `GAUGES` is what the page for the night of a deadline explains.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from autograder.site.app_context import AppContext
from autograder.site.backup import has_disk_space
from autograder.site.homework.tables import grading, submission
from autograder.site.requests import reads, site_of
from autograder.site.roles import Permission
from autograder.site.settings.site_settings import read_setting
from autograder.site.staff import requires, staff_of_course
from autograder.site.tables import lti_score, session

__all__ = ["GAUGES", "healthz", "measure", "metrics"]

GAUGES = {
    "autograder_queue_depth": "Submissions that wait for a grader or are being graded.",
    "autograder_queue_oldest_wait_seconds": "How long the oldest of them has waited.",
    "autograder_gradings_failed": "Submissions that could not be graded by a fault of ours.",
    "autograder_submissions": "Submissions that are stored.",
    "autograder_receipt_seconds_p99": "Of 100 uploads in ten minutes, 99 had their receipt after so long.",
    "autograder_receipts": "Uploads that were answered since the server was started.",
    "autograder_save_seconds_p99": "Of 100 saves of quiz answers in ten minutes, 99 took no longer.",
    "autograder_saves": "Saves of quiz answers since the server was started.",
    "autograder_writes_waiting": "Writes that wait for the database.",
    "autograder_free_bytes": "Free space on the disk of the database.",
    "autograder_lms_failed": "Scores that a learning platform did not take.",
    "autograder_lms_waiting": "Scores on their way to a learning platform.",
    "autograder_sessions": "People who are signed in.",
    "autograder_backup_age_seconds": "The age of the last good backup; NaN without any.",
    "autograder_maintenance": "1 during maintenance.",
    "autograder_warnings": "Warnings that staff see.",
}


@reads
def healthz(request: Request) -> Response:
    """Whether the database answers, the disk has space and writes come through: 200, or 503 and why."""
    site = site_of(request)
    problems = []
    try:
        with site.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception:  # each driver has exceptions of its own
        problems.append("the database does not answer")
    if not has_disk_space(site.database):
        problems.append("the disk is nearly full")
    if site.writer.waiting() >= MOST_WAITING:
        problems.append("writes wait for the database")
    state = "failing" if problems else "maintenance" if site.maintenance.known().on else "ok"
    return JSONResponse({"status": state, "problems": problems}, 503 if problems else 200)


MOST_WAITING = 5_000


@reads
@requires(Permission.STAFF)
def metrics(request: Request) -> Response:
    """The numbers in the format of Prometheus."""
    staff_of_course(request)
    site = site_of(request)
    registry = CollectorRegistry()
    for name, value in measure(site, request.state.at).items():
        Gauge(name, GAUGES[name], registry=registry).set(value)
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return Response(generate_latest(registry), headers={"Content-Type": kind})


def measure(site: AppContext, at: int) -> Mapping[str, float]:
    """All numbers, by the names in GAUGES."""
    with site.database.reading() as connection:
        values: dict[str, Any] = _stored(connection, site.course, at)
    nan = float("nan")
    receipts, saves = site.receipt_times, site.save_times
    file = site.database.file
    return values | {
        "autograder_receipt_seconds_p99": receipts.quantile(0.99) or 0.0,
        "autograder_receipts": receipts.count,
        "autograder_save_seconds_p99": saves.quantile(0.99) or 0.0,
        "autograder_saves": saves.count,
        "autograder_writes_waiting": site.writer.waiting(),
        "autograder_free_bytes": nan if file is None else shutil.disk_usage(file.absolute().parent).free,
        "autograder_maintenance": int(site.maintenance.state(at).on),
        "autograder_warnings": len(site.staff_warnings()),
    }


def _stored(connection: Connection, course: str, at: int) -> dict[str, float]:
    """The numbers that are in the database."""
    open_work = grading.c.course == course, grading.c.state.in_(["waiting", "leased"])
    depth, oldest = connection.execute(
        select(func.count(), func.min(grading.c.queued_at)).where(*open_work)
    ).one()
    failed = grading.c.course == course, grading.c.state == "failed"
    by_state = select(lti_score.c.state, func.count().label("many")).group_by(lti_score.c.state)
    states = {row.state: row.many for row in connection.execute(by_state)}
    backup = read_setting(connection, "last backup")
    good = backup.get("at") if backup and not backup.get("problem") else None
    return {
        "autograder_queue_depth": depth,
        "autograder_queue_oldest_wait_seconds": max(0, at - oldest) / 1000 if oldest is not None else 0,
        "autograder_gradings_failed": connection.execute(select(func.count()).where(*failed)).scalar_one(),
        "autograder_submissions": connection.execute(
            select(func.count()).where(submission.c.course == course)
        ).scalar_one(),
        "autograder_lms_failed": states.get("failed", 0),
        "autograder_lms_waiting": states.get("waiting", 0),
        "autograder_sessions": connection.execute(
            select(func.count(func.distinct(session.c.person))).where(session.c.ends_at > at)
        ).scalar_one(),
        "autograder_backup_age_seconds": float("nan") if good is None else (at - good) / 1000,
    }
