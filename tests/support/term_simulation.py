"""A simulated term: a class and its staff use a course's site by HTTP; a seed decides what they do.

Whatever they do is noted in a `TermRecord`, in the simulation's own words; `term_calculation` computes the
grades from it. Time stands still but where the simulation sets it, so every instant is exact.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from command import COMMAND, run_command
from local_http import LOCAL
from marking_site import fields_of, mark
from patience import eventually
from platform_simulator import CLAIM, CLIENT, CONTEXT, DEPLOYMENT, INSTRUCTOR, Browser, Platform
from report_factory import make_check, make_report, make_task
from term_course import (
    HOMEWORK,
    POINTS,
    QUIZZES,
    TOKEN,
    WITH_WORDS,
    WRITTEN,
    ZONE,
    TermServer,
    notebooks,
    write_term_course,
)
from term_record import Extension, Homework, QuizAnswers, TermRecord, Upload

from autograder.cli.serve import publish_assignment
from autograder.report import WrittenAnswer
from autograder.site.backup import secret_beside
from autograder.site.homework.grader_api import grader_token
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.server import open_site
from autograder.site.signer import Signer
from autograder.site.staff_tokens import make_staff_token
from autograder.submissions.submission import digest
from quizzes.cli.publish import publish_quiz

__all__ = ["Simulation"]

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
STARTS = datetime(2025, 9, 29, 8, tzinfo=ZONE).astimezone(UTC)
SIGNED_IN = 10 * HOUR  # sessions last a little longer
TASKS = {"double": Fraction(4), "mean_square": Fraction(2)}
FOR_WORDS = {"double": "why-two", "mean_square": "why-mean"}


def milliseconds(moment: datetime) -> int:
    """An instant as servers count."""
    return int(moment.timestamp() * 1000)


def number(points: Fraction) -> str:
    """Points as people write them; they are decimal fractions."""
    return f"{float(points):.6g}"


class TermPlatform(Platform):
    """A learning platform with a gradebook column for each work: the latest score by work and user."""

    def __init__(self) -> None:
        self.grades: dict[tuple[str, str], dict[str, Any]] = {}
        super().__init__()

    def answer(self, request: Any, body: bytes) -> None:
        """Take a score for any of the columns; the rest as other platforms do."""
        found = re.fullmatch(r"/items/(\w+)/scores", urlsplit(request.path).path)
        before = len(self.scores)
        if found:
            request.path = "/items/1/scores?type=quiz"
        super().answer(request, body)
        if found and len(self.scores) > before:
            score = self.scores[-1]
            self.grades[found[1], str(score["userId"]).removeprefix("user-")] = score


class Visitor:
    """A person with a browser that runs no script; signed in again when the session has ended."""

    def __init__(self, simulation: Simulation, name: str, passcode: str) -> None:
        self.simulation, self.name, self.passcode = simulation, name, passcode
        self.token, self.until = "", datetime.min.replace(tzinfo=UTC)
        self.http = httpx.Client(**LOCAL)

    def _ready(self) -> str:
        """The address of the server, to which this person is signed in."""
        simulation, address = self.simulation, self.simulation.server.address
        self.http.headers["Origin"] = address
        if simulation.now >= self.until:
            self.http.cookies.clear()
            sent = self.http.post(f"{address}/sign-in", data={"person": self.name, "passcode": self.passcode})
            assert sent.status_code == 303, (self.name, sent.text)
            page = self.http.get(f"{address}/regrade-requests").text
            self.token = page.split('name="form-token" content="')[1].split('"')[0]
            self.until = simulation.now + SIGNED_IN
        return address

    def get(self, path: str) -> httpx.Response:
        """A page, redirects not followed."""
        return self.http.get(f"{self._ready()}{path}")

    def page(self, path: str) -> str:
        """A page's HTML."""
        reply = self.get(path)
        assert reply.status_code == 200, (path, reply.status_code, reply.text)
        return reply.text

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form."""
        address = self._ready()
        return self.http.post(f"{address}{path}", data={**fields, "token": self.token})

    def does(self, path: str, **fields: Any) -> httpx.Response:
        """A form that is accepted."""
        reply = self.post(path, **fields)
        assert reply.status_code in (200, 303), (self.name, path, fields, reply.status_code, reply.text)
        return reply

    def ask(self, path: str, body: Any) -> httpx.Response:
        """A request of the page's script, which is accepted."""
        address = self._ready()
        reply = self.http.post(f"{address}{path}", json=body, headers={"X-Form-Token": self.token})
        assert reply.status_code < 400, (self.name, path, reply.text)
        return reply

    def upload(self, work: str, content: bytes) -> str:
        """Submit a notebook; the id of the submission."""
        address = self._ready()
        reply = self.http.post(
            f"{address}/homework/{work}/upload",
            data={"token": self.token},
            files={"notebook": (f"{work}.ipynb", content)},
        )
        assert reply.status_code == 303, (self.name, work, reply.text)
        return str(reply.headers["Location"]).rpartition("/")[2]


class Staff(Visitor):
    """A member of staff, who shows a token and fills in the same forms."""

    def __init__(self, simulation: Simulation, name: str, token: str) -> None:
        super().__init__(simulation, name, "")
        self.http.headers["Authorization"] = f"Bearer {token}"

    def _ready(self) -> str:
        return self.simulation.server.address

    def json(self, path: str) -> Any:
        """A page's facts for a program."""
        reply = self.http.get(f"{self._ready()}{path}", headers={"Accept": "application/json"})
        assert reply.status_code == 200, (path, reply.text)
        return reply.json()


@dataclass
class Planned:
    """Something that happens at an instant."""

    at: datetime
    act: Callable[[], None]


class Simulation:
    """One term of a class of so many students."""

    def __init__(self, folder: Path, seed: int, students: int) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        self.term = TermRecord(ZONE, homeworks=list(HOMEWORK))
        self.term.students = [f"s{number:03}" for number in range(1, students + 1)]
        self.term.weights = {"homework": Fraction(60), "quizzes": Fraction(40)}
        self.term.quiz_points = {name: Fraction(points) for name, points in POINTS.items()}
        self.term.keys = {
            "quiz1": {0: ("6", Fraction(2)), 1: ("20", Fraction(1)), 2: ("loss", Fraction(3, 2))},
            "quiz2": {0: ("32", Fraction(2))},
        }
        self.folder = folder / "first-machine"
        self.clock, self.now = folder / "clock", STARTS
        self.uploads: dict[str, Upload] = {}  # by the digest of the bytes
        self.by_token: dict[str, Upload] = {}
        self.after_regrade: dict[str, dict[str, Fraction]] = {}  # points by digest, with corrected checks
        self.attempts: dict[tuple[str, str], list[str]] = {}  # ids by quiz and student
        self.people: dict[str, Visitor] = {}
        self.items: dict[tuple[str, str], list[str]] = {}  # of the rubric, by homework and words
        self.exit = ExitStack()

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *problem: object) -> None:
        self.exit.close()

    # Time

    def at(self, moment: datetime) -> None:
        """Let time go on until an instant."""
        assert moment >= self.now, (self.now, moment)
        self.now = moment
        part = self.clock.with_suffix(".part")
        part.write_text(str(milliseconds(moment)), encoding="ascii")
        part.replace(self.clock)

    def later(self, span: timedelta) -> None:
        """Let time pass."""
        self.at(self.now + span)

    def run(self, planned: Sequence[Planned]) -> None:
        """Let everything happen in the order of time; what is already past happens now."""
        for item in sorted(planned, key=lambda item: item.at):
            self.at(max(item.at, self.now))
            item.act()

    # The class

    def begin(self) -> None:
        """Write the course, publish everything, import the class, and connect the learning platform."""
        term, dice = self.term, self.dice
        best = dice.sample(term.students, max(1, len(term.students) // 10))
        excused = dice.sample([name for name in term.students if name not in best], max(1, len(best) // 2))
        term.rules = dict.fromkeys(best, "best")
        term.excused = {(name, "quiz2") for name in excused}
        exceptions: dict[str, object] = {
            name: {"assignments": {"quiz1": {"attempts": "best"}}} for name in best
        }
        exceptions |= {name: {"assignments": {"quiz2": {"excused": True}}} for name in excused}
        write_term_course(self.folder, exceptions)
        self.templates = notebooks(self.folder)
        self.platform = TermPlatform()
        self.exit.callback(self.platform.close)
        (self.folder / "lti.yaml").write_text(self.platform.registration(), encoding="utf-8")
        self.at(STARTS)
        first, *others = HOMEWORK
        self.command("publish", first.name)
        for work in others:  # a process of its own costs a second: one of each kind is enough
            publish_assignment(work.name, course=self.folder)
        quiz, *more = QUIZZES
        self.command("publish", quiz, program="quizzes")
        for name in more:
            publish_quiz(name, course=self.folder)
        with open_site(self.folder) as opened, opened.database.transaction() as connection:
            for name, role in (("ina", "instructor"), ("tim", "ta")):
                add_person(connection, name, name.title())
                enrol(connection, COURSE, name, role=role)
                token = make_staff_token(
                    connection, COURSE, name, "term", opened.signer, at=milliseconds(STARTS), who=name
                )
                self.people[name] = Staff(self, name, token)
        self.serve()
        self._import_class()
        self._launch()

    def command(self, *words: object, program: str = "autograder") -> str:
        """Run a command in the course's directory; what it prints."""
        done = run_command(program, *words, folder=self.folder)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def serve(self) -> None:
        """Start the server."""
        self.server = TermServer(self.folder, self.clock)
        self.exit.callback(self.stop)
        self.platform.tool_keys = f"{self.server.address}/lti/keys"
        self.grader = httpx.Client(base_url=self.server.address, **LOCAL)
        signer = Signer(secret_beside(self.folder / ".quizzes" / "quiz.db"))
        self.grader.headers["Authorization"] = f"Bearer {grader_token(signer)}"

    def stop(self) -> None:
        """Stop the server."""
        with suppress(ValueError):  # it is stopped already
            self.server.stop()
        self.grader.close()

    @property
    def ina(self) -> Staff:
        """The instructor."""
        return self.people["ina"]  # type: ignore[return-value]

    @property
    def tim(self) -> Staff:
        """The assistant."""
        return self.people["tim"]  # type: ignore[return-value]

    def taking_part(self) -> list[str]:
        """The students who have not dropped the course."""
        return [name for name in self.term.students if name not in self.term.dropped]

    def some(self, share: float) -> list[str]:
        """Some of the students, at least one."""
        known = self.taking_part()
        return self.dice.sample(known, max(1, round(share * len(known))))

    def _import_class(self) -> None:
        """Import the roster, keep the passcodes that the page shows, and give labels."""
        rows = [f"{name},Name {name},{name}@example.org" for name in self.term.students]
        roster = "\n".join(["student_id,name,email", *rows]) + "\n"
        shown = self.ina.http.post(
            f"{self.server.address}/people/preview",
            data={"token": ""},
            files={"roster": ("roster.csv", roster)},
        )
        fields = fields_of(shown.text, "/people/import")
        stored = self.ina.does("/people/import", **fields).text
        codes = dict(re.findall(r"<tr><td>(s\d+)</td>.*?<code>([^<]+)</code>", stored))
        for name in self.term.students:
            self.people[name] = Visitor(self, name, codes[name])
        for name in self.some(0.1):
            self.term.labels[name] = "evening"
            self.ina.does(
                f"/people/person/{name}/time",
                label="evening",
                multiplier="1",
                extra_minutes="0",
                reason="Works in the daytime.",
            )
        self.give("label", "evening", "", days=1)

    def _launch(self) -> None:
        """Connect the platform's course: one student comes by every link, the others by one."""
        works = [("assignment", work.name) for work in HOMEWORK] + [("quiz", quiz) for quiz in QUIZZES]

        def come(name: str, kind: str, work: str, *roles: str) -> httpx.Response:
            visitor = Browser(self.platform, self.server.address, self.now.timestamp)
            items = self.platform.address + f"/items/{work}?type=quiz"
            endpoint = {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitem": items,
                "lineitems": f"{self.platform.address}/items",
            }
            return visitor.launch(
                **{
                    "sub": f"user-{name}",
                    "email": None,
                    "name": f"Name {name}",
                    f"{CLAIM}lis": {"person_sourcedid": name},
                    f"{CLAIM}custom": {kind: work},
                    f"{CLAIM}resource_link": {"id": f"link-{work}"},
                    f"{CLAIM}roles": list(roles) or ["Learner"],
                    "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint,
                }
            )

        assert come("ina", *works[0], INSTRUCTOR).status_code == 403  # not connected yet
        named = {"issuer": self.platform.address, "client": CLIENT, "deployment": DEPLOYMENT}
        self.ina.does("/platforms/connections", **named, context=CONTEXT, connect="yes")
        first, *others = self.term.students
        for kind, work in works:
            assert come(first, kind, work).status_code == 303
        for name in others:
            assert come(name, *works[0]).status_code == 303

    # Homework

    def give(self, scope: str, who: str, work: str, **what: Any) -> None:
        """Give more time, or an excuse."""
        form = {name: str(value) for name, value in what.items() if value}
        people = {"person": {"people": who}, "label": {"label": who}, "all": {}}[scope]
        self.ina.does("/extensions/give", scope=scope, work=work, reason="A reason", **people, **form)
        self.term.extensions.append(Extension(scope, who, work, **what))

    def submit(self, name: str, work: Homework, like: Upload | None = None) -> None:
        """Submit a notebook with a result that the dice decide; `like` has words to repeat."""
        dice, token = self.dice, f"w{len(self.uploads) + 1:05}"
        content = self.templates[work.name].replace(TOKEN.encode(), token.encode())
        quarters = {task: Fraction(dice.randrange(int(most) * 4 + 1), 4) for task, most in TASKS.items()}
        words: dict[str, str] = {}
        if work.name in WITH_WORDS:
            words = {task: f"{token} says {task}." for task in WRITTEN}
            if like is not None:
                words = like.words
            for task, asked in FOR_WORDS.items():
                quarters[task] = min(quarters[task], TASKS[task] - WRITTEN[asked])
        owners = self.partners(name, work.name)
        upload = Upload(work.name, owners, self.now, quarters, words)
        self.uploads[hashlib.sha256(content).hexdigest()] = upload
        self.by_token[token] = upload
        upload.id = self.people[name].upload(work.name, content)
        self.term.uploads.append(upload)
        if dice.random() < 0.05 and len(owners) == 1:  # the same bytes again are no new submission
            assert self.people[name].upload(work.name, content) == upload.id

    def partners(self, name: str, work: str) -> tuple[str, ...]:
        """Who owns what a student submits."""
        pair = next((pair for pair in self.pairs if name in pair), (name,)) if work == "hw3" else (name,)
        return tuple(member for member in pair if member not in self.term.dropped)

    pairs: Sequence[tuple[str, ...]] = ()

    def plan(self, work: Homework, students: Sequence[str]) -> list[Planned]:
        """When these students submit: most in time, some at the last second, in the grace period, or late."""
        dice, planned = self.dice, []
        grace = work.grace_minutes * MINUTE
        edges = [
            timedelta(0),
            -SECOND,
            SECOND,
            grace,
            grace + SECOND,
            DAY,
            DAY + grace + SECOND,
            2 * DAY + SECOND,
        ]
        for name in students:
            for _ in range(dice.choices((0, 1, 2, 3), (1, 6, 3, 1))[0]):
                span = dice.choice(
                    [
                        dice.choice(edges),
                        -dice.randrange(1, 3 * 86_400) * SECOND,
                        -dice.randrange(1, 3 * 86_400) * SECOND,
                        dice.randrange(1, 4 * 86_400) * SECOND,
                    ]
                )
                planned.append(Planned(work.due + span, lambda name=name: self.again(name, work)))  # type: ignore[misc]
        return planned

    def again(self, name: str, work: Homework) -> None:
        """Submit; sometimes with the words of the submission before."""
        before = [u for u in self.term.uploads if u.homework == work.name and name in u.owners and u.words]
        self.submit(name, work, before[-1] if before and self.dice.random() < 0.5 else None)

    def grade(self, *, corrected: bool = False) -> None:
        """Bring the reports of everything that waits, as a grader does."""
        while (reply := self.grader.post("/graders/lease", json={"grader": "simulated"})).status_code == 200:
            lease = reply.json()
            upload = self.uploads[lease["digest"]]
            tasks = self.after_regrade.get(lease["digest"], upload.tasks) if corrected else upload.tasks
            report = self.report(lease["student"], lease["assignment"], upload, tasks)
            sent = self.grader.post(
                f"/graders/gradings/{lease['id']}/report",
                params={"lease": lease["secret"]},
                content=report,
            )
            assert sent.status_code == 204, sent.text

    def report(self, student: str, work: str, upload: Upload, tasks: dict[str, Fraction]) -> bytes:
        """A report with these points."""
        answers = {task: WRITTEN[task] for task in upload.words}
        most = {task: points - (answers.get(FOR_WORDS[task], Fraction(0))) for task, points in TASKS.items()}
        return (
            make_report(
                *(
                    make_task(
                        task, make_check(points=float(most[task]), earned=float(points)), functions=[task]
                    )
                    for task, points in tasks.items()
                ),
                student=student,
                assignment=work,
                written=[
                    WrittenAnswer(
                        task=task,
                        title=task,
                        points=float(points),
                        text=upload.words[task],
                        digest=digest(upload.words[task])[:16],
                        cell=3,
                    )
                    for task, points in answers.items()
                ],
            )
            .to_json()
            .encode()
        )

    def really_grade(self, work: Homework) -> None:
        """Three notebooks go through the sandbox: a right one, one with a mistake, and the handout."""
        right = self.templates[work.name]
        handout = (self.folder / "assignments" / work.name / f"{work.name}.ipynb").read_bytes()
        wrong = right.replace(b"return FACTOR * grad_out", b"return grad_out.copy()")
        assert wrong != right
        results = ((right, 4, 2), (wrong, 2, 2), (handout, 0, 0))
        for name, (content, double, mean_square) in zip(self.term.students, results, strict=False):
            tasks = {"double": Fraction(double), "mean_square": Fraction(mean_square)}
            upload = Upload(work.name, (name,), self.now, tasks)
            upload.id = self.people[name].upload(work.name, content)
            self.uploads[hashlib.sha256(content).hexdigest()] = upload
            self.term.uploads.append(upload)
        token = self.grader.headers["Authorization"].removeprefix("Bearer ")
        printed = self.folder / "grader.txt"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [COMMAND, "grader", "--site", self.server.address, "--token", token],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                for upload in self.term.uploads:
                    page = partial(self.people[upload.owners[0]].page, f"/submissions/{upload.id}/status")
                    assert eventually(lambda page=page: '"graded"' in page()), printed.read_text("utf-8")  # type: ignore[misc]
            finally:
                process.terminate()
                process.wait()

    def spend_late_days(self, work: Homework) -> None:
        """Some students spend late days, a few take one back again."""
        for name in self.some(0.25):
            left = 3 - sum(days for (who, _), days in self.term.late_days.items() if who == name)
            days = self.dice.randint(1, 2)
            path = f"/homework/{work.name}/late-days"
            reply = self.people[name].post(path, days=str(days))
            if days > left:
                assert reply.status_code == 409, reply.text
                continue
            assert reply.status_code == 303, reply.text
            if self.dice.random() < 0.3:
                days -= 1
                self.people[name].does(path, days=str(days))
            self.term.late_days[name, work.name] = days

    def ask_for_extensions(self, work: Homework) -> None:
        """Some students ask for more time; the instructor grants it, or declines."""
        for name in self.some(0.1):
            days = self.dice.randint(1, 3)
            self.people[name].does(f"/homework/{work.name}/dates", days=str(days), text="I am ill.")
            page = self.ina.page("/extensions")
            (path,) = re.findall(r'action="(/extensions/requests/\d+)"', page)
            if self.dice.random() < 0.3:
                self.ina.does(path, days="", decline="yes", reply="No.")
                continue
            self.ina.does(path, days=str(days), reply="Get well.")
            personal = [
                given.days
                for given in self.term.extensions
                if (given.scope, given.who, given.homework) == ("person", name, work.name)
            ]
            label = 1 if self.term.labels.get(name) else 0  # a standing day
            held = personal[-1] if personal else label
            self.term.extensions.append(Extension("person", name, work.name, held + days))

    def form_groups(self) -> None:
        """Half of the pairs are imported, the others form themselves."""
        names = self.taking_part()
        self.dice.shuffle(names)
        pairs = [tuple(names[at : at + 2]) for at in range(0, len(names) - 1, 2)]
        imported, formed = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
        lines = [f"Pair {n},{name},hw3" for n, pair in enumerate(imported) for name in pair]
        table = "\n".join(["group,student_id,assignment", *lines]) + "\n"
        address = self.server.address
        shown = self.ina.http.post(f"{address}/groups/preview", files={"groups": ("groups.csv", table)})
        self.ina.does("/groups/import", **fields_of(shown.text, "/groups/import"))
        self.ina.does("/groups/sign-up", assignment="hw3", largest="2")
        for n, (first, second) in enumerate(formed):
            self.people[first].does("/homework/hw3/group", name=f"Own {n}")
            page = self.people[second].page("/homework/hw3/group")
            (join,) = re.findall(rf'name="join" value="(\d+)">Join Own {n}<', page)
            self.people[second].does("/homework/hw3/group", join=join)
        self.pairs = pairs

    # Marks by hand

    def upload_on(self, page: str) -> Upload:
        """The submission whose words or code a page shows."""
        found = re.search(r"w\d{5}", page)
        assert found is not None, page
        return self.by_token[found[0]]

    def questions(self, work: str, part: str) -> list[str]:
        """The addresses of the answers to a question."""
        path = f"/marking/homework/{work}/questions/{part}"
        return [f"{path}/answers/{item['code']}" for item in self.tim.json(path)["answers"]]

    def mark_words(self, work: str) -> None:
        """The assistant marks one answer in words after the other, by the rubric or by points.

        An answer of another attempt comes when that counts after a mark.
        """
        for task, most in WRITTEN.items():
            question = f"/marking/homework/{work}/questions/written:{task}"
            while (path := self.tim.get(f"{question}/next").headers["Location"]) != question:
                page = self.tim.page(path)
                upload = self.upload_on(page)
                values = re.findall(r'name="item" value="([^"]+)" data-points="([^"]+)"', page)
                assert values, page
                if self.dice.random() < 0.6:
                    chosen = [item for item in values if self.dice.random() < 0.6]
                    points = min(most, sum((Fraction(item[1]) for item in chosen), Fraction(0)))
                    fields: dict[str, Any] = {"item": [item[0] for item in chosen], "points": ""}
                    if not chosen:
                        fields["points"] = "0"
                else:
                    chosen, points = [], Fraction(self.dice.randrange(int(most * 20) + 1), 20)
                    fields = {"item": [], "points": number(points), "comment": "By points."}
                done = mark(self.tim, path, **fields)
                assert done.status_code == 303, done.text
                words = upload.words[task]
                self.term.word_marks.append((work, upload.owners, task, words, points))
                self.items[work, words] = [item[0] for item in chosen]

    def change_rubric(self, work: str) -> None:
        """The instructor makes the second item of the first question cheaper: everybody with it gets less."""
        path = f"/marking/homework/{work}/questions/written:why-two"
        form = fields_of(self.ina.page(path), "/rubric")
        ids, points = form["item_id"], form["item_points"]
        changed = [points[0], "0.2", *points[2:]]
        shown = self.ina.does(f"{path}/rubric", **{**form, "item_points": changed, "reason": "Too generous."})
        having = [
            given
            for given in self.term.word_marks
            if given[0] == work and given[2] == "why-two" and ids[1] in self.items.get((work, given[3]), ())
        ]
        if having:
            self.ina.does(f"{path}/rubric", **fields_of(shown.text, "/rubric"))
        worth = dict(zip(ids, map(Fraction, [c or "0" for c in changed]), strict=False))
        for _, owners, task, words, _ in having:
            new = sum((worth[item] for item in self.items[work, words]), Fraction(0))
            self.term.word_marks.append((work, owners, task, words, min(WRITTEN[task], new)))
        assert eventually(lambda: "the changed rubric. Reload" not in self.ina.page(path))

    def release(self, work: str) -> None:
        """Release the results; a release waits some minutes, in which it can be undone."""
        self.ina.does(f"/staff/homework/{work}/release")
        self.later(15 * MINUTE)
        shown = f"SELECT id FROM homework WHERE id = '{work}' AND released_at IS NOT NULL"
        assert eventually(lambda: self.stored(shown)), "The release does not come."

    def mark_tasks(self, work: str, many: int) -> None:
        """The instructor sets the points of some functions by hand."""
        paths = self.questions(work, "task:double")
        for path in self.dice.sample(paths, min(many, len(paths))):
            upload = self.upload_on(self.ina.page(path))
            points = Fraction(self.dice.randrange(13), 4)
            done = mark(self.ina, path, points=number(points), comment="An oral exam.")
            assert done.status_code == 303, done.text
            upload.by_hand["double"] = points

    def override(self, work: str, many: int) -> None:
        """Staff set the points of whole submissions."""
        known = [upload for upload in self.term.uploads if upload.homework == work]
        for upload in self.dice.sample(known, min(many, len(known))):
            points = Fraction(self.dice.randrange(61), 10)
            path = f"/staff/submissions/{upload.id}/points"
            self.dice.choice((self.ina, self.tim)).does(
                path, points=number(points), reason="An oral exam.", seen="0"
            )
            upload.override = points

    def request_regrades(self, work: str, many: int) -> None:
        """Students ask for another look at a mark; the assistant changes some, and some are appealed."""
        known = [u for u in self.term.uploads if u.homework == work and u.words and u.override is None]
        marked = [
            u for u in known if any(m[0] == work and m[3] == u.words["why-two"] for m in self.term.word_marks)
        ]
        once = list({upload.words["why-two"]: upload for upload in marked}.values())
        for upload in self.dice.sample(once, min(many, len(once))):
            owners = [name for name in upload.owners if name not in self.term.dropped]
            if not owners:
                continue
            who = self.people[self.dice.choice(owners)]
            fields = {
                "kind": "homework",
                "answer": upload.id,
                "part": "written:why-two",
                "text": "Look again.",
            }
            who.does("/regrade-requests", **fields)
            self.answer_request(self.tim, upload, self.dice.random() < 0.5)
            (mine,) = (
                item
                for item in self.ina.json("/regrade-requests?show=all")
                if item["answer"] == upload.id and item["state"] in ("open", "answered")
            )
            if self.dice.random() < 0.4:
                who.does(f"/regrade-requests/{mine['id']}/appeal", text="Please look once more.")
                self.answer_request(self.ina, upload, True)

    def answer_request(self, staff: Staff, upload: Upload, change: bool) -> None:
        """Answer the request about a submission, with other points or without."""
        (waiting,) = (
            item
            for item in staff.json("/regrade-requests?show=all")
            if item["answer"] == upload.id and item["state"] in ("open", "appealed")
        )
        points = Fraction(self.dice.randrange(21), 20)
        fields = {"text": "I looked again.", "seen": str(waiting["seen"])}
        if change:
            fields["points"] = number(points)
        staff.does(f"/regrade-requests/{waiting['id']}/answer", **fields)
        if change:
            words = upload.words["why-two"]
            self.term.word_marks.append((upload.homework, upload.owners, "why-two", words, points))
            self.items.pop((upload.homework, words), None)

    def regrade(self, work: str) -> None:
        """A check was wrong: everything is graded again, the difference is looked at and released."""
        for name, upload in self.uploads.items():
            if upload.homework == work:
                self.after_regrade[name] = {
                    task: min(most, upload.tasks[task] + Fraction(self.dice.randrange(-1, 3), 4))
                    if upload.tasks[task]
                    else Fraction(0)
                    for task, most in TASKS.items()
                }
        self.command("publish", work)
        sent = self.ina.does(f"/staff/homework/{work}/regrades", scope="all", reason="A wrong check")
        self.grade(corrected=True)
        run = sent.headers["Location"]
        assert self.ina.json(run)["left"] == 0
        self.ina.does(f"{run}/release")
        assert eventually(lambda: self.ina.json(run)["state"] == "released")
        for name, upload in self.uploads.items():
            upload.tasks = self.after_regrade.get(name, upload.tasks)

    # Quizzes

    def take(self, name: str, quiz: str, *, finish: bool = True) -> None:
        """Take a quiz."""
        dice, who = self.dice, self.people[name]
        started = who.does(f"/quizzes/{quiz}/start")
        attempt = started.headers["Location"].rpartition("/")[2].partition("#")[0]
        lock = f"lock-{name}-{attempt}"
        who.ask(f"/attempts/{attempt}/lock", {"lock": lock})
        answers = (
            {0: ("5", "6", "7"), 1: ("20", "20", "9"), 2: ("loss", "gain", "loss")}
            if quiz == "quiz1"
            else {0: ("32", "25"), 1: (f"Because {name}, says {attempt}.",)}
        )
        given = {}
        for pos, choices in answers.items():
            if dice.random() < 0.1:
                continue
            given[pos] = dice.choice(choices)
            body = {"answer": given[pos], "base_rev": 0, "save_id": f"{attempt}-{pos}", "lock": lock}
            who.ask(f"/attempts/{attempt}/answers/{pos}", body)
        if finish:
            who.ask(f"/attempts/{attempt}/finish", {})
        self.term.quiz_answers.append(QuizAnswers(quiz, name, given))
        self.attempts.setdefault((quiz, name), []).append(attempt)

    def hold(self, quiz: str) -> None:
        """The hours of a quiz: once or as often as allowed; a few never finish, and the sweeper does it."""
        opens, due, tries = QUIZZES[quiz]
        start, end = (datetime.fromisoformat(t).replace(tzinfo=ZONE).astimezone(UTC) for t in (opens, due))
        planned = []
        for name in self.taking_part():
            if (name, quiz) in self.term.excused or self.dice.random() < 0.05:
                continue
            for n in range(self.dice.randint(1, tries)):
                at = start + (n * 300 + self.dice.randrange(200)) * MINUTE
                done = n + 1 < tries or self.dice.random() < 0.95
                planned.append(Planned(at, lambda name=name, done=done: self.take(name, quiz, finish=done)))  # type: ignore[misc]
        self.run(planned)
        self.at(end + HOUR)
        assert eventually(self.everything_is_marked), "Attempts are not closed, or not marked."

    def everything_is_marked(self) -> bool:
        """Whether every attempt that was begun is closed and marked."""
        return not self.stored("SELECT state FROM attempt WHERE state != 'graded'")

    def stored(self, question: str) -> list[Any]:
        """What the server's database says, for what no page tells in a word."""
        with closing(sqlite3.connect(self.folder / ".quizzes" / "quiz.db")) as connection:
            return connection.execute(question).fetchall()

    def correct_key(self) -> None:
        """2 + 3 is 5: the bank is corrected, the regrade proposed and released."""
        bank = self.folder / "quizzes" / "banks" / "numbers.yaml"
        bank.write_text(bank.read_text(encoding="utf-8").replace('key: "6"', 'key: "5"'), encoding="utf-8")
        proposed = self.ina.does("/staff/quiz1/regrades")
        run = proposed.headers["Location"].rpartition("-")[2]
        self.ina.does(f"/staff/quiz1/regrades/{run}/release")
        self.term.keys["quiz1"][0] = ("5", Fraction(2))

    def mark_essays(self) -> None:
        """The assistant marks the essays."""
        (question,) = (
            item for item in self.tim.json("/marking/quiz/quiz2")["questions"] if item["id"].endswith("essay")
        )
        path = f"/marking/quiz/quiz2/questions/{question['id']}"
        of_attempt = {ids[-1]: name for (quiz, name), ids in self.attempts.items() if quiz == "quiz2"}
        for item in self.tim.json(path)["answers"]:
            answer = f"{path}/answers/{item['code']}"
            found = re.search(r"Because s\d+, says ([\w-]+)\.", self.tim.page(answer))
            if found is None:  # left empty
                continue
            points = Fraction(self.dice.randrange(13), 4)
            done = mark(self.tim, answer, item=[], points=number(points), comment="Read.")
            assert done.status_code == 303, done.text
            (taken,) = (
                a for a in self.term.quiz_answers if (a.quiz, a.student) == ("quiz2", of_attempt[found[1]])
            )
            taken.by_hand[1] = points

    # Another machine, an older database

    def restore_elsewhere(self, folder: Path) -> None:
        """Back up, lose the machine, and restore on another one, whose database is then migrated."""
        kept = folder / "backups"
        kept.mkdir()
        self.command("backup", kept / "term.db")
        self.stop()
        old, self.folder = self.folder, folder / "second-machine"
        self.folder.mkdir()
        for name in ("assignments", "solutions", "quizzes"):
            shutil.copytree(old / name, self.folder / name)
        for name in ("course.yaml", "lti.yaml"):
            shutil.copy(old / name, self.folder)
        self.command("restore", kept / "term.db", "--check")
        assert "The server's secret is not here." in self.command("restore", kept / "term.db")
        for path in (old / ".quizzes").iterdir():
            if "secret" in path.name or "key" in path.name:
                shutil.copy(path, self.folder / ".quizzes")
        old.rename(folder / "lost-machine")

    def drop_lowest(self) -> None:
        """The instructor lets the gradebook drop the lowest homework, but never the last one."""
        fields = fields_of(self.ina.page("/settings"), "/settings/course")
        changes = {"group-0-drop_lowest": ["1"], "group-0-never_drop": ["hw5"], "save": ["yes"]}
        self.ina.does("/settings/course", **{**fields, **changes})
        self.term.drop_lowest, self.term.never_drop = 1, {"hw5"}

    def drop(self, name: str) -> None:
        """A student drops the course."""
        self.ina.does(f"/people/person/{name}/drop", reason="Left.")
        self.term.dropped.add(name)

    # What people read at the end

    def gradebook_pages(self) -> dict[str, str]:
        """The totals of all students on the pages of the gradebook."""
        totals: dict[str, str] = {}
        number = 1
        while True:
            page = self.ina.page(f"/gradebook?page={number}")
            rows = re.findall(
                r'<tr><th scope="row"><a href="/gradebook/students/([^"]+)">.*?</th><td>([\d.]*)', page
            )
            totals.update(rows)
            if f"page={number + 1}" not in page:
                return totals
            number += 1

    def exported(self, kind: str) -> list[dict[str, str]]:
        """The rows of an export."""
        reply = self.ina.http.post(
            f"{self.server.address}/gradebook/exports",
            data={"format": kind},
            files={"template": ("", b"")},
            headers={"Accept": "application/json"},
        )
        assert reply.status_code == 200, reply.text
        text = self.ina.page(reply.json()["file"])
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    def until_sent(self) -> None:
        """Let time pass until no score waits for the platform."""

        def done() -> bool:
            self.later(MINUTE)
            page = self.ina.page("/gradebook?show=undelivered")
            return "Nobody." in page

        assert eventually(done), "Scores do not arrive at the platform."

    def verified(self) -> str:
        """What the command says that checks every ledger."""
        return self.command("verify")
