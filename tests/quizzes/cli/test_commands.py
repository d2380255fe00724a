"""An instructor's way at the terminal: roster, publish, serve, results; and what is said of wrong input."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import run_command
from graded_assignment import write_assignment, write_report, write_scores
from live_server import CODE, NUMERIC, course_in
from local_http import LOCAL
from patience import eventually
from platform_simulator import CLAIM, CLIENT, CONTEXT, DEPLOYMENT, INSTRUCTOR, Browser, platform_for

from autograder.course.course import Course

ROSTER = """student_id,first_name,last_name,email,role,multiplier
ana,Ana,Fern,,,
bo,Bo,"Ash, Jr.",,,1.5
teacher,T,T,,instructor,
"""


def quizzes(course: Course, *words: object) -> subprocess.CompletedProcess[str]:
    """The command, on the course's own database."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return run_command("quizzes", *words, folder=course.root, environment=environment)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course whose quiz of every kind is open at this moment."""
    made = course_in(tmp_path / "course")
    now = datetime.now(made.zone).replace(tzinfo=None)
    path = made.root / "quizzes" / "all.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ("2026-05-18 15:00", now - timedelta(hours=2)),
        ("2026-05-18 23:59", now + timedelta(hours=4)),
    ):
        text = text.replace(old, f"{new:%Y-%m-%d %H:%M}")
    path.write_text(text, encoding="utf-8")
    (made.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return made


@contextmanager
def served(course: Course, *words: str) -> Iterator[tuple[str, str]]:
    """The address of a server and what it said, ended by SIGTERM as a service would be."""
    port_file, log_file = course.root / "port", course.root / "server.log"
    command = [sys.executable, "-m", "quizzes", *words, "--port", "0", "--port-file", str(port_file)]
    with (
        log_file.open("wb") as out,
        subprocess.Popen(command, cwd=course.root, stdout=out, stderr=subprocess.PIPE) as process,
    ):
        eventually(port_file.exists, unless=lambda: process.poll() is not None)
        try:
            yield (
                f"http://127.0.0.1:{port_file.read_text(encoding='ascii')}",
                log_file.read_text(encoding="utf-8"),
            )
        finally:
            process.terminate()
            assert process.communicate()[1].decode() == ""


class Visitor:
    """A student with the passcode of the file."""

    def __init__(self, address: str, person: str, passcode: str) -> None:
        self.http = httpx.Client(
            base_url=address, headers={"Origin": address}, **LOCAL, follow_redirects=True
        )
        weakref.finalize(self, self.http.close)  # a browser that nobody holds any more is closed
        page = self.http.post("/sign-in", data={"person": person, "passcode": passcode})
        self.token = page.text.split('name="form-token" content="')[1].split('"')[0]
        self.page = page.text

    def post(self, path: str, body: Any) -> httpx.Response:
        """A request of the page's script."""
        return self.http.post(path, json=body, headers={"X-Form-Token": self.token})


def test_the_whole_way(course: Course) -> None:
    """Roster in, quiz out, one student takes it, the sandbox grades a function; the scores come out."""
    published = quizzes(course, "publish", "all")
    assert (published.returncode, published.stderr) == (0, "")
    imported = quizzes(course, "roster", "import", "roster.csv")
    assert (imported.returncode, imported.stderr) == (0, "")
    assert "3 people are in the course, 1 with extra time." in imported.stdout
    file = course.root / "passcodes.csv"
    assert file.stat().st_mode & 0o077 == 0
    codes = {row["student"]: row["passcode"] for row in csv.DictReader(file.read_text("utf-8").splitlines())}
    with served(course, "serve", "--course-file") as (address, _):
        bo = Visitor(address, "bo", codes["bo"])
        assert "Of every kind" in bo.page
        assert "1 hour" in bo.http.get("/quizzes/all").text  # 40 minutes and a half more
        page = bo.http.post("/quizzes/all/start", data={"token": bo.token})
        path = page.url.path
        lock = page.text.split('data-lock="')[1].split('"')[0]
        code = "def shuffled_together(x, y, order):\n    return x[order], y[order]\n"
        for pos, answer in ((NUMERIC, "0.123456"), (CODE, code)):
            save = {"answer": answer, "base_rev": 0, "save_id": f"save-number-{pos}", "lock": lock}
            assert bo.post(f"{path}/answers/{pos}", save).status_code == 200
        assert bo.post(f"{path}/finish", {}).status_code == 200
        eventually(lambda: "1 of 1 pt" in bo.http.get(f"{path}/results").text)
        assert "1 of 1 pt" in bo.http.get(f"{path}/results").text
    out = quizzes(course, "results", "all", "--out", "scores.csv")
    assert out.stdout == "1 attempts of 1 students: scores.csv\n"
    table = list(csv.DictReader((course.root / "scores.csv").read_text("utf-8").splitlines()))
    absent, score = table[0], table[1]
    assert [row["student"] for row in table] == ["ana", "bo"]
    assert (absent["attempt"], absent["points"], absent["state"]) == ("0", "", "absent")
    assert "" < absent["due_at"] < score["due_at"]  # bo has half as much time again
    assert (score["student"], score["name"], score["points"], score["out_of"]) == (
        "bo",
        "Bo Ash, Jr.",
        "1",
        "11",
    )
    assert (score["state"], score["waiting"], score["late_seconds"]) == ("graded", "0", "0")


@pytest.mark.full
def test_what_has_keys_or_answers_is_private(course: Course) -> None:
    """Keys, results, an analysis and backups are files that only their owner reads, also over an old file."""
    assert quizzes(course, "publish", "all").returncode == 0
    quizzes(course, "roster", "import", "roster.csv")
    codes = csv.DictReader((course.root / "passcodes.csv").read_text("utf-8").splitlines())
    with served(course, "serve", "--course-file") as (address, _):
        ana = Visitor(address, "ana", next(row["passcode"] for row in codes if row["student"] == "ana"))
        path = ana.http.post("/quizzes/all/start", data={"token": ana.token}).url.path
        assert ana.post(f"{path}/finish", {}).status_code == 200
    for name in ("key.zip", "scores.csv"):
        (course.root / name).write_text("old", encoding="utf-8")
        (course.root / name).chmod(0o644)
    for words in (
        ("export", "all", "--to", "qti21", "--out", "key.zip"),
        ("print", "all", "--out", "printed"),
        ("results", "all", "--out", "scores.csv"),
        ("analysis", "all", "--out", "analysed"),
        ("backup", "copy.db"),
    ):
        done = quizzes(course, *words)
        assert done.returncode == 0, done.stderr
    made = [course.root / name for name in ("key.zip", "scores.csv", "copy.db")]
    made += [*(course.root / "printed").iterdir(), *(course.root / "analysed").iterdir()]
    assert len(made) > 6
    assert {path.name: path.stat().st_mode & 0o077 for path in made} == {path.name: 0 for path in made}


@pytest.mark.parametrize("words", [(), ("--proxy", "127.0.0.1")])
def test_a_reverse_proxy(course: Course, words: tuple[str, ...]) -> None:
    """`serve --proxy` believes the addresses that this proxy names, and without it nobody is believed."""
    quizzes(course, "roster", "import", "roster.csv")
    form = {"person": "ana", "passcode": "WRONG-WRONG"}
    with served(course, "serve", "--course-file", *words) as (address, _):
        statuses = [
            httpx.post(
                f"{address}/sign-in",
                data=form,
                headers={"Origin": address, "X-Forwarded-For": f"192.0.2.{number}"},
                **LOCAL,
            ).status_code
            for number in range(8)
        ]
    assert set(statuses) == ({401} if words else {401, 429})


def test_a_new_passcode_and_a_link(course: Course) -> None:
    """Somebody who lost their code gets another; a link is printed whole."""
    quizzes(course, "roster", "import", "roster.csv")
    again = quizzes(course, "roster", "import", "roster.csv", "--passcodes", "more.csv")
    assert "new passcodes" not in again.stdout
    assert not (course.root / "more.csv").exists()
    assert len(quizzes(course, "passcode", "ana").stdout.strip()) == 11
    printed = quizzes(course, "sign-in-link", "ana", "--url", "https://quiz.example/").stdout
    assert printed.startswith("https://quiz.example/sign-in/")


def test_demo(course: Course) -> None:
    """`serve --demo` needs no roster and leaves nothing in the course's folder."""
    before = sorted(path.name for path in course.root.iterdir())
    with served(course, "serve", "--demo") as (address, _):
        assert httpx.get(f"{address}/sign-in", **LOCAL).status_code == 200
        assert httpx.get(f"{address}/healthz", **LOCAL).json()["status"] == "ok"
    assert (
        sorted(path.name for path in course.root.iterdir() if path.name not in ("port", "server.log"))
        == before
    )


def test_the_demo_takes_launches(course: Course) -> None:
    """With lti.yaml the demonstration is a tool, too: its staff connects a course, and students come in."""
    write_assignment(course.root, "hw")
    with platform_for(course.root) as platform, served(course, "serve", "--demo") as (address, output):
        platform.tool_keys = f"{address}/lti/keys"
        browser = Browser(platform, address)
        assert browser.launch(**{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
        links = [word for word in output.split() if word.startswith(f"{address}/sign-in/")]
        with httpx.Client(headers={"Origin": address}, follow_redirects=True, **LOCAL) as http:
            page = http.post(links[-1]).text
            token = page.split('name="form-token" content="')[1].split('"')[0]
            context = {"issuer": platform.address, "client": CLIENT, "deployment": DEPLOYMENT}
            form = {"token": token, **context, "context": CONTEXT, "connect": "yes"}
            assert "connected since" in http.post(f"{address}/platforms/connections", data=form).text
        assert browser.launch().headers["Location"] == "/quizzes/all"
        homework = {f"{CLAIM}custom": {"assignment": "hw"}, f"{CLAIM}resource_link": {"id": "link-2"}}
        assert browser.launch(**homework).headers["Location"] == "/assignments/hw"


@pytest.mark.full
def test_a_platform_that_comes_later(course: Course) -> None:
    """A server that was started without lti.yaml takes launches as soon as the file is there."""
    assert quizzes(course, "publish", "all").returncode == 0
    with served(course, "serve", "--course-file") as (address, _):
        login = {"iss": "https://lms.example.org", "login_hint": "ann", "client_id": CLIENT}
        refused = httpx.get(f"{address}/lti/login", params=login, **LOCAL)
        assert refused.status_code == 403 and "https://lms.example.org" in refused.text
        assert httpx.get(f"{address}/lti/keys", **LOCAL).json()["keys"]
        with platform_for(course.root) as platform:
            browser = Browser(platform, address)
            assert browser.launch(**{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
            assert quizzes(course, "lti", "connect", CONTEXT).returncode == 0
            assert browser.launch().headers["Location"] == "/quizzes/all"


@pytest.mark.full
def test_homework_in_a_platform(course: Course, tmp_path: Path) -> None:
    """A running server sends the scores of `--graded`, also those that are written while it runs."""
    write_assignment(course.root, "hw")
    assert quizzes(course, "roster", "import", "roster.csv").returncode == 0
    graded = tmp_path / "results"
    graded.mkdir()
    with (
        platform_for(course.root) as platform,
        served(course, "serve", "--course-file", "--graded", str(graded)) as (address, _),
    ):
        platform.tool_keys = f"{address}/lti/keys"
        browser = Browser(platform, address)
        homework = {f"{CLAIM}custom": {"assignment": "hw"}, f"{CLAIM}lis": {"person_sourcedid": "ana"}}
        assert browser.launch(**{**homework, f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
        assert quizzes(course, "lti", "connect", CONTEXT).returncode == 0
        assert browser.launch(**homework, email=None).headers["Location"] == "/assignments/hw"
        assert "No submission of yours is graded yet" in browser.http.get("/assignments/hw").text
        write_scores(tmp_path / "hw", "hw", {"ana": 17.5, "bo": 3})
        write_report(tmp_path / "hw", "ana")
        (tmp_path / "hw").rename(graded / "hw")
        assert "17.5 of 20 points" in browser.http.get("/assignments/hw").text
        eventually(lambda: platform.scores)
        assert [(score["userId"], score["scoreGiven"]) for score in platform.scores] == [("user-1", 17.5)]
        assert "relu: The slope is 1" in platform.scores[0]["comment"]


def test_preview(course: Course) -> None:
    """One link, and a quiz that may be taken before it opens and as often as one likes."""
    with served(course, "preview", "quiz4") as (address, output):
        link = next(word for word in output.split() if word.startswith(address))
        with httpx.Client(headers={"Origin": address}, follow_redirects=True, **LOCAL) as http:
            page = http.post(link)
            token = page.text.split('name="form-token" content="')[1].split('"')[0]
            shown = set()
            for _ in range(2):
                form = {"token": token, "preview": "yes"}
                quiz = http.post(f"{address}/quizzes/quiz4/start", data=form)
                assert quiz.text.count('<section class="question"') == 8
                shown.add(quiz.text.split('class="prompt">')[1].split("</div>")[0])
                done = http.post(f"{quiz.url.copy_with(fragment=None)}/finish", data={"token": token})
                assert "Submitted" in done.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("publish", "quiz9"), "There is no quiz 'quiz9'"),
        (("preview", "quiz9"), "Choose one of: all, quiz4."),
        (("results", "all"), "Publish it with `quizzes publish all`."),
        (("roster", "import", "none.csv"), "none.csv cannot be read"),
        (("passcode", "zoe"), "zoe is not in this course"),
        (("sign-in-link", "zoe"), "Correct the student ID"),
        (("serve", "--host", "192.0.2.1"), "cannot be used"),
    ],
)  # fmt: skip
def test_wrong_words(course: Course, words: tuple[str, ...], message: str) -> None:
    """Each is a sentence on what, where and what next, never a trace."""
    completed = quizzes(course, *words)
    assert completed.returncode != 0
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("student_id,multiplier\nana,0.5\n", "line 2, multiplier: 0.5 is not between 1 and 100"),
        ("student_id,multiplier\nana,much\n", "line 2, multiplier: 'much' is not a number"),
        ("student_id,multiplier\nana,1_5\n", "line 2, multiplier: '1_5' is not a number"),
        ("student_id,role\nana,boss\n", "line 2, role: unknown role 'boss'"),
        ("student_id,closes\nana,2027-03-14 02:30\n", "line 2, closes: 2027-03-14 02:30 does not exist"),
        ("student_id,closes\nana,2027-05-20 12:00\n", "line 2: closes_at needs a quiz, and the row names"),
        ("student_id,quiz,minutes\nana,quiz9,50\n", "line 2: 'quiz9' is not published"),
        ("name\nana\n", "there is no column with the students' IDs"),
    ],
)  # fmt: skip
def test_wrong_rosters(course: Course, table: str, message: str) -> None:
    """Nobody is let in by a table that is wrong; file, line and column are named."""
    (course.root / "roster.csv").write_text(table, encoding="utf-8")
    completed = quizzes(course, "roster", "import", "roster.csv")
    assert completed.returncode != 0
    assert message in completed.stderr
    assert not (course.root / "passcodes.csv").exists()


def test_passcodes_are_not_overwritten(course: Course) -> None:
    """Codes that were not given out yet are never lost."""
    (course.root / "passcodes.csv").write_text("mine", encoding="utf-8")
    assert "passcodes.csv exists" in quizzes(course, "roster", "import", "roster.csv").stderr
    assert (course.root / "passcodes.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.full
def test_accommodations_of_one_quiz(course: Course) -> None:
    """Other minutes in one quiz, from a table of their own; a quiz that cuts somebody is refused."""
    quizzes(course, "publish", "all")
    (course.root / "extra.csv").write_text("student,quiz,minutes,attempts\nana,all,90,3\n", encoding="utf-8")
    done = quizzes(course, "roster", "import", "roster.csv", "--accommodations", "extra.csv")
    assert done.stderr == ""
    path = course.root / "quizzes" / "all.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("minutes: 40", "minutes: 350\nextend_close: false"), encoding="utf-8")
    (course.root / "more.csv").write_text("student,multiplier\nbo,2\n", encoding="utf-8")
    quizzes(course, "roster", "import", "roster.csv", "--accommodations", "more.csv", "--passcodes", "p.csv")
    refused = quizzes(course, "publish", "all")
    assert "would not get their whole time" in refused.stderr
    assert "bo" in refused.stderr
    insisted = quizzes(course, "publish", "all", "--force")
    assert insisted.returncode == 0
    assert "bo misses" in insisted.stdout


def test_a_taken_port(course: Course) -> None:
    """Somebody else's port is named, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        completed = quizzes(course, "serve", "--port", taken.getsockname()[1])
    assert "cannot be used" in completed.stderr
    assert "--port" in completed.stderr


@pytest.mark.full
def test_from_a_platform_and_back(course: Course) -> None:
    """With lti.yaml the server takes a launch, and the score arrives in the platform's gradebook."""
    with platform_for(course.root) as platform:
        assert quizzes(course, "publish", "all").returncode == 0
        registered = quizzes(course, "lti", "register", "--address", "https://quiz.example/")
        assert (
            "https://quiz.example/lti/launch" in registered.stdout and platform.address in registered.stdout
        )
        assert "No learning platform" in quizzes(course, "lti", "members", "all").stderr
        with served(course, "serve", "--course-file") as (address, _):
            platform.tool_keys = f"{address}/lti/keys"
            browser = Browser(platform, address)
            assert browser.launch(**{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
            assert "waits: course-1" in quizzes(course, "lti", "connect").stdout
            assert "called 'course-2'" in quizzes(course, "lti", "connect", "course-2").stderr
            assert "connected: course-1" in quizzes(course, "lti", "connect", "course-1").stdout
            assert browser.launch().headers["Location"] == "/quizzes/all"
            token = (
                browser.http.get("/quizzes/all").text.split('name="form-token" content="')[1].split('"')[0]
            )
            begun = browser.http.post("/quizzes/all/start", data={"token": token})
            path = begun.headers["Location"].partition("#")[0]
            assert browser.http.post(f"{path}/finish", data={"token": token}).status_code == 303
            eventually(lambda: platform.scores)
            assert [score["userId"] for score in platform.scores] == ["user-1"]
            platform.members = [{"user_id": "user-2", "name": "Bea", "roles": []}]
            imported = quizzes(course, "lti", "members", "all")
            assert (imported.returncode, imported.stderr) == (0, "")
            assert "1 member, 1 left" in imported.stdout
