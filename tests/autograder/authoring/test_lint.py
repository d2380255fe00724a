"""`autograder lint`: what is wrong with an assignment is said, with its place, before students see it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import autograder
from tiny_course import ASSIGNMENT

from autograder.authoring.lint_files import faults_in_files
from autograder.authoring.lint_handout import faults_in_handout
from autograder.authoring.lint_proof import Proof
from autograder.course.assignment import load_assignment
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
        assert (
            f"{MISTAKES}, line 9: mistake squared of double loses no points." in completed.stdout.splitlines()
        )
        assert "2 faults" in completed.stderr
