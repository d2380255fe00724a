"""Evaluation: from a check and a submission's functions to a result with status and points.

No other module decides these. The grader, function items, the notebook's `check` and `autograder check` use
it.
"""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from autograder.checks.calls import MOST_KEPT, Call, Findings, Functions
from autograder.checks.comparisons import structure_of
from autograder.checks.definition import Check, Materials
from autograder.checks.failures import Failure, OutOfMemory, WrongType
from autograder.checks.memory import unlimited_memory
from autograder.checks.values import Value, as_sentence, bytes_of, exception_text, shorten, show
from autograder.checks.variants import Variant
from autograder.errors import SandboxError
from autograder.grading.causes import Answers
from autograder.grading.diagnosis import Diagnosis, TaskEvidence
from autograder.grading.student_source import StudentSource
from autograder.report import CheckResult, Evidence, Status

__all__ = [
    "CheckRun",
    "evaluate",
    "evaluate_public",
    "explain",
    "run_check",
    "skipped",
    "trace_with_reference",
    "unread",
]

# A missing function is named by the check itself, and a broken check costs nothing, here neither.
RESTS_ON = (Status.PASSED, Status.MISSING, Status.ERROR)

VERDICTS = (Failure, AssertionError)  # what a check raises on purpose
LONGEST_MESSAGE = 1000  # characters; a sentence may quote what a function returned
LOOKS_LIKE = "It looks like this: "
NOT_EVERYWHERE = "It looks like this, though not every call shows it: "
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

    A `Failure` or an AssertionError is the check's verdict. Of any other exception provenance decides whose
    fault it is: where the check comes to a verdict with the reference's functions at the same seed, the
    submission has failed it. Where it does not, the check is broken: status `error`, which takes its points
    out of the possible ones. Without a reference, as for public checks, only a check that ends before it has
    called a function is broken.
    """
    run = run_check(check, student, reference, seed, materials)
    answers = None if reference is None else Answers(reference)
    (result,) = explain([run], TaskEvidence(answers, mistakes))
    return result


@dataclass(frozen=True)
class CheckRun:
    """How one check went: its result without a hint, and what a hint is made from."""

    check: Check
    result: CheckResult
    failure: Failure | None = None
    calls: tuple[Call, ...] = ()


def run_check(
    check: Check,
    student: Functions,
    reference: Functions | None,
    seed: int,
    materials: Materials | None = None,
) -> CheckRun:
    """Run one check, without a hint for the student; see `evaluate`."""
    student.context_.findings = Findings()
    if reference is not None:
        reference.context_.findings = Findings()
    try:
        with _quietly():  # what comes back may be anything
            check.run(student, reference, seed, materials)
    except SandboxError:
        raise  # ours: the submission is graded again
    except MemoryError:  # the reference's own work is exempt from the limit, so it is what was returned
        student.context_.findings.calls.clear()
        return _failed(check, OutOfMemory(TOO_MUCH), student)
    except Exception as problem:
        if trace := _trace_of_its_own(problem, check, student, reference, seed, materials):
            return CheckRun(check, _broken(check, trace, is_public=reference is None))
        return _failed(check, _as_failure(problem, student, reference), student)
    findings = student.context_.findings
    warned = sorted({text for call in findings.calls for text in call.answer.warnings})
    if warned:
        findings.remarks.append(f"It warned ({'; '.join(warned[:3])}), which costs nothing.")
    result = CheckResult(
        id=check.id,
        title=check.title,
        status=Status.PASSED,
        earned=check.points,
        possible=check.points,
        message=" ".join(findings.remarks),
        flag=" ".join(findings.flags),
        evidence=Evidence(curves=findings.curves),
    )
    return CheckRun(check, result, calls=tuple(findings.calls))


def explain(runs: Sequence[CheckRun], evidence: TaskEvidence) -> list[CheckResult]:
    """The results of a task's checks with what students are told: every cause agrees with all their calls."""
    left = MOST_KEPT
    for run in runs:
        size = bytes_of([[call.answer.value, *call.arguments] for call in run.calls])
        if size <= left:  # of a check that returned far too much, only its own words are told
            left -= size
            evidence.calls += run.calls
    return [_explained(run, evidence) for run in runs]


def _explained(run: CheckRun, evidence: TaskEvidence) -> CheckResult:
    if run.failure is None:
        return run.result
    try:
        with _quietly():
            diagnosis = evidence.diagnose(run.failure, run.calls)
    except Exception:  # an odd value, or too much of it: the failure stands without an explanation
        diagnosis = Diagnosis(run.failure.hint)
    hedge, cause = "", diagnosis.cause
    if cause.kind == "looks like" and not cause.proven:
        hedge = NOT_EVERYWHERE if cause.agrees < cause.calls else LOOKS_LIKE
    return run.result.model_copy(
        update={
            "hint": hedge + diagnosis.hint,
            "cause": diagnosis.cause.kind,
            "function": diagnosis.cause.function if diagnosis.cause.kind else "",
            "mistake": diagnosis.mistake,
            "place": diagnosis.cause.place,
        }
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """No warning while our own code computes with what a submission returned."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def evaluate_public(
    checks: Iterable[Check],
    student: Functions,
    seed: int,
    sources: Mapping[str, StudentSource] | None = None,
) -> list[CheckResult]:
    """The results of public checks, which know no reference; `sources` are the functions as written.

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
            run = run_check(check, student, None, seed)
            (results[check.id],) = explain([run], TaskEvidence(None, sources=sources or {}))
    return list(results.values())


def _trace_of_its_own(
    problem: Exception,
    check: Check,
    student: Functions,
    reference: Functions | None,
    seed: int,
    materials: Materials | None,
) -> str:
    """The trace of a check that is broken by itself; "" where a submission's values broke it."""
    if isinstance(problem, VERDICTS):
        return ""
    if reference is None:
        return "" if student.context_.findings.calls else _trace(problem)
    stand_in = Functions(reference.context_.backend, reference.context_.parameters)
    return trace_with_reference(check, stand_in, reference, seed, materials)


def trace_with_reference(
    check: Check, student: Functions, reference: Functions, seed: int, materials: Materials | None = None
) -> str:
    """The trace of a check that comes to no verdict with the reference's functions; "" where it does.

    `student` are the reference's functions too. Asked once per reference, check and seed.
    """

    def run() -> str:
        try:
            with _quietly(), unlimited_memory():
                check.run(student, reference, seed, materials)
        except VERDICTS:
            return ""
        except Exception as problem:
            return _trace(problem)
        return ""

    kept = reference.context_.findings
    try:
        return reference.remember_(("runs through", check.id, seed), run)
    finally:
        reference.context_.findings = kept


def _trace(problem: Exception) -> str:
    return "".join(traceback.format_exception(problem, limit=-4))[-2000:]


def _as_failure(problem: Exception, student: Functions, reference: Functions | None) -> Failure:
    """What a check raised on a student's values, as a failure with words for the student."""
    if isinstance(problem, Failure):
        return problem
    if isinstance(problem, AssertionError):
        return Failure(_assertion_words(str(problem), is_public=reference is None))
    calls = [call for call in student.context_.findings.calls if call.answer.kind == "value"]
    reason = exception_text(problem)
    if not calls:
        return WrongType(f"This check cannot use what your functions return ({reason}).")
    for call in calls:
        expected = _expected(call, reference)
        if expected is not None and structure_of(expected[0]) != structure_of(call.answer.value):
            return _unlike(call, expected[0], student)
    last = calls[-1]
    function = getattr(student, last.function)
    returned = f"{function.describe(last.arguments)} returned {structure_of(last.answer.value)}"
    return WrongType(
        f"{returned}, which this check cannot use ({reason}).",
        evidence=function.evidence(last.arguments).model_copy(update={"got": show(last.answer.value)}),
    )


# What numpy.testing writes: a header, the author's words behind or below it, then lines of its own.
NUMPY_HEADER = re.compile(
    r"\s*(?:Not equal to tolerance rtol=\S+, atol=\S+"
    r"|Arrays are not (?:almost )?equal(?: (?:up )?to \d+ (?:decimals|ULP)(?: \(max [^)]*\))?)?"
    r"|Arrays are not strictly ordered `[^`]*`"
    r"|Items are not equal(?: to \d+ significant digits)?:)"
)
NUMPY_TEXTS = "Differences in strings:"
NUMPY_PLACE = re.compile(r"(?:item=\d+|key=.*)\n")  # in a list or a dictionary, above the author's words
NUMPY_OWN = re.compile(
    r"^ ?(?:\(shapes |\(dtypes |Mismatch|(?:x and y )?[+-]?(?:nan|inf) location|ACTUAL: |DESIRED: |[xy]: )",
    re.M,
)
SHAPES = re.compile(r"^\(shapes (\(.*?\)), (\(.*?\)) mismatch\)", re.M)
TYPES = re.compile(r"^\(dtypes (\w+), (\w+) mismatch\)", re.M)
MISMATCHED = re.compile(r"^Mismatched elements: (\d+) / (\d+)", re.M)
DIFFERENCE = re.compile(r"^Max absolute difference.*: (\S+?)\.?$", re.M)
LOCATION = re.compile(r"^(?:x and y )?(\+?nan|\+?inf|-inf) location mismatch", re.M)
NUMPY_VALUE = re.compile(r"^ ?(?:ACTUAL|DESIRED|x|y): (.{1,60})$", re.M)


def _assertion_words(text: str, *, is_public: bool) -> str:
    """What an assertion says, as a sentence; NumPy's own text prints both arrays, hidden ones too."""
    if text.startswith(NUMPY_TEXTS):
        return "The text is not the one that is expected."
    if not (header := NUMPY_HEADER.match(text)):
        return " ".join(text.split()) or "This does not hold for what your function returns."
    text = text[header.end() :]
    start = match.start() if (match := NUMPY_OWN.search(text)) else len(text)
    words, numpy_lines = text[:start].lstrip(), text[start:]
    while place := NUMPY_PLACE.match(words):
        words = words[place.end() :]
    parts = [f"the shapes are {shapes[1]} and {shapes[2]}"] if (shapes := SHAPES.search(numpy_lines)) else []
    parts += [f"the types are {types[1]} and {types[2]}"] if (types := TYPES.search(numpy_lines)) else []
    parts += [f"{location[1]} stands in other places"] if (location := LOCATION.search(numpy_lines)) else []
    parts += [f"wrong entries: {count[1]} of {count[2]}"] if (count := MISMATCHED.search(numpy_lines)) else []
    if is_public:  # of zeros, the difference is the hidden number
        parts += [f"by up to {most[1]}"] if (most := DIFFERENCE.search(numpy_lines)) else []
        values = NUMPY_VALUE.findall(numpy_lines)
        if not parts and len(values) == 2:
            parts = [f"got {values[0]}, expected {values[1]}"]
    found = "The numbers are not those that are expected" + (f" ({', '.join(parts)})" if parts else "")
    words = " ".join(words.split())
    return f"{as_sentence(words)} {found}." if words else f"{found}."


def _expected(call: Call, reference: Functions | None) -> tuple[Value] | None:
    """What the reference returns for a call; None where that cannot be said."""
    if reference is None or not call.arguments or any(map(callable, call.arguments)):
        return None
    try:
        return (getattr(reference, call.function)(*call.arguments),)
    except Exception:  # the arguments may come from the student, as the state of an update rule does
        return None


def _unlike(call: Call, expected: Value, student: Functions) -> Failure:
    function, value = getattr(student, call.function), call.answer.value
    returned = f"{function.describe(call.arguments)} returned {structure_of(value)}"
    return WrongType(
        f"{returned}; {structure_of(expected)} is expected.",
        hint="Did you forget the return statement?" if value is None else "",
        evidence=function.evidence(call.arguments).model_copy(
            update={"got": show(value), "expected": show(expected)}
        ),
    )


def _broken(check: Check, trace: str, *, is_public: bool) -> CheckResult:
    sentence = "please tell your instructor" if is_public else "your instructor has been told"
    return CheckResult(
        id=check.id,
        title=check.title,
        status=Status.ERROR,
        earned=0,
        possible=0,
        message=f"This check is broken; it counts for nobody, and {sentence}.",
        evidence=Evidence(trace=trace),
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


def _failed(check: Check, failure: Failure, student: Functions) -> CheckRun:
    findings = student.context_.findings
    evidence = failure.evidence.model_copy(update={"curves": findings.curves})
    result = CheckResult(
        id=check.id,
        title=check.title,
        status=failure.status,
        earned=round(failure.share * check.points, 2),
        possible=check.points,
        message=shorten(failure.message, LONGEST_MESSAGE),
        hint=failure.hint,
        evidence=evidence,
    )
    return CheckRun(check, result, failure, tuple(findings.calls))
