"""The page that verifies a receipt which a student shows."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.site.people import names_in
from autograder.site.requests import form_of, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from quizzes.store.quizzes import published_in
from quizzes.store.receipts import Verification, verify_receipt

__all__ = ["ask_for_receipt", "verify"]


@reads_much
@requires(Permission.STAFF)
def ask_for_receipt(request: Request) -> Response:
    """A form for the text of a receipt's file."""
    return _page(request, staff_of_course(request), None, "", {})


@requires(Permission.STAFF)
async def verify(request: Request) -> Response:
    """Whether this server issued the receipt, and whose it is."""
    site = site_of(request)
    session = await site_of(request).in_reader(staff_of_course, request)
    text = (await form_of(request, session)).get("receipt", [""])[-1]

    def work() -> tuple[Verification, dict[str, Any]]:
        with site.database.reading() as connection:
            result = verify_receipt(connection, site.signer, text)
            if not result.genuine:
                return result, {}
            names = names_in(connection, site.course)
            titles = {quiz.id: quiz.title for quiz in published_in(connection, site.course)}
            body = result.body
            return result, {
                **body,
                "name": names.get(body["person"], body["person"]),
                "title": titles.get(body["quiz"], body["quiz"]),
            }

    result, body = await site.in_thread(work)
    return _page(request, session, result, text, body)


def _page(
    request: Request, session: Session, result: Verification | None, text: str, body: dict[str, Any]
) -> Response:
    site = site_of(request)
    page = site.page(
        "staff_receipts.html",
        result=result,
        body=body,
        text=text,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)
