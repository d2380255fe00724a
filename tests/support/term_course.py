"""The course of a simulated term: five assignments, two quizzes, and a server with a clock to set."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from patience import eventually
from term_record import Homework
from tiny_course import ASSIGNMENT, write_tiny_course
from written_course import write_written_course

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course

__all__ = ["HOMEWORK", "QUIZZES", "TOKEN", "WRITTEN", "ZONE", "TermServer", "notebooks", "write_term_course"]

ZONE = ZoneInfo("America/Los_Angeles")  # its clocks change in the night before 2 November 2025
WRITTEN = {"why-two": Fraction(1), "why-mean": Fraction(1, 2)}  # in the third and the fifth homework
TOKEN = "w00000"  # stands in a template where each submission has letters of its own


def _homework(name: str, due: str, late: str, at_most: str, grace: int, counts: str) -> Homework:
    moment = datetime.fromisoformat(due).replace(tzinfo=ZONE).astimezone(UTC)
    return Homework(name, Fraction(6), moment, Fraction(late), Fraction(at_most), grace, counts)


HOMEWORK = [
    _homework("hw1", "2025-10-09 23:59:59", "0.1", "0.5", 5, "best"),
    _homework("hw2", "2025-10-20 23:59:59", "0.2", "1", 0, "last"),
    _homework("hw3", "2025-10-31 18:00", "0.07", "0.25", 5, "best"),
    _homework("hw4", "2025-11-12 23:59:59", "0.15", "0.6", 10, "last_on_time"),
    _homework("hw5", "2025-11-24 23:59:59", "0.1", "0.3", 5, "best"),
]
WITH_WORDS = ("hw3", "hw5")
QUIZZES = {
    "quiz1": ("2025-10-15 09:00", "2025-10-15 21:00", 2),
    "quiz2": ("2025-12-02 09:00", "2025-12-02 21:00", 1),
}
COURSE = """\
title: A simulated term
time_zone: America/Los_Angeles
late_days: {{per_term: 3, per_assignment: 2}}
regrade_requests: {{after_hours: 1, days: 30, tokens: 3}}
students: {students}
gradebook:
  groups:
    - {{name: Homework, weight: 60, of: [hw1, hw2, hw3, hw4, hw5]}}
    - {{name: Quizzes, weight: 40, of: [quiz1, quiz2]}}
  scale: {{A: 90, B: 75, C: 50, F: 0}}
"""
BANK = """\
topic: numbers
items:
  - {id: sum, type: numeric, prompt: "What is 2 + 3?", key: "6", tolerance: {mode: exact}, explanation: Add.}
  - {id: product, type: numeric, prompt: "4 times 5?", key: "20", tolerance: {mode: exact}, explanation: So.}
  - {id: word, type: short_text, prompt: "What is minimized?", accept: [loss], explanation: So.}
  - {id: power, type: numeric, prompt: "2 to the 5?", key: "32", tolerance: {mode: exact}, explanation: So.}
  - id: essay
    type: essay
    prompt: Why?
    explanation: So.
    rubric: [{text: It says why., weight: 2}, {text: It is short., weight: 1}]
    model_answer: Because.
"""
QUESTIONS = {
    "quiz1": "[{item: numbers/sum, points: 2}, {item: numbers/product}, {item: numbers/word, points: 1.5}]",
    "quiz2": "[{item: numbers/power, points: 2}, {item: numbers/essay, points: 3}]",
}
POINTS = {"quiz1": "4.5", "quiz2": "5"}


def write_term_course(folder: Path, students: dict[str, object]) -> None:
    """Write the files; `students` are the exceptions of course.yaml."""
    for work in HOMEWORK:
        scratch = folder.parent / f"scratch-{work.name}"
        (write_written_course if work.name in WITH_WORDS else write_tiny_course)(scratch)
        for part in ("assignments", "solutions"):
            shutil.copytree(scratch / part / ASSIGNMENT, folder / part / work.name)
        shutil.rmtree(scratch)
        public = folder / "assignments" / work.name
        (public / f"{ASSIGNMENT}.ipynb").rename(public / f"{work.name}.ipynb")
        facts = public / "assignment.yaml"
        due = work.due.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        feedback = "when_released" if work.name == "hw5" else "immediately"
        text = facts.read_text(encoding="utf-8").replace("Doubling and squaring", work.name.upper())
        shares = f"per_day: {float(work.per_day)}, at_most: {float(work.at_most)}"
        late = f"{{{shares}, grace_minutes: {work.grace_minutes}}}"
        more = f'due: "{due}"\nlate: {late}\ncounts: {work.counts}\nfeedback: {feedback}\n'
        facts.write_text(more + text, encoding="utf-8")
    (folder / "course.yaml").write_text(COURSE.format(students=json.dumps(students)), encoding="utf-8")
    (folder / "quizzes" / "banks").mkdir(parents=True)
    (folder / "quizzes" / "banks" / "numbers.yaml").write_text(BANK, encoding="utf-8")
    for name, (opens, due, attempts) in QUIZZES.items():
        (folder / "quizzes" / f"{name}.yaml").write_text(
            f"title: {name.upper()}\npoints: {POINTS[name]}\nopens: {opens}\ndue: {due}\nminutes: 60\n"
            f"attempts: {attempts}\nshuffle: false\nquestions: {QUESTIONS[name]}\n",
            encoding="utf-8",
        )


def notebooks(folder: Path) -> dict[str, bytes]:
    """A solved notebook of each homework, with `TOKEN` in its code where each submission has its own."""
    course, found = find_course(folder), {}
    for work in HOMEWORK:
        notebook = to_bytes(filled_in(load_assignment(course, work.name)))
        found[work.name] = re.sub(rb"(def double\(x\):)", rb"\1  # " + TOKEN.encode(), notebook)
    return found


class TermServer:
    """The server's process, and its clock."""

    def __init__(self, folder: Path, clock: Path) -> None:
        self.folder, self._clock, port = folder, clock, folder / "port"
        port.unlink(missing_ok=True)
        script = Path(__file__).with_name("term_server.py")
        self._errors = (folder / "errors.txt").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, script, folder, clock, port],
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={**os.environ},
        )
        eventually(port.exists, unless=lambda: self._process.poll() is not None)
        self.address = f"http://127.0.0.1:{port.read_text(encoding='ascii')}"

    @property
    def printed(self) -> str:
        """What it printed as errors."""
        return (self.folder / "errors.txt").read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it as a service would be ended."""
        self._process.terminate()
        self._process.wait()
        self._errors.close()
