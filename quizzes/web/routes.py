"""The addresses of the quiz pages."""

from __future__ import annotations

from starlette.routing import Route

from quizzes.web import attempt as taking
from quizzes.web import results, start
from quizzes.web import submit as ending
from quizzes.web.staff import marking as mending
from quizzes.web.staff import monitor as watching

__all__ = ["ROUTES"]

ATTEMPT = "/attempts/{attempt}"
ROUTES = [
    Route("/", start.quizzes),
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
]
