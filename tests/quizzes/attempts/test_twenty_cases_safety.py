"""What nobody may do or see, through HTTP: sessions, leaks, foreign attempts (cases 16, 18 to 20)."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import httpx
import pytest
from fake_clock import MINUTE
from live_server import CHOICE, CODE, ESSAY, SIGNER, TEXT, LectureHall, Student

from autograder.site.sessions import LASTS, new_link, new_passcode
from quizzes.content.items.choice import ChoiceQuestion

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


def everything(student: Student, attempt: str) -> str:
    """Every response a student can get with their attempt, headers too."""
    paths = ["/", "/quizzes/all", f"/attempts/{attempt}"]
    paths += [
        f"/attempts/{attempt}/{one}" for one in ("clock", "review", "receipt", "receipt.json", "results")
    ]
    replies = [student.http.get(path, follow_redirects=True) for path in paths]
    static = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', replies[2].text))
    replies += [student.get(path) for path in static]
    return "\n".join(f"{one.headers}\n{one.text}" for one in replies)


def secrets_of(lectures: LectureHall, attempt: str) -> list[str]:
    """Texts of this attempt that nobody may see before the close."""
    found = []
    for question in lectures.questions(attempt):
        found.append(question.explanation)
        if question.kind in ("numeric", "short_text", "expression", "function", "essay"):
            found.append(question.key_text)
        if isinstance(question, ChoiceQuestion):
            found += [
                question.context.html(one.feedback) for one in question.options.values() if one.feedback
            ]
    return found


def test_no_leak(lectures: LectureHall) -> None:
    """Case 18: before the close no response has a key, a tolerance or an explanation, by name or content."""
    lectures.publish()
    student = lectures.student()
    attempt = student.start()
    replies = [
        student.save(attempt, pos, one.key_answer) for pos, one in enumerate(lectures.questions(attempt))
    ]
    # What the student typed themselves is theirs to see: look at another attempt with the same questions.
    other = lectures.student()
    fresh = other.start()
    for phase in ("open", "over"):
        text = everything(other, fresh) + "".join(one.text for one in replies if "answer" not in one.json())
        for secret in secrets_of(lectures, fresh):
            plain = html.unescape(re.sub(r"<[^>]+>", "", secret))
            if len(plain) > 6:
                assert secret not in text, (phase, secret)
                assert plain not in html.unescape(re.sub(r"<[^>]+>", "", text)), (phase, secret)
        for word in ("tolerance", "common_wrong", 'reference"', "rubric", '"correct"', "key_answer"):
            assert word not in text, (phase, word)
        if phase == "open":
            other.ask(f"/attempts/{fresh}/finish", {})


def test_all_is_shown_after_the_close(lectures: LectureHall) -> None:
    """Keys and explanations are shown when the quiz has closed for everybody, not a moment before."""
    lectures.publish()
    early, late = lectures.student(), lectures.student()
    attempt = early.start()
    early.save(attempt, CHOICE, lectures.questions(attempt)[CHOICE].key_answer)
    early.ask(f"/attempts/{attempt}/finish", {})
    lectures.fake.pass_(50 * MINUTE)
    other = late.start()
    lectures.fake.pass_(10 * MINUTE + 5_000)  # closed, and somebody's last save may be on its way
    assert "Explanation" not in early.page(f"/attempts/{attempt}/results")
    lectures.fake.pass_(MINUTE)
    late.page(f"/attempts/{other}/receipt")
    page = early.page(f"/attempts/{attempt}/results")
    for question in lectures.questions(attempt):
        assert question.explanation in page
    assert "Right answer" in page


def test_nothing_is_seen_early(lectures: LectureHall) -> None:
    """Before it opens a quiz shows its card alone; starting it is as if it were not there."""
    lectures.publish(opens_at=lectures.opens + MINUTE)
    student = lectures.student()
    assert "Answer them all." not in student.page("/quizzes/all")
    refused, unknown = student.post("/quizzes/all/start"), student.post("/quizzes/none/start")
    assert refused.status_code == unknown.status_code == 404
    assert re.sub(r"\s+", " ", refused.text) == re.sub(r"\s+", " ", unknown.text)


def test_other_peoples_attempts(lectures: LectureHall) -> None:
    """Case 19: every address of a foreign attempt is a 404, the same as for one that does not exist."""
    lectures.publish()
    owner, other = lectures.student(), lectures.student()
    attempt = owner.start()
    for one in (attempt, "none"):
        for path in ("", "/clock", "/review", "/receipt", "/receipt.json", "/results", "/pictures/a.png"):
            assert other.get(f"/attempts/{one}{path}").status_code == 404, path
        assert other.save(one, TEXT, "mine now").status_code == 404
        assert other.ask(f"/attempts/{one}/pen", {"pen": "a-stolen-pen"}).status_code == 404
        assert other.ask(f"/attempts/{one}/finish", {}).status_code == 404
        assert other.ask(f"/attempts/{one}/flags/0", {"flagged": True}).status_code == 404
        assert other.post(f"/attempts/{one}", **owner.form(attempt)).status_code in (403, 404)
    assert lectures.proctor.look(attempt)[0].answers == {}


def test_guessing_passcodes(lectures: LectureHall) -> None:
    """Case 19: ten wrong codes, then even the right one has to wait for five minutes there."""
    student, bystander = lectures.student(), lectures.student()
    guesser = Student(lectures, student.name)
    for _ in range(10):
        assert guesser.post("/sign-in", person=student.name, passcode="AAAAA-AAAAA").status_code == 401
    blocked = guesser.post("/sign-in", person=student.name, passcode="AAAAA-AAAAA")
    assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "300")
    bystander.sign_in()
    lectures.fake.pass_(5 * MINUTE + 1)
    student.sign_in()


def test_one_time_links(lectures: LectureHall) -> None:
    """A link signs in once; looking at it, as mail programs do, does not use it up."""
    name = lectures.student().name
    with lectures.database.transaction() as connection:
        secret = new_link(connection, name, SIGNER, lectures.clock.now())
    first, second = Student(lectures, name), Student(lectures, name)
    for _ in range(3):
        assert first.get(f"/sign-in/{secret}").status_code == 200
    assert first.post(f"/sign-in/{secret}").status_code == 303
    assert name.capitalize() in first.page("/")
    assert second.post(f"/sign-in/{secret}").status_code == 410
    assert second.get(f"/sign-in/{secret}").status_code == 410


def test_a_session_that_ends_in_a_quiz(lectures: LectureHall) -> None:
    """Case 16: the script hears 401; a form's answers are kept in the sign-in page and sent after it."""
    lectures.publish(limit=None, closes_at=None, due_at=None)
    student = lectures.student()
    attempt = student.start()
    fields = {
        **student.form(attempt),
        f"a{TEXT}": "vanishing & <b>",
        f"a{ESSAY}": "\nTwo\nlines",
        "action": "review",
    }
    lectures.fake.pass_(LASTS + MINUTE)
    assert student.save(attempt, TEXT, "x").status_code == 401
    assert student.get("/").headers["Location"].startswith("/sign-in")
    page = student.post(f"/attempts/{attempt}", **fields)
    assert page.status_code == 401
    kept = html.unescape(re.search(r'name="kept" value="([^"]*)"', page.text)[1])  # type: ignore[index]
    with lectures.database.transaction() as connection:
        code = new_passcode(connection, student.name, SIGNER)
    again = student.post(
        "/sign-in", person=student.name, passcode=code, next=f"/attempts/{attempt}", kept=kept
    )
    assert again.status_code == 200
    sent = {
        name: html.unescape(value)
        for name, value in re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', again.text, re.S)
    }
    token = re.search(r'name="token" value="([^"]+)"', again.text)[1]  # type: ignore[index]
    reply = student.http.post(f"/attempts/{attempt}", data={**sent, "token": token})
    assert reply.headers["Location"].endswith("/review")
    answers = lectures.proctor.look(attempt)[0].answers
    assert answers[TEXT].raw == '"vanishing & <b>"'
    assert answers[ESSAY].raw == '"\\nTwo\\nlines"'


def test_a_session_outlives_the_deadline(lectures: LectureHall) -> None:
    """A quiz that runs longer than sessions do keeps its students signed in."""
    lectures.publish(limit=3 * LASTS, closes_at=lectures.opens + 4 * LASTS, due_at=None)
    student = lectures.student()
    attempt = student.start()
    lectures.fake.pass_(2 * LASTS)
    assert student.save(attempt, TEXT, "still here").status_code == 200


def test_signing_out(lectures: LectureHall) -> None:
    """After it the cookie opens nothing, and the browser forgets what it stored."""
    student = lectures.student()
    cookie = student.http.cookies["quiz_session"]
    reply = student.post("/sign-out")
    assert "storage" in reply.headers["Clear-Site-Data"]
    again = httpx.get(f"{lectures.address}/", cookies={"quiz_session": cookie})
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


def test_scripts_in_answers(lectures: LectureHall) -> None:
    """Case 20: what a student writes is text wherever it is shown, and no page runs an inline script."""
    lectures.publish()
    student = lectures.student()
    attempt = student.start()
    for pos in (TEXT, CODE, ESSAY):
        assert student.save(attempt, pos, SCRIPT).status_code == 200
    pages = [student.page(f"/attempts/{attempt}")]
    student.ask(f"/attempts/{attempt}/finish", {})
    pages += [student.page(f"/attempts/{attempt}/{one}") for one in ("receipt", "results")]
    for page in pages:
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert inline_in(page) == []
    policy = student.get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_odd_names(lectures: LectureHall) -> None:
    """Case 20: nothing of an address or a form comes back as HTML, and no sign-in leads elsewhere."""
    student = lectures.student()
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
def test_other_sites(lectures: LectureHall, headers: dict[str, str]) -> None:
    """Case 20: no other site's page can send anything in a student's name."""
    lectures.publish()
    student = lectures.student()
    attempt = student.start()
    form = {"token": student.token}
    for path in (f"/attempts/{attempt}/finish", "/sign-out", "/sign-in", f"/attempts/{attempt}"):
        assert student.http.post(path, data=form, headers=headers).status_code == 403
    assert student.save(attempt, TEXT, "still open").status_code == 200


def test_forms_need_their_token(lectures: LectureHall) -> None:
    """Case 20: a form without the session's token, or with another session's, changes nothing."""
    lectures.publish()
    student, other = lectures.student(), lectures.student()
    attempt = student.start()
    for token in ("", "x", other.token):
        student.token = token
        assert student.post(f"/attempts/{attempt}/finish").status_code == 403
        assert student.save(attempt, TEXT, "x").status_code == 403
    assert lectures.proctor.look(attempt)[0].attempt.state == "open"


def test_a_huge_request(lectures: LectureHall) -> None:
    """More than a page can send is refused before it fills the memory, in chunks of unknown length too."""
    lectures.publish()
    student = lectures.student()
    attempt = student.start()
    chunks = (b"a=" + b"x" * 65_536 for _ in range(64))
    reply = student.http.post(f"/attempts/{attempt}", content=chunks)
    assert reply.status_code == 413
