"""`autograder import`: notebooks of nbgrader and otter come over with tests, without solutions."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import autograder
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.authoring.from_notebook import assignment_from, varied_arguments
from autograder.authoring.imported_tests import nbgrader_test, ok_tests, otter_test
from autograder.authoring.lint_handout import faults_in_handout
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.sandbox.cells import is_stub

GRADED, MANUAL = {"grade": True, "solution": False}, {"grade": True, "solution": True}
ANSWER = {"grade": False, "solution": True}
NBGRADER: list[tuple[str, str, dict[str, Any]]] = [
    ("markdown", "# Scaling", {}),
    ("code", "import numpy as np\nbase = np.arange(4.0)\nbase[0] = 3", {}),
    (
        "code",
        "def scaled(x, factor=2.0):\n    ### BEGIN SOLUTION\n    if factor <= 0:\n"
        '        raise ValueError("factor")\n    return np.sqrt(factor) * x  # secret\n    ### END SOLUTION',
        {**ANSWER, "grade_id": "scaled"},
    ),
    ("code", "scaled(np.linspace(-1, 1, 6).reshape(3, 2), 0.5)", {}),
    (
        "code",
        '"""Check that scaled multiplies by the root."""\nfrom numpy.testing import assert_allclose\n'
        "assert_allclose(scaled(base, factor=4.0), 2 * base)\n### AUTOTEST scaled(base); scaled(base, 9)\n"
        "### BEGIN HIDDEN TESTS\nassert scaled(np.ones(3), 16.0)[1] == 4\n### END HIDDEN TESTS",
        {**GRADED, "points": 3, "grade_id": "test-scaled"},
    ),
    (
        "code",
        "import pytest\nwith pytest.raises(ValueError):\n    scaled(base, factor=-1)",
        {**GRADED, "points": 1, "grade_id": "test-raises"},
    ),
    ("code", "### BEGIN SOLUTION\nlimit = 17.25\n### END SOLUTION", {**ANSWER, "grade_id": "limit"}),
    ("code", "assert limit > 17", {**GRADED, "points": 2, "grade_id": "test-limit"}),
    ("markdown", "Why the root?", {}),
    (
        "markdown",
        "### BEGIN SOLUTION\nBecause variances add up.\n### END SOLUTION",
        {**MANUAL, "points": 2, "grade_id": "why-root"},
    ),
]
OTTER: list[tuple[str, str, dict[str, Any]]] = [
    ("raw", "# ASSIGNMENT CONFIG\nname: lab", {}),
    ("code", "import numpy as np", {}),
    ("raw", "# BEGIN QUESTION\nname: q1\npoints: 4", {}),
    ("raw", "# BEGIN SOLUTION", {}),
    (
        "code",
        'def shifted(x, by):\n    """x moved by a number."""\n    moved = x + by # SOLUTION\n'
        "    return moved # SOLUTION",
        {},
    ),
    ("raw", "# END SOLUTION", {}),
    ("raw", "# BEGIN TESTS", {}),
    ("code", "shifted(np.array([1.0, 2.0]), 0.5)", {}),
    (
        "code",
        '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\nassert shifted(1.0, 2.5) == 3.5',
        {},
    ),
    ("raw", "# END TESTS", {}),
    ("raw", "# END QUESTION", {}),
    ("raw", "# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 3", {}),
    ("markdown", "What does it do?", {}),
    ("raw", "# BEGIN SOLUTION", {}),
    ("markdown", "It moves.", {}),
    ("raw", "# END SOLUTION", {}),
    ("raw", "# END QUESTION", {}),
]


def write_notebook(path: Path, cells: list[tuple[str, str, dict[str, Any]]]) -> Path:
    """A notebook with nbgrader's metadata in its cells, as its plugin saves them."""
    code: dict[str, Any] = {"outputs": [], "execution_count": None}
    made = [
        {
            "cell_type": kind,
            "metadata": {"nbgrader": {"schema_version": 3, **nbgrader}} if nbgrader else {},
            "source": source,
            **(code if kind == "code" else {}),
        }
        for kind, source, nbgrader in cells
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_course_of_nbgrader(tmp_path: Path) -> None:
    """Points, visible and hidden tests, autotests, exceptions and manual cells come over."""
    write_notebook(tmp_path / "old/source/scaling/scaling.ipynb", NBGRADER)
    write_notebook(tmp_path / "old/release/scaling/scaling.ipynb", NBGRADER)
    course = tmp_path / "new"
    course.mkdir()
    done = autograder("import", tmp_path / "old", folder=course)
    assert done.returncode == 0, done.stderr
    assert "scaling.ipynb became scaling" in done.stdout and "1 of 1 notebooks" in done.stdout
    made = load_assignment(find_course(course), "scaling")
    assert made.functions == ["scaled"]
    assert made.file.points == 3 + 1 + 2
    assert [(task.id, task.points) for task in made.file.written_tasks] == [("why-root", 2)]
    assert made.model_answers["why-root"].answer == "Because variances add up."
    hidden = (course / "solutions/scaling/checks.py").read_text()
    public = (course / "assignments/scaling/checks.py").read_text()
    assert "scaled(np.ones(3), 16.0)" in hidden and "scaled(np.ones(3), 16.0)" not in public
    assert "assert_raises(scaled, ValueError, base, -1)" in hidden
    assert "scaled(base, 9)" in public and "reference" not in public
    handout = made.handout.read_text()
    for secret in ("# secret", "np.sqrt(factor)", "17.25", "variances", "HIDDEN", "16.0"):
        assert secret not in handout
    report = (course / "solutions/scaling/imported.md").read_text()
    assert "The test in cell 8 (2 points) was left out: it looks at `limit`" in report


def test_a_course_again(tmp_path: Path) -> None:
    """What came over is left as it is, what did not is tried again; half an assignment is never there."""
    write_notebook(tmp_path / "old/source/first/first.ipynb", NBGRADER)
    broken: list[tuple[str, str, dict[str, Any]]] = [("markdown", "# \udc80", {}), *NBGRADER[1:]]
    write_notebook(tmp_path / "old/source/second/second.ipynb", broken)
    course = tmp_path / "new"
    course.mkdir()
    first = autograder("import", tmp_path / "old", folder=course)
    assert "second.ipynb was left out: The notebook of second holds half a character" in first.stdout
    assert not (course / "assignments/second").exists() and not (course / "solutions/second").exists()
    handout = course / "assignments/first/first.ipynb"
    handout.write_text(handout.read_text().replace("Scaling", "Scaled by me"))
    write_notebook(tmp_path / "old/source/second/second.ipynb", NBGRADER)
    again = autograder("import", tmp_path / "old", folder=course)
    assert again.returncode == 0, again.stderr
    assert "first.ipynb came over before: solutions/first/imported.md" in again.stdout
    assert "second.ipynb became second" in again.stdout and "2 of 2 notebooks" in again.stdout
    assert "Scaled by me" in handout.read_text()


@pytest.mark.full
def test_checks_are_proven(tmp_path: Path) -> None:
    """Lint finds nothing wrong with the checks; what it may ask for is a mistake that can be named."""
    path = write_notebook(tmp_path / "scaling.ipynb", NBGRADER)
    assert autograder("import", path, folder=tmp_path).returncode == 0
    linted = autograder("lint", "scaling", folder=tmp_path)
    faults = [line for line in linted.stdout.splitlines() if line.startswith(("assignments/", "solutions/"))]
    assert [line for line in faults if "is caught but not named" not in line] == [], linted.stdout
    assert "keeps" in linted.stdout and "Traceback" not in linted.stderr


def test_a_notebook_of_otter_with_ok_tests(tmp_path: Path) -> None:
    """Questions share their points among tests; OK files beside the notebook count, too."""
    path = write_notebook(tmp_path / "lab/lab.ipynb", OTTER)
    (path.parent / "tests").mkdir()
    (path.parent / "tests/q1.py").write_text(
        "OK_FORMAT = True\ntest = {'name': 'q1', 'points': 1, 'suites': [{'cases': [\n"
        "{'code': '>>> shifted(2.0, 1.0)\\n3.0', 'hidden': False, 'locked': False},\n"
        "{'code': '>>> bool(shifted(2.0, 1.0) > 2)\\nTrue', 'hidden': True}]}]}\n"
    )
    done = autograder("import", path, "--name", "shifting", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    made = load_assignment(find_course(tmp_path), "shifting")
    assert {check.id for check in made.hidden_checks} >= {
        "test_cell_8",
        "test_cell_9",
        "test_tests_q1_case_1",
    }
    assert made.file.points == pytest.approx(4 + 1 + 3)
    handout = made.handout.read_text()
    assert "x + by" not in handout and "It moves." not in handout and "BEGIN" not in handout
    assert "3.5" not in (tmp_path / "assignments/shifting/checks.py").read_text()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([("markdown", "Only words.", {})], "has no function"),
        (
            [("code", "class Tree:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION", ANSWER)],
            "students write the class Tree",
        ),
        (
            [
                (
                    "code",
                    "def f(x):\n    ### BEGIN SOLUTION\n    return slice(x)\n    ### END SOLUTION",
                    ANSWER,
                ),
                ("code", "f(1)", {}),
            ],
            "returns a slice",
        ),
    ],
)
def test_what_cannot_come_over(
    tmp_path: Path, cells: list[tuple[str, str, dict[str, Any]]], sentence: str
) -> None:
    """The reason is said, nothing half is written, and the exit code is an error's."""
    path = write_notebook(tmp_path / "odd.ipynb", cells)
    done = autograder("import", path, folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert sentence in " ".join((done.stdout + done.stderr).split()) and "Traceback" not in done.stderr
    assert not (tmp_path / "assignments").exists()


def test_the_test_that_its_own_solution_fails(tmp_path: Path) -> None:
    """It is left out and named: a check that nobody can pass would take points from everybody."""
    cells = [*NBGRADER[:4], ("code", "assert scaled(base)[0] == 99", {**GRADED, "points": 5})]
    path = write_notebook(tmp_path / "wrong.ipynb", cells)
    assert autograder("import", path, folder=tmp_path).returncode == 0
    assert "the solution itself does not pass it" in (tmp_path / "solutions/wrong/imported.md").read_text()
    assert "== 99" not in (tmp_path / "solutions/wrong/checks.py").read_text()


WORDS = st.text("abcdefgh", min_size=6, max_size=12).map(lambda word: f"zz{word}")


@settings(max_examples=8)
@given(secrets=st.lists(WORDS, min_size=1, max_size=5, unique=True), kind=st.integers(0, 4))
def test_no_solution_is_left(tmp_path_factory: pytest.TempPathFactory, secrets: list[str], kind: int) -> None:
    """Whatever stands in a marked region, on a marked line or in an unmarked answer cell is in no handout."""
    body = "\n".join(f"{word} = 1" for word in secrets)
    indented = body.replace("\n", "\n    ")
    deep = body.replace("\n", "\n" + " " * 8)
    cell = {
        0: f"### BEGIN SOLUTION\n{body}\n### END SOLUTION",
        1: "\n".join(f"{line} # SOLUTION NO PROMPT" for line in body.split("\n")),
        2: f"for i in range(2):\n    # BEGIN SOLUTION\n    {indented}\n    # END SOLUTION",
        3: body,
        4: f"class K:\n    def g(self):\n        ## BEGIN SOLUTION\n        {deep}\n        ## END SOLUTION",
    }[kind]
    path = write_notebook(
        tmp_path_factory.mktemp("secret") / "n.ipynb", [*NBGRADER[:4], ("code", cell, {**ANSWER})]
    )
    made = assignment_from(path, "n", "N", [])
    text = "\n".join(item.source for item in made.cells)
    assert not [word for word in secrets if word in text]


def delimited(kind: str, text: str) -> tuple[str, str, dict[str, Any]]:
    """A cell that delimits otter's blocks: raw, or in Markdown as such or as a block of code."""
    return {
        "raw": ("raw", text, {}),
        "markdown": ("markdown", text, {}),
        "fenced": ("markdown", f"```otter\n{text}\n```", {}),
    }[kind]


def old_question(kind: str, settings: str) -> tuple[str, str, dict[str, Any]]:
    """A question's text with settings in it, as otter's old format and jassign have them."""
    start, end = {"old": ("```\n", "\n```"), "comment": ("<!--\n", "\n-->")}[kind]
    return "markdown", f"Triple it.\n\n{start}BEGIN QUESTION\n{settings}{end}", {}


@settings(max_examples=15)
@given(
    kind=st.sampled_from(["raw", "markdown", "fenced", "old", "comment"]),
    mark=st.sampled_from(
        ["# HIDDEN", "#hidden", "# HIDDEN TEST", "## Hidden Test ##", "# hidden tests", "config"]
    ),
    body=st.sampled_from(
        [
            "assert tripled(7123) == 21369",
            "tripled(7123)",
            "def right(x):\n    return 3 * x\nassert tripled(7123) == right(7123)",
        ]
    ),
)
def test_hidden_tests_of_otter_stay_hidden(
    tmp_path_factory: pytest.TempPathFactory, kind: str, mark: str, body: str
) -> None:
    """In whatever cells otter's blocks and marks stand: no student sees a hidden test, and it counts."""
    is_old = kind in ("old", "comment")
    if mark == "config":
        mark = "# HIDDEN TEST" if is_old else '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG'
    solution: tuple[str, str, dict[str, Any]] = (
        "code",
        'def tripled(x):\n    """3 x."""\n    return 3 * x # SOLUTION',
        {},
    )
    tests: list[tuple[str, str, dict[str, Any]]] = [
        ("code", "# TEST\ntripled(2) == 6" if is_old else "assert tripled(2) == 6", {}),
        ("code", f"{mark}\n{body}", {}),
    ]
    points = "name: q1\npoints:\n  - 1\n  - 4"
    if is_old:
        cells = [old_question(kind, points), solution, *tests, ("markdown", "The end", {})]
    else:
        begin, end = delimited(kind, f"# BEGIN QUESTION\n{points}"), delimited(kind, "# END QUESTION")
        block = [delimited(kind, "# BEGIN TESTS"), *tests, delimited(kind, "# END TESTS")]
        cells = [begin, ("markdown", "Triple it.", {}), solution, *block, end]
    made = assignment_from(write_notebook(tmp_path_factory.mktemp("otter") / "n.ipynb", cells), "n", "N", [])
    (task,) = made.tasks
    shown = "\n".join([*(cell.source for cell in made.cells), *(check.body for check in task.public)])
    assert "7123" not in shown and "BEGIN" not in shown
    assert [("7123" in check.body, check.points) for check in task.hidden] == [(False, 1), (True, 4)]
    assert "Triple it." in shown


def test_an_answer_in_words_of_otters_old_format(tmp_path: Path) -> None:
    """A manual question's model answer becomes a written task; it and seeds are not in the handout."""
    cells = [
        old_question("old", "name: why\nmanual: true\npoints: 3"),
        ("markdown", "**SOLUTION:** Because it is linear.", {}),
        old_question("comment", "name: q2"),
        (
            "code",
            'np.random.seed(77123) # SEED\ndef tripled(x):\n    """3 x."""\n    return 3 * x # SOLUTION\n'
            "    ''' # BEGIN PROMPT\n    # Write it here.\n    '''; # END PROMPT",
            {},
        ),
        ("code", "# test\ntripled(2)", {}),
    ]
    made = assignment_from(write_notebook(tmp_path / "n.ipynb", cells), "n", "N", [])
    handout = "\n".join(cell.source for cell in made.cells)
    assert "linear" not in handout and "77123" not in handout and "PROMPT" not in handout
    assert [(answer.id, answer.points) for answer in made.written] == [("why", 3)]
    assert len(made.tasks[0].hidden) == 1


def test_hashed_autotests_are_hidden() -> None:
    """What nbgrader hides behind a digest is not shown to students."""
    test = nbgrader_test(1, "### AUTOTEST f(1); f(2)\n### HASHED AUTOTEST f(3)", 1.0)
    assert "f(1)" in test.visible and "f(2)" in test.visible and "f(3)" not in test.visible
    assert "f(3)" in test.hidden


def test_marked_functions_of_ok_files() -> None:
    """Otter's newer files hold functions with a decorator; they are read, never run."""
    source = (
        "OK_FORMAT = False\nfrom otter.test_files import test_case\n"
        "@test_case(points=2, hidden=True)\ndef test_it(env):\n    assert f(1) == 1\nraise SystemExit\n"
    )
    (test,) = ok_tests("tests/q.py", source, 9)
    assert (test.points, test.visible, test.hidden) == (2.0, "", "assert f(1) == 1")


POLAR: list[tuple[str, str, dict[str, Any]]] = [
    ("code", "import numpy as np", {}),
    (
        "code",
        "def length(x, y=0.0):\n    '''The length of a vector.\n\n    Parameters\n    ----------\n"
        "    x, y: numbers\n"
        "    '''\n    x = float(x)\n    ### BEGIN SOLUTION\n    squares = x * x + y * y\n"
        "    return float(np.sqrt(squares))\n    ### END SOLUTION",
        ANSWER,
    ),
    (
        "code",
        'for given in ({"x": 3.0, "y": 4.0}, {"x": -2.0}):\n    assert length(**given) in (5.0, 2.0)',
        {**GRADED, "points": 3},
    ),
    (
        "code",
        "scale = 2.5\nassert [length(*pair) for pair in [(3.0, 4.0)]] == [5.0]",
        {**GRADED, "points": 1},
    ),
    ("code", "print(scale * length(1.0, 1.0))", {}),
    ("code", "import pandas\npandas.DataFrame()", {}),
    (
        "code",
        'def unit(x, y):\n    """The vector of length 1."""\n    ### BEGIN SOLUTION\n'
        "    return np.array([x, y]) / length(x, y)\n    ### END SOLUTION",
        ANSWER,
    ),
    (
        "code",
        "import scipy\nfrom numpy.testing import assert_allclose\n"
        "assert_allclose(unit(3.0, 4.0) * length(3.0, 4.0), [3.0, 4.0])",
        {**GRADED, "points": 2},
    ),
    ("code", "kept = length\ndel length\nassert kept(3.0, 4.0) == 5", {**GRADED, "points": 4}),
]


def test_nothing_that_students_are_given_is_lost(tmp_path: Path) -> None:
    """Whole docstrings, lines beside the solution, points of tests; what would stop a handout is named."""
    path = write_notebook(tmp_path / "polar.ipynb", POLAR)
    done = autograder("import", path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    made = load_assignment(find_course(tmp_path), "polar")
    report = (tmp_path / "solutions/polar/imported.md").read_text()
    handout = "\n".join("".join(cell["source"]) for cell in json.loads(made.handout.read_text())["cells"])
    assert "    x, y: numbers\n" in handout and "    # x = float(x)\n    # ..." in handout
    assert "squares" not in handout and list(faults_in_handout(made)) == []
    assert {task.id: task.points for task in made.file.tasks} == {"length": 3 + 1 + 4, "unit": 2}
    assert "Its points stay with length." in report
    hidden = {check.id: inspect.getsource(check.body) for check in made.hidden_checks}
    assert "length(*[" in hidden["test_cell_3"]  # the mapping's values by position
    assert "length = reference.length" in hidden["test_cell_8"] and "equal_nan=False" in hidden["test_cell_8"]
    assert "takes length from the solution" in report
    assert "Students do not see the test in cell 8: it imports scipy" in report
    assert "Cell 5 uses `scale`, which the test in cell 4 defines" in report
    assert "Cell 6 imports pandas" in report


def test_tests_that_odd_results_pass_are_left_out(tmp_path: Path) -> None:
    """Lint would name them at once, so the import does, and the points stay with the task."""
    weak = ("code", "assert not length(3.0, 4.0) < 1 and not length(6.0, 8.0) > 90", {**GRADED, "points": 2})
    path = write_notebook(tmp_path / "weak.ipynb", [*POLAR[:3], weak])
    assert autograder("import", path, folder=tmp_path).returncode == 0
    report = (tmp_path / "solutions/weak/imported.md").read_text()
    assert "The test test_cell_4 was left out" in report
    assert load_assignment(find_course(tmp_path), "weak").file.points == 5


HIDDEN_OF_OTTER = ["# HIDDEN", "#hidden", "# Hidden: not for students", "## HIDDEN TEST", "# TEST (hidden)"]


@pytest.mark.parametrize("line", HIDDEN_OF_OTTER)
def test_whatever_otter_hides_is_hidden(line: str) -> None:
    """Otter looks for the word in a comment on the first line, whatever else stands there."""
    test = otter_test(3, f"{line}\nassert f(1) == 17", 1.0)
    assert test is not None and "17" in test.hidden and not test.visible
    shown = otter_test(3, f"# about f\nassert f(1) == 17  {line}", 1.0)
    assert shown is not None and "17" in shown.visible and not shown.hidden


@pytest.mark.parametrize("text", ["hidden: [", "[" * 5000, "- hidden", "points: 2026-13-45", "hidden: true"])
def test_a_test_whose_settings_cannot_be_read_is_hidden(text: str) -> None:
    """The settings may say that students must not see it; a mistake in them stops no import."""
    config = f'""" # BEGIN TEST CONFIG\n{text}\n""" # END TEST CONFIG'
    test = otter_test(3, f"{config}\nassert f(1) == 17", 1.0)
    assert test is not None and "17" in test.hidden and not test.visible


HEADS = ["def f(x, y=2):", "def f(\n    x,\n    y=2,\n):"]
BEFORE = st.sampled_from(["# Mind the sign.", "x = float(x)", "if y:\n        x = x + 1"])
AFTER = st.sampled_from(["# Now return it.", "x = abs(x)"])


def without_mark(line: str) -> str:
    """A line, whether it is code or a comment."""
    return line.strip().removeprefix("#").strip()


@settings(max_examples=10)
@given(st.booleans(), st.sampled_from(HEADS), st.lists(BEFORE, max_size=3), st.lists(AFTER, max_size=2))
def test_lines_outside_the_marks_are_given(
    tmp_path_factory: pytest.TempPathFactory, docstring: bool, head: str, before: list[str], after: list[str]
) -> None:
    """With or without a docstring, the stub has every given line, comments too, and none of the solution."""
    solution = ["### BEGIN SOLUTION", "x = 7123 * x", "### END SOLUTION"]
    body = [*(['"""Far more."""'] if docstring else []), *before, *solution, *after, "return x"]
    cells: list[tuple[str, str, dict[str, Any]]] = [
        ("code", "\n    ".join([head, *body]), ANSWER),
        ("code", "assert f(1.0) > 0", {**GRADED, "points": 1}),
    ]
    path = write_notebook(tmp_path_factory.mktemp("given") / "n.ipynb", cells)
    handout = assignment_from(path, "n", "N", []).cells
    (stub,) = (cell.source for cell in handout if "def f" in cell.source)
    wanted = [without_mark(line) for text in [*before, *after, "return x"] for line in text.split("\n")]
    assert [line for line in map(without_mark, stub.split("\n")) if line in wanted] == wanted
    assert "7123" not in stub
    (node,) = ast.parse(stub).body
    assert isinstance(node, ast.FunctionDef) and is_stub(node)


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
        min_size=2,
        max_size=6,
    )
)
def test_numbers_are_drawn_like_those_that_were_seen(values: list[float]) -> None:
    """However far apart they are, drawn ones are near the range, and of the small ones as well."""
    (drawn,) = varied_arguments(("x",), ("0.0",), [[repr(value)] for value in values])
    rng = np.random.default_rng(4)
    got = [float(eval(drawn, {"rng": rng})) for _ in range(200)]
    largest = max(map(abs, values)) or 1.0
    assert max(map(abs, got)) <= 1.6 * largest
    small = min((abs(value) for value in values if value), default=0.0)
    if largest > 1000 * small > 0:
        assert min(map(abs, got)) <= 1.1 * small


def test_a_solution_that_uses_what_another_one_returned(tmp_path: Path) -> None:
    """The reference loads: a statement that calls students' functions is not in it, and is named."""
    first = "def first(x):\n    ### BEGIN SOLUTION\n    return x + 1.5\n    ### END SOLUTION"
    second = "def second(x):\n    ### BEGIN SOLUTION\n    return x * scale\n    ### END SOLUTION"
    cells: list[tuple[str, str, dict[str, Any]]] = [
        ("code", "import numpy as np", {}),
        ("code", first, ANSWER),
        ("code", "scale = first(2.0)", {}),
        ("code", second, ANSWER),
        ("code", "assert first(1.0) == 2.5\nassert second(2.0) == 7", {**GRADED, "points": 3}),
    ]
    path = write_notebook(tmp_path / "chained.ipynb", cells)
    assert autograder("import", path, folder=tmp_path).returncode == 0
    assert load_assignment(find_course(tmp_path), "chained").functions == ["first", "second"]
    report = (tmp_path / "solutions/chained/imported.md").read_text()
    assert (
        "“scale = first(2.0)” is not in the solution" in report and "NameError" not in report.split("cell")[0]
    )
