"""Grading again: only what changed, shown before it counts, and never over a person's word."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from class_run import grade_class, reports_in
from command import autograder, files
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.grading import evaluation
from autograder.grading import grader as grading
from autograder.results.ledger import Graded, read_ledger
from autograder.submissions.notebook import LARGEST_FILE

HALF = SOURCE.replace("return 2 * x\n", "return 3 * x\n")
DOUBLE = "assert_same(student.double, reference.double, rng.normal(size=(4, 3)))"
TRIPLE = "x = rng.normal(size=3); assert_close(student.double(x), 3 * x)"

NEW_TASK = "  - {id: cube, title: Cubing, functions: [cube], points: 1}\n"
NEW_CHECK = '''

@check(task="cube", points=1)
def cube_values(student, reference, rng):
    """cube has the right values."""
    assert_same(student.cube, reference.cube, rng.normal(size=3))
'''


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course to do things to."""
    return shutil.copytree(tiny_course.root, tmp_path / "course")


@pytest.fixture
def classroom(tmp_path: Path) -> Path:
    """Two students: one has everything right, one has not."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ann.ipynb").write_text(notebook(SOURCE))
    (folder / "bob.ipynb").write_text(notebook(HALF))
    return folder


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the checks that are run from here on."""
    completed: list[str] = []
    run_check = evaluation.run_check

    def recorded(check, *rest):  # type: ignore[no-untyped-def]  # passes on what it gets
        completed.append(check.id)
        return run_check(check, *rest)

    monkeypatch.setattr(grading, "run_check", recorded)
    return completed


def test_a_file_that_is_too_large(course: Path, classroom: Path, tmp_path: Path) -> None:
    """Nothing of it is kept; its student is told why, and verifying and regrading find nothing to say."""
    (classroom / "cid.ipynb").write_bytes(b" " * (LARGEST_FILE + 1))
    out = tmp_path / "out"
    report = grade_class(course, ASSIGNMENT, classroom, out)["cid"]
    assert "larger than 20 MB" in report.submission.problem and report.score.earned == 0
    assert len([*(out / "submissions").iterdir()]) == 2
    assert autograder("verify", out, folder=course).returncode == 0
    before = files(out)
    completed = autograder("regrade", out, "--all", folder=course)
    assert (completed.returncode, completed.stderr, files(out)) == (0, "", before)


@pytest.mark.parametrize("how", ["missing", "altered"])
def test_a_copy_that_is_lost(course: Path, classroom: Path, tmp_path: Path, how: str) -> None:
    """What was handed in cannot be graded again without it: that is said, and nobody loses a point."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    lines = [line for line in read_ledger(out / "ledger.jsonl")[0] if isinstance(line, Graded)]
    copy = out / "submissions" / next(line.submission for line in lines if line.student == "ann")
    copy.unlink() if how == "missing" else copy.write_text(notebook(HALF))
    before = files(out)
    completed = autograder("regrade", out, "--all", folder=course)
    assert (completed.returncode, completed.stderr, files(out)) == (0, "", before)
    assert f"Not graded again: ann: {copy} is missing or was altered." in completed.stdout
    again = [line for line in read_ledger(out / "ledger.jsonl")[0] if isinstance(line, Graded)]
    assert [line.student for line in again[len(lines) :]] == ["bob"]


def edit(path: Path, old: str, new: str) -> None:
    """Change a file's text, which has to be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def triple(course: Path) -> None:
    """Break a check: it asks for three times x."""
    checks = course / "solutions" / ASSIGNMENT / "checks.py"
    edit(checks, DOUBLE, TRIPLE)
    edit(checks, "import assert_depends, assert_same", "import assert_close, assert_depends, assert_same")


def add_task(course: Path) -> None:
    """A task that nobody has done, worth one point."""
    solution = course / "solutions" / ASSIGNMENT
    added = {
        course / "assignments" / ASSIGNMENT / "assignment.yaml": NEW_TASK,
        solution / "reference.py": "\n\ndef cube(x):\n    return x**3\n",
        solution / "checks.py": NEW_CHECK,
    }
    for path, text in added.items():
        path.write_text(path.read_text() + text)
    edit(course / "assignments" / ASSIGNMENT / "assignment.yaml", "points: 6", "points: 7")


def regrade(out: Path, *options: object) -> str:
    """What `autograder regrade` says."""
    completed = autograder("regrade", out, *options, folder=out.parent / "course")
    assert (completed.returncode, completed.stderr) == (0, "")
    return completed.stdout


def test_nothing_changed(course: Path, classroom: Path, evaluated: list[str], tmp_path: Path) -> None:
    """A second run evaluates nothing, adds no line, and leaves every file as it was."""
    grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    ledger, before = (tmp_path / "out" / "ledger.jsonl").read_bytes(), files(tmp_path / "out")
    evaluated.clear()
    grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    assert evaluated == []
    assert (tmp_path / "out" / "ledger.jsonl").read_bytes() == ledger
    assert files(tmp_path / "out") == before


def test_a_changed_check(course: Path, classroom: Path, evaluated: list[str], tmp_path: Path) -> None:
    """It alone is run again, for everybody; so is one whose helper changed, and a comment touches none."""
    out, checks = tmp_path / "out", course / "solutions" / ASSIGNMENT / "checks.py"
    edit(checks, "from autograder.checks", "import numpy as np\nA = np.ones(3)\nfrom autograder.checks")
    grade_class(course, ASSIGNMENT, classroom, out)
    for old, new, touched in (
        (
            "reference.mean_square, rng.normal(size=shape)",
            "reference.mean_square, A * len(shape)",
            ["mean_square_values"] * 2,
        ),
        ("@check", "# A comment.\n@check", []),
        ("A = np.ones(3)", "A = np.ones(4)", ["mean_square_values"] * 2),
        (
            "double_values(",
            "double_values_again(",
            # It fails for the second student: the others of its task are run for their calls.
            ["double_values_again"] * 2 + ["double_leaves_its_input", "double_gradient"],
        ),
    ):
        evaluated.clear()
        edit(checks, old, new)
        grade_class(course, ASSIGNMENT, classroom, out)
        assert evaluated == touched


def test_known_mistakes_touch_what_failed(
    course: Path, classroom: Path, evaluated: list[str], tmp_path: Path
) -> None:
    """A better hint reaches those whose checks did not pass, and nobody else is graded again.

    What is told agrees with all calls of a task, so the other checks of that task are run again for theirs.
    """
    grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    evaluated.clear()
    mistakes = course / "solutions" / ASSIGNMENT / "mistakes.py"
    mistakes.write_text(mistakes.read_text() + "\nMORE = 1\n")
    reports = grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    tasks = [task for task in reports["bob"].tasks if any(check.status.needs_work for check in task.checks)]
    lost = [check.id for task in tasks for check in task.checks if check.status.needs_work]
    assert evaluated[: len(lost)] == lost != []
    assert sorted(evaluated) == sorted(check.id for task in tasks for check in task.checks)


def test_a_changed_reference(course: Path, classroom: Path, evaluated: list[str], tmp_path: Path) -> None:
    """Every check may use it, so every check is run again."""
    grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    completed = list(evaluated)
    evaluated.clear()
    reference = course / "solutions" / ASSIGNMENT / "reference.py"
    reference.write_text(reference.read_text() + "\nMORE = 1\n")
    grade_class(course, ASSIGNMENT, classroom, tmp_path / "out")
    assert evaluated == completed


@pytest.mark.full
def test_before_and_after(course: Path, classroom: Path, tmp_path: Path) -> None:
    """A dry run shows each student's scores and writes nothing; the real one does what was shown."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    triple(course)
    before = files(out), (out / "ledger.jsonl").read_bytes()
    shown = regrade(out, "--dry-run")
    assert "double_values: failed → passed" in shown and "double_values: passed → failed" in shown
    assert before == (files(out), (out / "ledger.jsonl").read_bytes())
    assert "ann" in regrade(out) and "bob" in shown
    assert reports_in(out)["bob"].score.earned > reports_in(out)["ann"].score.earned
    assert "2 of 2 were graded before" in regrade(out)


@pytest.mark.full
def test_only_raise(course: Path, classroom: Path, tmp_path: Path) -> None:
    """Who would lose points keeps the report; who gains gets the new one; asked again, nothing happens."""
    out = tmp_path / "out"
    scores = {
        student: report.score.earned
        for student, report in grade_class(course, ASSIGNMENT, classroom, out).items()
    }
    triple(course)
    assert "not taken over" in regrade(out, "--only-raise")
    after = {student: report.score.earned for student, report in reports_in(out).items()}
    assert after["ann"] == scores["ann"] and after["bob"] > scores["bob"]
    assert "2 of 2 were graded before" in regrade(out, "--only-raise")
    assert autograder("verify", out, folder=course).returncode == 0


def test_only_raise_after_a_new_task(course: Path, classroom: Path, tmp_path: Path) -> None:
    """Who keeps an older report has an empty cell under the new task: a cell under each header."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    triple(course)
    add_task(course)
    assert "not taken over" in regrade(out, "--only-raise")
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        headers, *rows = csv.reader(file)
    assert [len(row) for row in rows] == [len(headers)] * 2
    by_student = {row[0]: dict(zip(headers, row, strict=True)) for row in rows}
    assert (by_student["ann"]["cube"], by_student["bob"]["cube"]) == ("", "0")


def test_a_persons_word_stays(course: Path, classroom: Path, tmp_path: Path) -> None:
    """A score and a comment set by hand survive regrading, and pages and table show them as such."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    words = ("override", out, "bob", "--score", 5.5, "--comment", "Oral <b>exam</b>.", "--reason", "illness")
    completed = autograder(*words, "--author", "ta", folder=course)
    assert completed.returncode == 0
    assert completed.stdout.endswith("bob: 5 → 5.5 of 6 points.\n")
    regrade(out, "--all")
    assert "bob,5.5,6" in (out / "grades.csv").read_text()
    page = (out / "feedback" / "bob.html").read_text()
    assert "set by hand" in page and "Oral &lt;b&gt;exam" in page
    assert "set by hand" in (out / "index.html").read_text()
    line = json.loads((out / "ledger.jsonl").read_text().splitlines()[3])
    assert (line["kind"], line["who"], line["why"]) == ("changed", "ta", "illness")
    assert autograder("override", out, "bob", "--clear", "--reason", "mistake", folder=course).returncode == 0
    assert "bob,5.5" not in (out / "grades.csv").read_text()
    assert "set by hand" not in (out / "feedback" / "bob.html").read_text()


def test_an_override_says_what_it_did(course: Path, classroom: Path, tmp_path: Path) -> None:
    """It names the student, both scores, and a score above the maximum; a reason is never blank."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    blank = autograder("override", out, "bob", "--score", 5, "--reason", " ", folder=course)
    assert blank.returncode == 2
    assert "The reason is missing" in blank.stderr
    above = autograder("override", out, "bob", "--score", 60, "--reason", "typed", folder=course)
    assert above.stdout.endswith("→ 60 of 6 points, more than the assignment is worth.\n")
    cleared = autograder("override", out, "bob", "--clear", "--reason", "typed", folder=course)
    assert "bob: 60 → " in cleared.stdout


def test_a_student_as_the_table_shows_them(course: Path, classroom: Path, tmp_path: Path) -> None:
    """An ID that grades.csv guards against formulas is taken by override and regrade as it stands there."""
    out = tmp_path / "out"
    (classroom / "ann.ipynb").rename(classroom / "@ann.ipynb")
    grade_class(course, ASSIGNMENT, classroom, out)
    cell = next(csv.reader((out / "grades.csv").read_text().splitlines()[1:2]))[0]
    assert cell == "'@ann"
    words = ("--score", 5.5, "--reason", "illness", "--author", "ta")
    assert autograder("override", out, cell, *words, folder=course).returncode == 0
    assert "'@ann,5.5,6" in (out / "grades.csv").read_text()
    assert autograder("regrade", out, "--all", "--student", cell, folder=course).returncode == 0
    assert "'@ann,5.5,6" in (out / "grades.csv").read_text()


def test_attempts(course: Path, classroom: Path, tmp_path: Path) -> None:
    """Another file of the same student is another attempt; both are kept; the course says which counts."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    (classroom / "ann.ipynb").write_text(notebook(HALF))
    grade_class(course, ASSIGNMENT, classroom, out)
    assert {path.name for path in (out / "reports").iterdir()} == {"ann.json", "ann~2.json", "bob.json"}
    assert "attempt 2 of 2" in (out / "feedback" / "ann~2.html").read_text()
    assert "ann,6,6" not in (out / "grades.csv").read_text()
    (course / "course.yaml").write_text((course / "course.yaml").read_text() + "attempts: best\n")
    assert autograder("refresh", out, folder=course).returncode == 0
    assert "ann,6,6" in (out / "grades.csv").read_text()
    assert (
        "The attempt on this page is not the one that counts" in (out / "feedback" / "ann~2.html").read_text()
    )


@pytest.mark.parametrize("name", ["ledger.jsonl", "grades.csv", "reports/ann.json", "submissions"])
def test_verify_finds_an_edit(name: str, course: Path, classroom: Path, tmp_path: Path) -> None:
    """Of the ledger, of the table, of a report, of what was handed in; untouched, it says so."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    assert autograder("verify", out, folder=course).returncode == 0
    path = next((out / name).iterdir()) if (out / name).is_dir() else out / name
    data = path.read_bytes()
    for index in (5, len(data) // 2, len(data) - 2):
        path.write_bytes(data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :])
        completed = autograder("verify", out, folder=course)
        assert completed.returncode == 2 and path.name in completed.stderr + completed.stdout
    assert "Traceback" not in completed.stderr


def test_verify_knows_the_head(course: Path, classroom: Path, tmp_path: Path) -> None:
    """A ledger that was cut at a line's end is still a chain; the head that was printed tells."""
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, classroom, out)
    head = autograder("verify", out, folder=course).stdout.split()[-1]
    assert autograder("verify", out, "--head", head, folder=course).returncode == 0
    ledger = out / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    completed = autograder("verify", out, "--head", head, folder=course)
    assert completed.returncode == 2 and "cut off" in completed.stdout
