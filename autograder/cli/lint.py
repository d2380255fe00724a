"""`autograder lint`: prove an assignment before students get it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from autograder.authoring.lint_feedback import measured, tally
from autograder.authoring.lint_files import Fault, faults_before_proof, faults_in_files
from autograder.authoring.lint_handout import faults_in_handout
from autograder.authoring.lint_mutants import MutationProof, TaskScore
from autograder.authoring.lint_proof import Credit, Proof
from autograder.authoring.long_running import naming_long_running
from autograder.authoring.near_misses import faults_in_near_misses
from autograder.authoring.odd_values import ODD_VALUES
from autograder.cli.options import CourseOption, DatasetOption
from autograder.cli.show import console, progress_bar, say
from autograder.course.assignment import Assignment, load_assignment, loading_faults
from autograder.course.course import Course, find_course
from autograder.course.local_time import counted
from autograder.errors import ContentError, UsageError
from autograder.grading.grader import materials_for

__all__ = ["lint"]

PAUSE = 0.5  # seconds between looks at the files
SAMPLE = 8  # mutants of each function; `--mutants` tries all
Step = Callable[[], list[Fault]]


def lint(
    assignments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of directories in assignments/; the one you are in, or all, by default."),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Try all mutants of the right answers, which takes minutes, instead of the other proofs.",
        ),
    ] = False,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="WRONG.py",
            exists=True,
            dir_okay=False,
            help="A list of functions marked @wrong(task=..., cause=...): show what is told for each.",
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Lint again whenever a file of them changes, until Ctrl-C.")
    ] = False,
    dataset: DatasetOption = "",
    course: CourseOption = None,
) -> None:
    """Prove assignments: every stub fails, the reference passes, every known mistake is caught and named.

    In a directory of an assignment its name can be left out.
    """
    root = find_course(course)
    if feedback is not None:
        _show_feedback(root, feedback)
        return
    names = assignments or root.assignments_at(Path.cwd()) or root.assignment_ids()
    if not names:
        raise UsageError(f"There is no assignment in {root.root}.", next_step="Start with: autograder new")
    while True:
        before = _times(root, names)
        try:
            with naming_long_running([folder for name in names for folder in root.folders(name)], say):
                _lint(root, names, dataset, mutants=mutants)
        except ContentError as problem:
            if not watch:
                raise
            say(problem.message)
        if not watch:
            return
        say("\nWaiting for a change; Ctrl-C ends.")
        while _times(root, names) == before:
            time.sleep(PAUSE)


def _times(root: Course, names: Sequence[str]) -> dict[Path, int]:
    """When each file of the assignments was changed."""
    folders = [folder for name in names for folder in root.folders(name)]
    paths = [path for folder in folders for path in folder.glob("*.*")]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def _lint(root: Course, names: Sequence[str], dataset: str, *, mutants: bool) -> None:
    faults: list[Fault] = []
    for name in names:
        try:
            assignment = load_assignment(root, name)
        except ContentError as first:  # all that keeps it from loading; the others can still be proven
            for problem in loading_faults(root, name) or [first]:
                say(f"{name}: {problem.message} {problem.next_step}".replace(f"{root.root}/", ""))
                faults.append(Fault(name, problem.message))
            continue
        if mutants:
            found = _mutants_judged(assignment)
            for fault in found:
                say(str(fault).replace(f"{root.root}/", ""))
            faults += found
            continue
        if found := list(faults_before_proof(assignment)):
            say(f"{name}: nothing is graded before this is corrected.")
            for fault in found:
                say(str(fault).replace(f"{root.root}/", ""))
            faults += found
            continue
        proven, credits = _proven(assignment, dataset)
        found = [*faults_in_files(assignment), *faults_in_handout(assignment), *proven]
        found += _sample_of_mutants(assignment)
        _show_credits(name, credits)
        for fault in found:
            say(str(fault).replace(f"{root.root}/", ""))
        if not found:
            mistakes = counted(len(assignment.mistakes), "mistake", "mistakes")
            others = counted(
                len(assignment.alternatives), "alternative solution keeps", "alternative solutions keep"
            )
            checks = counted(len(assignment.hidden_checks), "hidden check", "hidden checks")
            odd = f"{len(ODD_VALUES)} odd results of every function fail without an error"
            say(f"{name}: {checks}, {mistakes} caught and named, {others} full marks, {odd}.")
        faults += found
    if faults:
        raise ContentError(
            f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'} in {', '.join(names)}.",
            next_step="Correct what is listed above and rerun the command.",
        )


def _show_feedback(root: Course, path: Path) -> None:
    """A table of wrong functions, what is told for each and how many calls agree with it."""
    table = Table(
        "line", "function", "what is wrong", "told", "cause", "agrees", "", box=None, pad_edge=False
    )
    records = list(measured(root, path))
    for record in records:
        cause = record.cause
        agrees = f"{cause.agrees} of {cause.calls}" if cause.kind else ""
        wrong = record.wrong
        table.add_row(
            str(wrong.line),
            wrong.function,
            wrong.cause,
            cause.kind or "nothing",
            cause.name,
            agrees,
            record.judgment,
        )
    console.print(table)
    say(tally(records))


def _sample_of_mutants(assignment: Assignment) -> list[Fault]:
    """A few mutants of each function, and whether the near misses are up to date.

    Nothing for an assignment that has no inputs.py yet.
    """
    if not (assignment.solution / "inputs.py").is_file():
        return []
    proof = MutationProof(assignment, most=SAMPLE)
    for function in assignment.functions:
        proof.judge(function)
    return [*proof.faults(), *faults_in_near_misses(assignment)]


def _mutants_judged(assignment: Assignment) -> list[Fault]:
    """Try all mutants of an assignment and show the score of each task."""
    proof = MutationProof(assignment)
    with progress_bar() as progress:
        for function in assignment.functions:
            bar = progress.add_task(function, total=len(proof.mutants(function)))
            proof.judge(function, partial(progress.advance, bar))
    _show_scores(assignment.id, list(proof.scores.values()))
    return list(proof.faults())


def _show_scores(name: str, scores: list[TaskScore]) -> None:
    """A table of the mutation score of each task."""
    numbers = ("mutants", "equal", "killed", "allowed", "survive", "score")
    table = Table("task", *(Column(title, justify="right") for title in numbers), box=None, pad_edge=False)
    for score in scores:
        counts = (score.mutants, score.equal, score.killed, score.allowed, len(score.survivors))
        table.add_row(score.task, *map(str, counts), f"{score.score:.3f}")
    say(f"{name}: mutants of the right answers; killed, allowed and survive count behaviours")
    console.print(table)


def _show_credits(name: str, credits: list[Credit]) -> None:
    """A table of what each known mistake keeps of its task's points."""
    table = Table("task", "mistake", "severity", Column("keeps", justify="right"), box=None, pad_edge=False)
    for credit in credits:
        mark = "" if credit.is_fair else " !"
        table.add_row(credit.task, credit.mistake, credit.severity, f"{credit.share:.2f}{mark}")
    if credits:
        say(f"{name}: share of its task's points that each known mistake keeps")
        console.print(table)


def _proven(assignment: Assignment, dataset: str) -> tuple[list[Fault], list[Credit]]:
    materials_for(assignment, 0, dataset)  # a missing data set is said before anything runs
    with Proof(assignment, dataset) as proof, progress_bar() as progress:
        first: list[Step] = [proof.untouched, proof.public]
        later: list[Step] = [partial(proof.odd_values, function) for function in assignment.functions]
        later += [partial(proof.mistake, mistake) for mistake in assignment.mistakes]
        later += [partial(proof.alternative, alternative) for alternative in assignment.alternatives]
        bar = progress.add_task(f"Proving {assignment.id}", total=len(first) + 1 + len(later))

        def done(step: Step) -> list[Fault]:
            faults = step()
            progress.advance(bar)
            return faults

        found = [fault for step in first for fault in done(step)]
        if of_reference := done(proof.reference):
            later_ones = "mistakes, alternatives and odd results"
            say(f"{assignment.id}: {later_ones} are tried once the reference passes.")
            return found + of_reference, proof.credits
        return found + [fault for step in later for fault in done(step)], proof.credits
