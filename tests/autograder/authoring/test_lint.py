"""`autograder lint`: what is wrong with an assignment is said, with its place, before students see it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import autograder
from tiny_course import ASSIGNMENT

from autograder.authoring.lint_files import faults_before_proof, faults_in_files
from autograder.authoring.lint_handout import faults_in_handout
from autograder.authoring.lint_proof import Proof
from autograder.course.assignment import load_assignment, loading_faults
from autograder.course.course import Course, find_course
from autograder.errors import ContentError

YAML = f"assignments/{ASSIGNMENT}/assignment.yaml"
HANDOUT = f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
PUBLIC = f"assignments/{ASSIGNMENT}/checks.py"
CHECKS = f"solutions/{ASSIGNMENT}/checks.py"
REFERENCE = f"solutions/{ASSIGNMENT}/reference.py"
MISTAKES = f"solutions/{ASSIGNMENT}/mistakes.py"
ALTERNATIVES = f"solutions/{ASSIGNMENT}/alternatives.py"
MARK = '"metadata": {"nbgrader": {"grade": true, "solution": false, "locked": true, "schema_version": 3}}'

Edit = tuple[str, str, str]  # file, text, what it becomes


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course to break, its points set so that a slip keeps about half."""
    copy = shutil.copytree(tiny_course.root, tmp_path / "course")
    edit(copy, (CHECKS, "points=1)\ndef double_values", "points=1.5)\ndef double_values"))
    edit(copy, (CHECKS, "points=1)\ndef double_leaves", "points=0.5)\ndef double_leaves"))
    return copy


def edit(course: Path, change: Edit) -> None:
    """Replace a text that is there."""
    file, old, new = change
    before = (course / file).read_text(encoding="utf-8")
    assert old in before
    (course / file).write_text(before.replace(old, new, 1), encoding="utf-8")


LOAD: list[tuple[Edit, str]] = [
    ((YAML, "points: 6", "points: 7"), "assignment.yaml: the tasks add up to 6 points, not 7"),
    ((YAML, "    points: 4", "    points: 4\n    bonus: 1"), "line 8: tasks.0.bonus"),
    ((YAML, "    points: 2", "    points: two"), "line 11: tasks.1.points"),
    (
        (CHECKS, "points=1.5)", "points=3.5)"),
        "line 7: task double is worth 4 points, its hidden checks add up to 6",
    ),
    ((CHECKS, 'task="double"', 'task="trouble"'), "line 9: check double_values is for an unknown task"),
    ((PUBLIC, 'task="double")', 'task="double", points=1)'), "line 9: public check double_by_hand carries"),
    (
        (MISTAKES, 'function="double"', 'function="treble"'),
        "line 9: variant squared names an unknown function",
    ),
]


@pytest.mark.parametrize(
    ("change", "output"), LOAD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_does_not_fit_together_has_a_line(course: Path, change: Edit, output: str) -> None:
    """Schema errors, points and names that disagree: the message has the file and the line."""
    edit(course, change)
    with pytest.raises(ContentError) as caught:
        load_assignment(find_course(course), ASSIGNMENT)
    assert output in caught.value.message
    assert str(course) in caught.value.message


BEFORE: list[tuple[Edit, str]] = [
    (
        (CHECKS, "assert_same(student.double,", "assert_same(student.duoble,"),
        "line 12: student.duoble is not a function of the assignment. Choose one of: double, ",
    ),
    (
        (CHECKS, "student.double, reference.double", "student.double, reference.duoble"),
        "line 12: reference.duoble is not a function of the assignment.",
    ),
    (
        (MISTAKES, "def squared(x):", "def squared(x, y):"),
        "mistakes.py, line 9: squared takes (x, y), double takes (x). Give it the same parameters.",
    ),
    (
        (ALTERNATIVES, "def added_to_itself(x):", "def added_to_itself():"),
        "added_to_itself takes (), double takes (x).",
    ),
    ((HANDOUT, "{", "{{"), f"{ASSIGNMENT}.ipynb: The file is not a notebook: it is not JSON (line 1"),
    ((HANDOUT, "def mean_square(x):", "def mean_squares(x):"), "ipynb: has no stub of mean_square. "),
]


@pytest.mark.parametrize(
    ("change", "output"), BEFORE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_grading_could_not_explain(course: Path, change: Edit, output: str) -> None:
    """Names that nobody defines, variants of other parameters, a handout that cannot be read, with place."""
    edit(course, change)
    faults = [str(f) for f in faults_before_proof(load_assignment(find_course(course), ASSIGNMENT))]
    assert len(faults) == 1
    assert output in faults[0]
    assert faults[0].startswith(f"{course}/")


@pytest.mark.parametrize(
    ("change", "outputs"),
    [
        (
            (CHECKS, "def double_leaves_its_input", "def double_values"),
            ["checks.py, line 16: double_values replaces the function of that name in line 10."],
        ),
        ((CHECKS, "points=1.5)", "points=-1.5)"), ["checks.py, line 9: A check has points=-1.5."]),
        ((CHECKS, "points=1.5)", 'points="1.5")'), ["checks.py, line 9: A check has points='1.5'."]),
        ((CHECKS, '@check(task="double", points=1.5)', "@check"), ["line 9: A check names its task."]),
        ((CHECKS, "assert_depends, assert_same", "assert_depends, assert_sane"), ["line 4: ImportError"]),
        (
            (PUBLIC, "def double_by_hand(student)", "def double_by_hand(student, reference)"),
            ["line 9: public check double_by_hand asks for reference, which students do not have."],
        ),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else "",
)
def test_one_cause_is_told_once(course: Path, change: Edit, outputs: list[str]) -> None:
    """Of a checks file that is not whole the points are not added up: its fault is told, with the line."""
    edit(course, change)
    faults = [problem.message for problem in loading_faults(find_course(course), ASSIGNMENT)]
    assert len(faults) == len(outputs)
    assert all(output in fault for output, fault in zip(outputs, faults, strict=True)), faults


@pytest.mark.parametrize(
    ("handout", "reference", "output"),
    [
        ("x, y=2", "x, y=3", "double has y=2; the reference has y=3. Write the same in both."),
        ("x, y", "x, y=3", "double has no default of y; the reference has y=3. Write the same in both."),
        ("x, y=3", "x, y", "double has y=3; the reference has no default of y. Write the same in both."),
        ("x, y='a'", 'x, y="a"', ""),
    ],
)
def test_defaults_are_those_of_the_reference(course: Path, handout: str, reference: str, output: str) -> None:
    """Who keeps a default of the handout that the reference does not have would lose points for it."""
    edit(course, (HANDOUT, "def double(x)", f"def double({handout})"))
    edit(course, (REFERENCE, "def double(x)", f"def double({reference})"))
    assignment = load_assignment(find_course(course), ASSIGNMENT)
    assert [fault.message for fault in faults_in_handout(assignment)] == ([output] if output else [])


FILES: list[tuple[Edit, str]] = [
    ((CHECKS, "double has the right values for any shape.", "Values."), "the title of double_values"),
    (
        (CHECKS, "double leaves x as it was.", "double has the right values for any shape."),
        "has the title of",
    ),
    ((CHECKS, "points=1.5)", "points=0)"), ""),
    ((PUBLIC, 'task="mean_square"', 'task="double"'), "task mean_square has no public check"),
    ((REFERENCE, '    """Twice x, in the shape of x."""\n', ""), "double has no docstring"),
    (
        (MISTAKES, "You square x; doubling multiplies it by 2.", "No"),
        "mistake squared has no sentence as feedback",
    ),
    ((MISTAKES, 'function="mean_square"', 'function="double"'), "task mean_square has no known mistake"),
    ((MISTAKES, 'severity="slip"', 'severity="blunder"'), ""),
    ((MISTAKES, 'severity="slip", ', ""), ""),
    ((REFERENCE, "def mean_square(x):", "def mean_square(x, seed=0):"), "mean_square has a seed"),
    ((HANDOUT, '"display_name": "Python 3"', '"display_name": "P"'), ""),
    ((HANDOUT, '"name": "python3"', '"name": "xeus"'), "names no python3 kernel"),
    (
        (HANDOUT, '"outputs": []', '"outputs": [{"output_type": "stream", "name": "stdout", "text": ""}]'),
        "outputs",
    ),
    ((HANDOUT, "def double(x):", "def double(x, y):"), "double takes (x, y), not (x)"),
    ((HANDOUT, "def mean_square(x):", "def mean_squares(x):"), "defines mean_square 0 times"),
    ((HANDOUT, '    \\"\\"\\"The mean of the squares.\\"\\"\\"\\n', "    "), "mean_square has no docstring"),
    ((HANDOUT, 'raise NotImplementedError(\\"double\\")', "return 2 * x"), "double is not a stub"),
    ((HANDOUT, 'check(\\"double\\")', 'check(\\"treble\\")'), 'has no cell check("double")'),
    ((HANDOUT, 'check(\\"double\\")', 'check(\\"treble\\")'), 'check("treble") names no task'),
    ((HANDOUT, '"cell_type": "code"', '"cell_type": "program"'), "is not a valid notebook"),
    ((HANDOUT, '"metadata": {}', MARK), "nbgrader refuses its metadata"),
]


@pytest.mark.parametrize(
    ("change", "output"), FILES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_stands_in_the_files(course: Path, change: Edit, output: str) -> None:
    """Titles, docstrings, stubs, check cells, outputs and metadata: each fault is found where it is."""
    edit(course, change)
    try:
        assignment = load_assignment(find_course(course), ASSIGNMENT)
    except ContentError:
        assert output == ""  # told when loaded
        return
    faults = [str(fault) for fault in (*faults_in_files(assignment), *faults_in_handout(assignment))]
    if output:
        assert any(output in fault and fault.startswith(f"{course}/") for fault in faults), faults
    else:
        assert faults == []


def test_nbgrader_accepts_its_own(course: Path) -> None:
    """Metadata as nbgrader writes it is no fault; the same grade_id twice is one."""
    good = MARK.replace('"grade": true', '"grade": true, "points": 2, "task": false, "grade_id": "tests"')
    edit(course, (HANDOUT, '"metadata": {}', good))
    assignment = load_assignment(find_course(course), ASSIGNMENT)
    markdown = [str(fault) for fault in faults_in_handout(assignment)]
    assert markdown != []  # a Markdown cell cannot hold tests
    edit(course, (HANDOUT, good, '"metadata": {}'))
    text = (course / HANDOUT).read_text()
    start = text.index('"id": "check-double"')
    code = text[:start] + text[start:].replace('"metadata": {}', good, 1)
    (course / HANDOUT).write_text(code)
    assert list(faults_in_handout(assignment)) == []
    start = code.index('"id": "check-mean-square"')
    (course / HANDOUT).write_text(code[:start] + code[start:].replace('"metadata": {}', good, 1))
    assert [
        "grade_id tests is there 2 times" in str(variant) for variant in faults_in_handout(assignment)
    ] == [True]


class TestProof:
    """What only grading can tell."""

    def test_a_sound_assignment(self, course: Path) -> None:
        """No faults in any of the proofs."""
        assignment = load_assignment(find_course(course), ASSIGNMENT)
        with Proof(assignment) as proof:
            assert proof.untouched() + proof.public() + proof.reference() == []
            assert [fault for variant in assignment.mistakes for fault in proof.mistake(variant)] == []
            assert [
                fault for variant in assignment.alternatives for fault in proof.alternative(variant)
            ] == []

    @pytest.mark.parametrize(
        ("change", "output"),
        [
            ((MISTAKES, "return squares(x)", "return 2 * x"), "mistake squared of double loses no points"),
            ((MISTAKES, "return squares(x)", "return x / 0.5 if 0 else squares(x) + 0 * x"), ""),
            (
                (ALTERNATIVES, "return x + x", "return x + x + 1"),
                "alternative added_to_itself loses double_values",
            ),
            (
                (PUBLIC, "np.array([2.0, -6.0])", "np.array([3.0, -6.0])"),
                "double_by_hand on the solved notebook",
            ),
            (
                (CHECKS, "student.double, reference.double", "student.double, reference.mean_square"),
                "the reference",
            ),
            ((CHECKS, "rng.normal(size=5)", "rng.abnormal(size=5)"), "AttributeError"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_unsound(self, course: Path, change: Edit, output: str) -> None:
        """A mistake that passes, an alternative that does not, checks that contradict the reference."""
        edit(course, change)
        assignment = load_assignment(find_course(course), ASSIGNMENT)
        with Proof(assignment) as proof:
            faults = [*proof.untouched(), *proof.public(), *proof.reference()]
            faults += [fault for variant in assignment.mistakes for fault in proof.mistake(variant)]
            faults += [fault for variant in assignment.alternatives for fault in proof.alternative(variant)]
        if output:
            assert any(output in str(fault) for fault in faults), faults
        else:
            assert faults == []

    @pytest.mark.parametrize(
        ("change", "output"),
        [
            ((CHECKS, "points=1.5)", "points=0.5)"), "squared of double keeps 88% of double; severity"),
            (
                (MISTAKES, '"double", severity="slip"', '"double", severity="useless"'),
                "useless keeps 0% to 25%",
            ),
            ((MISTAKES, 'severity="useless"', 'severity="slip"'), "keeps 0% of mean_square; severity slip"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_uneven_credit(self, course: Path, change: Edit, output: str) -> None:
        """A slip that costs next to nothing or everything, a useless function that keeps a half."""
        edit(course, change)
        if "points" in change[1]:
            edit(course, (CHECKS, "points=0.5)\ndef double_leaves", "points=1.5)\ndef double_leaves"))
        assignment = load_assignment(find_course(course), ASSIGNMENT)
        with Proof(assignment) as proof:
            faults = [str(fault) for variant in assignment.mistakes for fault in proof.mistake(variant)]
        assert len(faults) == 1
        assert output in faults[0]

    def test_a_stateful_mistake(self, course: Path) -> None:
        """It has to be caught, and cannot be named: a counter's answers are not those of another counter."""
        counter = (
            '\n\n@mistake(function="mean_square", severity="useless", stateful=True, '
            'feedback="You count the calls.")'
            "\ndef counted(x, seen=[]):\n    seen.append(1)\n    return float(len(seen))\n"
        )
        known = '\n\n@mistake(function="mean_square"'
        edit(course, (MISTAKES, known, counter + known))
        assignment = load_assignment(find_course(course), ASSIGNMENT)
        with Proof(assignment) as proof:
            assert [fault for variant in assignment.mistakes for fault in proof.mistake(variant)] == []
            assert len(proof.credits) == len(assignment.mistakes)

    def test_a_mistake_that_is_taken_for_another(self, course: Path) -> None:
        """Two mistakes with the same answers that read differently: both are caught, and neither is named."""
        twin = '\n\n@mistake(function="double", severity="slip", feedback="You take the square.")'
        twin += "\ndef square(x):\n    return x**2\n"
        edit(
            course,
            (MISTAKES, '\n\n@mistake(function="mean_square"', twin + '\n\n@mistake(function="mean_square"'),
        )
        assignment = load_assignment(find_course(course), ASSIGNMENT)
        with Proof(assignment) as proof:
            faults = [str(fault) for variant in assignment.mistakes for fault in proof.mistake(variant)]
        assert len(faults) == 2
        assert "mistake squared of double is caught but not named" in faults[0]
        assert "mistake square of double is caught but not named" in faults[1]


class TestCommand:
    """What the command prints and ends with."""

    def test_sound(self, course: Path) -> None:
        """Exit 0, and what was proven."""
        completed = autograder("lint", folder=course)
        assert (completed.returncode, completed.stderr) == (0, "")
        assert "3 mistakes caught and named, 3 alternative solutions keep full marks" in completed.stdout
        rows = [line.split() for line in completed.stdout.splitlines()]
        assert ["double", "squared", "slip", "0.62"] in rows

    def test_unsound(self, course: Path) -> None:
        """Every fault on a line of its own with a path from the course's folder; exit 3."""
        edit(course, (MISTAKES, "return squares(x)", "return 2 * x"))
        edit(course, (HANDOUT, "def double(x):", "def double(y):"))
        completed = autograder("lint", ASSIGNMENT, folder=course)
        assert completed.returncode == 3
        assert f"{HANDOUT}, cell 3: double takes (y), not (x)." in completed.stdout.splitlines()
        assert f"{MISTAKES}, line 9: mistake squared of double loses no points. " in completed.stdout
        assert "2 faults" in completed.stderr
