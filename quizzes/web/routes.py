"""The addresses of the quiz pages, which the extension adds to the site."""

from __future__ import annotations

from starlette.routing import Route

from quizzes.web import attempt, results, start, submit
from quizzes.web.staff import attempt as staff_attempt
from quizzes.web.staff import marking, monitor, receipts, regrade_requests, regrades

__all__ = ["ROUTES"]

ATTEMPT = "/attempts/{attempt}"
ROUTES = [
    Route("/", start.quizzes),
    Route("/quizzes/{quiz}", start.start_page),
    Route("/quizzes/{quiz}/start", start.begin, methods=["POST"]),
    Route(ATTEMPT, attempt.page),
    Route(ATTEMPT, attempt.save_page, methods=["POST"]),
    Route(f"{ATTEMPT}/answers/{{pos:int}}", attempt.save_answer, methods=["POST"]),
    Route(f"{ATTEMPT}/flags/{{pos:int}}", attempt.save_flag, methods=["POST"]),
    Route(f"{ATTEMPT}/lock", attempt.take_lock, methods=["POST"]),
    Route(f"{ATTEMPT}/status", attempt.status),
    Route(f"{ATTEMPT}/pictures/{{file:path}}", attempt.picture),
    Route(f"{ATTEMPT}/review", submit.review),
    Route(f"{ATTEMPT}/finish", submit.finish, methods=["POST"]),
    Route(f"{ATTEMPT}/receipt", submit.receipt),
    Route(f"{ATTEMPT}/receipt.json", submit.receipt_file),
    Route(f"{ATTEMPT}/results", results.results),
    Route(f"{ATTEMPT}/regrade-requests/{{pos:int}}", results.send_regrade_request, methods=["POST"]),
    Route("/receipts", receipts.ask_for_receipt),
    Route("/receipts", receipts.verify, methods=["POST"]),
    Route("/staff/attempts/{attempt}/end-sessions", staff_attempt.end_sessions, methods=["POST"]),
    Route("/staff/attempts/{attempt}", staff_attempt.attempt_page),
    Route("/staff/attempts/{attempt}/reopen", staff_attempt.reopen_attempt, methods=["POST"]),
    Route("/staff/attempts/{attempt}/close", staff_attempt.close_attempt, methods=["POST"]),
    Route("/staff/attempts/{attempt}/accept", staff_attempt.accept_late_save, methods=["POST"]),
    Route("/staff/attempts/{attempt}/points/{pos:int}", staff_attempt.override_points, methods=["POST"]),
    Route("/staff/attempts/{attempt}/withdraw/{pos:int}", staff_attempt.withdraw_points, methods=["POST"]),
    Route("/staff/{quiz}", monitor.monitor),
    Route("/staff/{quiz}/time", monitor.give_time, methods=["POST"]),
    Route("/staff/{quiz}/message", monitor.send_message, methods=["POST"]),
    Route("/staff/{quiz}/marking", marking.marking),
    Route("/staff/{quiz}/marking", marking.mark_essay, methods=["POST"]),
    Route("/staff/{quiz}/regrade-requests", regrade_requests.show_requests),
    Route("/staff/{quiz}/regrade-requests", regrade_requests.answer, methods=["POST"]),
    Route("/staff/{quiz}/regrades", regrades.regrades),
    Route("/staff/{quiz}/regrades", regrades.propose, methods=["POST"]),
    Route("/staff/{quiz}/regrades/{run:int}/release", regrades.release, methods=["POST"]),
]
