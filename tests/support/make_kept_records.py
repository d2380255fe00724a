#!/usr/bin/env python3
"""Make the records of version 0.1 that later versions have to read: `tests/records/v0.1/`.

    python tests/support/make_kept_records.py [--commit COMMIT] [--out FOLDER]

The script needs a clone with the history of the repository. It checks out COMMIT (the last one before the
rooms were renamed) beside the repository, runs that version's own commands and its own server with a clock
that the script turns, and reads what they wrote with plain `json`, `csv` and `sqlite3` into
`expected.json`. Run it again only to record something more of version 0.1; its numbers, keys and codes are
drawn anew each time, and the people are invented. What it leaves:

    course/        course.yaml, roster, quizzes, registration with a learning platform, an assignment's dates
    submitted/     what was handed in first, as nbgrader collects it
    canvas/        what was handed in later, as Canvas gives it out
    graded/tiny/   the folder of results: every kind of ledger line
    quizzes/       quiz.db, its secret and key (for tests alone), passcodes; the same rows for PostgreSQL
    scores/        `quizzes results`, which the gradebook reads
    expected.json  what version 0.1 says of all this

The homework is the small course of the tests; a test writes today's checks and solution beside the records.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
COMMIT = "b22fe70"
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
OPENS = 1_762_178_400_000  # 2025-11-03 15:00 in Berlin
ISSUER = "https://lms.example.org"
PLATFORM_PORT = 8701  # in the addresses that the records hold; a test puts another one there

COURSE_YAML = """\
title: Kept records
time_zone: Europe/Berlin
attempts: best
students:
  cid:
    extra_days: 1
    reason: illness
"""
ASSIGNMENT_YAML = """\
title: Doubling and squaring
points: 6
due: 2025-10-20 12:00
late: {per_day: 0.1, at_most: 0.5}
tasks:
  - id: double
    title: Doubling
    functions: [double, double_backward]
    points: 4
  - id: mean_square
    title: Mean square
    functions: [mean_square]
    points: 2
"""
ROSTER = """\
student_id,first_name,last_name,email,canvas_id
ann,Ann,Adams,ann@example.org,101
bob,Bob,Brook,bob@example.org,102
cid,Cid,Cole,cid@example.org,103
dan,Dan,Dale,dan@example.org,104
eve,Eve,Elm,eve@example.org,105
fay,Fay,Fern,fay@example.org,106
gil,Gil,Grove,gil@example.org,107
hal,Hal,Hill,hal@example.org,108
ivy,Ivy,Isle,ivy@example.org,109
tea,Tea,Teak,tea@example.org,
tom,Tom,Thorn,tom@example.org,
"""
ACCOMMODATIONS = """\
student,label,role,multiplier,extra_minutes,quiz,closes,attempts
dan,group-a,,1.5,,,,
cid,,,,10,,,
tea,,instructor,,,,,
tom,,ta,,,,,
hal,,,,,midterm,,2
gil,,,,,midterm,2025-11-04 12:00,
"""
BANK = """\
topic: Kept
items:
  - id: product
    type: numeric
    prompt: What is [[g]] times [[h]]?
    parameters: {g: {range: [2, 9]}, h: {choices: [11, 12, 13]}}
    key: g * h
    tolerance: {mode: exact}
    explanation: Multiply.
  - id: smaller
    type: choice
    prompt: Which gradient vanishes first in a deep network?
    options:
      - {text: that of the last layer, correct: true}
      - {text: that of the first layer}
      - {text: neither, last: true}
    explanation: Every layer multiplies by a small number.
  - id: bounded
    type: choices
    rule: net-correct
    prompt: Which functions are bounded?
    options: [{text: sigmoid, correct: true}, {text: tanh, correct: true}, {text: relu}]
    explanation: The first two.
  - id: gaps
    type: blanks
    prompt: Fill in.
    blanks:
      - {id: half, label: A half as a number, key: 1 / 2, fractions: true}
      - {id: word, label: What is minimised, accept: [loss, the loss]}
    explanation: So.
  - id: update
    type: expression
    prompt: The update of `w` with rate `a` and gradient `g`?
    key: w - a * g
    variables: {w: [-1, 1], a: [0.1, 1], g: [-2, 2]}
    explanation: Against the gradient.
  - id: triple
    type: function
    function: triple
    prompt: Write `triple(x)`.
    starter: |
      def triple(x):
          ...
    reference: |
      def triple(x):
          return 3 * x
    checks: |
      def triples(student, reference, rng):
          \"\"\"Arrays are tripled entry by entry.\"\"\"
          assert_same(student.triple, reference.triple, rng.normal(size=(3, 2)))

      def leaves_its_input(student, reference, rng):
          \"\"\"The array it is given stays as it is, and the result is right.\"\"\"
          x = rng.normal(size=4)
          assert_leaves_inputs(student.triple, x)
          assert_same(student.triple, reference.triple, x)
    common_wrong:
      - {value: "def triple(x):\\n    return 2 * x", feedback: This doubles.}
    explanation: Multiply by three.
  - id: why
    type: essay
    prompt: Why do gradients vanish?
    rubric: [{text: Names the product of derivatives, weight: 2}, {text: Gives an example}]
    model_answer: Because a product of small numbers is small.
    explanation: So.
"""
MIDTERM = """\
title: Midterm
instructions: Answer them all.
points: 7
opens: 2025-11-03 15:00
due: 2025-11-03 23:00
closes: 2025-11-03 23:30
minutes: 60
shuffle: false
release: {score: after_submit, feedback: after_submit, key: after_close}
questions:
  - {item: kept/product}
  - {item: kept/smaller}
  - {item: kept/bounded}
  - {item: kept/gaps}
  - {item: kept/update}
  - {item: kept/triple}
  - {item: kept/why}
"""
PRACTICE = """\
title: Practice
points: 2
opens: 2025-11-01 08:00
due: 2026-01-31 12:00
attempts: 5
questions:
  - {item: kept/product}
  - {item: kept/bounded}
"""
NUMERIC, CHOICE, CHOICES, BLANKS, FORMULA, CODE, ESSAY = range(7)
RIGHT_CODE = "def triple(x):\n    return 3 * x\n"

RIGHT = {
    "double": "def double(x):\n    return 2 * x\n",
    "double_backward": "def double_backward(x, grad_out):\n    return 2 * grad_out\n",
    "mean_square": "import numpy as np\n\n\ndef mean_square(x):\n    return float(np.mean(x * x))\n",
}
# The checks of the first grading: one is too lenient, one is wrong. The standard ones follow in a regrade.
LENIENT = (
    "assert_same(student.double, reference.double, rng.normal(size=(4, 3)))",
    "student.double(rng.normal(size=(4, 3)))",
)
WRONG = (
    "assert_same(student.mean_square, reference.mean_square, rng.normal(size=(4, 3)))",
    "assert_same(student.mean_square, lambda x: -1.0, rng.normal(size=(4, 3)))",
)


# -------------------------------------------------- commands of version 0.1


def command(package: str, *words: object, at: int | None = None, exit_codes: tuple[int, ...] = (0,)) -> str:
    """Run a command of the version on the path, at an instant if one is given; what it says."""
    clock = f"import time; time.time_ns = lambda: {at * 1_000_000}; " if at is not None else ""
    code = (
        f"{clock}import sys; from {package}.cli import main; sys.argv = [{package!r}, *sys.argv[1:]]; main()"
    )
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "QUIZ_SECRET")
    }
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env=environment | {"LOGNAME": "tea", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode not in exit_codes:
        sys.exit(
            f"{package} {' '.join(map(str, words))} ended with {run.returncode}:\n{run.stdout}{run.stderr}"
        )
    return run.stdout


def write(path: Path, text: str) -> None:
    """A text file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replace_in(path: Path, old: str, new: str) -> None:
    """Change a text that has to be there."""
    text = path.read_text("utf-8")
    assert old in text, f"{path} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def notebook(**functions: str) -> str:
    """A notebook with right functions, or others in their places."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": name.replace("_", "-"),
            "metadata": {},
            "outputs": [],
        }
        | {"source": source}
        for name, source in (RIGHT | functions).items()
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


# -------------------------------------------------- the homework


def make_homework(out: Path, course: Path) -> None:
    """Grade the small course twice, regrade without loss, and override three scores."""
    tiny_course = import_module("tiny_course")
    tiny_course.write_tiny_course(course)
    write(course / "course.yaml", COURSE_YAML)
    write(course / "assignments" / "tiny" / "assignment.yaml", ASSIGNMENT_YAML)
    write(course / "roster.csv", ROSTER)
    checks = course / "solutions" / "tiny" / "checks.py"
    standard = checks.read_text("utf-8")

    tripled = "def double(x):\n    return 3 * x\n"
    unfinished = 'def mean_square(x):\n    raise NotImplementedError("mean_square")\n'
    submitted = {
        "ann": ("2025-10-19 18:00:00 UTC", notebook(mean_square=unfinished)),
        "bob": ("2025-10-20 09:30:00 UTC", notebook(double=tripled)),  # right by the lenient check alone
        "cid": ("2025-10-22 20:00:00 UTC", notebook()),  # two days late, with a day of extension
        "dan": ("2025-10-20 09:59:59 UTC", "This is not a notebook.\n"),
        "fay": (
            "2025-10-18 12:00:00 UTC",
            notebook(double_backward="def double_backward(x, g):\n    return g\n"),
        ),
        "gil": ("2025-10-20 09:00:00 UTC", notebook(double="def double(x):\n    raise ValueError('no')\n")),
    }
    for student, (stamp, text) in submitted.items():
        folder = out / "submitted" / student / "tiny"
        write(folder / "tiny.ipynb", text)
        write(folder / "timestamp.txt", stamp + "\n")
    write(out / "canvas" / "adamsann_101_9001_tiny.ipynb", notebook())  # a second attempt
    write(out / "canvas" / "elmeve_LATE_105_9002_tiny.ipynb", notebook(mean_square=unfinished))

    results = out / "graded" / "tiny"
    replace_in(checks, *LENIENT)
    replace_in(checks, *WRONG)
    grade = ("grade", "tiny", out / "submitted", "--out", results, "--seed", 20251020, "--workers", 1)
    command("autograder", *grade, "--course", course)
    replace_in(checks, WRONG[1], WRONG[0])
    regrade = ("regrade", results, "--course", course, "--workers", 1)
    command("autograder", *regrade)
    command(
        "autograder", "grade", "tiny", out / "canvas", "--out", results, "--course", course, "--workers", 1
    )
    write(checks, standard)
    command("autograder", *regrade, "--only-raise")

    def change(student: str, *words: object) -> None:
        command("autograder", "change", results, student, *words, "--who", "tea", "--course", course)

    change("eve", "--score", 5, "--why", "the platform was down")
    change("fay", "--comment", "Come and see me.", "--why", "asked for it")
    change("cid", "--score", 2.5, "--why", "the wrong student")
    change("cid", "--clear", "--why", "it was meant for somebody else")
    change("dan", "--score", 1, "--comment", "Your file was damaged.", "--why", "shown on paper")
    command("autograder", "verify", results, "--course", course)


def expected_homework(out: Path) -> dict[str, Any]:
    """What the folder of results holds, by plain reading."""
    results = out / "graded" / "tiny"
    ledger = (results / "ledger.jsonl").read_bytes()
    lines = [json.loads(line) for line in ledger.splitlines()]
    with (results / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("earned", "possible", "raw", "penalty", "double", "mean_square")
    kinds = sorted({line["kind"] for line in lines})
    assert kinds == ["changed", "graded", "kept", "opened"], kinds
    assert any(line.get("attempt") == 2 for line in lines) and any(line.get("marked_late") for line in lines)
    assert any(line.get("problem") for line in lines)
    return {
        "seed": lines[0]["seed"],
        "head": lines[-1]["digest"],
        "ledger_sha256": sha256(ledger),
        "lines": len(lines),
        "kinds": {kind: sum(line["kind"] == kind for line in lines) for kind in kinds},
        "grades_csv_sha256": sha256((results / "grades.csv").read_bytes()),
        "reports": {
            path.name: sha256(path.read_bytes()) for path in sorted((results / "reports").glob("*.json"))
        },
        "students": {
            row["student"]: {name: float(row[name]) for name in numbers}
            | {
                "attempt": int(row["attempt"]),
                "attempts": int(row["attempts"]),
                "days_late": int(row["days_late"]),
            }
            | {
                "submitted": row["submitted"],
                "overridden": row["by_hand"] == "yes",
                "comment": row["comment"],
            }
            | {"marked_late": row["marked_late"] == "yes", "unreadable": bool(row["problem"])}
            for row in rows
        },
    }


# -------------------------------------------------- the quizzes


class Room:
    """The server of version 0.1 on a course, with a clock to turn."""

    def __init__(self, course: Path, now: int) -> None:
        lecture_hall = import_module("lecture_hall")
        clock, store = import_module("quizzes.clock"), import_module("quizzes.store.database")
        found = import_module("autograder.course").find_course(course)
        self.folder = course / ".quizzes"
        secret = import_module("quizzes.store.backup").secret_beside(self.folder / "quiz.db")
        self.seal = import_module("quizzes.store.receipts").Seal(secret)
        self.fake = import_module("fake_clock").FakeClock(now)
        self.database = store.Database(self.folder / "quiz.db")
        self.clock = clock.ServerClock(wall=lambda: self.fake.wall, steady=lambda: self.fake.steady)
        read = import_module("quizzes.quiz").Quiz.read
        self.proctor = import_module("quizzes.proctor").Proctor(self.database, self.clock, self.seal, read)
        self.waiting = import_module("quizzes.web.serve").listening("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self.waiting.getsockname()[1]}"
        self.site = import_module("quizzes.web.site").Site(
            self.proctor, self.seal, "course", found.title, found.zone, course
        )
        self.site.lti = import_module("quizzes.lti.tool").Tool(course, self.folder, self.seal)
        uvicorn = import_module("uvicorn")
        app = import_module("quizzes.web.app").make_app(self.site)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", server_header=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.waiting]}, daemon=True
        )
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.codes = passcodes(course)
        self.student_class = lecture_hall.Student
        self.people: dict[str, Any] = {}

    def at(self, minute: float) -> None:
        """Turn the clock to so many minutes after the opening."""
        self.fake.pass_(OPENS + round(minute * MINUTE) - self.clock.now())

    def sign_in(self, person: str) -> Any:
        """Somebody signed in with the passcode of the file."""
        who = self.student_class(self, person)
        reply = who.post("/sign-in", person=person, passcode=self.codes[person])
        assert reply.status_code == 303, reply.text
        return self.came_in(who)

    def came_in(self, who: Any) -> Any:
        """Remember somebody's browser."""
        who.token = who.page("/").split('name="form-token" content="')[1].split('"')[0]
        self.people[who.name] = who
        return who

    def key(self, attempt: str, pos: int) -> Any:
        """The right answer by the key that the attempt was begun with."""
        return self.proctor.look(attempt)[0].items[pos].question.key_answer

    def close(self) -> None:
        """End the server."""
        self.server.should_exit = True
        self.thread.join(timeout=20)
        self.waiting.close()
        self.proctor.close()


def passcodes(course: Path) -> dict[str, str]:
    """The passcodes that the import of the roster wrote."""
    with (course / "passcodes.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["passcode"] for row in csv.DictReader(file)}


@contextmanager
def platform_beside(course: Path) -> Iterator[Any]:
    """A learning platform at a fixed port, registered with the course."""
    simulator = import_module("platform_simulator")

    class Server(ThreadingHTTPServer):
        def __init__(self, address: tuple[str, int], handler: Any) -> None:
            super().__init__((address[0], PLATFORM_PORT), handler)

    vars(simulator)[ThreadingHTTPServer.__name__] = Server
    platform = simulator.Platform()
    text = platform.registration().replace(f"issuer: {platform.address}", f"issuer: {ISSUER}")
    write(course / "lti.yaml", text)
    try:
        yield platform
    finally:
        platform.close()


def launched(room: Room, platform: Any, person: str, **claims: Any) -> Any:
    """Somebody who came from the platform."""
    simulator = import_module("platform_simulator")
    browser = simulator.Browser(platform, room.address, lambda: room.clock.now() / 1000)
    asked = browser.login(iss=ISSUER)
    said = platform.claims(asked["nonce"], room.clock.now() / 1000, iss=ISSUER, **claims)
    said["https://purl.imsglobal.org/spec/lti/claim/target_link_uri"] = "https://tool.example/quizzes/midterm"
    reply = browser.post(platform.signed(said), asked["state"])
    assert (reply.status_code, reply.headers["Location"]) == (303, "/quizzes/midterm"), reply.text
    who = room.student_class(room, person)
    who.http.cookies.update(browser.http.cookies)
    return room.came_in(who)


def ok(reply: Any, status: int = 200) -> Any:
    """A reply with the status it has to have."""
    assert reply.status_code == status, (reply.status_code, reply.text)
    return reply


def make_quizzes(course: Path) -> dict[str, Any]:
    """Hold a midterm from publishing to a second regrade; the attempts by what they are kept for."""
    write(course / "quizzes" / "banks" / "kept.yaml", BANK)
    write(course / "quizzes" / "midterm.yaml", MIDTERM)
    write(course / "quizzes" / "practice.yaml", PRACTICE)
    write(course / "accommodations.csv", ACCOMMODATIONS)
    before = OPENS - DAY
    for quiz in ("midterm", "practice"):
        command("quizzes", "publish", quiz, "--course", course, at=before)
    people = ("--accommodations", course / "accommodations.csv", "--passcodes", course / "passcodes.csv")
    imported = ("roster", "import", course / "roster.csv", *people, "--course", course)
    command("quizzes", *imported, at=before + MINUTE)
    link = command("quizzes", "link", "ivy", "--course", course, at=before + 2 * MINUTE).strip()
    with platform_beside(course) as platform:
        room = Room(course, OPENS)
        try:
            platform.tool_keys = f"{room.address}/lti/keys"
            kept = hold(room, platform, course)
            kept["link"] = "/sign-in/" + link.rpartition("/")[2]
            kept["sessions"] = {name: dict(who.http.cookies) for name, who in room.people.items()}
            kept["now"] = room.clock.now()
            return kept
        finally:
            room.close()


def hold(room: Room, platform: Any, course: Path) -> dict[str, Any]:
    """The two hours themselves; times are minutes after the opening."""
    tea, tom = room.sign_in("tea"), room.sign_in("tom")
    ann, bob, cid, dan, fay, gil, hal = map(room.sign_in, ("ann", "bob", "cid", "dan", "fay", "gil", "hal"))
    stranger = room.student_class(room, "ivy")
    ok(stranger.post("/sign-in", person="ivy", passcode="WRONG-WRONG"), 401)
    attempts: dict[str, str] = {}

    def save(
        who: Any, attempt: str, pos: int, answer: Any, base: int = 0, status: int = 200, **more: Any
    ) -> Any:
        return ok(who.save(attempt, pos, answer, base, **more), status)

    def right(who: Any, attempt: str, *places: int) -> None:
        for pos in places:
            save(who, attempt, pos, room.key(attempt, pos))

    def finish(who: Any, attempt: str, **sent: Any) -> None:
        ok(who.ask(f"/attempts/{attempt}/finish", sent))

    def staff(member: Any, path: str, /, **fields: Any) -> None:
        ok(member.post(f"/staff/{path}", **fields), 303)

    # Two who hand in early; one comes from the platform. The key of the choice is still the wrong one.
    attempts["ann"] = ann.start("midterm")
    attempts["bob"] = bob.start("midterm")
    attempts["fay"] = fay.start("midterm")
    right(ann, attempts["ann"], NUMERIC, CHOICES, BLANKS, FORMULA, CHOICE)
    save(ann, attempts["ann"], CODE, RIGHT_CODE)
    save(
        ann, attempts["ann"], ESSAY, "A product of small derivatives is small — “sigmoid” for example.\nλ < 1"
    )
    right(bob, attempts["bob"], NUMERIC, CHOICES)
    save(bob, attempts["bob"], CODE, RIGHT_CODE)
    save(bob, attempts["bob"], NUMERIC, "not a number", 1, 422)
    right(fay, attempts["fay"], NUMERIC, FORMULA)
    save(fay, attempts["fay"], ESSAY, "They do.")
    room.at(5)
    eve = launched(room, platform, "eve", sub="user-eve", name="Eve Elm", email="eve@example.org")
    new = {"sub": "user-zed", "name": "Zed Zinn", "email": "zed@example.org"}
    zed_page = launched(room, platform, "zed", **new).page("/quizzes/midterm")
    assert "Midterm" in zed_page
    attempts["eve"] = eve.start("midterm")
    right(eve, attempts["eve"], NUMERIC, CHOICE, BLANKS)
    room.at(10)
    attempts["hal"] = hal.start("midterm")
    save(hal, attempts["hal"], NUMERIC, "1")
    attempts["practice"] = ann.start("practice")
    right(ann, attempts["practice"], 0)
    room.at(15)
    finish(eve, attempts["eve"])
    finish(ann, attempts["ann"])
    room.proctor.mark()
    command("quizzes", "grade", "--course", course, at=room.clock.now())  # ann's function, in the sandbox
    sender = import_module("quizzes.lti.sender").Sender(
        room.database, room.proctor.writer, room.site.lti, "course", room.site.quiz, lambda *_: "best"
    )
    assert sender.look(room.clock.now()) == 1 and len(platform.scores) == 1
    room.at(20)
    staff(tea, "midterm/message", text="Question 1: no rounding, please.")
    staff(
        tea,
        "midterm/time",
        who="chosen",
        attempt=attempts["bob"],
        minutes="5",
        percent="0",
        reason="a broken chair",
    )
    staff(
        tea,
        "midterm/marking",
        attempt=attempts["ann"],
        pos=str(ESSAY),
        rev="1",
        met="0",
        said="An *example*?",
    )
    room.at(25)
    extend = ("extend", "midterm", "--minutes", 5, "--reason", "fire alarm", "--course", course)
    command("quizzes", *extend, at=room.clock.now())
    room.at(30)
    finish(hal, attempts["hal"])
    attempts["cid"] = cid.start("midterm")
    right(cid, attempts["cid"], NUMERIC, BLANKS)
    room.at(40)
    finish(cid, attempts["cid"])
    room.proctor.mark()
    ok(ann.post(f"/attempts/{attempts['ann']}/requests/{CHOICES}", text="I had two of two."), 303)
    staff(
        tom,
        "midterm/requests",
        attempt=attempts["ann"],
        pos=str(CHOICES),
        reply="Agreed, partly.",
        points="0.75",
    )
    # The key of the choice is mended: a regrade is proposed, looked at and released.
    room.at(50)
    bank = course / "quizzes" / "banks" / "kept.yaml"
    replace_in(bank, "that of the last layer, correct: true", "that of the last layer")
    replace_in(bank, "that of the first layer}", "that of the first layer, correct: true}")
    staff(tea, "midterm/regrades")
    platform.failing = 1
    staff(tea, "midterm/regrades/1/release")
    # What was put out before this minute goes out or, once, fails; what follows stays unsent.
    room.at(51)
    for _ in range(3):
        sender.look(room.clock.now())
    # The timer of a page hands in; the sweeper ends who says nothing; a late answer is accepted.
    room.at(65)
    finish(fay, attempts["fay"], timer=True)
    room.at(70)
    attempts["dan"] = dan.start("midterm")
    right(dan, attempts["dan"], NUMERIC, CHOICES)
    save(dan, attempts["dan"], ESSAY, "First thought.")
    save(dan, attempts["dan"], ESSAY, "Second thought.", 1)
    save(dan, attempts["dan"], ESSAY, "From an old page.", 1, 409)
    ok(dan.ask(f"/attempts/{attempts['dan']}/flags/{CHOICE}", {"flagged": True}))
    first_tab, dan.pen = dan.pen, "second-tab-of-dan"
    ok(dan.ask(f"/attempts/{attempts['dan']}/pen", {"pen": dan.pen}))
    save(dan, attempts["dan"], BLANKS, {"half": "1/2"}, 0, 409, pen=first_tab)
    save(dan, attempts["dan"], BLANKS, {"half": "1/2"})
    room.fake.pass_(5_000)  # within the grace of bob's last second
    ok(bob.save(attempts["bob"], BLANKS, {"half": "0.5", "word": "loss"}))
    room.at(71)
    ok(bob.save(attempts["bob"], FORMULA, "w - a*g", save_id="a-late-save-of-bob"), 409)
    room.proctor.sweep()
    room.proctor.mark()
    staff(tea, f"attempts/{attempts['bob']}/accept", save="a-late-save-of-bob")
    room.proctor.mark()
    staff(tea, "midterm/message", text="Ten minutes are plenty.")
    ok(fay.post(f"/attempts/{attempts['fay']}/requests/{FORMULA}", text="Why not?"), 303)
    # What is open in the end: a reopened attempt, a second one, one with extra time, a preview.
    room.at(80)
    staff(tea, f"attempts/{attempts['cid']}/reopen", minutes="120", reason="a power cut")
    ok(cid.ask(f"/attempts/{attempts['cid']}/pen", {"pen": cid.pen}))
    save(cid, attempts["cid"], FORMULA, "w - a*g")
    attempts["hal again"] = hal.start("midterm")
    right(hal, attempts["hal again"], NUMERIC)
    preview = ok(tea.post("/quizzes/midterm/start", preview="yes"), 303).headers["Location"]
    attempts["preview"] = preview.rpartition("/")[2].partition("#")[0]
    room.at(85)
    attempts["gil"] = gil.start("midterm")
    right(gil, attempts["gil"], NUMERIC, FORMULA)
    save(gil, attempts["gil"], CODE, RIGHT_CODE)
    room.at(90)
    quiz = course / "quizzes" / "midterm.yaml"
    write(quiz, quiz.read_text("utf-8") + "dropped: [kept/bounded]\n")
    staff(tea, "midterm/regrades")
    room.at(95)
    finish(gil, attempts["gil"])  # nobody has marked it yet
    room.at(100)
    return {"attempts": attempts, "pens": {"dan": dan.pen, "hal again": hal.pen, "cid": cid.pen}}


# -------------------------------------------------- what the database says, plainly


def sha256(data: bytes) -> str:
    """A digest as text."""
    return hashlib.sha256(data).hexdigest()


def expected_quizzes(out: Path, kept: dict[str, Any]) -> dict[str, Any]:
    """Attempts, marks, receipts and messages, read with SQL and nothing of ours."""
    file = out / "quizzes" / "quiz.db"
    secret = secret_of(out / "quizzes" / "quiz-secret")
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row

        def rows(statement: str, *given: object) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(statement, given)]

        attempts = {}
        for row in rows("SELECT * FROM attempt ORDER BY started_at, id"):
            one = row["id"]
            marks = rows("SELECT * FROM grade WHERE attempt = ? AND current ORDER BY pos", one)
            attempts[one] = {
                "quiz": row["quiz"],
                "version": row["version"],
                "person": row["person"],
                "number": row["number"],
                "preview": bool(row["preview"]),
                "state": row["state"],
                "started_at": row["started_at"],
                "deadline_at": row["deadline_at"],
                "due_at": row["due_at"],
                "finished_at": row["finished_at"],
                "finished_by": row["finished_by"],
                "lock": row["pen"],
                "seq": row["seq"],
                "answers": {
                    str(answer["pos"]): [answer["rev"], answer["received_at"], answer["raw"]]
                    for answer in rows("SELECT * FROM answer WHERE attempt = ? ORDER BY pos", one)
                },
                "marks": {
                    str(mark["pos"]): {
                        "points": mark["points"],
                        "answer_rev": mark["answer_rev"],
                        "key_version": mark["key_version"],
                        "source": mark["grader_version"],
                        "pending": json.loads(mark["detail"])["pending"],
                        "feedback": json.loads(mark["detail"])["feedback"],
                    }
                    for mark in marks
                },
                "total": round(sum(mark["points"] for mark in marks), 4) if marks else None,
                "flags": [
                    flag["pos"] for flag in rows("SELECT pos FROM flag WHERE attempt = ? ORDER BY pos", one)
                ],
            }
        receipts = rows("SELECT * FROM receipt ORDER BY attempt, seq")
        for receipt in receipts:
            assert sha256(receipt["body"].encode()) == receipt["digest"]
            signed = hmac.new(secret, f"receipt\n{receipt['digest']}".encode(), hashlib.sha256).hexdigest()
            assert signed == receipt["signature"]
        tables = [
            row["name"] for row in rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        counts = {
            name: rows(f"SELECT count(*) AS n FROM {name}")[0]["n"]
            for name in tables
            if not name.startswith("sqlite_")
        }
        empty = sorted(name for name, count in counts.items() if count == 0)
        assert not empty, f"nothing is kept of {empty}"
        states = {(row["state"], row["finished_by"]) for row in attempts.values()}
        wanted = {("open", None), ("graded", "student"), ("graded", "sweeper"), ("graded", "timer")}
        assert states == wanted | {("finished", "student")}, states
        assert {"hand"} == {
            mark["source"].partition(" ")[0]
            for row in attempts.values()
            for mark in row["marks"].values()
            if mark["source"] != "1"
        }
        outbox = rows(
            "SELECT id, kind, once, payload, tries, next_at, done_at, last_problem FROM outbox ORDER BY id"
        )
        assert any(row["done_at"] for row in outbox) and any(row["last_problem"] for row in outbox)
        return kept | {
            "schema": rows("SELECT max(version) AS version FROM schema_version")[0]["version"],
            "counts": counts,
            "attempt": attempts,
            "receipts": receipts,
            "outbox": outbox,
            "enrolments": rows(
                "SELECT person, role, label, multiplier, extra FROM enrolment ORDER BY person"
            ),
            "overrides": rows(
                "SELECT quiz, scope, who, field, value FROM quiz_override ORDER BY quiz, who, field"
            ),
            "regrades": rows("SELECT id, key_version, who, at, released_at FROM regrade_run ORDER BY id"),
            "quizzes": rows(
                "SELECT id, version, opens_at, due_at, closes_at, time_limit, grace FROM quiz ORDER BY id"
            ),
            "versions": rows(
                "SELECT hash, published_at, length(content) AS bytes FROM quiz_version ORDER BY hash"
            ),
            "lti_users": rows("SELECT issuer, subject, person FROM lti_user ORDER BY subject"),
            "lti_links": rows("SELECT * FROM lti_link ORDER BY resource"),
            "notices": rows("SELECT id, quiz, at, who, text FROM notice ORDER BY id"),
            "requests": rows("SELECT * FROM request ORDER BY at"),
        }


def secret_of(path: Path) -> bytes:
    """The secret as the server reads it."""
    secret: bytes = import_module("quizzes.store.backup").secret_beside(path.with_name("quiz.db"))
    return secret


def postgresql_dump(file: Path) -> str:
    """The same tables and rows as statements for PostgreSQL, made by the steps of version 0.1."""
    migrations = import_module("quizzes.store.migrations")
    words = migrations.WORDS["postgresql"]
    lines = [
        "-- The quiz database of version 0.1, for PostgreSQL.",
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY);",
    ]
    lines += [step.format(**words).strip() for step in migrations.MIGRATIONS]
    tables = import_module("quizzes.store.schema").metadata.sorted_tables
    with closing(sqlite3.connect(file)) as connection:
        for name in ["schema_version", *(table.name for table in tables)]:
            kinds = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({name})")}
            rows = connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
            for row in rows:
                values = ", ".join(
                    literal(value, kind) for value, kind in zip(row, kinds.values(), strict=True)
                )
                lines.append(f"INSERT INTO {name} ({', '.join(kinds)}) VALUES ({values});")
            if name in ("regrade_run", "outbox", "audit", "failed_sign_in", "notice"):
                lines.append(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}));"
                )
    return "\n".join(lines) + "\n"


def literal(value: object, kind: str) -> str:
    """A value as PostgreSQL reads it, whatever is in it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"decode('{value.hex()}', 'hex')"
    if kind == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


# -------------------------------------------------- all of it


def make(out: Path) -> None:
    """Make everything, with the version on the path."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        make_homework(out, course)
        kept = make_quizzes(course)
        at = kept["now"]
        database = course / ".quizzes"
        kept_files = out / "quizzes"
        kept_files.mkdir(parents=True)
        command("quizzes", "backup", kept_files / "quiz.db", "--course", course, at=at)
        (kept_files / "quiz.db").chmod(0o644)
        for name in ("quiz-secret", "lti-key.pem"):
            shutil.copyfile(database / name, kept_files / name)
        shutil.copyfile(course / "passcodes.csv", kept_files / "passcodes.csv")
        write(kept_files / "postgresql.sql", postgresql_dump(kept_files / "quiz.db"))
        for name in ("course.yaml", "roster.csv", "accommodations.csv", "lti.yaml", "quizzes/midterm.yaml"):
            write(out / "course" / name, (course / name).read_text("utf-8"))
        for name in ("quizzes/practice.yaml", "quizzes/banks/kept.yaml", "assignments/tiny/assignment.yaml"):
            write(out / "course" / name, (course / name).read_text("utf-8"))
        expected: dict[str, Any] = {
            "homework": expected_homework(out),
            "quizzes": expected_quizzes(out, kept),
        }
        # These commands mark and end what waits, so they come after the copy.
        scores = out / "scores" / "midterm.csv"
        scores.parent.mkdir()
        command("quizzes", "results", "midterm", "--out", scores, "--course", course, at=at)
        with scores.open(encoding="utf-8", newline="") as file:
            expected["scores"] = list(csv.DictReader(file))
        pages = Path(folder) / "gradebook"
        sources = ("--from", out / "graded" / "tiny", "--from", scores)
        command("autograder", "gradebook", *sources, "--out", pages, "--course", course)
        with (pages / "gradebook.csv").open(encoding="utf-8", newline="") as file:
            expected["gradebook"] = list(csv.DictReader(file))
    write(out / "expected.json", json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    refuse_traces(out)


def refuse_traces(out: Path) -> None:
    """No record may name this machine: its folders, its user, its host."""
    host = os.uname().nodename.encode()
    names = [
        rb"/tmp/",
        rb"/home/",
        rb"/root",
        rb"/work/",
        rb"/usr/",
        *([re.escape(host)] if len(host) > 5 else []),
    ]
    traces = re.compile(rb"|".join(names))  # a shorter name of a host is in any key
    for path in sorted(out.rglob("*")):
        if path.is_file() and (found := traces.search(path.read_bytes())):
            sys.exit(f"{path} names this machine: {found[0]!r}")


def main() -> None:
    """Check out the old version and run this script with it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "tests" / "records" / "v0.1")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        make(chosen.out)
        return
    git = ["git", "-C", str(REPOSITORY)]
    with tempfile.TemporaryDirectory() as folder:
        checkout, made = Path(folder) / "checkout", Path(folder) / "made"
        subprocess.run([*git, "worktree", "add", "--quiet", "--detach", checkout, chosen.commit], check=True)
        try:
            path = os.pathsep.join(map(str, (checkout, checkout / "tests", checkout / "tests" / "quizzes")))
            again: list[str | Path] = [sys.executable, __file__, "--inside", "--out", made]
            made.mkdir()
            subprocess.run(again, env=os.environ | {"PYTHONPATH": path}, cwd=folder, check=True)
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", checkout], check=False)
        shutil.rmtree(chosen.out, ignore_errors=True)
        shutil.copytree(made, chosen.out)
    size = sum(path.stat().st_size for path in chosen.out.rglob("*") if path.is_file())
    print(f"{chosen.out}: {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
