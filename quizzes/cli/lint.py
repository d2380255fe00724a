"""`quizzes lint`: prove banks and quizzes before students get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import counted, shown
from autograder.errors import ContentError, UsageError, choose_one, place_and_words
from autograder.pages.text import worth
from quizzes.content.bank import load_bank
from quizzes.content.function_grading import SandboxGrader
from quizzes.content.function_lint import faults_in_functions, has_functions
from quizzes.content.lint import (
    VARIANTS,
    Fault,
    faults_in_bank,
    faults_in_slots,
    faults_in_window,
    remarks_on_bank,
)
from quizzes.content.quiz_file import QuizPlan, load_quiz, quiz_paths
from quizzes.content.variety import variety_text

__all__ = ["lint"]


def lint(
    path: Annotated[
        Path | None,
        typer.Argument(help="A quiz or bank by its name, or a file of one; by default all of them."),
    ] = None,
    accommodations: Annotated[
        Path | None,
        typer.Option(help="CSV with the columns student, multiplier, extra_minutes and optionally quiz."),
    ] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV with a column `student`.")] = None,
    course: CourseOption = None,
) -> None:
    """Prove every item on 200 variants, what each quiz demands, and that everybody gets their full time."""
    is_file = path is not None and path.is_file()
    root = find_course(course or (path.resolve().parent if path and is_file else None))
    quizzes = quiz_paths(root)
    files = [*sorted((root.root / "quizzes" / "banks").glob("*.yaml")), *quizzes]
    if path and is_file:
        files = [path.resolve()]
    elif path:
        names = sorted({file.stem for file in files})
        files = [file for file in files if file.stem == str(path)]
        if not files:
            raise UsageError(
                f"There is no quiz, bank or file {path}.",
                next_step=choose_one(names, "Start with: quizzes new"),
            )
    if not files:
        raise UsageError(f"There is no quiz in {root.root / 'quizzes'}.", next_step="Write a bank first.")
    faults: list[Fault] = []
    for file in files:
        try:
            if file in quizzes:
                plan = load_quiz(root, file.stem)
                found_faults = [*faults_in_window(plan, accommodations, roster), *faults_in_slots(plan)]
                done = "" if found_faults else _text_of(plan)
            else:
                bank = load_bank(file)
                found_faults = faults_in_bank(bank)
                if not found_faults and has_functions(bank):
                    with SandboxGrader("weak") as grader:  # the author's own code, at their own machine
                        found_faults = faults_in_functions(bank, grader)
                sound = f"{bank.name}: {len(bank.items)} items, {VARIANTS} variants of each are sound."
                done = "\n".join([*remarks_on_bank(bank), sound])
        except ContentError as problem:  # nothing more can be said about this file; the others still can
            # A quiz cannot be read when a bank cannot; the bank's own fault is told already.
            fault = Fault(*place_and_words(problem))
            found_faults, done = [] if fault in faults else [fault], ""
        for line in map(str, found_faults) if found_faults else filter(None, [done]):
            typer.echo(line.replace(f"{root.root}/", ""))
        faults += found_faults
    if faults:
        what = "fault" if len(faults) == 1 else "faults"
        raise ContentError(
            f"{len(faults)} {what}.", next_step="Correct what is listed above and rerun the command."
        )


def _text_of(plan: QuizPlan) -> str:
    quiz, schedule = plan.quiz, plan.schedule
    limit = f"{schedule.limit / 60_000:g} minutes once started" if schedule.limit else "no time limit"
    times = {"opens": schedule.opens_at, "due": schedule.due_at, "closes": schedule.closes_at}
    return "\n".join(
        [
            f"{plan.name}: {counted(len(quiz), 'question')}, {worth(quiz.points)}, {limit}.",
            *(f"  {word} {'never' if at is None else shown(at, plan.zone)}" for word, at in times.items()),
            *(
                f"  question {number}: {variety_text(pool.items)}"
                for number, pool in enumerate(quiz.pools, start=1)
            ),
        ]
    )
