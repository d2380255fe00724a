"""Properties that every function of a course has: inputs left alone, float64 kept."""

from __future__ import annotations

from autograder.calls import Function
from autograder.failure import InputChanged, WrongType
from autograder.values import Value

__all__ = ["assert_leaves_inputs", "assert_pure"]


def assert_leaves_inputs(student: Function, *arguments: Value) -> None:
    """Fail when the call modifies one of its arguments in place."""
    student(*arguments)
    changed = student.last_answer.changed
    if changed:
        names = student.owner.parameters_.get(student.name, ())
        which = " and ".join(names[i] if i < len(names) else f"argument {i + 1}" for i in changed)
        raise InputChanged(
            f"{student.describe(arguments)} changed {which} in place.",
            hint="Work on a copy, or build a new array: the caller still needs the old one.",
            evidence=student.evidence(arguments),
        )


def assert_pure(student: Function, *arguments: Value) -> None:
    """Fail when the call modifies an argument, or returns numbers of another type than float64."""
    assert_leaves_inputs(student, *arguments)
    converted = [name for name in student.last_answer.dtypes if name.startswith(("float", "complex"))]
    if converted:
        raise WrongType(
            f"{student.describe(arguments)} returned {converted[0]}; the inputs are float64.",
            hint="Keep float64 throughout: float32 has 7 digits, and gradient checks need more.",
            evidence=student.evidence(arguments),
        )
