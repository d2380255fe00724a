"""The way from a quiz to the regrade requests of its students."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.site.requests import reads
from autograder.site.roles import Permission
from autograder.site.staff import requires
from quizzes.store.marks import QUIZ
from quizzes.web.staff.access import staff_at

__all__ = ["show_requests"]


@reads
@requires(Permission.STUDENTS)
def show_requests(request: Request) -> Response:
    """The regrade requests of a quiz, on the page of all requests."""
    quiz = request.path_params["quiz"]
    staff_at(request, quiz)
    return RedirectResponse(f"/regrade-requests?kind={QUIZ}&work={quote(quiz)}", 303)
