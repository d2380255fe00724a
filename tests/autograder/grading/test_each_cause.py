"""Each idiom and each pattern is told of a small function that has it: none is there without a test."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograder.checks.calls import Call, Functions
from autograder.checks.values import Value
from autograder.grading import idioms, patterns
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.causes import Answers
from autograder.grading.diagnosis import signature_of
from autograder.grading.idioms import idiom_cause
from autograder.grading.patterns import pattern_cause
from autograder.grading.student_source import find_source

RNG = np.random.default_rng(11)
Calls = list[tuple[Value, ...]]
ROWS: Calls = [(RNG.normal(size=(rows, 3)),) for rows in (2, 4, 5)]
ANY_AXES: Calls = [(RNG.normal(size=size),) for size in ((3,), (4, 2), (2, 3, 2), (3, 2, 2))]
ONE_AND_MORE: Calls = [(RNG.normal(size=(rows, 3)),) for rows in (1, 4, 1, 5)]
SMALL_AND_HUGE: Calls = [(scale * RNG.normal(size=4),) for scale in (1, 1000, 1, 1000)]
PAIRS: Calls = [(RNG.normal(size=(rows, 3)), RNG.integers(3, size=rows)) for rows in (2, 4, 5)]
SEEDED: Calls = [(RNG.normal(size=(rows, 3)), seed) for seed, rows in enumerate((2, 4, 5))]
PARAMETERS: Calls = [
    (RNG.normal(size=(4, 3)), value) for value in (0.7, RNG.normal(size=3), 1.9, RNG.normal(size=3))
]
STEPS: Calls = [(RNG.normal(size=size), RNG.normal(size=size)) for size in (3, 4, 5)]


class Case(NamedTuple):
    """A wrong body of a function `f`, the right one, and the calls that are made."""

    body: str
    right: Callable[..., Any] = lambda x: 2.0 * x
    calls: Calls = ROWS


CASES = {
    "append_to_an_array": Case("out = np.zeros(0)\nfor row in x:\n    out.append(row)\nreturn out"),
    "fewer_entries": Case("first, second = x[0], x[1]\nreturn 2.0 * x", calls=ONE_AND_MORE),
    "index": Case("return 2.0 * x[0.5]"),
    "array_called": Case("return 2.0 * x(0)"),
    "none_in_a_formula": Case("order = [3, 1].sort()\nreturn 2.0 * order"),
    "number_from_an_array": Case("return 2.0 * float(x)"),
    "another_number_to_unpack": Case("first, second = x\nreturn 2.0 * first"),
    "parameter_unused": Case(
        "rng = np.random.default_rng(7)\nreturn x + rng.normal(size=x.shape)",
        lambda x, seed: x + np.random.default_rng(seed).normal(size=x.shape),
        SEEDED,
    ),
    "parameter_overwritten": Case(
        "seed = 7\nrng = np.random.default_rng(seed)\nreturn x + rng.normal(size=x.shape)",
        lambda x, seed: x + np.random.default_rng(seed).normal(size=x.shape),
        SEEDED,
    ),
    "two_names_of_one_array": Case("y = x.copy()\ng = y\ng[0] = 0.0\nreturn g + y"),
    "grouped_otherwise": Case(
        "return [x, 3.0 * x], [2.0 * x, 4.0 * x]", lambda x: [(x, 2.0 * x), (3.0 * x, 4.0 * x)]
    ),
    "truth_of_an_array": Case("return 2.0 * x * bool(x > 0)"),
    "object_array": Case("return np.array([{0: entry} for entry in x.ravel()])"),
    "return_not_reached": Case("if x is None:\n    return 2.0 * x"),
    "columns_by_label": Case(
        "return p[:, labels]", lambda p, labels: p[np.arange(len(labels)), labels], PAIRS
    ),
    "averaged_to_one_number": Case("return np.mean(2.0 * x)"),
    "batch_of_one": Case("return 2.0 * x if len(x) > 1 else 3.0 * x + x**2", calls=ONE_AND_MORE),
    "far_out": Case("return np.where(np.abs(x) < 0.9, 2.0 * x, x**3 + x)"),
    "lower_limit": Case("return np.maximum(2.0 * x, -1.0)"),
    "upper_limit": Case("return np.minimum(2.0 * x, 1.0)"),
    "mean_not_taken": Case("return x.mean(axis=1)", lambda x: float(np.mean(x))),
    "sum_not_taken": Case("return x.sum(axis=1)", lambda x: float(np.sum(x))),
    "norm_not_taken": Case("return -x", lambda x: float(np.sqrt(np.sum(x * x)))),
    "more_axes": Case("return 2.0 * x if x.ndim < 3 else x**2 + 1.0", calls=ANY_AXES),
    "large_numbers": Case(
        "return x - x.mean() if np.abs(x).max() < 100 else np.sqrt(np.abs(x))",
        lambda x: x - x.mean(),
        SMALL_AND_HUGE,
    ),
    "parameter_per_feature": Case(
        "return x * a if np.ndim(a) == 0 else x + a**2", lambda x, a: x * a, PARAMETERS
    ),
    "parameter_a_number": Case(
        "return x * a if np.ndim(a) else x + a**2 * np.cos(x)", lambda x, a: x * a, PARAMETERS
    ),
    "part_returned": Case("return 2.0 * x", lambda x: (2.0 * x, 3.0 * x)),
    "more_returned": Case("return x.sum(), 2.0 * x"),
    "rounded_constant": Case("return 3.1416 * x", lambda x: np.pi * x),
    "step_factor": Case("return theta - 3.0 * grad", lambda theta, grad: theta - grad, STEPS),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_told(name: str) -> None:
    """An idiom is told where it is one, and otherwise the pattern of the numbers."""
    case = CASES[name]
    signature = signature_of(case.right)
    lines = case.body.replace("\n", "\n    ")
    source = f"def f({', '.join(signature.parameters)}):\n    {lines}\n"
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, "<f>", "exec"), namespace)

    def own_line(problem: BaseException) -> str:
        step = next(each for each in extract_tb(problem.__traceback__) if each.filename == "<f>")
        return f"cell 1, line {step.lineno}: {source.splitlines()[(step.lineno or 1) - 1].strip()}"

    backend = NotebookBackend(namespace, own_line)
    calls = [Call("f", each, backend.answer("f", [each], 5.0)[0]) for each in case.calls]
    answers = Answers(Functions(ReferenceBackend({"f": case.right})))
    cause = idiom_cause("f", calls, answers, signature, find_source([(1, source)], "f"))
    if not cause.kind:
        cause = pattern_cause("f", calls, answers, signature)
    assert cause.name == name
    assert cause.sentence.endswith((".", "?"))


def names_in(module: Any) -> Iterator[str]:
    """The names of what a module may find, as far as they stand in its source."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Found":
            found = node.args
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            found = node.value.elts
        if found and isinstance(found[0], ast.Constant):
            yield str(found[0].value)


def test_there_is_a_function_for_each() -> None:
    """Every idiom and pattern is named by a test of this room, or was found in a list of wrong functions."""
    here, lists = Path(__file__).parent, Path(__file__).parents[2] / "content" / "wrong_functions"
    files = [*here.glob("test_*.py"), *lists.rglob("*.py")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files)
    names = {*names_in(idioms), *names_in(patterns)}
    assert len(names) > 60
    assert sorted(name for name in names if f'"{name}"' not in texts) == []
