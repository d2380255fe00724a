"""Lint of items that ask for a function: the reference earns all points, the starter none."""

from __future__ import annotations

from collections.abc import Iterator

from quizzes.content.bank import Bank
from quizzes.content.function_grading import SandboxGrader
from quizzes.content.items.function import FunctionItem
from quizzes.content.lint import Fault
from quizzes.content.markup import escaped, unescaped
from quizzes.content.randomization import derived_seed

__all__ = ["faults_in_functions", "has_functions"]


SEEDS = 3  # a check that passes by luck is seen


def has_functions(bank: Bank) -> bool:
    """Whether a sandbox is needed to prove the bank."""
    return any(isinstance(item, FunctionItem) for item in bank.items.values())


def faults_in_functions(bank: Bank, grader: SandboxGrader) -> list[Fault]:
    """The faults that only running the items' code shows, of each item the first of a kind."""
    return [
        Fault(bank.location(name), f"{name}: {fault}")
        for name, item in bank.items.items()
        if isinstance(item, FunctionItem)
        for fault in dict.fromkeys(_faults(item, grader))
    ]


def _faults(item: FunctionItem, grader: SandboxGrader) -> Iterator[str]:
    for number in range(SEEDS):
        seed = derived_seed(b"quizzes lint", f"{item.id} {number}")
        reference = grader(item, item.reference, seed)
        if reference.trouble:
            yield reference.trouble.rstrip(".") + "."
            return  # nothing can be said of the starter
        if reference.share < 1:
            failed = [line for line in reference.feedback.splitlines() if "✗" in line]
            yield f"the reference fails its own checks: {unescaped(failed[0].removeprefix('- ✗ '))}"
        for mistake in item.common_wrong:
            verdict = grader(item, mistake.value, seed)
            if verdict.trouble:
                yield f"a common wrong function breaks a check: {verdict.trouble.rstrip('.')}."
            elif verdict.share == 1:
                yield f"no check fails the common wrong function whose feedback is “{mistake.feedback}”"
            elif escaped(mistake.feedback) not in verdict.feedback:
                yield f"no check recognises the common wrong function whose feedback is “{mistake.feedback}”"
        starter = grader(item, item.starter, seed)
        if starter.trouble:
            yield f"the starter breaks a check: {starter.trouble.rstrip('.')}."
        elif starter.share:
            yield f"the starter earns {starter.share} of the points already."
