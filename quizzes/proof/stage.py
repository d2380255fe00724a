"""A stage for a proof: a course in a folder of its own, takers with sessions, and a server process."""

from __future__ import annotations

import shutil
import signal
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

__all__ = ["Server", "Stage", "serving", "stage_for"]

READY = 60.0  # seconds a server may take to be there


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

    def peak(self) -> float:
        """The most memory it ever had, in MB; 0 where the system does not say."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)


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
    told = stage.folder / "port"
    told.unlink(missing_ok=True)
    command = [sys.executable, "-m", "quizzes", "serve", "--own", "--port", "0", "--port-file", str(told)]
    process = subprocess.Popen(
        [*command, "--course", str(stage.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + READY
        while not told.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if not told.exists():
            process.kill()
            said = process.communicate()[1].decode(errors="replace").strip()
            raise UsageError(f"The server did not begin: {said or 'it said nothing'}.")
        yield Server(process, int(told.read_text(encoding="ascii")))
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
