"""What nobody may do or see, through HTTP: sessions, leaks, foreign attempts (cases 16, 18 to 20)."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import httpx
import pytest
from fake_clock import MINUTE
from live_server import CHOICE, CODE, ESSAY, SIGNER, TEXT, LiveServer, Student
from local_http import LOCAL

from autograder.site.sessions import LASTS, new_link, new_passcode
from quizzes.content.items.choice import ChoiceQuestion

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


def everything(student: Student, attempt: str) -> str:
    """Every response a student can get with their attempt, headers too."""
    paths = ["/", "/quizzes/all", f"/attempts/{attempt}"]
    paths += [
        f"/attempts/{attempt}/{page}" for page in ("status", "review", "receipt", "receipt.json", "results")
    ]
    responses = [student.http.get(path, follow_redirects=True) for path in paths]
    static = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', responses[2].text))
    responses += [student.get(path) for path in static]
    return "\n".join(f"{reply.headers}\n{reply.text}" for reply in responses)


def secrets_of(server: LiveServer, attempt: str) -> list[str]:
    """Texts of this attempt that nobody may see before the close."""
    secrets = []
    for question in server.questions(attempt):
        secrets.append(question.explanation)
        if question.kind in ("numeric", "short_text", "expression", "function", "essay"):
            secrets.append(question.key_text)
        if isinstance(question, ChoiceQuestion):
            secrets += [
                question.context.html(option.feedback)
                for option in question.options.values()
                if option.feedback
            ]
    return secrets


def test_no_leak(server: LiveServer) -> None:
    """Case 18: before the close no response has a key, a tolerance or an explanation, by name or content."""
    server.publish()
    student = server.student()
    attempt = student.start()
    responses = [
        student.save(attempt, pos, question.key_answer)
        for pos, question in enumerate(server.questions(attempt))
    ]
    # What the student typed themselves is theirs to see: look at another attempt with the same questions.
    other = server.student()
    fresh = other.start()
    for phase in ("open", "over"):
        text = everything(other, fresh) + "".join(
            reply.text for reply in responses if "answer" not in reply.json()
        )
        for secret in secrets_of(server, fresh):
            plain = html.unescape(re.sub(r"<[^>]+>", "", secret))
            if len(plain) > 6:
                assert secret not in text, (phase, secret)
                assert plain not in html.unescape(re.sub(r"<[^>]+>", "", text)), (phase, secret)
        for word in ("tolerance", "common_wrong", 'reference"', "rubric", '"correct"', "key_answer"):
            assert word not in text, (phase, word)
        if phase == "open":
            other.ask(f"/attempts/{fresh}/finish", {})


def test_all_is_shown_after_the_close(server: LiveServer) -> None:
    """Keys and explanations are shown when the quiz has closed for everybody, not a moment before."""
    server.publish()
    early, late = server.student(), server.student()
    attempt = early.start()
    early.save(attempt, CHOICE, server.questions(attempt)[CHOICE].key_answer)
    early.ask(f"/attempts/{attempt}/finish", {})
    server.fake.pass_(50 * MINUTE)
    other = late.start()
    server.fake.pass_(10 * MINUTE + 5_000)  # closed, and somebody's last save may be on its way
    assert "Explanation" not in early.page(f"/attempts/{attempt}/results")
    server.fake.pass_(MINUTE)
    late.page(f"/attempts/{other}/receipt")
    page = early.page(f"/attempts/{attempt}/results")
    for question in server.questions(attempt):
        assert question.explanation in page
    assert "Right answer" in page


def test_nothing_is_seen_early(server: LiveServer) -> None:
    """Before it opens a quiz shows its card alone; starting it is as if it were not there."""
    server.publish(opens_at=server.opens + MINUTE)
    student = server.student()
    assert "Answer them all." not in student.page("/quizzes/all")
    refused, unknown = student.post("/quizzes/all/start"), student.post("/quizzes/none/start")
    assert refused.status_code == unknown.status_code == 404
    assert re.sub(r"\s+", " ", refused.text) == re.sub(r"\s+", " ", unknown.text)


def test_other_peoples_attempts(server: LiveServer) -> None:
    """Case 19: every address of a foreign attempt is a 404, the same as for one that does not exist."""
    server.publish()
    owner, other = server.student(), server.student()
    attempt = owner.start()
    for attempt_id in (attempt, "none"):
        for path in ("", "/status", "/review", "/receipt", "/receipt.json", "/results", "/pictures/a.png"):
            assert other.get(f"/attempts/{attempt_id}{path}").status_code == 404, path
        assert other.save(attempt_id, TEXT, "mine now").status_code == 404
        assert other.ask(f"/attempts/{attempt_id}/lock", {"lock": "a-stolen-lock"}).status_code == 404
        assert other.ask(f"/attempts/{attempt_id}/finish", {}).status_code == 404
        assert other.ask(f"/attempts/{attempt_id}/flags/0", {"flagged": True}).status_code == 404
        assert other.post(f"/attempts/{attempt_id}", **owner.form(attempt)).status_code in (403, 404)
    assert server.exam.inspect(attempt)[0].answers == {}


def test_guessing_passcodes(server: LiveServer) -> None:
    """Case 19: wrong codes wait ever longer, and the right one signs in at once, from there too."""
    student = server.student()
    guesser = Student(server, student.name)
    waits = []
    for _ in range(12):
        reply = guesser.post("/sign-in", person=student.name, passcode="AAAAA-AAAAA")
        waits.append(int(reply.headers.get("Retry-After", 0)))
        assert reply.status_code == (429 if waits[-1] else 401)
        server.fake.pass_(1000 * (waits[-1] - 1) if waits[-1] > 1 else 0)
        if waits[-1]:
            server.fake.pass_(1000)
            assert guesser.post("/sign-in", person=student.name, passcode="AAAAA-AAAAA").status_code == 401
    grown = [wait for wait in waits if wait]
    assert grown == sorted(set(grown))
    assert grown[-1] >= 32
    student.sign_in()


def test_one_time_links(server: LiveServer) -> None:
    """A link signs in once; looking at it, as mail programs do, does not use it up."""
    name = server.student().name
    with server.database.transaction() as connection:
        secret = new_link(connection, name, SIGNER, server.clock.now())
    first, second = Student(server, name), Student(server, name)
    for _ in range(3):
        assert first.get(f"/sign-in/{secret}").status_code == 200
    assert first.post(f"/sign-in/{secret}").status_code == 303
    assert name.capitalize() in first.page("/")
    assert second.post(f"/sign-in/{secret}").status_code == 410
    assert second.get(f"/sign-in/{secret}").status_code == 410


def test_a_session_that_ends_in_a_quiz(server: LiveServer) -> None:
    """Case 16: the script hears 401; a form's answers are kept in the sign-in page and sent after it."""
    server.publish(limit=None, closes_at=None, due_at=None)
    student = server.student()
    attempt = student.start()
    fields = {
        **student.form(attempt),
        f"a{TEXT}": "vanishing & <b>",
        f"a{ESSAY}": "\nTwo\nlines",
        "action": "review",
    }
    server.fake.pass_(LASTS + MINUTE)
    assert student.save(attempt, TEXT, "x").status_code == 401
    assert student.get("/").headers["Location"].startswith("/sign-in")
    page = student.post(f"/attempts/{attempt}", **fields)
    assert page.status_code == 401
    kept = html.unescape(re.search(r'name="saved_form" value="([^"]*)"', page.text)[1])  # type: ignore[index]
    with server.database.transaction() as connection:
        code = new_passcode(connection, student.name, SIGNER)
    again = student.post(
        "/sign-in", person=student.name, passcode=code, next=f"/attempts/{attempt}", saved_form=kept
    )
    assert again.status_code == 200
    sent = {
        name: html.unescape(value)
        for name, value in re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', again.text, re.S)
    }
    token = re.search(r'name="token" value="([^"]+)"', again.text)[1]  # type: ignore[index]
    reply = student.http.post(f"/attempts/{attempt}", data={**sent, "token": token})
    assert reply.headers["Location"].endswith("/review")
    answers = server.exam.inspect(attempt)[0].answers
    assert answers[TEXT].response == '"vanishing & <b>"'
    assert answers[ESSAY].response == '"\\nTwo\\nlines"'


def test_a_session_outlives_the_deadline(server: LiveServer) -> None:
    """A quiz that runs longer than sessions do keeps its students signed in."""
    server.publish(limit=3 * LASTS, closes_at=server.opens + 4 * LASTS, due_at=None)
    student = server.student()
    attempt = student.start()
    server.fake.pass_(2 * LASTS)
    assert student.save(attempt, TEXT, "still here").status_code == 200


def test_signing_out(server: LiveServer) -> None:
    """After it the cookie opens nothing, and the browser forgets what it stored."""
    student = server.student()
    cookie = student.http.cookies["quiz_session"]
    reply = student.post("/sign-out")
    assert "storage" in reply.headers["Clear-Site-Data"]
    again = httpx.get(f"{server.address}/", cookies={"quiz_session": cookie}, **LOCAL)
    assert again.headers["Location"].startswith("/sign-in")


class Inline(HTMLParser):
    """Collects what runs or styles inside a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag."""
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name.startswith("on") or name == "style"]
        if tag in ("script", "style") and "src" not in names:
            self.found.append(tag)


def inline_in(page: str) -> list[str]:
    """Inline scripts, handlers and styles of a page."""
    parser = Inline()
    parser.feed(page)
    return parser.found


def test_scripts_in_answers(server: LiveServer) -> None:
    """Case 20: what a student writes is text wherever it is shown, and no page runs an inline script."""
    server.publish()
    student = server.student()
    attempt = student.start()
    for pos in (TEXT, CODE, ESSAY):
        assert student.save(attempt, pos, SCRIPT).status_code == 200
    pages = [student.page(f"/attempts/{attempt}")]
    student.ask(f"/attempts/{attempt}/finish", {})
    pages += [student.page(f"/attempts/{attempt}/{page}") for page in ("receipt", "results")]
    for page in pages:
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert inline_in(page) == []
    policy = student.get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_odd_names(server: LiveServer) -> None:
    """Case 20: nothing of an address or a form comes back as HTML, and no sign-in leads elsewhere."""
    student = server.student()
    for goal in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        page = student.get("/sign-in", params={"next": goal}).text
        assert 'name="next" value="/"' in page
    page = student.post("/sign-in", person=SCRIPT, passcode="x").text
    assert "<script>alert" not in page
    assert "<script>" not in student.get("/quizzes/<script>alert(1)</script>").text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
     {"Origin": "null"}],
)  # fmt: skip
def test_other_sites(server: LiveServer, headers: dict[str, str]) -> None:
    """Case 20: no other site's page can send anything in a student's name."""
    server.publish()
    student = server.student()
    attempt = student.start()
    form = {"token": student.token}
    for path in (f"/attempts/{attempt}/finish", "/sign-out", "/sign-in", f"/attempts/{attempt}"):
        assert student.http.post(path, data=form, headers=headers).status_code == 403
    assert student.save(attempt, TEXT, "still open").status_code == 200


def test_forms_need_their_token(server: LiveServer) -> None:
    """Case 20: a form without the session's token, or with another session's, changes nothing."""
    server.publish()
    student, other = server.student(), server.student()
    attempt = student.start()
    for token in ("", "x", other.token):
        student.token = token
        assert student.post(f"/attempts/{attempt}/finish").status_code == 403
        assert student.save(attempt, TEXT, "x").status_code == 403
    assert server.exam.inspect(attempt)[0].attempt.state == "open"


def test_a_huge_request(server: LiveServer) -> None:
    """More than a page can send is refused before it fills the memory, in chunks of unknown length too."""
    server.publish()
    student = server.student()
    attempt = student.start()
    chunks = (b"a=" + b"x" * 65_536 for _ in range(64))
    reply = student.http.post(f"/attempts/{attempt}", content=chunks)
    assert reply.status_code == 413
