"""A simulated term: every final grade equals a calculation that knows nothing of the software."""

from __future__ import annotations

import ast
import csv
from fractions import Fraction
from pathlib import Path

import pytest
import term_calculation
import term_record
from older_database import make_older
from term_calculation import final_percentage, homework_score, quiz_score
from term_course import HOMEWORK
from term_simulation import DAY, HOUR, Simulation

UNKNOWN = "0085"  # the first migration that the first half of the term does not know yet
#: What a version without these migrations does not write: the record of nightly backups, and what a grading
#: rests on until a regrade is released.
FORGOTTEN = frozenset({"site_setting", "grading.basis"})


def test_the_calculation_stands_alone() -> None:
    """It imports the standard library and the record of events, and nothing of the software."""
    for module in (term_calculation, term_record):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        names = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
        }
        assert not names & {"autograder", "quizzes"}


@pytest.mark.parametrize(
    ("seed", "students"),
    [(1, 12), pytest.param(2025, 200, marks=pytest.mark.full), pytest.param(7, 40, marks=pytest.mark.full)],
)
def test_every_grade_of_a_term(tmp_path: Path, seed: int, students: int) -> None:
    """The gradebook's pages, its exports, each student's own page and the platform have the same numbers."""
    with Simulation(tmp_path, seed, students) as simulation:
        first_half(simulation)
        simulation.restore_elsewhere(tmp_path)
        database = simulation.folder / ".quizzes" / "quiz.db"
        assert make_older(database, UNKNOWN, forgotten=FORGOTTEN) > 3
        simulation.serve()
        second_half(simulation)
        compare(simulation)


def first_half(simulation: Simulation) -> None:
    """Two homeworks with extensions and late days, a quiz with a wrong key, and the groups of the third."""
    hw1, hw2, hw3, *_ = HOMEWORK
    simulation.begin()
    simulation.at(hw1.due - 4 * DAY)
    simulation.really_grade(hw1)
    for name in simulation.some(0.15):
        simulation.give("person", name, "hw1", days=simulation.dice.randint(1, 3))
    simulation.run(simulation.plan(hw1, simulation.term.students[3:]))
    simulation.grade()
    simulation.hold("quiz1")
    simulation.at(max(simulation.now, hw2.due - 4 * DAY))
    simulation.give("all", "", "hw2", hours=2)
    simulation.spend_late_days(hw2)
    simulation.run(simulation.plan(hw2, simulation.taking_part()))
    simulation.grade()
    for name in simulation.some(0.05):
        simulation.drop(name)
    simulation.at(max(simulation.now, hw3.due - 6 * DAY))
    simulation.form_groups()


def second_half(simulation: Simulation) -> None:
    """What needs the newest version: rubrics, regrades, regrade requests; and another quiz."""
    _, _, hw3, hw4, hw5 = HOMEWORK
    simulation.correct_key()
    for name in simulation.some(0.15):
        simulation.give("person", name, "hw3", days=simulation.dice.randint(1, 3))
    simulation.ask_for_extensions(hw3)
    simulation.spend_late_days(hw3)
    simulation.run(simulation.plan(hw3, simulation.taking_part()))
    simulation.grade()
    simulation.mark_words("hw3")
    simulation.later(2 * HOUR)
    simulation.change_rubric("hw3")
    simulation.request_regrades("hw3", 1 + len(simulation.term.students) // 10)
    for name in simulation.some(0.1):
        simulation.give("person", name, "hw4", excused=True)
    simulation.at(max(simulation.now, hw4.due - 4 * DAY))
    simulation.spend_late_days(hw4)
    simulation.run(simulation.plan(hw4, simulation.taking_part()))
    simulation.grade()
    simulation.override("hw4", 1 + len(simulation.term.students) // 20)
    simulation.regrade("hw4")
    simulation.at(max(simulation.now, hw5.due - 4 * DAY))
    simulation.run(simulation.plan(hw5, simulation.taking_part()))
    simulation.grade()
    simulation.mark_words("hw5")
    simulation.mark_tasks("hw5", 1 + len(simulation.term.students) // 20)
    simulation.override("hw5", 1 + len(simulation.term.students) // 20)
    simulation.release("hw5")
    simulation.later(2 * HOUR)
    simulation.request_regrades("hw5", 1 + len(simulation.term.students) // 10)
    simulation.hold("quiz2")
    simulation.mark_essays()
    simulation.drop_lowest()
    simulation.later(2 * DAY)


def compare(simulation: Simulation) -> None:
    """All numbers of all students, by each way that somebody can read them."""
    term, expected = simulation.term, {}
    for name in simulation.taking_part():
        expected[name] = final_percentage(term, name)
    shown = simulation.gradebook_pages()
    assert {name: Fraction(total) for name, total in shown.items()} == expected, differences(
        simulation, expected, shown
    )
    table = simulation.exported("csv")
    assert {row["student_id"]: Fraction(row["total_percent"]) for row in table} == expected
    simulation.command("gradebook", "--site", "--out", "gradebook")
    with (simulation.folder / "gradebook" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        by_command = list(csv.DictReader(file))
    assert by_command == table
    for name in expected:
        assert f"{float(expected[name]):.2f}" in simulation.people[name].page("/grades"), (
            simulation.seed,
            name,
        )
    compare_platform(simulation)
    assert simulation.verified().count("nothing changed") == 6


def compare_platform(simulation: Simulation) -> None:
    """The platform was sent every score, and of excused work none."""
    term, expected = simulation.term, {}
    for name in simulation.taking_part():
        for work in HOMEWORK:
            tried = any(u.homework == work.name and name in u.owners for u in term.uploads)
            score = homework_score(term, name, work)
            if tried and score is not None:
                expected[work.name, name] = (round(score, 4), work.points)
        for quiz, points in term.quiz_points.items():
            score = quiz_score(term, name, quiz)
            if score is not None and (quiz, name) in simulation.attempts:
                expected[quiz, name] = (round(score, 4), points)

    def sent() -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
        return {
            key: (round(Fraction(str(score["scoreGiven"])), 4), Fraction(str(score["scoreMaximum"])))
            for key, score in dict(simulation.platform.grades).items()
            if key[1] not in term.dropped
        }

    simulation.until_sent()
    found = sent()
    assert found == expected, f"seed {simulation.seed}: " + "; ".join(
        f"{key}: the platform has {found.get(key)}, expected {expected.get(key)}"
        for key in sorted({*found, *expected})
        if found.get(key) != expected.get(key)
    )


def differences(simulation: Simulation, expected: dict[str, Fraction], shown: dict[str, str]) -> str:
    """Whose grade differs, and in which works."""
    term, lines = simulation.term, [f"seed {simulation.seed}"]
    table = {row["student_id"]: row for row in simulation.exported("csv")}
    for name in sorted({*expected, *shown}):
        total = expected.get(name)
        if total is not None and name in shown and Fraction(shown[name]) == total:
            continue
        lines.append(f"{name}: the gradebook has {shown.get(name)}, expected {total and float(total)}")
        row = table.get(name, {})
        scores = {work.name: homework_score(term, name, work) for work in HOMEWORK}
        scores |= {quiz: quiz_score(term, name, quiz) for quiz in term.quiz_points}
        lines += [
            f"  {work}: {row.get(work)} ({row.get(f'{work} state')}), "
            f"expected {'excused' if score is None else float(score)}"
            for work, score in scores.items()
        ]
    return "\n".join(lines)
