"""Near misses: right answers with one natural edit, to explain what no known mistake explains.

`autograder near-misses` computes them once a release and writes them beside the solution; students never get
that file. A near miss is told only where it answers every call as the submission does, its edit stands in the
student's own code, and no other one that agrees says something else. What is said is the effect of the edit,
in words of the function's parameters: neither code nor the reference is shown.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType
from typing import Any

from autograder.checks.calls import Call
from autograder.course.assignment import Assignment
from autograder.grading.causes import (
    ABNORMAL,
    LEAST_TELLING,
    Answers,
    Cause,
    alike,
    outcome_of,
    run_trusted,
    settled_calls,
)
from autograder.grading.student_source import StudentSource

__all__ = [
    "FILE",
    "HOLE",
    "OPEN",
    "NearMiss",
    "NearMisses",
    "load_near_misses",
    "near_miss_cause",
    "tokens_of",
]

FILE = "near_misses.json"
OPEN = "{number}"  # in an effect, that number
HOLE = "number_of_the_student"  # a name that stands for a number of the student's own code
LARGEST_NUMBER = 1e4  # of a student's code that takes part in a calculation of ours
MOST_NUMBERS = 6  # of a student's code that are tried
MOST_AGREEING = 8  # near misses that are tried on all calls

COMMENT = re.compile(r"#[^\n]*")
TOKEN = re.compile(
    r"(?P<number>\b\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)(?P<call>\s*\()?"
    r"|(?P<operator>\*\*=?|//=?|[-+*/%@]=?|[<>]=?|[=!]=)"
)
ALIASES = {"amax": "max", "amin": "min", "absolute": "abs", "fabs": "abs", "power": "**", "add": "+"}
ALIASES |= {"subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "dot": "@", "negative": "-"}
#: Names of functions whose presence says what somebody calculates.
TELLING = {
    *("sum", "mean", "median", "prod", "max", "min", "maximum", "minimum", "exp", "exp2", "expm1", "log"),
    *("log2", "log10", "log1p", "sqrt", "cbrt", "square", "abs", "argmax", "argmin", "round", "floor"),
    *("axis", "keepdims", "where", "range"),
}


def tokens_of(text: str, parameters: Sequence[str]) -> Counter[str]:
    """What a function's body is made of: operators, numbers, parameters by position, well-known functions."""
    positions = {name: f"#{i}" for i, name in enumerate(parameters)}
    found: Counter[str] = Counter()
    for match in TOKEN.finditer(COMMENT.sub("", text)):
        if match["number"]:
            found[f"{float(match['number']):g}"] += 1
        elif match["name"]:
            name = ALIASES.get(match["name"], match["name"])
            if name in positions:
                found[positions[name]] += 1
            elif name in TELLING or not name[0].isalpha():
                found[name] += 1
        else:
            found[match["operator"].removesuffix("=") or "="] += 1
            if match["operator"] in (">=", "<=", "==", "!="):
                found[match["operator"]] += 1
                found[match["operator"][0]] -= match["operator"] in (">=", "<=")
    return +found


@dataclass(frozen=True)
class NearMiss:
    """One edit of a right answer."""

    function: str
    base: str  # "reference", or the alternative's name
    source: str
    effect: str  # a clause
    gained: tuple[tuple[str, int], ...]  # tokens that the edit brings, and how many code that has it holds
    lost: tuple[tuple[str, int], ...]  # tokens that it takes, and how many such code may hold still

    @property
    def has_hole(self) -> bool:
        """Whether a number of the student's own code completes it."""
        return HOLE in self.source

    def may_be(self, tokens: Counter[str]) -> bool:
        """Whether code that is made of these tokens may contain the edit."""
        holds = all(tokens[token] >= least for token, least in self.gained) and all(
            tokens[token] <= most for token, most in self.lost
        )
        if not holds or self.base == "reference":
            return holds
        # An alternative speaks for code like its own: that has its numbers.
        return all(tokens[f"{number:g}"] for number in numbers_in(self.source))

    @property
    def subject(self) -> frozenset[str]:
        """The parameters that the effect names."""
        return frozenset(re.findall(r"`(\w+)`", self.effect))


@dataclass
class NearMisses:
    """The near misses of an assignment, compiled when they are asked for."""

    by_function: Mapping[str, Sequence[NearMiss]]
    names: Mapping[
        tuple[str, str], Mapping[str, Any]
    ]  # of a function and a base: what its source stands among
    _codes: dict[str, CodeType] = field(default_factory=dict)

    def versions(
        self, near_miss: NearMiss, numbers: Sequence[float]
    ) -> Iterator[tuple[NearMiss, Callable[..., Any]]]:
        """The function, once for each of the student's numbers where it has a hole that one may fill."""
        names = self.names.get((near_miss.function, near_miss.base))
        if names is None:
            return
        if near_miss.source not in self._codes:
            self._codes[near_miss.source] = compile(near_miss.source, f"<{near_miss.function}>", "exec")
        present = numbers_in(near_miss.source)
        for number in [each for each in numbers if each not in present] if near_miss.has_hole else [0.0]:
            namespace = {**names, HOLE: number}
            exec(self._codes[near_miss.source], namespace)
            effect = near_miss.effect.replace(OPEN, f"{number:g}")
            yield replace(near_miss, effect=effect), namespace[near_miss.function]


def load_near_misses(assignment: Assignment) -> NearMisses:
    """The near misses of a solution; none where the file is missing."""
    path: Path = assignment.solution / FILE
    found: dict[str, list[NearMiss]] = {}
    names: dict[tuple[str, str], Mapping[str, Any]] = {}
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
        for function, bases in content["functions"].items():
            found[function] = []
            for base, text in bases["texts"].items():
                names[function, base] = _names(assignment, function, base)
                for start, end, new, effect, gained, lost in bases["edits"].get(base, []):
                    source = text[:start] + new + text[end:]
                    clause = content["effects"][effect]
                    found[function].append(
                        NearMiss(function, base, source, clause, _pairs(gained), _pairs(lost))
                    )
    return NearMisses(found, names)


def _pairs(counts: Sequence[Sequence[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((str(token), int(count)) for token, count in counts)


def _names(assignment: Assignment, function: str, base: str) -> Mapping[str, Any]:
    bodies = [v.body for v in assignment.alternatives if (v.function, v.name) == (function, base)]
    names: Mapping[str, Any] = bodies[0].__globals__ if bodies else assignment.reference
    return {**assignment.reference, **names}


def near_miss_cause(
    function: str,
    calls: Sequence[Call],
    answers: Answers,
    near_misses: NearMisses,
    source: StudentSource | None,
) -> Cause:
    """The near miss that explains a function's answers to these calls; kind "" where none does.

    `calls` are all calls of the function that the task's checks made.
    """
    nothing = Cause(function)
    candidates = near_misses.by_function.get(function, ())
    calls = [call for call in calls if call.function == function and call.arguments]
    if not candidates or source is None or not calls or any(c.answer.kind in ABNORMAL for c in calls):
        return nothing
    calls = settled_calls(calls, answers)
    wrong = [call for call in calls if not alike(answers.right(call), outcome_of(call.answer))]
    if len(wrong) < LEAST_TELLING:
        return nothing
    body = "\n".join(line for _, line in source.code())
    tokens, numbers = tokens_of(body, source.parameters), numbers_in(body)
    with redirect_stdout(io.StringIO()):  # an alternative may print
        agreeing = _agreeing(candidates, near_misses, tokens, numbers, calls, wrong[0])
    if (effect := _one_effect(agreeing)) is None:
        return nothing  # none agrees, or those that do speak of different things
    return Cause(
        function,
        kind="looks like",
        name=f"near miss: {effect}",
        sentence=f"All your answers are those of a version in which {effect}.",
        proven=True,
        agrees=len(calls),
        calls=len(calls),
        telling=len(wrong),
    )


def _agreeing(
    candidates: Sequence[NearMiss],
    near_misses: NearMisses,
    tokens: Counter[str],
    numbers: Sequence[float],
    calls: Sequence[Call],
    first: Call,
) -> list[NearMiss]:
    """The near misses that agree with all calls, the most likely first; a wrong call is asked first."""
    likely = [
        (near_miss, made)
        for candidate in candidates
        if candidate.may_be(tokens)
        for near_miss, made in near_misses.versions(candidate, numbers)
        if _agrees(made, first)
    ][:MOST_AGREEING]
    rest = [call for call in calls if call is not first]
    found = [near_miss for near_miss, made in likely if all(_agrees(made, call) for call in rest)]
    return sorted(found, key=lambda each: (each.base != "reference", -len(each.gained) - len(each.lost)))


def _one_effect(agreeing: Sequence[NearMiss]) -> str | None:
    """The effect to tell where all that agree speak of the same parameters, one perhaps of more of them."""
    subjects = [near_miss.subject for near_miss in agreeing if near_miss.subject]
    if not subjects:
        effects = {near_miss.effect for near_miss in agreeing}
        return effects.pop() if len(effects) == 1 else None
    if min(subjects, key=len) != frozenset.intersection(*subjects):
        return None
    return next(near_miss.effect for near_miss in agreeing if near_miss.subject)


def numbers_in(text: str) -> list[float]:
    """The numbers of a piece of code, in order and each once."""
    written = [float(match["number"]) for match in TOKEN.finditer(COMMENT.sub("", text)) if match["number"]]
    return list(dict.fromkeys(number for number in written if number <= LARGEST_NUMBER))[:MOST_NUMBERS]


def _agrees(body: Callable[..., Any], call: Call) -> bool:
    return alike(run_trusted(body, call.arguments), outcome_of(call.answer))
