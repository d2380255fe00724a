"""Each act of staff has an HTTP call: the same form with a token, the same permission, the same log line.

The acts come from the table of routes, so a new one is tested as soon as it is there; the page of the calls
is made from it, too.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from local_http import LOCAL
from marking_site import QUESTION, MarkingSite, marking_site
from repository_assignments import COURSE as REPOSITORY
from sqlalchemy import select
from tiny_course import ASSIGNMENT

from autograder.site.application import site_routes
from autograder.site.people import COURSE
from autograder.site.staff_tokens import make_staff_token
from autograder.site.tables import audit

PAGE = REPOSITORY.root / "autograder" / "site" / "HTTP.md"
# What is no act of a member of staff: signing in and out, what students do, and what programs of ours send.
NOT_OF_STAFF = re.compile(
    r"/(sign-in|sign-out|lti|graders|api|attempts|tokens|look|health|static|sso|saml|oidc)\b.*"
    r"|/quizzes/\{quiz\}/start|/homework/\{assignment\}/upload|/staff-tokens.*|/people/tokens.*"
)
VALUES = {
    "assignment": ASSIGNMENT,
    "kind": "homework",
    "work": ASSIGNMENT,
    "question": "written:why-two",
    "person": "ann",
}
FIELDS = {
    "reason": "why",
    "text": "A text.",
    "note": "A note.",
    "points": "0.5",
    "comment": "A comment.",
    "seen": "0",
    "mark": "1",
    "version": "0",
    "item_id": "",
    "item_text": "An item.",
    "item_points": "0.5",
    "question": "written:why-two",
    "marker": "tim",
    "how": "evenly",
    "scope": "counting",
    "minutes": "5",
}


def acting_routes() -> list[tuple[str, Callable[..., Any]]]:
    """The paths and handlers of the acts of staff."""
    routes = [
        (str(route.path), route.endpoint)  # type: ignore[attr-defined]
        for route in site_routes()
        if "POST" in (getattr(route, "methods", None) or ())
    ]
    return sorted((path, act) for path, act in routes if not NOT_OF_STAFF.fullmatch(path))


def filled(site: MarkingSite) -> list[str]:
    """The paths of all acts with values that exist where they can."""
    ina = site.person("ina")
    question = ina.get(QUESTION, headers={"Accept": "application/json"}).json()
    of_class = ina.page(f"/staff/homework/{ASSIGNMENT}")
    of_site = {
        "code": question["answers"][0]["code"],
        "submission": re.findall(r"/staff/submissions/([\w-]+)", of_class)[0],
    }

    def value(match: re.Match[str]) -> str:
        name, _, kind = match[1].partition(":")
        return str({**VALUES, **of_site}.get(name, "1" if kind == "whole" else "nothing"))

    return [re.sub(r"\{([^}]+)\}", value, path) for path, _ in acting_routes()]


def files_of(path: str) -> dict[str, tuple[str, bytes]] | None:
    """What a form with a file brings: one that cannot be read; None of another form."""
    return {"file": ("file.txt", b"nothing")} if re.search(r"/(preview|upload)$", path) else None


def outcomes(
    site: MarkingSite, send: Callable[[str, str, dict[str, str]], httpx.Response]
) -> tuple[list[tuple[str, str, int, str]], list[tuple[str, str, str]]]:
    """What each act answers to an assistant and to an instructor, and the log lines of all."""
    answers, paths = [], filled(site)
    for person in ("tim", "ina"):
        for (path, _), address in zip(acting_routes(), paths, strict=True):
            reply = send(person, address, FIELDS)
            shown = reply.json().get("message", "") if "json" in reply.headers.get("Content-Type", "") else ""
            answers.append((person, path, reply.status_code, shown))
    ids = re.compile(r"(?<![\w-])[\w-]{16,}(?![\w-])|staff-[\w-]+")  # an ID may begin with a dash
    with site.server.database.reading() as connection:
        lines = [
            (row.who, row.act, ids.sub("…", f"{row.subject} {row.detail}"))
            for row in connection.execute(select(audit).order_by(audit.c.id))
        ]
    return answers, lines


def test_a_token_does_what_a_page_does(address: str, tmp_path: Path) -> None:
    """Every act answers a program as it answers a browser, and is logged in the same words."""
    with marking_site(address, tmp_path / "pages", ann="It is 2.") as site:

        def by_page(person: str, path: str, fields: dict[str, str]) -> httpx.Response:
            student = site.person(person)
            headers = {"Accept": "application/json", "X-Form-Token": student.token}
            data = {**fields, "token": student.token}
            return student.http.post(path, data=data, headers=headers, files=files_of(path))

        of_pages = outcomes(site, by_page)
    if address.startswith("postgresql"):  # one database holds one site
        return
    with marking_site(f"{address}.calls", tmp_path / "calls", ann="It is 2.") as site:
        tokens = {}
        for person in ("tim", "ina"):
            with site.server.database.transaction() as connection:
                tokens[person] = make_staff_token(
                    connection,
                    COURSE,
                    person,
                    "test",
                    site.server.signer,
                    at=site.server.clock.now(),
                    who=person,
                )

        def by_token(person: str, path: str, fields: dict[str, str]) -> httpx.Response:
            headers = {"Authorization": f"Bearer {tokens[person]}", "Accept": "application/json"}
            address = f"{site.server.address}{path}"
            return httpx.post(address, data=fields, headers=headers, files=files_of(path), **LOCAL)

        of_tokens = outcomes(site, by_token)
    assert of_tokens[0] == of_pages[0]
    assert [line for line in of_tokens[1] if line[1] != "make staff token"] == of_pages[1]
    acts = {act for _, act, _ in of_pages[1]}
    assert {"mark written answer", "change rubric", "assign marking", "regrade homework"} <= acts


@pytest.mark.parametrize("token", ["none", "staff-unknown", "submit-unknown"])
def test_without_a_token(address: str, tmp_path: Path, token: str) -> None:
    """No act is done for somebody unknown."""
    with marking_site(address, tmp_path, ann="It is 2.") as site:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        refused = {
            path: httpx.post(
                f"{site.server.address}{path}", data=FIELDS, headers=headers, **LOCAL
            ).status_code
            for path in filled(site)
        }
        assert {path: status for path, status in refused.items() if status not in (401, 403, 404)} == {}


def test_the_page_of_the_calls() -> None:
    """It has each act with the first sentence of its handler; run this file to write it."""
    assert PAGE.read_text(encoding="utf-8") == page_of_calls()


def page_of_calls() -> str:
    """The page: how to call, and every act."""
    rows = [
        f"| `POST {shown}` | {(inspect.getdoc(act) or '').splitlines()[0]} |"
        for path, act in acting_routes()
        if (shown := re.sub(r":[a-z]+}", "}", path))
    ]
    return f"""# What staff do, by HTTP

Each form of a page of staff is a call, too: the same address and fields, with a token of staff in place
of the session and its form token. Make a token on your page of tokens. It may do what you may do, and the
log says the same as after the form.

```
POST /staff/homework/hw1-activations/release HTTP/1.1
Authorization: Bearer staff-…
Accept: application/json
Content-Type: application/x-www-form-urlencoded

hold=yes
```

The fields of a call are those of the form on its page. With `Accept: application/json` an error is
`{{"message": …, "next_step": …}}`; its status is 401 without a token, 403 for too low a role, 404 for what
you may not see, and 409 where the state does not allow it. Whoever marks sends the number of the mark that
they saw (`seen`), and gets 409 where somebody else has marked since. The pages `/marking…`,
`/regrade-requests` and `/staff/homework/…/regrades` answer `Accept: application/json` with their content.

What belongs to a browser's session has no call: signing in and out, looking at the site as a student, and
tokens themselves. Students' own acts, platforms and graders have calls of their own.

| Call | Does |
|---|---|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    PAGE.write_text(page_of_calls(), encoding="utf-8")
