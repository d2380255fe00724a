"""Causes: the known mistake that explains every answer of one function.

A known mistake is *named* where it answers every call as the submission does and at least two calls tell it
from each of its neighbours: the reference, and the other known mistakes of the function. It is a "looks
like" where it agrees on every call that tells it from a neighbour, but the rest is too thin to be sure.
Otherwise nothing is told. `diagnosis` tells causes to students.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from autograder.checks.calls import Answer, Call, Functions, quiet
from autograder.checks.canonical_forms import AnsweredCall, AskedFunction, CanonicalForm
from autograder.checks.input_generators import Generator
from autograder.checks.values import Value, bytes_of, exception_text, fingerprint, to_array
from autograder.checks.variants import Variant
from autograder.grading.backends import copied, same
from autograder.report import CauseKind
from autograder.sandbox import frames

__all__ = [
    "ABNORMAL",
    "LEAST_TELLING",
    "Answers",
    "Cause",
    "Outcome",
    "alike",
    "equal",
    "known_cause",
    "outcome_of",
    "run_trusted",
    "settled_calls",
]

ABNORMAL = ("timeout", "memory", "crashed")  # no known mistake ends like this
LEAST_TELLING = 2  # calls that have to tell a named mistake from each of its neighbours
RTOL = 1e-6  # of answers that are the same
SETTLED, MOST_RTOL = 1e-4, 1e-4  # right answers further apart than this leave a call out
LARGEST_ORDINARY = 100.0  # numbers in the arguments of an ordinary call
NUMBER = re.compile(r"\d+")
UNSEEN, UNSEEN_SEED = 40, 2018  # further calls of a function
MOST_REMEMBERED = 32 * 1024**2  # bytes of the answers of a function's mistakes


@dataclass(frozen=True)
class Cause:
    """What is told for one function, and what it rests on."""

    function: str
    #: "" where nothing is told. An idiom is a habit of Python or NumPy; a pattern is what the numbers show.
    kind: CauseKind = ""
    name: str = ""  # of the known mistake, the idiom or the pattern
    sentence: str = ""  # for the student
    agrees: int = 0  # calls that the cause answers as the submission does
    calls: int = 0  # calls that were compared
    telling: int = 0  # calls that tell it from the neighbour that is hardest to tell apart
    place: str = ""  # in the student's own code, such as `cell 3, line 5: if x > 0:`
    proven: bool = False  # whether the sentence says no more than what all calls show

    @property
    def label(self) -> str:
        """The function and the cause, such as `relu_backward: no_mask`."""
        return f"{self.function}: {self.name}"

    def at(self, place: str) -> Cause:
        """The same cause, in a place of the student's code."""
        return replace(self, place=place)


class Outcome(NamedTuple):
    """How a function answered a call, as far as it can be compared."""

    kind: str
    value: Value = None
    changed: tuple[int, ...] = ()  # positions of the arguments that were modified in place
    text: str = ""  # of an exception: its type, and for a submission its message too


def outcome_of(answer: Answer) -> Outcome:
    """The outcome of a submission's call."""
    return Outcome(answer.kind, answer.value, answer.changed, answer.text)


def run_trusted(function: Callable[..., Any], arguments: tuple[Value, ...]) -> Outcome:
    """How one of the course's own functions answers a call."""
    copies = copied(arguments)
    try:
        with quiet():
            value, _ = frames.plain(function(*copies))
    except NotImplementedError:
        return Outcome("missing")
    except frames.FrameError:
        return Outcome("unusable")
    except Exception as problem:
        return Outcome("raised", text=exception_text(problem)[:500])
    changed = tuple(i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not same(a, b))
    return Outcome("value", value, changed)


class Answers:
    """The answers of the reference and of known mistakes, each worked out once per call and run."""

    def __init__(
        self,
        reference: Functions,
        alternatives: Sequence[Variant] = (),
        canonical_forms: Mapping[str, CanonicalForm] | None = None,
        generators: Mapping[str, Generator] | None = None,
    ) -> None:
        """`alternatives` are right answers: where they differ, a call proves little.

        A function with a canonical form is compared in this form. `generators` make further arguments.
        """
        self._generators = generators or {}
        self._unseen: dict[str, list[Call]] = {}
        self._in_form: dict[str, tuple[tuple[bytes, ...], _FormAnswers]] = {}
        self._reference, self.alternatives = reference, alternatives
        self.canonical_forms = canonical_forms or {}
        self._spreads: dict[tuple[str, bytes], float] = {}
        self._kept: dict[tuple[str, str, bytes], Outcome] = {}
        self._left = MOST_REMEMBERED

    def right(self, call: Call) -> Outcome:
        """How the reference answers; kind "raised" for arguments that it cannot take."""
        backend, name = self._reference.context_.backend, call.function
        return self._answer(
            ("", name), lambda *arguments: backend.answer(name, [arguments], 60.0)[0].value, call.arguments
        )

    def of(self, variant: Variant, call: Call) -> Outcome:
        """How a known mistake answers."""
        return self._answer((variant.name, variant.function), variant.body, call.arguments)

    def spread(self, call: Call) -> float:
        """How far right answers to a call may be apart, relative to their size; infinite for other kinds."""
        try:
            key = call.function, fingerprint(call.arguments)
        except TypeError:
            return 0.0
        if key not in self._spreads:
            right = self.right(call)
            others = [
                self.of(each, call)
                for each in self.alternatives
                if each.function == call.function and "print" not in each.body.__code__.co_names
            ]
            self._spreads[key] = max((_distance(right, other) for other in others), default=0.0)
        return self._spreads[key]

    def in_form(self, form: CanonicalForm, calls: Sequence[Call]) -> _FormAnswers:
        """The answers to these calls in their canonical form; kept until other calls are asked for."""
        function = calls[0].function
        try:
            key = tuple(fingerprint(call.arguments) for call in calls)
        except TypeError:  # a callable among them
            return _FormAnswers(form, calls, self)
        if function not in self._in_form or self._in_form[function][0] != key:
            self._in_form[function] = key, _FormAnswers(form, calls, self)
        return self._in_form[function][1]

    def unseen(self, function: str) -> list[Call]:
        """Calls that the handout allows, whether a check makes them or not; without answers."""
        if function not in self._unseen:
            generator, rng = self._generators.get(function), np.random.default_rng(UNSEEN_SEED)
            try:
                arguments = [generator(rng) for _ in range(UNSEEN)] if generator else []
            except Exception:  # a generator at fault, as lint says
                arguments = []
            self._unseen[function] = [Call(function, each, Answer("missing")) for each in arguments]
        return self._unseen[function]

    def _answer(
        self, who: tuple[str, str], function: Callable[..., Any], arguments: tuple[Value, ...]
    ) -> Outcome:
        try:
            key = (*who, fingerprint(arguments))
        except TypeError:  # a callable among them
            return run_trusted(function, arguments)
        if key in self._kept:
            return self._kept[key]
        outcome = run_trusted(function, arguments)
        size = bytes_of(outcome.value) + 200
        if size <= self._left:
            self._left -= size
            self._kept[key] = outcome
        return outcome


def _distance(right: Outcome, other: Outcome) -> float:
    """How far apart two outcomes are, relative to the larger one."""
    if alike(right, other):
        return 0.0
    left_array, right_array = to_array(right.value), to_array(other.value)
    if left_array is None or right_array is None or left_array.shape != right_array.shape:
        return np.inf
    with np.errstate(all="ignore"):
        difference = np.abs(left_array - right_array)
        size = np.maximum(np.abs(left_array), np.abs(right_array))
        distance = float(np.max(difference / np.maximum(size, 1e-300), initial=0.0))
    return distance if np.isfinite(distance) else np.inf


def alike(expected: Outcome, outcome: Outcome, rtol: float = RTOL) -> bool:
    """Whether two outcomes are the same answer, rounding aside; the first one is of a trusted function."""
    if expected.kind != outcome.kind:
        return False
    if expected.kind == "raised":
        return outcome.text.partition(":")[0] == expected.text.partition(":")[0]
    return expected.changed == outcome.changed and equal(expected.value, outcome.value, rtol)


def equal(left: Value, right: Value, rtol: float = RTOL) -> bool:
    """Equal as answers: a NaN agrees with a NaN, up to rounding."""
    left_array, right_array = to_array(left), to_array(right)
    if left_array is not None and right_array is not None:
        return left_array.shape == right_array.shape and bool(
            np.allclose(left_array, right_array, rtol=rtol, atol=1e-12, equal_nan=True)
        )
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(equal(a, b, rtol) for a, b in zip(left, right, strict=True))
    return left_array is None and right_array is None and left == right


def known_cause(function: str, calls: Sequence[Call], answers: Answers, mistakes: Sequence[Variant]) -> Cause:
    """The known mistake that explains a function's answers to these calls; kind "" where none does.

    `calls` are all calls of the function that the task's checks made. A mistake whose answers depend on
    earlier calls is never told. Calls for which right answers differ among themselves are left aside. A
    mistake that explains all calls with numbers of ordinary size, and not those with huge ones, is a "looks
    like".
    """
    known = [each for each in mistakes if each.function == function and not each.stateful]
    calls = [call for call in calls if call.function == function and call.is_whole]
    nothing = Cause(function, calls=len(calls))
    if not calls or any(call.answer.kind in ABNORMAL for call in calls):
        return nothing
    if form := answers.canonical_forms.get(function):
        every = [each for each in mistakes if each.function == function]
        return _cause_in_form(form, every, calls, answers)
    if all(alike(answers.right(call), outcome_of(call.answer)) for call in calls):
        return nothing
    cause = _likeliest(known, calls, answers, RTOL)
    if cause.kind:
        return cause
    settled = settled_calls(calls, answers)
    rtol = min(MOST_RTOL, max([RTOL, *(3 * answers.spread(call) for call in settled)]))
    if len(settled) < len(calls) or rtol > RTOL:
        cause = _likeliest(known, settled, answers, rtol)
    if not cause.kind:
        ordinary = [call for call in settled if _is_ordinary(call)]
        if 2 * len(settled) / 3 <= len(ordinary) < len(settled):
            cause = _likeliest(known, ordinary, answers, rtol)
            if cause.kind:
                cause = replace(cause, kind="looks like" if cause.telling >= LEAST_TELLING else "")
    return replace(cause, calls=len(calls)) if cause.kind else nothing


def _cause_in_form(
    form: CanonicalForm, known: Sequence[Variant], calls: Sequence[Call], answers: Answers
) -> Cause:
    """As known_cause, for answers in their canonical form: stateful mistakes can be told in it too.

    Not one that asks the clock: what it answers in a form depends on when it is asked.
    """
    function = calls[0].function
    known = [each for each in known if each.seeding != "clock"]
    calls = [
        call
        for call in calls
        if all(isinstance(each, AskedFunction) for each in call.arguments if callable(each))
    ]
    nothing = Cause(function, calls=len(calls))
    if not calls or any(call.answer.kind not in ("value", "raised") for call in calls):
        return nothing
    given = [AnsweredCall(call.arguments, call.answer.value, _asked(call.arguments)) for call in calls]
    forms = answers.in_form(form, calls)
    try:
        values = form(given)
    except Exception:  # an odd value: the checks say so
        return nothing
    in_form = [
        Call(function, (number,), replace(call.answer, value=value))
        for number, (call, value) in enumerate(zip(calls, values, strict=True))
    ]
    if all(alike(forms.right(call), outcome_of(call.answer)) for call in in_form):
        return nothing
    return _likeliest(known, in_form, forms, RTOL)


def _asked(arguments: tuple[Value, ...]) -> tuple[tuple[tuple[Value, ...], Value], ...]:
    return tuple(pair for each in arguments if isinstance(each, AskedFunction) for pair in each.asked)


class _FormAnswers(Answers):
    """Answers in their canonical form; a call is given by its number among all calls."""

    def __init__(self, form: CanonicalForm, calls: Sequence[Call], answers: Answers) -> None:
        super().__init__(answers._reference)
        self._form, self._calls, self._plain_answers = form, calls, answers
        self._forms: dict[str, list[Outcome]] = {}

    def right(self, call: Call) -> Outcome:
        """How the reference answers, in form."""
        name, backend = call.function, self._reference.context_.backend

        def ask(*arguments: Value) -> Value:
            return backend.answer(name, [arguments], 60.0)[0].value

        return self._outcomes("", ask, self._plain_answers.right)[call.arguments[0]]

    def of(self, variant: Variant, call: Call) -> Outcome:
        """How a known mistake answers, in form; what it keeps between calls begins anew."""
        plain = None if variant.stateful else partial(self._plain_answers.of, variant)
        return self._outcomes(variant.name, _afresh(variant.body), plain)[call.arguments[0]]

    def _outcomes(
        self, name: str, function: Callable[..., Any], plain: Callable[[Call], Outcome] | None
    ) -> list[Outcome]:
        """The outcomes of all calls in form; `plain` answers calls that do not depend on each other."""
        if name not in self._forms:
            outcomes, answered = [], []
            for call in self._calls:
                arguments = tuple(
                    AskedFunction(each.function) if isinstance(each, AskedFunction) else each
                    for each in call.arguments
                )
                asks = any(callable(each) for each in arguments)
                outcome = run_trusted(function, arguments) if asks or plain is None else plain(call)
                outcomes.append(outcome)
                answered.append(AnsweredCall(arguments, outcome.value, _asked(arguments)))
            try:
                values: Sequence[Value] = self._form(answered)
            except Exception:  # the mistake answers with something that has no form
                values = [None] * len(outcomes)
            self._forms[name] = [
                outcome._replace(value=value) for outcome, value in zip(outcomes, values, strict=True)
            ]
        return self._forms[name]


def _afresh(body: Callable[..., Any]) -> Callable[..., Any]:
    """A function with defaults of its own: a mistake may keep something in them."""
    if not isinstance(body, FunctionType):
        return body
    fresh = FunctionType(
        body.__code__, body.__globals__, body.__name__, copy.deepcopy(body.__defaults__), body.__closure__
    )
    fresh.__kwdefaults__ = copy.deepcopy(body.__kwdefaults__)
    return fresh


def settled_calls(calls: Sequence[Call], answers: Answers) -> list[Call]:
    """The calls for which all right answers agree; all calls where these are too few."""
    settled = [call for call in calls if answers.spread(call) <= SETTLED]
    return settled if 3 * len(settled) >= 2 * len(calls) else list(calls)


def _is_ordinary(call: Call) -> bool:
    arrays = [array for value in call.arguments for array in _arrays(value)]
    return all(float(np.max(np.abs(array), initial=0.0)) <= LARGEST_ORDINARY for array in arrays)


def _arrays(value: Value) -> list[np.ndarray[Any, np.dtype[Any]]]:
    array = None if isinstance(value, (bool, int, float)) else to_array(value)
    if array is not None:
        return [array] if array.dtype.kind == "f" else []
    return [leaf for item in value for leaf in _arrays(item)] if isinstance(value, (list, tuple)) else []


def _likeliest(known: Sequence[Variant], calls: Sequence[Call], answers: Answers, rtol: float) -> Cause:
    """The mistake that is named, or else the first one that the answers look like."""
    outcomes = [outcome_of(call.answer) for call in calls]
    likely = Cause(known[0].function if known else "")
    for mistake in known:
        cause = _weighed(mistake, calls, outcomes, answers, known, rtol)
        if cause.kind == "named":
            return cause
        if cause.kind and not likely.kind:
            likely = cause
    return likely


def _weighed(
    mistake: Variant,
    calls: Sequence[Call],
    outcomes: Sequence[Outcome],
    answers: Answers,
    known: Sequence[Variant],
    rtol: float,
) -> Cause:
    """How sure it is that a submission made this mistake."""
    nothing = Cause(mistake.function)
    others = [other for other in known if other.feedback != mistake.feedback]
    agrees, deviations = 0, 0
    for call, outcome in zip(calls, outcomes, strict=True):
        mistaken = answers.of(mistake, call)
        if alike(mistaken, outcome, rtol):
            agrees += 1
        elif not alike(mistaken, answers.right(call), rtol) or any(
            not alike(mistaken, answers.of(other, call), rtol) for other in others
        ):
            return nothing  # a call that could tell says no
        else:
            deviations += 1

    def telling_from(neighbour: Callable[[Call], Outcome]) -> int:
        return sum(not alike(answers.of(mistake, call), neighbour(call), rtol) for call in calls)

    from_right = telling_from(answers.right)
    if not agrees or not from_right or not _says_the_same(mistake, calls, outcomes, answers):
        return nothing
    telling = min(
        [from_right, *(telling_from(lambda call, other=other: answers.of(other, call)) for other in others)]  # type: ignore[misc]  # the default binds it here
    )
    if not telling:
        return nothing  # another mistake reads differently and answers the same
    least = (
        LEAST_TELLING if any(call.arguments for call in calls) else 1
    )  # without parameters there is no other
    sure = not deviations and telling >= least
    return replace(
        nothing,
        kind="named" if sure else "looks like",
        name=mistake.name,
        sentence=mistake.feedback,
        agrees=agrees,
        calls=len(calls),
        telling=telling,
    )


def _says_the_same(
    mistake: Variant, calls: Sequence[Call], outcomes: Sequence[Outcome], answers: Answers
) -> bool:
    """Whether a mistake is more than an exception of the same type, which many others raise as well.

    Where it only ever raises, the message has to be the same too, numbers aside.
    """
    mistaken = [answers.of(mistake, call) for call in calls]
    if any(
        outcome.kind == "value" and not alike(outcome, answers.right(call))
        for call, outcome in zip(calls, mistaken, strict=True)
    ):
        return True
    return all(
        outcome.kind != "raised" or NUMBER.sub("#", outcome.text) == NUMBER.sub("#", given.text)
        for outcome, given in zip(mistaken, outcomes, strict=True)
    )
