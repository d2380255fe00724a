"""Grades answers that are functions with the homework's judge and sandbox, never in the web process.

The one module of quizzes that reaches into the engine. `SandboxGrader` serves many answers: it starts
the sandbox once, and a new child process for each answer takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from types import TracebackType

from autograder.errors import ContentError, MachineError, SandboxError
from autograder.grading.function_item import FunctionTask, FunctionTaskGrader
from autograder.report import CheckResult, Note, Status
from quizzes.content.items.function import FunctionItem, FunctionQuestion, Verdict
from quizzes.content.markup import escaped
from quizzes.content.question import Mark

__all__ = ["SandboxGrader", "grade_function"]


class SandboxGrader:
    """Grades functions in one sandbox, one after another; a context manager."""

    def __init__(self, sandbox: str = "good") -> None:
        """`sandbox` is the minimum isolation level; raises UsageError if this machine cannot provide it."""
        self._grader = FunctionTaskGrader(sandbox)

    def __call__(self, item: FunctionItem, source: str, seed: bytes) -> Verdict:
        """The share of the checks that a source passes; with `trouble` for a fault that is not its own."""
        mistakes = tuple((mistake.value, mistake.feedback) for mistake in item.common_wrong)
        task = FunctionTask(item.id, item.function, item.reference, item.checks, mistakes)
        try:
            judged = self._grader.judge(task, source, int.from_bytes(seed[:8], "big"))
        except ContentError as problem:
            return Verdict(Fraction(0), trouble=problem.message)
        except MachineError:
            raise
        except SandboxError as problem:
            return Verdict(Fraction(0), trouble=f"It ended the sandbox around it, twice: {problem.message}")
        if broken := [result for result in judged.results if result.status is Status.ERROR]:
            return Verdict(Fraction(0), trouble=_broken(broken[0]))
        earned = sum(
            (Fraction(result.earned).limit_denominator(100) for result in judged.results), Fraction(0)
        )
        return Verdict(earned / len(judged.results), _feedback(judged.results, judged.notes))

    def close(self) -> None:
        """End the sandbox's processes."""
        self._grader.close()

    def __enter__(self) -> SandboxGrader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def grade_function(question: FunctionQuestion, source: str, grader: SandboxGrader) -> Mark:
    """The mark of a source; still pending, with `detail["trouble"]` for staff, if it cannot be given."""
    return question.graded(source, grader)


def _feedback(results: Iterable[CheckResult], notes: Iterable[Note]) -> str:
    """Markdown: what was noticed in the source, then a line for each check; all words may be a stranger's."""
    texts = [(note, note.text.replace("this cell", "your code")) for note in notes]
    noticed = [f"Line {note.line}: {text}" if note.cell == 1 else text for note, text in texts]
    checked = []
    for result in results:
        passed = result.status is Status.PASSED
        message = " ".join(filter(None, ("" if passed else result.message, result.hint)))
        checked.append(f"{'✓' if passed else '✗'} {result.title}{f' {message}' if message else ''}")
    return "\n".join(f"- {escaped(line)}" for line in [*noticed, *checked])


def _broken(result: CheckResult) -> str:
    last = result.evidence.trace.strip().splitlines()[-1:] or [result.message]
    return f"The check “{result.title}” is broken: {last[0]}"
