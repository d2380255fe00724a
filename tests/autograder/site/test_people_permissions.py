"""Every route of people, notices, personal data and integrity against everybody."""

from __future__ import annotations

from pathlib import Path

from databases import new_database
from live_homework import live_homework
from live_server import Student

from autograder.site.integrity.pages import INTEGRITY_ROUTES
from autograder.site.notices.pages import NOTICE_ROUTES
from autograder.site.people_pages import PEOPLE_ROUTES
from autograder.site.personal_data.pages import PERSONAL_DATA_ROUTES

# What each route answers to: nobody, a student, an assistant, one who sees no work, an instructor.
EVERYBODY = (303, 200, 200, 200, 200)
STAFF = (303, 404, 200, 403, 200)
INSTRUCTORS = (303, 404, 403, 403, 200)
FORM = (401, 404, 403, 403, 200)
STORED = (401, 404, 403, 403, 303)
REFUSED = (401, 404, 403, 403, 409)  # of an instructor, since the form says nothing
EXPECTED = {
    "GET /people": STAFF,
    "POST /people/preview": REFUSED,  # without a table
    "POST /people/import": REFUSED,
    "GET /people/export": STAFF,
    "POST /people/test-student": STORED,
    "GET /people/person/{person:path}": STAFF,
    "POST /people/person/{person:path}/access": REFUSED,  # without a role
    "POST /people/person/{person:path}/time": REFUSED,
    "POST /people/person/{person:path}/drop": FORM,
    "POST /people/person/{person:path}/return": FORM,
    "POST /people/person/{person:path}/passcode": FORM,
    "POST /people/person/{person:path}/link": FORM,
    "POST /people/person/{person:path}/end-sessions": REFUSED,
    "POST /people/person/{person:path}/remove": REFUSED,
    "POST /look": (401, 404, 404, 403, 404),  # as nobody
    "POST /look/stop": (401, 303, 303, 303, 303),  # which changes nothing
    "GET /staff-tokens": (303, 404, 200, 200, 200),
    "POST /staff-tokens": (401, 404, 200, 200, 200),
    "POST /staff-tokens/revoke": (401, 404, 200, 200, 200),
    "GET /notices": EVERYBODY,
    "POST /notices/seen": (401, 303, 303, 303, 303),
    "POST /notices/choices": (401, 303, 303, 303, 303),
    "GET /announcements": INSTRUCTORS,
    "POST /announcements/preview": REFUSED,
    "POST /announcements/send": REFUSED,
    "GET /my-data.zip": EVERYBODY,
    "GET /personal-data": INSTRUCTORS,
    "POST /personal-data/erase-all": REFUSED,
    "GET /personal-data/person/{person:path}": INSTRUCTORS,
    "POST /personal-data/person/{person:path}/zip": FORM,
    "POST /personal-data/person/{person:path}/erase": REFUSED,
    "GET /integrity": INSTRUCTORS,
    "POST /integrity": REFUSED,
    "GET /integrity/{number:whole}": INSTRUCTORS,
    "POST /integrity/{number:whole}/notes": REFUSED,
    "POST /integrity/{number:whole}/hold": STORED,
    "POST /integrity/{number:whole}/evidence": REFUSED,
    "POST /integrity/{number:whole}/compare": REFUSED,  # the case is of a quiz
    "GET /integrity/{number:whole}/evidence/{item:whole}": (303, 404, 403, 403, 404),  # there is none
    "POST /integrity/{number:whole}/bundle": FORM,
    "POST /integrity/{number:whole}/close": REFUSED,
}
ROUTES = [
    f"{method} {route.path}"
    for route in (*PEOPLE_ROUTES, *NOTICE_ROUTES, *PERSONAL_DATA_ROUTES, *INTEGRITY_ROUTES)
    for method in sorted(route.methods or ())
]
UPLOADS = ("POST /people/preview", "POST /integrity/{number:whole}/evidence")


def test_every_route_has_an_expectation() -> None:
    """A route that is added without saying who may use it fails here."""
    assert set(ROUTES) == set(EXPECTED)


def test_everybody_on_every_route(tmp_path: Path) -> None:
    """Each answer is the expected one."""
    with live_homework(new_database(tmp_path / "quiz.db"), tmp_path / "course") as site:
        site.publish()
        server = site.server
        ina, ann = server.student(role="instructor", name="ina"), server.student(name="ann")
        tim, uma = (server.student(role="ta", name=name) for name in ("tim", "uma"))
        ina.post("/people/person/uma/access", role="ta", content="", students="none")
        ina.post("/integrity", title="A case", work="tiny", people="ann")
        with server.database.transaction() as connection:
            connection.exec_driver_sql("UPDATE integrity_case SET work = 'a quiz'")
        nobody = Student(server, "nobody")
        answers = {}
        for route in EXPECTED:
            method, path = route.split()
            for name, value in {
                "{person:path}": "ann",
                "{number:whole}": "1",
                "{item:whole}": "1",
            }.items():
                path = path.replace(name, value)
            answers[route] = tuple(
                _status(student, route, method, path) for student in (nobody, ann, tim, uma, ina)
            )
        assert answers == EXPECTED


def _status(student: Student, route: str, method: str, path: str) -> int:
    if method == "GET":
        return student.get(path).status_code
    data, files = {"token": student.token}, None
    if route in UPLOADS:
        files = {"nothing": ("empty", b"")}
    return student.http.post(path, data=data, files=files).status_code
