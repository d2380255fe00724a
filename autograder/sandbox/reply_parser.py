"""Parse a child's replies; every part of one is untrusted and checked before it is used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograder.checks.calls import Answer
from autograder.checks.pipeline import Form
from autograder.checks.values import Value, bytes_of, exception_text
from autograder.sandbox import frames
from autograder.sandbox.arena import Arena

__all__ = ["CallBackAllowance", "call_back", "line_of", "read_answers", "read_values", "text_of"]

LONGEST_NAME = 40  # characters of a parameter's name in a call-back
WHERE_DEFINED = re.compile(r"[\w.<>]*<locals>\.")  # in a function's name: the check that defines it
OVERHEAD = 512  # bytes that keeping a call takes besides its arrays
KINDS = ("value", "unusable", "raised", "missing", "memory")


def read_answers(
    reply: frames.Header, reader: frames.Unpacker, calls: Sequence[tuple[Value, ...]]
) -> list[Answer]:
    """The answers to calls; raises FrameError for anything but one for each."""
    plans = _plans_of(reply).answers
    missing = len(calls) - len(plans)
    if not plans or missing < 0 or (missing and plans[-1][0].kind == "value"):
        raise frames.FrameError("the number of answers is wrong")
    read = []
    for (answer, plan), arguments in zip(plans, calls, strict=False):
        if plan is not None:
            answer = Answer(
                "value",
                reader.read(plan),
                changed=answer.changed,
                dtypes=answer.dtypes,
                warnings=answer.warnings,
                printed=answer.printed,
            )
        if answer.changed and not all(0 <= position < len(arguments) for position in answer.changed):
            raise frames.FrameError("a malformed answer")
        read.append(answer)
    reader.finish()
    return read + [read[-1]] * missing


def read_values(reply: frames.Header, reader: frames.Unpacker, forms: Sequence[Form]) -> list[Value] | None:
    """The values of calls, each of the form that its answer has to have; None where one is otherwise.

    Raises FrameError as `read_answers` does. What a header says is compared once for all that are alike.
    """
    plans = _plans_of(reply)
    if plans.forms != forms:
        return None
    values = [reader.read(plan) for _, plan in plans.answers if plan is not None]
    reader.finish()
    return values


class _Plans(NamedTuple):
    """What a header says about the answers, after its check."""

    answers: list[tuple[Answer, frames.Plan | None]]
    forms: list[Form | None]


def _plans_of(reply: frames.Header) -> _Plans:
    """The plans of a header, made when it is met first; raises FrameError unless it has answers."""
    plans: _Plans | None = reply.plan
    if plans is None:
        answers = reply.get("answers")
        if reply.get("op") != "answers" or not isinstance(answers, list):
            raise frames.FrameError("its answer is out of step")
        checked = [_plan_of_answer(answer) for answer in answers]
        plans = reply.plan = _Plans(checked, [_form_of(plan) for _, plan in checked])
    return plans


def _form_of(plan: frames.Plan | None) -> Form | None:
    """The form of the value that a plan reads, as `checks.pipeline` writes it; None for any other."""
    kind = plan[0] if plan is not None else ""
    if plan is None or kind == "f":
        return ("float",) if plan else None
    if kind == "a" or kind == "m":
        return "array", plan[1], plan[2]
    if kind == "t" or kind == "l":
        return "tuple" if kind == "t" else "list", tuple([_form_of(item) for item in plan[1]])
    return None


def _plan_of_answer(reply: Any) -> tuple[Answer, frames.Plan | None]:
    """An answer without its value, and the plan to read that by; raises FrameError for anything else."""
    if not isinstance(reply, dict) or reply.get("kind") not in KINDS:
        raise frames.FrameError("a malformed answer")
    changed, dtypes, warned = reply.get("changed", []), reply.get("dtypes", []), reply.get("warnings", [])
    for items, kind in ((changed, int), (dtypes, str), (warned, str)):
        if not isinstance(items, list) or len(items) > 64 or not all(type(item) is kind for item in items):
            raise frames.FrameError("a malformed answer")
    answer = Answer(
        reply["kind"],
        text=text_of(reply, "text", 600),
        trace=text_of(reply, "trace", 800),
        changed=tuple(changed),
        dtypes=tuple(_clean(name[:40]) for name in dtypes),
        warnings=tuple(_clean(text[:100]) for text in warned[:3]),
        printed=text_of(reply, "printed", 2000),
    )
    return answer, frames.plan_of(reply.get("value")) if answer.kind == "value" else None


class CallBackAllowance:
    """How much one frame's call-backs may bring: a check may keep what its functions are called with."""

    def __init__(self, calls: Sequence[tuple[Value, ...]]) -> None:
        """`calls` are the frame's own arguments: what is asked about them is of their size."""
        sent = bytes_of([list(arguments) for arguments in calls])
        self._largest = 64 * 1024 + 2 * sent
        self._left = 32 * 1024**2 + 32 * sent

    def take(self, values: Sequence[Value]) -> None:
        """Note what a call-back brings or returns; raises FrameError when it is too much."""
        size = sum(map(bytes_of, values))
        self._left -= size + OVERHEAD
        if size > self._largest:
            raise frames.FrameError("an array far larger than any that was given")
        if self._left < 0:
            raise frames.FrameError("too many calls, or calls with too much data")


def call_back(
    callables: list[Any], request: dict[str, Any], data: bytes, arena: Arena, allowance: CallBackAllowance
) -> tuple[dict[str, Any] | str, list[Any]]:
    """Call one of the judge's functions for the child; what is wrong with the call is told to the child."""
    packer = frames.Packer(arena)
    try:
        reader = frames.Unpacker(data, arena)
        number, specs = request.get("callable"), request.get("args")
        if type(number) is not int or not 0 <= number < len(callables) or not isinstance(specs, list):
            raise frames.FrameError("a malformed call")
        names = request.get("names", [])
        if not isinstance(names, list) or len(names) > len(specs) or not all(map(_is_name, names)):
            raise frames.FrameError("a malformed call")
        values = [reader.value(spec) for spec in specs]
        allowance.take(values)
        first_named = len(values) - len(names)
        named = dict(zip(names, values[first_named:], strict=True))
        value, _ = frames.plain(callables[number](*values[:first_named], **named))
        allowance.take([value])
        return f'{{"value":{packer.text(value)}}}', packer.buffers
    except Exception as problem:  # the arguments are a stranger's: anything can go wrong
        return {"error": WHERE_DEFINED.sub("", exception_text(problem))[:500]}, []


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and len(name) <= LONGEST_NAME and name.isidentifier()


def text_of(reply: dict[str, Any], key: str, most: int) -> str:
    """A text of a reply, cut and encodable; empty when there is none."""
    value = reply.get(key, "")
    if not isinstance(value, str):
        return ""
    return value[:most].encode("utf-8", "replace").decode()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def line_of(reply: dict[str, Any], key: str) -> int:
    """A line or cell number of a reply; 0 when there is none."""
    value = reply.get(key)
    return value if type(value) is int and 0 <= value < 10**9 else 0
