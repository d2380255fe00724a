"""What students are told agrees with every call: known mistakes, idioms, patterns and canonical forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.calls import Call, Functions
from autograder.checks.values import Value
from autograder.checks.variants import Variant
from autograder.checks.wrong_functions import WrongFunction, collect_wrong_functions
from autograder.course.assignment import Assignment, load_assignment, load_file
from autograder.course.course import find_course
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.causes import Answers, Cause, known_cause
from autograder.grading.patterns import Signature, pattern_cause
from autograder.grading.student_source import find_source

COURSE = find_course(Path(__file__).parent)
LISTS = Path(__file__).parents[2] / "content" / "wrong_functions"
PAGE = Path(__file__).parents[3] / "autograder" / "grading" / "README.md"
LEAST_TOLD = 0.6  # of an assignment's wrong functions: a mistake, an idiom or a repair
SAMPLE = 36  # every so many functions of a list are asked about in the quick suite
IDS = ("hw1-activations", "hw2-losses", "hw3-minibatch", "hw4-optimizers", "hw5-mnist")


def scale(x: Any, factor: float = 2.0) -> Any:
    """The reference of the small examples: x times a factor."""
    return factor * x


def mistake(name: str, body: Callable[..., Any], feedback: str = "") -> Variant:
    """A known mistake of `scale`."""
    return Variant(name, "scale", feedback or f"You made the mistake {name}.", body, "slip")


NO_FACTOR = mistake("no_factor", lambda x, factor=2.0: 1.0 * x)
SQUARED = mistake("squared", lambda x, factor=2.0: x * x)
ALWAYS_THREE = mistake("always_three", lambda x, factor=2.0: 3.0 * x)


def answers() -> Answers:
    """The reference's answers."""
    return Answers(Functions(ReferenceBackend({"scale": scale})))


def calls_of(function: Callable[..., Any], *arguments: tuple[Value, ...]) -> list[Call]:
    """A student's answers to calls of `scale`."""
    backend = NotebookBackend({"scale": function})
    return [Call("scale", each, backend.answer("scale", [each], 5.0)[0]) for each in arguments]


def known(function: Callable[..., Any], *arguments: tuple[Value, ...]) -> Cause:
    """The known mistake that is told."""
    mistakes = [NO_FACTOR, SQUARED, ALWAYS_THREE]
    return known_cause("scale", calls_of(function, *arguments), answers(), mistakes)


SOME = (np.array([1.5, -2.0]),)
OTHER = (np.array([0.5, 3.0, 4.0]),)


def test_a_mistake_that_explains_every_call_is_named() -> None:
    """Two calls that agree and could tell it from its neighbours are enough."""
    cause = known(lambda x, factor=2.0: x.copy(), SOME, OTHER)
    assert (cause.kind, cause.name, cause.agrees, cause.telling) == ("named", "no_factor", 2, 2)


def test_one_call_is_not_enough_to_name() -> None:
    """Where a single call tells a mistake from the others, the words are that it looks like it."""
    assert known(lambda x, factor=2.0: x.copy(), SOME).kind == "looks like"


def test_one_call_that_disagrees_is_enough_for_silence() -> None:
    """A function that makes a mistake for some arguments only does not make this mistake."""

    def sometimes(x: Any, factor: float = 2.0) -> Any:
        return x.copy() if len(x) == 2 else 7.0 * x

    assert known(sometimes, SOME, OTHER).kind == ""


def test_calls_that_cannot_tell_prove_nothing() -> None:
    """Where a mistake answers as its neighbours do, as for zeros, agreement says nothing."""
    zeros = [(np.zeros(size),) for size in (2, 3, 4)]
    assert known(lambda x, factor=2.0: x.copy(), *zeros).kind == ""
    # Of the arguments 0 and 1 both mistakes make the same.
    same = [(np.array([0.0, 1.0]),), (np.array([1.0, 0.0, 1.0]),)]
    assert known(lambda x, factor=2.0: x * x, *same).kind == ""


def test_a_right_function_is_told_nothing() -> None:
    """A mistake that differs from the reference nowhere among the calls is not told."""
    assert known(scale, SOME, OTHER).kind == ""


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (lambda x, factor=2.0: np.zeros(41) * x, "named"),  # the same message with another number
        (lambda x, factor=2.0: x @ np.zeros((29, 2)), ""),
        (lambda x, factor=2.0: int("a number"), ""),
    ],
)
def test_an_exception_of_the_same_type_names_nothing(other: Callable[..., Any], kind: str) -> None:
    """A mistake that only ever raises is told where the message is the same, numbers aside."""
    too_long = mistake("too_long", lambda x, factor=2.0: np.zeros(77) * x)
    cause = known_cause("scale", calls_of(other, SOME, OTHER), answers(), [NO_FACTOR, too_long])
    assert cause.kind == kind


@given(
    st.lists(
        st.lists(st.floats(-9, 9, allow_nan=False).filter(lambda x: abs(x) > 0.1), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["no_factor", "squared", "always_three", "something else", "sometimes"]),
)
@settings(max_examples=examples(200))
def test_what_is_named_explains_every_call(inputs: list[list[float]], habit: str) -> None:
    """Whatever the calls are: a mistake that is named answers all of them as the function does."""
    arguments = [(np.array(each),) for each in inputs]
    bodies: dict[str, Callable[..., Any]] = {
        each.name: each.body for each in (NO_FACTOR, SQUARED, ALWAYS_THREE)
    }

    def student(x: Any, factor: float = 2.0) -> Any:
        if habit in bodies:
            return bodies[habit](x)
        return x * x if habit == "sometimes" and len(x) > 1 else x - 0.3

    cause = known(student, *arguments)
    if cause.kind == "named":
        body = bodies[cause.name]
        assert all(np.allclose(body(x), student(x)) for (x,) in arguments)
        assert cause.agrees == cause.calls == len(arguments) >= 2


PATTERNS: list[tuple[str, Callable[..., Any]]] = [
    ("sign", lambda x, factor=2.0: -factor * x),
    ("always_zero", lambda x, factor=2.0: 0.0 * x),
    ("always_the_same", lambda x, factor=2.0: float(np.cos(np.sign(factor)))),
    ("argument_returned", lambda x, factor=2.0: x.copy()),
    ("divided_by_batch_size", lambda x, factor=2.0: factor * x / len(x)),
    ("default_always_used", lambda x, factor=2.0: 2.0 * x),
    ("constant_factor", lambda x, factor=2.0: 0.75 * factor * x),
    ("shifted", lambda x, factor=2.0: factor * x + 1.0),
    ("reversed", lambda x, factor=2.0: (factor * x)[::-1]),
    ("squared", lambda x, factor=2.0: (factor * x) ** 2),
    ("nothing_returned", lambda x, factor=2.0: None),
    ("one_region", lambda x, factor=2.0: np.where(x > 0, factor * x, np.sin(x))),
    ("default", lambda x, factor=3.0: factor * x),
    ("", lambda x, factor=2.0: np.sin(x)),
]


@pytest.mark.parametrize(("name", "function"), PATTERNS, ids=[name or "none" for name, _ in PATTERNS])
def test_patterns(name: str, function: Callable[..., Any]) -> None:
    """A pattern is told where all calls show it."""
    rng = np.random.default_rng(3)
    calls = [(rng.normal(size=size), 2.0 + size) for size in (3, 4, 6)] + [
        (rng.normal(size=size),) for size in (3, 5, 7)
    ]
    signature = Signature(("x", "factor"), (2.0,))
    assert pattern_cause("scale", calls_of(function, *calls), answers(), signature).name == name


@given(st.integers(2, 5), st.floats(-3, 3).filter(lambda x: abs(x) > 0.01), st.integers(0, 3))
@settings(max_examples=examples(100))
def test_a_pattern_that_one_call_contradicts_is_not_told(count: int, factor: float, odd: int) -> None:
    """A factor or a sign is not told of a function that one call shows without it."""
    rng = np.random.default_rng(count)
    inputs = [rng.normal(size=4) for _ in range(count)]

    def student(x: Any, factor_given: float = 2.0) -> Any:
        return np.cos(x) if np.array_equal(x, inputs[odd % count]) else factor * x

    cause = pattern_cause("scale", calls_of(student, *((x,) for x in inputs)), answers(), Signature(("x",)))
    assert cause.kind == ""


def test_a_region_is_told_of_functions_of_single_entries_only() -> None:
    """A function whose entries depend on one another has no region where it is wrong."""
    backend = ReferenceBackend({"scale": lambda x: x / np.abs(x).sum()})
    rng = np.random.default_rng(4)
    inputs = [(rng.normal(size=5),) for _ in range(4)]
    calls = calls_of(lambda x: np.where(x > 0, x / np.abs(x).sum(), 0.3), *inputs)
    assert pattern_cause("scale", calls, Answers(Functions(backend)), Signature(("x",))).kind == ""


# --- The source of a function --------------------------------------------------------------------

CELL = '''import numpy as np
def relu(x):
    return x


def relu(x,  # the input
         slope=0.25):
    """Text with def relu(x): in it

    and a line that starts at the left:
return
    """
    out = x.copy()  # x[x < 0] = 0
    out[x < 0] = 0
    return out
print(relu(1))'''


def test_the_last_definition_is_found() -> None:
    """The source is that of the last definition, whole, with its parameters and defaults."""
    found = find_source([(3, CELL), (5, "relu(3)")], "relu")
    assert found is not None
    assert (found.cell, found.line, found.lines[-1]) == (3, 6, "    return out")
    assert found.parameters == ("x", "slope")
    assert found.defaults == {"slope": 0.25}


def test_comments_and_texts_are_no_code() -> None:
    """A line is found in the code alone, and is shown with its cell and number."""
    found = find_source([(3, CELL)], "relu")
    assert found is not None
    assert found.find(r"x\[x < 0\]") == ""
    assert found.find(r"out\[x < 0\]") == "cell 3, line 14: out[x < 0] = 0"


@given(st.text(alphabet="def relu(x):\n\t \"'#[]{}\\,=0", max_size=300), st.text(max_size=60))
@settings(max_examples=examples(300))
def test_any_text_has_a_source_or_none(source: str, more: str) -> None:
    """Whatever a cell holds, looking for a function ends, and what is found stands in the cell."""
    cells = [(1, source + more), (2, f"def relu(x):{more}")]
    found = find_source(cells, "relu")
    if found is not None:
        lines = dict(cells)[found.cell].split("\n")
        assert [line.rstrip()[:200] for line in lines[found.line - 1 :]][: len(found.lines)] == list(
            found.lines
        )
        assert all(isinstance(name, str) for name in found.parameters)
        found.find("return")


# --- The course's lists --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=IDS)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """Each assignment of the course."""
    return load_assignment(COURSE, request.param)


def wrong_functions(assignment: Assignment) -> Sequence[WrongFunction]:
    """The wrong functions of an assignment's lists that were judged."""
    files = sorted(LISTS.glob(f"{assignment.id.replace('-', '_')}*.py"))
    return [wrong for path in files for wrong in collect_wrong_functions(load_file(path, path.stem))]


def asked(assignment: Assignment, listed: Sequence[WrongFunction]) -> tuple[int, list[str]]:
    """How many functions are told a cause, patterns aside, and what was not judged to be true.

    A repair needs no judgment: it says that one change makes all answers right, and was tried.
    """
    probe = CauseProbe(assignment)
    explained, false = 0, []
    for wrong in listed:
        cause = probe.told_cause(wrong.function, "import numpy as np\n" + wrong.source)
        explained += cause.kind in ("named", "looks like", "idiom")
        if cause.kind and cause.name not in wrong.true and not cause.name.startswith("repair: "):
            false.append(f"{wrong.function} ({wrong.cause}): {cause.kind} {cause.name}")
    return explained, false


def test_a_sample_of_wrong_functions_is_told_nothing_untrue(assignment: Assignment) -> None:
    """What is told for some of the listed functions was judged to be true by a person."""
    explained, false = asked(assignment, wrong_functions(assignment)[::SAMPLE])
    assert false == []
    assert explained


@pytest.mark.full
def test_no_wrong_function_is_told_what_is_not_true_of_it(assignment: Assignment) -> None:
    """Every cause that is told for the listed functions was judged to be true, and most are told one."""
    listed = wrong_functions(assignment)
    explained, false = asked(assignment, listed)
    assert false == []
    assert explained >= LEAST_TOLD * len(listed)


@pytest.mark.full
@pytest.mark.parametrize("name", ["fresh_1", "fresh_2"])
def test_a_fresh_list_is_told_what_the_page_says(assignment: Assignment, name: str) -> None:
    """Of lists written from the handouts alone as many are told a cause as is stated, none an untrue one."""
    path = LISTS / name / f"{assignment.id.replace('-', '_')}.py"
    listed = collect_wrong_functions(load_file(path, path.stem))
    explained, false = asked(assignment, listed)
    assert explained >= LEAST_TOLD * len(listed)
    if row := stated(name, assignment.id.split("-")[0]):
        functions, causes = row
        assert (len(listed), false) == (functions, [])
        assert abs(explained - causes) <= 1  # a search for repairs may end by its processor time


def stated(name: str, homework: str) -> tuple[int, int] | None:
    """Functions and causes in the row of the page about a list and a homework; None where there is no row."""
    row = re.search(rf"^\| {name[-1]} \| {homework} \| (\d+) \| (\d+) \|", PAGE.read_text("utf-8"), re.M)
    return (int(row[1]), int(row[2])) if row else None


def test_the_page_states_what_the_lists_hold() -> None:
    """Each row counts the functions of its list and their judgments; the share with a cause is enough."""
    row = r"^\| ([12]) \| (hw\d) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$"
    rows = re.findall(row, PAGE.read_text("utf-8"), re.M)
    assert len(rows) >= 8
    for number, homework, functions, causes, patterns, nothing in rows:
        path = next((LISTS / f"fresh_{number}").glob(f"{homework}_*.py"))
        listed = collect_wrong_functions(load_file(path, path.stem))
        judged = sum(bool(wrong.true) for wrong in listed)
        assert (len(listed), judged) == (int(functions), int(causes) + int(patterns)), path
        assert int(functions) == judged + int(nothing)
        assert int(causes) >= LEAST_TOLD * len(listed)
