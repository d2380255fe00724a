"""What waits for a marker: one number on the home page, on the page of marking, and in its lists."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from databases import write_database
from examples import one_in
from fake_clock import MINUTE
from live_server import ALL, ESSAY, NUMERIC, REPOSITORY, Student
from marking_site import QUESTION, MarkingSite, answer_paths, fields_of, mark, marking_site
from sqlalchemy import Connection, event, insert, update
from tiny_course import ASSIGNMENT

from autograder.site.database import Database
from autograder.site.homework.assignments import published
from autograder.site.homework.scores import attempts_of_class
from autograder.site.homework.tables import group_member, homework_group
from autograder.site.people import COURSE
from autograder.site.roles import StudentData
from autograder.site.tables import assigned_student, enrolment, section_member

ASSISTANTS, STUDENTS = ("tim", "tea"), ("ann", "bob", "cyd", "dan", "eve", "fay")
STAFF = (*ASSISTANTS, "ina")
SECTIONS = ("Monday", "Tuesday")
WORDS = ("It is 2.", "It doubles.", "By the chain rule.", "")
MINE = r"(\d+) answers? waits? for your mark"
OTHERS = r"(\d+) answers? waits? for other markers"


@contextmanager
def site_with_a_quiz(folder: Path) -> Iterator[MarkingSite]:
    """A site with an assignment that has written answers, a quiz with an essay, and a group of two."""
    write_database(folder / "quiz.db")
    with marking_site(str(folder / "quiz.db"), folder / "course") as site:
        quizzes = site.server.course.root / "quizzes"
        shutil.copytree(REPOSITORY.root / "quizzes" / "banks", quizzes / "banks")
        (quizzes / "all.yaml").write_text(ALL, encoding="utf-8")
        far = site.server.opens + 10_000 * MINUTE
        site.server.publish("all", due_at=far, closes_at=far, limit=5_000 * MINUTE)
        site.person("tea", "ta")
        for student in STUDENTS:
            site.person(student)
        with site.server.database.transaction() as connection:
            put_in_a_group(connection, "ann", "bob")
        yield site


def put_in_a_group(connection: Connection, *members: str) -> None:
    """A group of all assignments."""
    group = {"course": COURSE, "assignment": "", "name": "A", "letters": "a", "at": 1, "by_whom": "ina"}
    number = connection.execute(insert(homework_group).values(group).returning(homework_group.c.id)).scalar()
    rows = [{"group_id": number, "person": person, "at": 1} for person in members]
    connection.execute(insert(group_member), rows)


class RandomClass:
    """A class in which students and staff do anything, in any order."""

    def __init__(self, site: MarkingSite, dice: Random) -> None:
        self.site, self.dice, self.server = site, dice, site.server
        self.attempts: dict[str, str] = {}
        self.saves: dict[tuple[str, int], int] = {}
        self.acts = [
            *(self.submit, self.take_quiz, self.take_quiz_again, self.override),
            *(self.mark, self.mark, self.mark),
            *(self.withdraw, self.assign, self.assign, self.conflict, self.access, self.rule),
        ]

    def step(self) -> str:
        """One of the acts; its name."""
        act = self.dice.choice(self.acts)
        act()
        return act.__name__

    def submit(self) -> None:
        """A student submits, also without an answer."""
        self.site.submit(self.dice.choice(STUDENTS), self.dice.choice(WORDS))

    def take_quiz(self) -> None:
        """A student takes the quiz, and may leave the essay blank."""
        name = self.dice.choice(STUDENTS)
        student = self.site.person(name)
        if name not in self.attempts:
            self.attempts[name] = student.start("all")
            self.finish(name)

    def take_quiz_again(self) -> None:
        """A finished attempt goes on and is submitted again."""
        if not self.attempts:
            return
        name = self.dice.choice(sorted(self.attempts))
        attempt, student = self.attempts[name], self.site.person(name)
        fields = {"minutes": "10", "reason": "a power cut"}
        assert self.site.person("ina").post(f"/staff/attempts/{attempt}/reopen", **fields).is_redirect
        student.ask(f"/attempts/{attempt}/lock", {"lock": student.lock})
        self.finish(name)

    def finish(self, name: str) -> None:
        """Answer the essay and a question with a key, or not, and submit the attempt."""
        student, attempt = self.site.person(name), self.attempts[name]
        for pos, answer in ((ESSAY, self.dice.choice(WORDS)), (NUMERIC, self.dice.choice(["", "1", "2"]))):
            if answer:
                base = self.saves.get((name, pos), 0)
                assert student.save(attempt, pos, answer, base=base).status_code == 200
                self.saves[name, pos] = base + 1
        student.ask(f"/attempts/{attempt}/finish", {})
        self.server.exam.mark()

    def override(self) -> None:
        """An instructor sets the points of a question with a key."""
        if self.attempts:
            attempt = self.attempts[self.dice.choice(sorted(self.attempts))]
            path = f"/staff/attempts/{attempt}/points/{NUMERIC}"
            sent = self.site.person("ina").post(path, points="0.5", reason="A fair point.")
            assert sent.status_code in (303, 403), sent.text  # in a conflict of interest

    def mark(self) -> None:
        """A member of staff marks an answer that they may mark."""
        marker = self.site.person(self.dice.choice(STAFF))
        paths = [path for question in questions(marker) for path in answer_paths(marker, question)]
        if paths:
            assert mark(marker, self.dice.choice(paths), points="0.5", comment="So.").is_redirect

    def withdraw(self) -> None:
        """The same, and somebody takes the mark back."""
        marker = self.site.person(self.dice.choice(STAFF))
        paths = [path for question in questions(marker) for path in answer_paths(marker, question)]
        if paths:
            path = self.dice.choice(paths)
            fields = {**fields_of(marker.page(path), path), "withdraw": "yes", "comment": "No."}
            assert marker.post(path, **fields).status_code in (303, 409)  # there may be no mark

    def assign(self) -> None:
        """An instructor assigns a question, or takes it back."""
        ina = self.site.person("ina")
        question = self.dice.choice(questions(ina))
        markers = self.dice.sample(STAFF, self.dice.randint(1, 3))
        how = self.dice.choice(["evenly", "evenly", "nobody"])
        work, _, name = question.partition("/questions/")
        sent = ina.post(f"{work}/assign", question=[name], marker=markers, how=how)
        assert sent.status_code in (303, 409), sent.text  # nobody is left who may mark somebody

    def conflict(self) -> None:
        """A conflict of interest begins or ends."""
        pair = {"marker": self.dice.choice(STAFF), "person": self.dice.choice(STUDENTS)}
        change = self.dice.choice([{"reason": "A cousin"}, {"remove": "yes"}])
        assert self.site.person("ina").post("/marking/conflicts", **pair, **change).status_code in (303, 404)

    def access(self) -> None:
        """An assistant sees other students' work from now on: all, those of their sections, or their own."""
        assistant = self.dice.choice(ASSISTANTS)
        data = self.dice.choice([StudentData.ALL, StudentData.SECTIONS, StudentData.ASSIGNED])
        people = self.dice.sample(STUDENTS, 3)
        rows = [{"course": COURSE, "person": name, "section": "Monday"} for name in (*people, assistant)]
        of_staff = [{"course": COURSE, "staff": assistant, "person": name} for name in people[:2]]
        with self.server.database.transaction() as connection:
            connection.execute(section_member.delete())
            connection.execute(assigned_student.delete().where(assigned_student.c.staff == assistant))
            connection.execute(insert(section_member), rows)
            connection.execute(insert(assigned_student), of_staff)
            changed = update(enrolment).where(enrolment.c.person == assistant)
            connection.execute(changed.values(students=data.value))

    def rule(self) -> None:
        """By course.yaml another attempt of a student counts."""
        path = self.server.course.root / "course.yaml"
        written = path.read_text(encoding="utf-8").partition("students:")[0]
        rule = self.dice.choice(["first", "last", "best"])
        path.write_text(
            f"{written}students:\n  {self.dice.choice(STUDENTS)}: {{attempts: {rule}}}\n", encoding="utf-8"
        )


def questions(marker: Student) -> list[str]:
    """The addresses of all questions that people mark."""
    works = marker.get("/marking", headers={"Accept": "application/json"}).json()
    return [
        f"/marking/{work['kind']}/{work['work']}/questions/{question['id']}"
        for work in works
        for question in work["questions"]
    ]


def total(pattern: str, page: str) -> int:
    """The sum of the numbers of all sentences like this one."""
    return sum(map(int, re.findall(pattern, page)))


def listed(marker: Student) -> tuple[int, int]:
    """How many answers the lists of the questions show as waiting: the marker's own, and others."""
    mine = together = 0
    for question in questions(marker):
        mine += len(re.findall(r"<td>(?:waits|changed since it was marked)</td>", marker.page(question)))
        answers = marker.get(question, headers={"Accept": "application/json"}).json()["answers"]
        together += sum(answer["waits"] for answer in answers)
    return mine, together - mine


@pytest.mark.full
@pytest.mark.parametrize("seed", one_in(8, range(1, 9)))
def test_the_numbers_agree(tmp_path: Path, seed: int) -> None:
    """In any class the home page, the page of marking and the lists of answers show the same numbers."""
    with site_with_a_quiz(tmp_path) as site:
        random_class, acts = RandomClass(site, Random(seed)), []
        for _ in range(24):
            acts.append(random_class.step())
            for name in STAFF:
                marker = site.person(name)
                home, marking = marker.page("/"), marker.page("/marking")
                works = marker.get("/marking", headers={"Accept": "application/json"}).json()
                in_json = sum(item["waiting_for_you"] for work in works for item in work["questions"])
                mine, others = listed(marker)
                assert (total(MINE, home), total(OTHERS, home)) == (mine, others), (name, acts)
                assert (total(MINE, marking), total(OTHERS, marking)) == (mine, others), (name, acts)
                assert in_json == mine, (name, acts)


def test_who_has_assigned_work_reads_their_own_first(tmp_path: Path) -> None:
    """What is assigned to a marker comes before the rest, with the page on which it is marked."""
    write_database(tmp_path / "quiz.db")
    answers = {"ann": "It is 2.", "bob": "It doubles.", "cyd": "Twice."}
    with marking_site(str(tmp_path / "quiz.db"), tmp_path / "course", **answers) as site:
        ina, tim = site.person("ina"), site.person("tim")
        assert "6 answers wait for your mark" in tim.page("/")
        assigned = {"question": ["written:why-two"], "marker": ["tim", "ina"], "how": "evenly"}
        assert ina.post("/marking/homework/tiny/assign", **assigned).is_redirect
        whole = {"question": ["written:why-mean"], "marker": ["ina"], "how": "person"}
        assert ina.post("/marking/homework/tiny/assign", **whole).is_redirect
        page = tim.page("/")
        mine, others = re.search(MINE, page), re.search(OTHERS, page)
        assert mine and others and mine.start() < others.start()
        assert int(mine[1]) + int(others[1]) == 6 and int(mine[1]) in (1, 2)
        for path in answer_paths(tim):
            mark(tim, path, points="1")
        assert re.search(MINE, tim.page("/")) is None and "wait for other markers" in tim.page("/")


def test_an_essay_that_was_blank_first(tmp_path: Path) -> None:
    """An essay that is written after its attempt was submitted without it waits as every other one."""
    with site_with_a_quiz(tmp_path) as site:
        ann, ina = site.person("ann"), site.person("ina")
        attempt = ann.start("all")
        ann.ask(f"/attempts/{attempt}/finish", {})
        site.server.exam.mark()
        assert re.search(MINE, ina.page("/")) is None
        again = {"minutes": "10", "reason": "a power cut"}
        assert ina.post(f"/staff/attempts/{attempt}/reopen", **again).is_redirect
        ann.ask(f"/attempts/{attempt}/lock", {"lock": ann.lock})
        ann.save(attempt, ESSAY, "Because it saturates.")
        ann.save(attempt, NUMERIC, "1")
        ann.ask(f"/attempts/{attempt}/finish", {})
        site.server.exam.mark()
        assert "1 answer waits for your mark" in ina.page("/")
        assert listed(ina) == (1, 0)


@contextmanager
def steps_of(database: Database) -> Iterator[list[int]]:
    """The steps of SQLite's machine that reading takes meanwhile, in tens."""
    steps: list[int] = []

    def count(connection: Any, *more: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(lambda: steps.append(10), 10)

    event.listen(database._read, "before_cursor_execute", count)
    try:
        yield steps
    finally:
        event.remove(database._read, "before_cursor_execute", count)


@pytest.mark.full
def test_the_home_page_reads_what_has_changed(tmp_path: Path) -> None:
    """Looked at again it reads a fraction of the class, however large that is, also after a submission."""
    costs: dict[int, list[int]] = {}
    for size in (10, 60):
        folder = tmp_path / str(size)
        folder.mkdir()
        with site_with_a_quiz(folder) as site:
            ina, database = site.person("ina"), site.server.database
            for number in range(size):
                site.submit(f"student-{number}", WORDS[number % 3])
            for question, points in ((QUESTION, "1"), (QUESTION.replace("why-two", "why-mean"), "0.5")):
                for path in answer_paths(ina, question):
                    mark(ina, path, points=points)
            assert re.search(MINE, ina.page("/")) is None
            with steps_of(database) as whole, database.reading() as connection:
                row = published(connection, COURSE, ASSIGNMENT)
                attempts_of_class(connection, site.server.course, COURSE, row)
            with steps_of(database) as again:
                ina.page("/")
            site.submit("student-1", "Something else.")
            with steps_of(database) as changed:
                assert "2 answers wait for your mark" in ina.page("/")
            costs[size] = [sum(whole), sum(again), sum(changed)]
    of_whole, of_again, of_changed = (
        large - small for small, large in zip(costs[10], costs[60], strict=True)
    )
    assert 5 * of_again < of_whole and 3 * of_changed < of_whole, costs
