"""The addresses of the quiz pages, which the extension adds to the site."""

from __future__ import annotations

from autograder.site.requests import PageRoute
from quizzes.web import attempt, results, start, submit
from quizzes.web.staff import attempt as staff_attempt
from quizzes.web.staff import banks, editor, marking, monitor, receipts, regrade_requests, regrades
from quizzes.web.staff import results as staff_results
from quizzes.web.staff.preview import PREVIEW_ROUTES
from quizzes.web.staff.publishing import PUBLISHING_ROUTES

__all__ = ["ROUTES"]

ATTEMPT, STAFF_ATTEMPT = "/attempts/{attempt}", "/staff/attempts/{attempt}"
ROUTES = [
    # In the order in which a class asks for them: each request is matched from the first one on.
    PageRoute(f"{ATTEMPT}/answers/{{pos:whole}}", attempt.save_answer, methods=["POST"]),
    PageRoute(f"{ATTEMPT}/status", attempt.status),
    PageRoute(f"{ATTEMPT}/finish", submit.finish, methods=["POST"]),
    PageRoute(f"{ATTEMPT}/receipt", submit.receipt),
    PageRoute(ATTEMPT, attempt.page),
    PageRoute("/quizzes/{quiz}", start.start_page),
    PageRoute("/quizzes/{quiz}/start", start.begin, methods=["POST"]),
    PageRoute(ATTEMPT, attempt.save_page, methods=["POST"]),
    PageRoute(f"{ATTEMPT}/flags/{{pos:whole}}", attempt.save_flag, methods=["POST"]),
    PageRoute(f"{ATTEMPT}/lock", attempt.take_lock, methods=["POST"]),
    PageRoute(f"{ATTEMPT}/pictures/{{file:path}}", attempt.picture),
    PageRoute(f"{ATTEMPT}/review", submit.review),
    PageRoute(f"{ATTEMPT}/receipt.json", submit.receipt_file),
    PageRoute(f"{ATTEMPT}/results", results.results),
    PageRoute(f"{ATTEMPT}/regrade-requests/{{pos:whole}}", results.send_regrade_request, methods=["POST"]),
    PageRoute("/banks", banks.show_banks),
    PageRoute("/banks/preview", banks.preview_import, methods=["POST"]),
    PageRoute("/banks/import", banks.import_bank, methods=["POST"]),
    PageRoute("/content/quizzes", editor.new_quiz, methods=["POST"]),
    PageRoute("/content/pictures/{file:path}", editor.picture),
    *(
        route
        for kind in ("banks", "quizzes")
        for route in (
            PageRoute(f"/content/{kind}/{{name}}", editor.edit),
            PageRoute(f"/content/{kind}/{{name}}", editor.save, methods=["POST"]),
            PageRoute(f"/content/{kind}/{{name}}/check", editor.check_draft, methods=["POST"]),
        )
    ),
    PageRoute("/receipts", receipts.ask_for_receipt),
    PageRoute("/receipts", receipts.verify, methods=["POST"]),
    PageRoute(f"{STAFF_ATTEMPT}/end-sessions", staff_attempt.end_sessions, methods=["POST"]),
    PageRoute(STAFF_ATTEMPT, staff_attempt.attempt_page),
    PageRoute(f"{STAFF_ATTEMPT}/reopen", staff_attempt.reopen_attempt, methods=["POST"]),
    PageRoute(f"{STAFF_ATTEMPT}/close", staff_attempt.close_attempt, methods=["POST"]),
    PageRoute(f"{STAFF_ATTEMPT}/accept", staff_attempt.accept_late_save, methods=["POST"]),
    PageRoute(f"{STAFF_ATTEMPT}/points/{{pos:whole}}", staff_attempt.override_points, methods=["POST"]),
    PageRoute(f"{STAFF_ATTEMPT}/withdraw/{{pos:whole}}", staff_attempt.withdraw_points, methods=["POST"]),
    PageRoute("/staff/{quiz}/results", staff_results.results_page),
    *PREVIEW_ROUTES,
    *PUBLISHING_ROUTES,
    PageRoute("/staff/{quiz}", monitor.monitor),
    PageRoute("/staff/{quiz}/time", monitor.give_time, methods=["POST"]),
    PageRoute("/staff/{quiz}/message", monitor.send_message, methods=["POST"]),
    PageRoute("/staff/{quiz}/marking", marking.marking),
    PageRoute("/staff/{quiz}/regrade-requests", regrade_requests.show_requests),
    PageRoute("/staff/{quiz}/regrades", regrades.regrades),
    PageRoute("/staff/{quiz}/regrades", regrades.propose, methods=["POST"]),
    PageRoute("/staff/{quiz}/regrades/{run:whole}/release", regrades.release, methods=["POST"]),
]
