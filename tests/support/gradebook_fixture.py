"""A whole term without any grading: real ledgers and quiz tables of as many students as wanted."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.results.ledger import Graded, Ledger, Line, Provenance, RunStarted
from autograder.results.results_folder import Results

ZONE = ZoneInfo("America/Los_Angeles")
HOMEWORK = {"week1": 10, "week2": 20, "week3": 30, "week4": 30, "week5": 40}
DUE = datetime(2026, 3, 20, 23, 59)
AFTER = datetime(2026, 7, 1, tzinfo=ZONE)

COURSE_YAML = """\
title: A term
time_zone: America/Los_Angeles
students:
  s003:
    assignments:
      week2: {excused: true, reason: Was ill.}
gradebook:
  groups:
    - name: Homework
      weight: 70
      drop_lowest: 1
      never_drop: [week5]
      of: [week1, week2, week3, week4, week5]
    - name: Quizzes
      weight: 30
      of: [quiz4]
  scale: {A: 90, B: 80, C: 70, F: 0}
"""

ASSIGNMENT_YAML = """\
title: {title}
due: {due:%Y-%m-%dT%H:%M}
points: {points}
late: {{per_day: 0.1, at_most: 0.5}}
tasks:
  - {{id: all, title: All, functions: [f], points: {points}}}
"""
TABLE = (
    *("student", "name", "quiz", "title", "attempt", "points", "out_of"),
    *("state", "waiting", "started_at", "finished_at", "late_seconds", "due_at"),
)


def student(number: int) -> str:
    """An id."""
    return f"s{number:03}"


def write_term(root: Path, students: int, seed: int = 7) -> Path:
    """A course with five homeworks and a quiz; each time one of ten is late, one hands in nothing."""
    rng = random.Random(seed)
    root.mkdir(exist_ok=True)
    (root / "course.yaml").write_text(COURSE_YAML, encoding="utf-8")
    names = [student(number) for number in range(students)]
    roster = [
        f"{name},Last{name},First,{name}@example.org,{number + 1000}" for number, name in enumerate(names)
    ]
    head = "student_id,last_name,first_name,email,canvas_id"
    (root / "roster.csv").write_text("\n".join([head, *roster]) + "\n", encoding="utf-8")
    (root / "quizzes").mkdir()
    (root / "quizzes" / "quiz4.yaml").touch()
    for week, (name, points) in enumerate(HOMEWORK.items()):
        folder = root / "assignments" / name
        folder.mkdir(parents=True)
        due = DUE + timedelta(weeks=week)
        text = ASSIGNMENT_YAML.format(title=f"Week {week + 1}", due=due, points=points)
        (folder / "assignment.yaml").write_text(text, encoding="utf-8")
        lines = []
        for who in names:
            lot = rng.random()
            if lot > 0.1:
                when = due.replace(tzinfo=ZONE) + timedelta(hours=20 if lot < 0.2 else -5)
                lines.append(graded(who, round(points * rng.betavariate(5, 2), 1), points, when))
        write_results(root / "graded" / name, name, lines)
    write_quiz(root / "graded" / "quiz4.csv", [(who, round(8 * rng.betavariate(4, 2), 2)) for who in names])
    return root


def graded(who: str, earned: float, possible: float, when: datetime | None) -> Graded:
    """A line of a ledger."""
    return Graded(
        at=AFTER,
        student=who,
        submission=f"{who} {earned}",
        file="x.ipynb",
        submitted=when,
        report=f"{who}.json",
        report_digest="",
        earned=earned,
        possible=possible,
        sandbox="full",
        basis=Provenance(bundle="", engine="", environment="", dataset=""),
    )


def write_results(folder: Path, assignment: str, lines: list[Graded]) -> None:
    """A folder of results as far as the gradebook reads it."""
    folder.mkdir(parents=True)
    everything: list[Line] = [RunStarted(at=AFTER, assignment=assignment, seed=1), *lines]
    with Ledger(Results(folder).ledger) as ledger:
        ledger.append(everything)


def write_quiz(path: Path, scores: list[tuple[str, float | None]], waiting: int = 0) -> None:
    """A quiz's table; without points somebody was absent."""
    due = datetime(2026, 5, 18, 23, 59, tzinfo=ZONE).isoformat()
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(TABLE)
        for who, points in scores:
            columns = [who, who, "quiz4", "Quiz 4"]
            if points is None:
                table.writerow([*columns, 0, "", "", "absent", 0, "", "", 0, due])
            else:
                table.writerow([*columns, 1, points, 8, "graded", waiting, due, due, 0, due])
