"""Evaluation: from a check and a submission's functions to a result with status and points.

No other module decides these. The grader, function items, the notebook's `check` and `autograder check` use
it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence

import numpy as np

from autograder.checks.calls import Findings, Functions
from autograder.checks.definition import Check, Materials
from autograder.checks.failures import Failure, OutOfMemory
from autograder.checks.values import shorten
from autograder.checks.variants import Variant
from autograder.errors import SandboxError
from autograder.grading.diagnosis import Diagnosis, diagnose
from autograder.report import CheckResult, Evidence, Status

__all__ = ["evaluate", "evaluate_public", "skipped", "unread"]

RESTS_ON = (Status.PASSED, Status.MISSING)  # a function that is missing is named by the check itself

LONGEST_MESSAGE = 1000  # characters; a sentence may quote what a function returned
TOO_MUCH = "What your functions returned takes more memory than judging one submission gets."


def evaluate(
    check: Check,
    student: Functions,
    reference: Functions | None,
    seed: int,
    mistakes: Sequence[Variant] = (),
    materials: Materials | None = None,
) -> CheckResult:
    """Run one check; returns its result.

    An exception that is not a `Failure` is the author's bug: status `error`, which takes the check's
    points out of the possible ones, so that no student loses any.
    """
    student.context_.findings = Findings()
    if reference is not None:
        reference.context_.findings = Findings()
    try:
        with np.errstate(all="ignore"):  # what comes back may be anything
            check.run(student, reference, seed, materials)
    except Failure as failure:
        return _failed(check, failure, student, reference, mistakes)
    except SandboxError:
        raise  # ours: the submission is graded again
    except MemoryError:  # the reference's own work is exempt from the limit, so it is what was returned
        student.context_.findings.calls.clear()
        return _failed(check, OutOfMemory(TOO_MUCH), student, reference, mistakes)
    except Exception as problem:
        return CheckResult(
            id=check.id,
            title=check.title,
            status=Status.ERROR,
            earned=0,
            possible=0,
            message="This check is broken; it counts for nobody, and your instructor has been told.",
            evidence=Evidence(trace="".join(traceback.format_exception(problem, limit=-4))[-2000:]),
        )
    findings = student.context_.findings
    warnings = sorted({text for call in findings.calls for text in call.answer.warnings})
    if warnings:
        findings.remarks.append(f"It warned ({'; '.join(warnings[:3])}), which costs nothing.")
    return CheckResult(
        id=check.id,
        title=check.title,
        status=Status.PASSED,
        earned=check.points,
        possible=check.points,
        message=" ".join(findings.remarks),
        flag=" ".join(findings.flags),
        evidence=Evidence(curves=findings.curves),
    )


def evaluate_public(checks: Iterable[Check], student: Functions, seed: int) -> list[CheckResult]:
    """The results of public checks, which know no reference.

    What a check rests on has to pass first, or has to be written: the derivative of a wrong function would
    be called right otherwise.
    """
    results: dict[str, CheckResult] = {}
    for check in checks:
        broken = [results[name] for name in check.requires if results[name].status not in RESTS_ON]
        if broken:
            title = broken[0].title
            waits = skipped(check, title)
            results[check.id] = waits.model_copy(
                update={"message": f"Waits for “{title}” Mend that function first."}
            )
        else:
            results[check.id] = _theirs(evaluate(check, student, None, seed))
    return list(results.values())


def _theirs(result: CheckResult) -> CheckResult:
    """A public check that raised did so on what a function returned: with the solution it runs (lint)."""
    if result.status is not Status.ERROR:
        return result
    reason = result.evidence.trace.strip().splitlines()[-1:]
    return result.model_copy(
        update={
            "status": Status.FAILED,
            "message": f"This check cannot use what your functions return ({' '.join(reason)}).",
            "evidence": Evidence(),
        }
    )


def unread(check: Check) -> CheckResult:
    """The result of a check for a file that cannot be read: the report says why, once."""
    return CheckResult(id=check.id, title=check.title, status=Status.MISSING, earned=0, possible=check.points)


def skipped(check: Check, waits_for: str) -> CheckResult:
    """The result of a check whose prerequisite did not pass."""
    return CheckResult(
        id=check.id,
        title=check.title,
        status=Status.SKIPPED,
        earned=0,
        possible=check.points,
        message=f"Not run: “{waits_for}” has to pass first.",
    )


def _failed(
    check: Check,
    failure: Failure,
    student: Functions,
    reference: Functions | None,
    mistakes: Sequence[Variant],
) -> CheckResult:
    try:
        diagnosis = diagnose(failure, student.context_.findings.calls, reference, mistakes)
    except MemoryError:  # comparing with known mistakes needs more than the failure itself
        diagnosis = Diagnosis(failure.hint)
    evidence = failure.evidence.model_copy(update={"curves": student.context_.findings.curves})
    return CheckResult(
        id=check.id,
        title=check.title,
        status=failure.status,
        earned=round(failure.share * check.points, 2),
        possible=check.points,
        message=shorten(failure.message, LONGEST_MESSAGE),
        hint=diagnosis.hint,
        mistake=diagnosis.mistake,
        evidence=evidence,
    )
