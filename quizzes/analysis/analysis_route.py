"""The page of a quiz's item analysis on the site, for staff who see everybody's work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.errors import Conflict, NotFound
from autograder.site.requests import PageRoute, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.staff import requires
from quizzes.analysis.data import Which, read_points
from quizzes.analysis.page import analysis_csv, analysis_page
from quizzes.analysis.summary import summary
from quizzes.services.exam import ExamService
from quizzes.store.quizzes import published_in

__all__ = ["ANALYSIS_ROUTES"]

ATTEMPTS: dict[str, Which] = {"first": "first", "last": "last", "all": "all"}
# The page brings its own style sheet and charts, and no scripts.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@reads_much
@requires(Permission.ALL_STUDENTS)
def analysis(request: Request) -> Response:
    """Difficulty, discrimination, reliability, wrong options; `?format=csv` is the table."""
    site, quiz = site_of(request), request.path_params["quiz"]
    with site.database.reading() as connection:
        title = next(
            (published.title for published in published_in(connection, site.course) if published.id == quiz),
            None,
        )
    if title is None:
        raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    exam: ExamService = site.parts["quizzes"].exam
    which = ATTEMPTS.get(request.query_params.get("attempts", ""), "first")
    statistics = summary(*read_points(exam, quiz, which))
    if not statistics.students:
        raise Conflict("No attempt of this quiz is finished.", next_step="Come back when one is.")
    if request.query_params.get("format") == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{quiz}-items.csv"'}
        return Response(analysis_csv(statistics), media_type="text/csv; charset=utf-8", headers=headers)
    request.state.policy = POLICY
    return HTMLResponse(analysis_page(title, site.title, statistics, back=f"/staff/{quiz}/results"))


ANALYSIS_ROUTES = (PageRoute("/staff/{quiz}/analysis", analysis),)
