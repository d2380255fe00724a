"""`autograder mark`: written answers, marked by a person, without names."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption, ResultsArgument, author_name
from autograder.cli.run import show_run
from autograder.cli.show import say
from autograder.course.assignment import ModelAnswer, read_model_answers
from autograder.course.course import Course, find_course
from autograder.errors import UsageError, choose_one
from autograder.pages.text import count, worth
from autograder.results.final_scores import GradedAssignment
from autograder.results.marking import AnswerToMark, answers_in, mark_line, points_in, record_marks
from autograder.results.results_folder import Results
from autograder.runs.run import publish_class

__all__ = ["mark"]


def mark(
    results: ResultsArgument,
    code: Annotated[str, typer.Argument(help="The code of one answer, as --list prints it.")] = "",
    points: Annotated[str, typer.Option(help="The points of that answer.")] = "",
    comment: Annotated[str, typer.Option(help="A comment for the student.")] = "",
    task: Annotated[str, typer.Option(help="Only answers of this written task.")] = "",
    show: Annotated[bool, typer.Option("--list", help="List the answers that wait, and mark none.")] = False,
    again: Annotated[bool, typer.Option(help="Include answers that are marked already.")] = False,
    nbgrader: Annotated[
        str, typer.Option("--from-nbgrader", help="Take over the marks of an nbgrader database.")
    ] = "",
    author: Annotated[str, typer.Option(help="Your name; by default the name of your account.")] = "",
    course: CourseOption = None,
) -> None:
    """Mark written answers, one by one and without names; marks survive every regrade."""
    found, folder = find_course(course), Results(results.absolute())
    who = author_name(author)
    graded = GradedAssignment.read(folder, found)
    if not graded.file.written_tasks:
        raise UsageError(
            f"{graded.id} has no written task that a person marks.",
            next_step="Add one with `kind: written` to its assignment.yaml, or take out `written: off`.",
        )
    known = [written.id for written in graded.file.written_tasks]
    if task and task not in known:
        raise UsageError(f"{graded.id} has no written task {task!r}.", next_step=choose_one(known))
    if nbgrader:
        done = _from_nbgrader(graded, folder, nbgrader, who)
    elif code:
        done = _mark_answer(graded, folder, code, points, comment, who)
    else:
        waiting = _waiting(graded, task, again)
        if show:
            for answer in waiting:
                say(f"{answer.code}  {answer.answer.task}  {_state(answer)}")
            say(f"{count(len(waiting), 'answer')} {'listed' if again else 'to mark'}.")
            return
        done = _ask(found, folder, [answer.code for answer in waiting], graded, who)
    if done:
        show_run(publish_class(found, folder))
    left = len(_waiting(GradedAssignment.read(folder, found), "", again=False))
    say(f"{count(done, 'answer')} marked, {left} to mark.")


def _waiting(graded: GradedAssignment, task: str, again: bool) -> list[AnswerToMark]:
    return [
        answer
        for answer in answers_in(graded)
        if (again or answer.waits) and task in ("", answer.answer.task)
    ]


def _state(answer: AnswerToMark) -> str:
    current = answer.marked.mark
    if current is None:
        return "not marked"
    words = "; the answer was changed since" if answer.marked.changed else ""
    return f"{current.earned:g} of {answer.answer.points:g}{words}"


def _find(graded: GradedAssignment, code: str) -> AnswerToMark:
    answer = next((answer for answer in answers_in(graded) if answer.code == code), None)
    if answer is None:
        raise UsageError(
            f"No answer has the code {code!r}.", next_step="`autograder mark --list` prints the codes."
        )
    return answer


def _mark_answer(
    graded: GradedAssignment, folder: Results, code: str, points: str, comment: str, who: str
) -> int:
    answer = _find(graded, code)
    if not points:
        raise UsageError("There is no mark.", next_step=f"Give --points, from 0 to {answer.answer.points:g}.")
    earned = points_in(points, answer.answer.points)
    record_marks(folder, [mark_line(answer, earned, comment, who)])
    return 1


def _ask(course: Course, folder: Results, codes: list[str], graded: GradedAssignment, who: str) -> int:
    """Go through the answers; each mark is in the ledger before the next answer is shown.

    Ctrl-C and the end of the input stop like q: what was marked before counts.
    """
    models = read_model_answers(course, graded.id)
    done = 0
    for number, code in enumerate(codes, start=1):
        # Somebody else may be marking too: what they marked since is passed over.
        answer = next((a for a in answers_in(GradedAssignment.read(folder, course)) if a.code == code), None)
        if answer is None or (answer.marked != _find(graded, code).marked):
            continue
        _show(answer, models.get(answer.answer.task), f"{number} of {len(codes)}")
        try:
            earned = _points(answer.answer.points)
            if earned is None:
                return done
            if earned < 0:
                continue
            comment = typer.prompt("Comment for the student (Enter for none)", default="", show_default=False)
        except typer.Abort:
            say("")
            return done
        record_marks(folder, [mark_line(answer, earned, comment, who)])
        done += 1
    return done


def _points(most: float) -> float | None:
    """The points typed; -1 to skip the answer, None to stop."""
    while True:
        typed = typer.prompt(f"Points, 0 to {most:g} (s skips, q stops)").strip().lower()
        if typed in ("q", "s"):
            return None if typed == "q" else -1.0
        try:
            return points_in(typed, most)
        except UsageError as problem:
            say(f"{problem.message} {problem.next_step}")


def _show(answer: AnswerToMark, model: ModelAnswer | None, which: str) -> None:
    written = answer.answer
    say(f"\n── {written.title} · answer {answer.code} · {which} · {worth(written.points)}")
    if model is not None:
        if model.question:
            say(f"Question: {' '.join(model.question.split())}")
        for criterion in model.rubric:
            say(f"  {criterion.points:g}  {criterion.text}")
        say(f"Model answer: {' '.join(model.answer.split())}")
    if answer.marked.mark is not None:
        say(f"Marked before: {_state(answer)}. {answer.marked.mark.comment}")
    say("Answer:")
    say(
        written.text
        if written.cell
        else "(Its cell was not found. Look for it in the notebook that was submitted.)"
    )


def _from_nbgrader(graded: GradedAssignment, folder: Results, url: str, who: str) -> int:
    from autograder.lms.nbgrader.written_marks import manual_scores  # nbgrader is slow to import

    scores = manual_scores(url, graded.id, [task.id for task in graded.file.written_tasks])
    lines = []
    for answer in answers_in(graded):
        score = scores.get((answer.student, answer.answer.task))
        current = answer.marked.mark
        if score is not None and (current is None or answer.marked.changed or current.earned != score.points):
            earned = min(max(score.points, 0.0), answer.answer.points)
            lines.append(mark_line(answer, earned, score.comment, who, origin="nbgrader"))
    record_marks(folder, lines)
    return len(lines)
