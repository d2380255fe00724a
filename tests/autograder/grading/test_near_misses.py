"""Near misses: a natural edit of a right answer explains a wrong function that is on no list."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository_assignments import NAMES, assignment
from tiny_course import ASSIGNMENT

from autograder.authoring.near_misses import faults_in_near_misses, write_near_misses
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.near_misses import FILE, OPEN, load_near_misses, numbers_in, tokens_of

EXPLAINED = [
    (
        "hw1-activations",
        "leaky_relu",
        "def leaky_relu(x, slope=0.01):\n    return np.where(x > 0, x, abs(slope * x))",
        "",  # a known mistake says it: the left side is mirrored
    ),
    (
        "hw1-activations",
        "prelu",
        "def prelu(x, alpha):\n    return np.where(x > 0, x, np.abs(alpha) * x)",
        "the absolute value of `alpha` is taken where it belongs as it is",
    ),
    (
        "hw2-losses",
        "softmax",
        "def softmax(z):\n    e = np.exp(z - np.mean(z, axis=1, keepdims=True))\n"
        "    return e / np.sum(e, axis=1, keepdims=True)",
        "a mean is taken where a maximum belongs",
    ),
    (
        "hw3-minibatch",
        "inverse_sqrt_decay",
        "def inverse_sqrt_decay(lr, t):\n    return lr / np.sqrt(t + 2)",
        "2 stands where another number belongs",
    ),
    (
        "hw4-optimizers",
        "nesterov_update",
        "def nesterov_update(theta, grad, velocity, lr, mu=0.9):\n    v = mu * velocity - lr * grad\n"
        "    return theta + mu * v + lr * grad, v",
        "the part with `grad` and `lr` is added, not subtracted",
    ),
]
SILENT = {
    "the rate is squared in another way than the edit": (
        "hw3-minibatch",
        "sgd_update",
        "def sgd_update(theta, grad, lr):\n    return theta - lr * np.multiply(lr, grad)",
    ),
    "the order of batches is free": (
        "hw3-minibatch",
        "minibatches",
        "def minibatches(x, y, batch_size, seed):\n"
        "    order = np.random.default_rng(seed).permutation(len(x))[1:]\n"
        "    for i in range(0, len(order), batch_size):\n"
        "        yield x[order[i:i + batch_size]], y[order[i:i + batch_size]]",
    ),
    "the name of the images, where a hidden layer is meant": (
        "hw5-mnist",
        "predict",
        "def predict(params, x):\n"
        "    h = x\n"
        "    for W, b in params[:-1]:\n"
        "        h = np.maximum(h @ W + b, 0)\n"
        "    return np.abs(h @ params[-1][0] + params[-1][1]).argmax(axis=1)",
    ),
    "another formula altogether": (
        "hw1-activations",
        "relu",
        "def relu(x):\n    return np.tanh(x) + np.cos(x)",
    ),
}


@cache
def probe(name: str) -> CauseProbe:
    """The probe of one of the repository's assignments."""
    return CauseProbe(assignment(name))


@pytest.mark.parametrize(("name", "function", "source", "effect"), EXPLAINED)
def test_the_edit_is_told_by_its_effect(name: str, function: str, source: str, effect: str) -> None:
    """The sentence says what the edit does and agrees with every call; known mistakes come first."""
    cause = probe(name).told_cause(function, source, repairs=False)
    assert (effect in cause.sentence) if effect else not cause.name.startswith("near miss")
    if effect:
        assert cause.kind == "looks like"
        assert cause.agrees == cause.calls


@pytest.mark.parametrize("case", SILENT)
def test_nothing_is_told_without_proof(case: str) -> None:
    """No near miss is told where the student's code does not hold the edit, or where order is free."""
    name, function, source = SILENT[case]
    assert not probe(name).told_cause(function, source, repairs=False).name.startswith("near miss")


@pytest.mark.parametrize("name", NAMES)
def test_sentences_show_no_code(name: str) -> None:
    """Every effect is a clause of words, and what it quotes are parameters of the function."""
    for function, near_misses in load_near_misses(assignment(name)).by_function.items():
        for near_miss in near_misses:
            assert near_miss.subject <= set(assignment(name).parameters[function])
            words = re.sub(r"`\w+`", "", near_miss.effect.replace(OPEN, ""))
            assert not re.search(r"np\.|\*|==|\[|:|return", words), near_miss.effect


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_up_to_date(name: str) -> None:
    """They were built from the present right answers, and functions that draw random numbers have none."""
    assert list(faults_in_near_misses(assignment(name))) == []
    found = load_near_misses(assignment(name)).by_function
    assert not [function for function in found if "seed" in assignment(name).parameters[function]]
    assert all(found.values())


INPUTS = """
from autograder.checks import inputs, numbers


@inputs(function="double")
def double_inputs(rng):
    return (numbers(rng, (3,)),)


@inputs(function="double_backward")
def double_backward_inputs(rng):
    return numbers(rng, (3,)), numbers(rng, (3,))


@inputs(function="mean_square")
def mean_square_inputs(rng):
    return (numbers(rng, (3,)),)
"""


def test_a_changed_answer_makes_the_file_stale(tiny_course: Course, tmp_path: Path) -> None:
    """Built twice the file is the same; lint asks for it again when a right answer has changed."""
    copy = shutil.copytree(tiny_course.root, tmp_path / "course")
    solution = copy / "solutions" / ASSIGNMENT
    (solution / "inputs.py").write_text(INPUTS, encoding="utf-8")
    tiny = load_assignment(find_course(copy), ASSIGNMENT)
    assert [fault.message for fault in faults_in_near_misses(tiny)] == [
        f"is missing; run: autograder near-misses {ASSIGNMENT}"
    ]
    assert write_near_misses(tiny) > 0
    first = (solution / FILE).read_bytes()
    write_near_misses(tiny)
    assert (solution / FILE).read_bytes() == first
    assert json.loads(first)["functions"].keys() == {"double", "double_backward", "mean_square"}
    assert list(faults_in_near_misses(tiny)) == []
    path = solution / "alternatives.py"
    path.write_text(path.read_text(encoding="utf-8").replace("x + x", "x + 1.0 * x"), encoding="utf-8")
    changed = load_assignment(find_course(copy), ASSIGNMENT)
    assert "other right answers of double" in next(faults_in_near_misses(changed)).message


@given(st.text(max_size=300))
def test_any_text_has_tokens_and_numbers(text: str) -> None:
    """Whatever stands in a notebook, counting its tokens raises nothing, and counts are positive."""
    assert all(count > 0 for count in tokens_of(text, ["x"]).values())
    assert len(numbers_in(text)) <= 6


def test_tokens_do_not_depend_on_names_and_style() -> None:
    """Parameters count by position; comments and the names of variables do not count."""
    commented = tokens_of("y = np.maximum(0.0, x)  # x > 3\nreturn y", ["x"])
    assert commented - tokens_of("=", []) == tokens_of("return np.maximum(0, z)", ["z"])
