"""Mutants of the right answers: what they are, and what the hidden checks make of them."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from command import autograder
from examples import examples, shared_out
from hypothesis import given, settings
from hypothesis import strategies as st
from repository_assignments import NAMES, assignment
from tiny_course import ASSIGNMENT

from autograder.authoring.lint_mutants import MutationProof
from autograder.authoring.mutant_trial import Trial, inputs_of, run_trials
from autograder.authoring.mutation import Base, Mutant, bases_of, mutants_of, speaking_names
from autograder.checks.calls import quiet
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course, find_course

INPUTS = '''
"""Arguments for the functions of the tiny course."""

import numpy as np

from autograder.checks import any_shape, inputs, numbers


@inputs(function="double")
def double_inputs(rng):
    return (numbers(rng, any_shape(rng)),)


@inputs(function="double_backward")
def double_backward_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape)


@inputs(function="mean_square")
def mean_square_inputs(rng):
    return (numbers(rng, any_shape(rng)),)
'''
SURVIVORS = f"solutions/{ASSIGNMENT}/surviving_mutants.yaml"
CHECKS = f"solutions/{ASSIGNMENT}/checks.py"


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course, with inputs."""
    copy = shutil.copytree(tiny_course.root, tmp_path / "course")
    (copy / f"solutions/{ASSIGNMENT}/inputs.py").write_text(INPUTS, encoding="utf-8")
    return copy


def loaded(course: Path) -> Assignment:
    """The assignment of a copy."""
    return load_assignment(find_course(course), ASSIGNMENT)


def survivors(course: Path) -> list[str]:
    """The faults that lint finds in all mutants of a copy."""
    proof = MutationProof(loaded(course), count=60)
    for function in proof.assignment.functions:
        proof.judge(function)
    return [fault.message for fault in proof.faults()]


def base(source: str) -> Base:
    """A base of one definition."""
    name = ast.parse(source).body[0].name  # type: ignore[attr-defined]  # it is a definition
    return Base("reference", name, (source,), {"np": np})


@pytest.mark.parametrize("name", shared_out(NAMES, NAMES[1:2]))
def test_every_mutant_is_another_program(name: str) -> None:
    """Each mutant of each right answer is a program that can be run, and none has the text of another one."""
    for function in assignment(name).functions:
        for right in bases_of(assignment(name), function):
            texts = {right.definitions}
            for number, mutant in enumerate(mutants_of(right)):
                assert mutant.definitions not in texts
                texts.add(mutant.definitions)
                if number % 40 == 0:
                    assert callable(mutant.body())


@settings(max_examples=examples(60), deadline=None)
@given(
    st.recursive(
        st.sampled_from(["x", "y", "2.0", "3"]),
        lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        max_leaves=6,
    )
)
def test_the_base_comes_out_unharmed(expression: str) -> None:
    """Mutating any formula leaves its text alone, and every mutant's text can be parsed."""
    right = base(f"def f(x, y=2.0):\n    return {expression}")
    before = list(mutants_of(right))
    assert [mutant.definitions for mutant in mutants_of(right)] == [mutant.definitions for mutant in before]
    for mutant in before:
        ast.parse("\n".join(mutant.definitions))


@pytest.mark.parametrize(
    ("source", "effect"),
    [
        ("def f(x, y):\n    return x - y", "`y` is added, not subtracted"),
        ("def f(x, y):\n    return x / y", "the division by `y` is missing"),
        ("def f(x, y):\n    return np.where(x > 0, x, y)", "the two cases are exchanged"),
        ("def f(x, y):\n    x = x + y\n    return x * y", "the old `x` is used where the new one belongs"),
        ("def f(x, y):\n    return x.sum(axis=0)", "a mean is taken where a sum belongs"),
        ("def f(x, y):\n    return x, y", "the results come in the other order"),
        ("def f(x, y=0.5):\n    return x * y", "a `y` of 0 is taken for none"),
        ("def f(x, y):\n    return (1 - y) * x", "`y` stands where 1 minus it belongs"),
        ("def f(x, y):\n    return x / y + y / x", "a product stands wherever a division belongs"),
    ],
)
def test_an_edit_is_told_by_its_effect(source: str, effect: str) -> None:
    """Each kind of natural edit comes up, with a clause that names parameters and no code."""
    assert effect in {mutant.effect for mutant in mutants_of(base(source))}


HELPER = "def half(x):\n    return x / 2"


@pytest.mark.parametrize(
    ("definitions", "names"),
    [
        (("def f(x, t):\n    x = np.clip(x, 0, 1)\n    return x + t",), [("x", "t")]),
        (("def f(x, t):\n    for _ in range(t):\n        x = x @ x\n    return x",), [("t",)]),
        (("def f(x, t):\n    return [x @ x for x in x]",), [("t",)]),
        (("def f(x, t):\n    return half(x)", HELPER), [("x", "t"), ("x",)]),
        (("def f(x, t):\n    return half(x=x)", HELPER), [("x", "t"), ("x",)]),
        (("def f(x, t):\n    return half(x) + half(x + t)", HELPER), [("x", "t"), ()]),
        (("def f(x, t):\n    return list(map(half, x))", HELPER), [("x", "t"), ()]),
        (("def f(x, t):\n    return f(x / 2, t) if t else x",), [("t",)]),
        (("def f(t, x):\n    return half(t)", "def half(a):\n    x = a / 2\n    return x"), [("t", "x"), ()]),
    ],
)
def test_a_clause_names_no_parameter_that_holds_something_else(
    definitions: tuple[str, ...], names: list[tuple[str, ...]]
) -> None:
    """A parameter's name that a loop, a recursion or a helper uses for other values is not spoken of."""
    assert speaking_names(Base("reference", "f", definitions, {"np": np})) == names


@pytest.mark.parametrize("name", NAMES)
def test_a_helper_gets_the_very_argument_whose_name_it_speaks(name: str) -> None:
    """Whenever a right answer runs, what a helper gets under such a name is what the function was given."""
    generators = inputs_of(assignment(name))
    for function in set(assignment(name).functions) - {"train", "tune_sgd"}:
        arguments = generators[function](np.random.default_rng(3))
        for each in bases_of(assignment(name), function):
            names = dict(zip(map(_name_of, each.definitions), speaking_names(each), strict=True))
            for place, got, expected in arguments_of_helpers(each, arguments, names):
                assert got is expected, f"{function}, {each.name}: {place}"


def _name_of(definition: str) -> str:
    tree = ast.parse(definition).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree.name


def arguments_of_helpers(
    tried: Base, arguments: tuple[Any, ...], names: dict[str, tuple[str, ...]]
) -> list[tuple[str, Any, Any]]:
    """For each call inside a base: definition and name, what came under it, and what the function got."""
    given = dict(zip(tried.parameters, arguments, strict=False))
    found: list[tuple[str, Any, Any]] = []  # filled while the base runs

    def called(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename == f"<{tried.name}>" and code.co_name in names:
            formal = set(code.co_varnames[: code.co_argcount])
            spoken = formal & set(names[code.co_name]) & given.keys()
            found.extend((f"{code.co_name}: {name}", frame.f_locals[name], given[name]) for name in spoken)

    body = tried.body_of(tried.definitions)
    before = sys.getprofile()
    sys.setprofile(called)
    try:
        with quiet():
            body(*arguments)
    finally:
        sys.setprofile(before)
    return found


def test_sharp_checks_leave_no_survivor(course: Path) -> None:
    """Where checks look at numbers of any size, at dtypes and at arguments, no mutant is left."""
    path = course / CHECKS
    text = path.read_text(encoding="utf-8")
    text = text.replace("assert_depends, assert_same\n", "assert_depends, assert_same_widely\n")
    text = text.replace("assert_same(student", "assert_same_widely(student")
    text = text.replace(
        "    gradient_check(",
        "    backwards = student.double_backward, reference.double_backward\n"
        "    assert_same_widely(*backwards, x, grad_out)\n    gradient_check(",
    )
    path.write_text(text, encoding="utf-8")
    assert survivors(course) == []


def test_a_hole_in_the_checks_is_found(course: Path) -> None:
    """A check that draws numbers of order 1 only lets a cap at 6 through; lint names the mutant."""
    messages = survivors(course)
    assert any("rejects this mutant: double, reference: result capped at 6" in m for m in messages)
    assert any("the checks of double reject" in message for message in messages)


def test_what_a_sentence_allows_is_no_fault(course: Path) -> None:
    """A listed survivor is no fault; an entry without a survivor or without a rule is."""
    (course / SURVIVORS).write_text(
        "rules: {size: Inputs are of order 1.}\n"
        "allowed:\n"
        "  - {function: double, rule: size, why: They differ beyond., mutants: ['*capped*', '*clipped*']}\n"
        "  - {function: double, rule: none, why: This one is never needed., mutants: ['no such mutant']}\n",
        encoding="utf-8",
    )
    messages = survivors(course)
    assert not [message for message in messages if "double, reference: result capped" in message]
    assert any("no mutant of double survives as 'no such mutant'" in message for message in messages)
    assert any("names the rule 'none'" in message for message in messages)


@pytest.mark.full
def test_a_mutant_may_loop_or_end_the_process(course: Path) -> None:
    """One that never returns and one that ends its process are killed; those after them are judged."""
    tiny = loaded(course)
    trial = Trial(tiny, "double", inputs_of(tiny)["double"], seed=1, count=30)
    (right,) = [each for each in bases_of(tiny, "double") if each.name == "reference"]
    sources = (
        "def double(x):\n    while True:\n        pass",
        "def double(x):\n    import os\n    os._exit(3)",
        "def double(x):\n    return x * 3",
        "def double(x):\n    return x + x",
    )
    verdicts = list(run_trials(trial, [Mutant(right, (source,), "by hand") for source in sources]))
    assert [(verdict.outcome, verdict.check) for verdict in verdicts] == [
        ("killed", "out of time"),
        ("killed", "ends the process"),
        ("killed", "double_values"),
        ("equal", ""),
    ]


@pytest.mark.parametrize("name", shared_out(NAMES, NAMES[1:2]))
def test_a_sample_of_the_course_is_rejected(name: str) -> None:
    """Of a few mutants of every function, no unlisted one passes all hidden checks."""
    proof = MutationProof(assignment(name), most=5, count=100)
    for function in proof.assignment.functions:
        if function != "train":  # each of its mutants trains networks
            proof.judge(function)
    assert [fault.message for fault in proof.faults()] == []


@pytest.mark.full
def test_the_command_shows_a_score_for_each_task(course: Path) -> None:
    """`autograder lint --mutants` prints mutants, killed and score by task, and fails where one survives."""
    result = autograder("lint", ASSIGNMENT, "--mutants", folder=course)
    assert result.returncode == 3
    assert "mean_square" in result.stdout
    assert "score" in result.stdout
    assert "rejects this mutant" in result.stdout
