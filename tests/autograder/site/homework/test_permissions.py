"""Every route of homework against everybody; a new route without an expectation fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from homework_site import HomeworkSite, serving, solved, tiny_site
from tiny_course import ASSIGNMENT

from autograder.site.homework.extension import EXTENSION

# What each route answers to: nobody, another student, the student, an assistant, an instructor. 303 of a page
# is the way to sign in; of a form it is the page after it.
EVERYBODY = (303, 200, 200, 200, 200)
OWNER = (303, 404, 200, 404, 404)
STAFF = (303, 404, 404, 200, 200)
INSTRUCTORS = (401, 404, 404, 403, 303)
GRADERS = (403, 403, 403, 403, 403)
TOKENS = (401, 401, 401, 401, 401)  # a session is no token
EXPECTED = {
    "GET /homework/{assignment}": EVERYBODY,
    "GET /homework/{assignment}/handout": EVERYBODY,
    "POST /homework/{assignment}/upload": (401, 409, 409, 409, 409),  # without a file
    "GET /tokens": EVERYBODY,
    "POST /tokens": (401, 200, 200, 200, 200),
    "POST /tokens/revoke": (401, 200, 200, 200, 200),
    "GET /api/homework/{assignment}": TOKENS,
    "POST /api/homework/{assignment}/submissions": TOKENS,
    "GET /submissions/{submission}": OWNER,
    "GET /submissions/{submission}/status": OWNER,
    "GET /submissions/{submission}/feedback": OWNER,
    "GET /submissions/{submission}/file": OWNER,
    "GET /staff/homework/{assignment}": STAFF,
    "POST /staff/homework/{assignment}/release": INSTRUCTORS,
    "POST /staff/homework/{assignment}/grade-again": INSTRUCTORS,
    "GET /staff/homework/{assignment}/upload": (303, 404, 404, 403, 200),
    "POST /staff/homework/{assignment}/upload": (401, 404, 404, 403, 409),  # without a file
    "POST /staff/homework/{assignment}/upload/confirm": (401, 404, 404, 403, 409),  # of nothing
    "GET /staff/submissions/{submission}": STAFF,
    "GET /staff/submissions/{submission}/feedback": STAFF,
    "GET /staff/submissions/{submission}/pictures/{number:whole}": (303, 404, 404, 404, 404),  # it has none
    "POST /staff/submissions/{submission}/points": (401, 404, 404, 409, 409),  # without points
    "POST /staff/submissions/{submission}/answers": (401, 404, 404, 303, 303),
    "POST /api/hub/tokens": GRADERS,
    "GET /staff/homework/{assignment}/regrades": (303, 404, 404, 403, 200),
    "POST /staff/homework/{assignment}/regrades": (401, 404, 404, 403, 409),  # without a reason
    "GET /staff/homework/{assignment}/regrades/{run:whole}": (303, 404, 404, 403, 404),  # there is none
    "POST /staff/homework/{assignment}/regrades/{run:whole}/stop": (401, 404, 404, 403, 404),
    "POST /staff/homework/{assignment}/regrades/{run:whole}/resume": (401, 404, 404, 403, 404),
    "POST /staff/homework/{assignment}/regrades/{run:whole}/discard": (401, 404, 404, 403, 404),
    "POST /staff/homework/{assignment}/regrades/{run:whole}/release": (401, 404, 404, 403, 404),
    "GET /extensions": STAFF,
    "POST /extensions/preview": (401, 404, 404, 403, 409),  # of nothing
    "POST /extensions/give": (401, 404, 404, 403, 409),
    "POST /extensions/{number:whole}/end": (401, 404, 404, 403, 404),  # there is none
    "POST /extensions/requests/{number:whole}": (401, 404, 404, 403, 404),
    "GET /homework/{assignment}/dates": EVERYBODY,
    "POST /homework/{assignment}/dates": (401, 409, 409, 409, 409),  # without a reason
    "POST /homework/{assignment}/late-days": (401, 409, 409, 409, 409),  # the course has none
    "GET /groups": STAFF,
    "POST /groups/preview": (401, 404, 404, 403, 409),  # without a file
    "POST /groups/import": (401, 404, 404, 403, 409),
    "POST /groups/sign-up": INSTRUCTORS,
    "GET /homework/{assignment}/group": EVERYBODY,
    "POST /homework/{assignment}/group": (401, 409, 409, 409, 409),  # no sign-up is open
    "POST /graders/lease": GRADERS,
    "GET /graders/files/{digest}": GRADERS,
    "POST /graders/gradings/{number:whole}/report": GRADERS,
    "POST /graders/gradings/{number:whole}/fault": GRADERS,
}
ROUTES = [
    f"{method} {route.path}"  # type: ignore[attr-defined]
    for route in EXTENSION.routes()
    for method in sorted(route.methods)  # type: ignore[attr-defined]
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with one grader beside it."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
        yield site


def test_every_route_has_an_expectation() -> None:
    """A route that is added without saying who may use it fails here."""
    assert set(ROUTES) == set(EXPECTED)


def test_everybody_on_every_route(site: HomeworkSite) -> None:
    """Each answer is the expected one."""
    owner = site.visitor("ann")
    submission = owner.submitted(solved(site.course))
    owner.graded(submission)
    nobody = site.visitor("bob")
    nobody.http.cookies.clear()
    people = [nobody, *(site.visitor(person) for person in ("bob", "ann", "tim", "ina"))]
    values = {
        "{assignment}": ASSIGNMENT,
        "{submission}": submission.rpartition("/")[2],
        "{digest}": "0" * 64,
        "{number:whole}": "1",
        "{run:whole}": "1",
    }
    answers = {}
    for route in EXPECTED:
        method, path = route.split()
        for name, value in values.items():
            path = path.replace(name, value)
        answers[route] = tuple(
            person.http.request(
                method, path, data={"token": person.token} if method == "POST" else None
            ).status_code
            for person in people
        )
    assert answers == EXPECTED
