"""The course of a load test: a copy of one assignment, people with sessions, notebooks to submit."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select, update

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.environment import module_command
from autograder.errors import UsageError
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import published
from autograder.site.homework.context import files_address
from autograder.site.homework.grade_records import GradingResult, record_grading
from autograder.site.homework.submissions import store_submission
from autograder.site.homework.tables import grading, homework
from autograder.site.loadtest.server_process import Server, start_process
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.server import OpenSite, open_site
from autograder.site.sessions import open_session
from autograder.site.tables import person

__all__ = ["HomeworkFixture", "fixture_for", "hostile_notebook", "padded", "temporary_folder"]

PADDING = "padding of the load test"
HOSTILE_TERMS = 150_000  # of a sum, nested as deeply by a parser


@dataclass(frozen=True)
class HomeworkFixture:
    """A directory with the course, and the database in it or at an address."""

    folder: Path
    assignment: str
    address: str = ""

    def course(self) -> Course:
        """The course in the directory."""
        return find_course(self.folder)

    @contextmanager
    def open_site(self) -> Iterator[OpenSite]:
        """Open its database."""
        with open_site(self.folder, course_file=not self.address, address=self.address) as site:
            yield site

    def environment(self) -> dict[str, str]:
        """The environment of a command that works at its database and in its directory."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "AUTOGRADER_FILES")
        }
        return {**ours, **({"DATABASE_URL": self.address} if self.address else {})}

    @contextmanager
    def servers(self, many: int, graders: int) -> Iterator[list[Server]]:
        """Server processes with so many graders each, stopped at the end."""
        with ExitStack() as running:
            started = []
            for _ in range(many):
                started.append(self.start(graders))
                running.callback(started[-1].stop)
            yield started

    def start(self, graders: int) -> Server:
        """A server process with so many graders beside it."""
        command = module_command("autograder", "serve", "--graders", str(graders))
        return start_process([*command, "--course", str(self.folder)], self.folder, self.environment())

    def files(self) -> FileStore:
        """The file store of the course."""
        return FileStore(str(files_address_of(self.folder)))

    def admit(self, names: Sequence[str], role: str = "student") -> list[str]:
        """Enrol people and sign them in; returns the values of their cookies."""
        with self.open_site() as site, site.database.transaction() as connection:
            at, tokens = site.clock.now(), []
            for name in names:
                add_person(connection, name, name.replace("-", " ").title())
                enrol(connection, COURSE, name, role=role)
                tokens.append(open_session(connection, name, site.signer, at, "load test"))
        return tokens

    def solved(self) -> bytes:
        """A notebook with the reference's functions."""
        return to_bytes(filled_in(load_assignment(self.course(), self.assignment)))

    def due_in(self, seconds: float) -> None:
        """Let the assignment be due so many seconds from now."""
        with self.open_site() as site, site.database.transaction() as connection:
            due_at = site.clock.now() + int(1000 * seconds)
            connection.execute(update(homework).where(homework.c.course == COURSE).values(due_at=due_at))

    def grade_class(self, names: Sequence[str]) -> None:
        """Give people a graded submission each, with the result of the one that is graded already.

        Raises UsageError where none is.
        """
        with self.open_site() as site, site.database.transaction() as connection:
            row = published(connection, COURSE, self.assignment)
            model = connection.execute(select(grading).where(grading.c.state == "graded").limit(1)).first()
            if model is None:
                raise UsageError(
                    "The graders did not grade the first submission in time.",
                    next_step="Give them longer with --graded-within, or test a machine that does less.",
                )
            digest, at = self.files().put(self.solved()), site.clock.now()
            for number, name in enumerate(names):
                stored = store_submission(
                    connection,
                    row,
                    course=COURSE,
                    person=name,
                    digest=digest,
                    size=1,
                    file=f"{self.assignment}.ipynb",
                    began_at=at,
                    received_at=at,
                    signer=site.signer,
                )
                earned = round(Decimal(number % 21) / 20 * (model.possible or 0), 2)
                values = {
                    "state": "graded",
                    "report": model.report,
                    "earned": earned,
                    "possible": model.possible,
                    "summary": model.summary,
                    "graded_at": at,
                }
                ended = update(grading).where(grading.c.submission == stored.id).values(**values)
                ended_id = connection.execute(ended.returning(grading.c.id)).scalar_one()
                result = GradingResult(model.report, earned, model.possible, model.summary)
                record_grading(connection, ended_id, result, at)

    def ungraded(self, of: Sequence[str] | None = None) -> int:
        """How many gradings have not ended: all, or those of some submissions."""
        open_ = select(func.count()).where(grading.c.state.in_(["waiting", "leased"]))
        if of is not None:
            open_ = open_.where(grading.c.submission.in_(of))
        with self.open_site() as site, site.database.reading() as connection:
            return int(connection.execute(open_).scalar_one())


def files_address_of(folder: Path) -> str:
    """Where the files of a test's course are, whatever the environment says."""
    set_aside = os.environ.pop("AUTOGRADER_FILES", None)
    try:
        return files_address(folder)
    finally:
        if set_aside is not None:
            os.environ["AUTOGRADER_FILES"] = set_aside


def padded(notebook: bytes, size: int, dice: random.Random, pictures: int = 1) -> bytes:
    """The notebook with pictures as outputs, which do not compress, so that it has about so many bytes."""
    each = max(0, size - len(notebook)) // max(1, pictures) * 3 // 4
    content = json.loads(notebook)
    outputs = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": base64.b64encode(b"\x89PNG\r\n\x1a\n" + dice.randbytes(each)).decode()},
        }
        for _ in range(pictures)
    ]
    cell = {
        "cell_type": "code",
        "source": f"# {PADDING}",
        "metadata": {},
        "outputs": outputs,
        "execution_count": 1,
    }
    if content.get("nbformat_minor", 0) >= 5:
        cell["id"] = "padding"
    content["cells"].append(cell)
    return json.dumps(content).encode()


def hostile_notebook(number: int) -> bytes:
    """A notebook whose source takes a parser longer than a first look may; another one for each number."""
    source = f"x = {number} + " + "+".join(["1"] * HOSTILE_TERMS)
    cell: dict[str, object] = {"cell_type": "code", "source": source, "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def fixture_for(course: Course, assignment: str, folder: Path, address: str = "") -> HomeworkFixture:
    """A copy of a course with one published assignment, by default the first, and nobody in it.

    Raises UsageError for a database that has people, so that test students never join a real course.
    """
    known = course.assignment_ids()
    if not known:
        raise UsageError(
            f"There is no assignment in {course.root / 'assignments'}.", next_step="Write one first."
        )
    name = assignment or known[0]
    for source in course.folders(name):
        shutil.copytree(source, folder / source.relative_to(course.root))
    (folder / "course.yaml").write_text(
        json.dumps({"title": course.title, "time_zone": str(course.zone)}), encoding="utf-8"
    )
    fixture = HomeworkFixture(folder, name, address)
    with fixture.open_site() as site, site.database.reading() as connection:
        if connection.execute(select(person.c.id).limit(1)).first() is not None:
            raise UsageError(
                "This database has people in it.",
                next_step="Create an empty one for the test, and drop it afterwards: `createdb loadtest`.",
            )
    command = module_command("autograder", "publish", name, "--course", str(folder))
    done = subprocess.run(command, env=fixture.environment(), capture_output=True, text=True)
    if done.returncode:
        raise UsageError(
            f"The assignment cannot be published: {done.stderr.strip()}", next_step="Correct it."
        )
    return fixture


@contextmanager
def temporary_folder(parent: Path | None) -> Iterator[Path]:
    """A temporary directory, in `parent` or in the system's own; raises UsageError for an unknown parent."""
    if parent is not None and not parent.is_dir():
        raise UsageError(
            f"There is no directory {parent}.", next_step="Create it, or choose another directory."
        )
    with tempfile.TemporaryDirectory(prefix="autograder-loadtest-", dir=parent) as folder:
        yield Path(folder)
