"""A stage for a proof: a course in a folder of its own, takers with sessions, and a server process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, find_course
from autograder.errors import UsageError
from quizzes.enrolling import COURSE, add_the_course, publish_plan
from quizzes.quiz_file import QuizPlan, load_quiz
from quizzes.store.people import add_person, enrol
from quizzes.store.sessions import open_session
from quizzes.web.serve import Opened, opened

__all__ = ["Server", "Stage", "serving", "stage_for", "started"]

READY = 60.0  # seconds a server may take to be there
PATIENCE = 30.0  # seconds it may take to end


@dataclass(frozen=True)
class Stage:
    """A folder with a course and its own database."""

    folder: Path
    quiz: str

    def course(self) -> Course:
        """The course on the stage."""
        return find_course(self.folder)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """Its database."""
        with opened(self.folder, own=True) as one:
            yield one

    def plan(self) -> QuizPlan:
        """The quiz as its file has it."""
        return load_quiz(self.course(), self.quiz)

    def publish(self, plan: QuizPlan) -> None:
        """Publish it with other times."""
        with self.opened() as one, one.database.transaction() as connection:
            add_the_course(connection, self.course())
            publish_plan(connection, plan, at=one.clock.now(), who="proof", insist=True)

    def admit(self, takers: int) -> list[str]:
        """Enrol so many and sign them in; the cookies of their sessions."""
        with self.opened() as one, one.database.transaction() as connection:
            at, tokens = one.clock.now(), []
            for number in range(takers):
                person = f"taker-{number:05}"
                add_person(connection, person, person)
                enrol(connection, COURSE, person)
                tokens.append(open_session(connection, person, one.seal, at, "proof"))
        return [f"quiz_session={token}" for token in tokens]


@dataclass
class Server:
    """A server process, to be measured or killed."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def peak(self) -> float:
        """The most memory it ever had, in MB; 0 where the system does not say."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)

    def said(self, most: int = 2000) -> str:
        """The end of what it complained about."""
        return self.log.read_bytes()[-most:].decode(errors="replace").strip()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE)

    def stop(self) -> None:
        """Let it write what is under way and end; one that does not is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()


def stage_for(course: Course, quiz: str, folder: Path) -> Stage:
    """The stage in an empty folder, with the course's quizzes and banks."""
    plan = load_quiz(course, quiz)  # a mistake in it is told before anything is made
    shutil.copy(course.root / "course.yaml", folder)
    (folder / "quizzes").mkdir()
    shutil.copy(plan.path, folder / "quizzes")
    shutil.copytree(plan.path.parent / "banks", folder / "quizzes" / "banks")
    return Stage(folder, quiz)


@contextmanager
def serving(stage: Stage) -> Iterator[Server]:
    """A server process on a free port, ended at the end; raises UsageError if it does not begin."""
    server = started(stage)
    try:
        yield server
    finally:
        server.stop()


def started(stage: Stage) -> Server:
    """A server process that students may come to; raises UsageError if it does not begin."""
    told, said = stage.folder / "port", stage.folder / "server.log"
    told.unlink(missing_ok=True)
    command = [sys.executable, "-m", "quizzes.cli", "serve", "--own", "--port", "0", "--port-file", str(told)]
    with said.open("ab") as log:  # a file: a server that complains a lot must not wait for a reader
        process = subprocess.Popen(
            [*command, "--course", str(stage.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    server = Server(process, 0, said)
    try:
        deadline = time.monotonic() + READY
        while not told.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if not told.exists():
            words = server.said() or "it said nothing"
            raise UsageError(
                f"The server did not begin: {words}", next_step="Try `quizzes serve --demo` on this machine."
            )
        server.port = int(told.read_text(encoding="ascii"))
    except BaseException:
        server.kill()
        raise
    return server
