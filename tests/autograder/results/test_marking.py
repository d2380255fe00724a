"""Written answers from the notebook to the gradebook, through the real commands."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, autograder
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

from autograder.course.assignment import assignment_file, load_assignment
from autograder.course.course import Course
from autograder.errors import ContentError, UsageError
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.marking import points_in
from autograder.results.results_folder import Results

BOTH = {"why-two": "The derivative of 2x is 2.", "why-mean": "It does not grow with the batch."}


def grade(course: Course, notebooks: dict[str, bytes], *more: str) -> str:
    """Grade notebooks by student into `graded`; the output."""
    folder = course.root / "in"
    folder.mkdir(exist_ok=True)
    for student, data in notebooks.items():
        (folder / f"{student}.ipynb").write_bytes(data)
    command = ("grade", ASSIGNMENT, folder, "--out", "graded", "--seed", "1", "--sandbox", "weak", *more)
    completed = autograder(*command, folder=course.root)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def mark(course: Course, *words: str) -> str:
    """Run `autograder mark`; the output."""
    completed = autograder("mark", "graded", *words, "--author", "tom", folder=course.root)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def codes(course: Course, task: str, *more: str) -> list[str]:
    """The codes of the answers of a task that wait."""
    return re.findall(rf"^(\w{{8}})  {task}  ", mark(course, "--list", *more), re.MULTILINE)


def scores(course: Course) -> dict[str, FinalScore]:
    """The final scores as the results directory has them."""
    return GradedAssignment.read(Results(course.root / "graded"), course).final_scores


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course with written tasks."""
    return write_written_course(tmp_path)


def test_points_come_from_the_functions(course: Course) -> None:
    """A written task's points are taken from its task of functions; the sum stays."""
    file = assignment_file(course, ASSIGNMENT)
    assert [(task.id, task.points) for task in file.tasks] == [("double", 3), ("mean_square", 1.5)]
    assert [(task.id, task.points) for task in file.written_tasks] == [("why-two", 1), ("why-mean", 0.5)]
    assert sum(task.points for task in file.tasks) + 1.5 == file.points
    checks = load_assignment(course, ASSIGNMENT).hidden_checks
    assert [check.points for check in checks] == pytest.approx([0.75, 0.75, 1.5, 1.5])


@pytest.mark.parametrize("where", ["course", "assignment"])
def test_a_course_without_people_to_mark(tmp_path: Path, where: str) -> None:
    """`written: off`, for the course or for one assignment, gives the points back to the functions."""
    course = write_written_course(tmp_path, "written: off\n" if where == "course" else "")
    if where == "assignment":
        path = tmp_path / "assignments" / ASSIGNMENT / "assignment.yaml"
        path.write_text(f"written: off\n{path.read_text()}", encoding="utf-8")
    assert "ann  6 / 6" in re.sub(r" +", "  ", grade(course, {"ann": answered_notebook(course, {})})).replace(
        "6  /  6", "6 / 6"
    )
    assert (scores(course)["ann"].earned, scores(course)["ann"].possible) == (6, 6)
    refused = autograder("mark", "graded", folder=course.root)
    assert refused.returncode == 2
    assert "no written task" in refused.stderr


def test_so_far_until_a_person_has_marked(course: Course) -> None:
    """4.5 of 4.5 so far, never a zero; then 6 of 6 with both marks; a blank answer earns 0 by itself."""
    output = grade(
        course,
        {"ann": answered_notebook(course, BOTH), "bob": answered_notebook(course, {"why-two": "Because."})},
    )
    assert output.count("so far") == 2
    ann, bob = scores(course)["ann"], scores(course)["bob"]
    assert (ann.earned, ann.possible, ann.unmarked, ann.is_final) == (4.5, 4.5, 1.5, False)
    assert (bob.earned, bob.possible, bob.unmarked, bob.is_final) == (4.5, 5, 1, False)
    page = (course.root / "graded" / "feedback" / "ann.html").read_text(encoding="utf-8")
    assert (
        "<strong>4.5</strong> of 4.5 points by checks" in page and "4.5</strong> of 4.5 points so far" in page
    )
    assert "The derivative of 2x is 2." in page
    for code in codes(course, "why-mean"):
        mark(course, code, "--points", "0,5", "--comment", "Well put.")
    for code in codes(course, "why-two"):
        mark(course, code, "--points", "1")
    ann, bob = scores(course)["ann"], scores(course)["bob"]
    assert (ann.earned, ann.possible, ann.is_final) == (6, 6, True)
    assert (bob.earned, bob.possible, bob.is_final) == (5.5, 6, True)
    page = (course.root / "graded" / "feedback" / "ann.html").read_text(encoding="utf-8")
    assert "Well put." in page and "so far" not in page  # its checks gave the same, and so it says
    assert "<strong>4.5</strong> of 4.5 points by checks" in page and "<strong>6</strong> of 6 points" in page
    assert codes(course, "why-two") == []
    assert autograder("verify", "graded", folder=course.root).returncode == 0


def test_marking_is_anonymous(course: Course) -> None:
    """No page of the terminal names a student; question, rubric and model answer are there."""
    grade(
        course,
        {
            name: answered_notebook(course, {"why-two": f"Words of number {n}."})
            for n, name in enumerate(("ann", "bob", "cy"))
        },
    )
    listed = mark(course, "--list")
    assert not re.search("ann|bob|cy", listed)
    shown = autograder("mark", "graded", folder=course.root)  # input ends at once
    assert "Question: Why is the gradient 2?" in shown.stdout
    assert "0.5  It names the derivative." in shown.stdout
    assert "Model answer: The derivative of 2x is 2." in shown.stdout
    assert "Words of number" in shown.stdout
    assert not re.search("ann|bob|cy", shown.stdout)


@pytest.mark.full
def test_marking_that_is_interrupted(course: Course) -> None:
    """The end of the input stops like q: the marks before it count, and the directory verifies."""
    grade(course, {"ann": answered_notebook(course, BOTH)})
    interrupted = subprocess.run(
        [COMMAND, "mark", "graded"],
        cwd=course.root,
        input="1\nWell put.\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (interrupted.returncode, interrupted.stderr) == (0, "")
    assert "why-two" not in interrupted.stdout and "1 answer marked, 1 to mark." in interrupted.stdout
    assert "· 1 point\n" in interrupted.stdout
    assert (scores(course)["ann"].earned, scores(course)["ann"].possible) == (5.5, 5.5)
    assert autograder("verify", "graded", folder=course.root).returncode == 0
    page = (course.root / "graded" / "feedback" / "ann.html").read_text(encoding="utf-8")
    assert "1 of 1 point, marked by a person." in page


def test_marks_survive_regrades(course: Course) -> None:
    """A check that changes is graded again; the marks stay as they were."""
    grade(course, {"ann": answered_notebook(course, BOTH)})
    (code,) = codes(course, "why-two")
    mark(course, code, "--points", "1")
    checks = course.root / "solutions" / ASSIGNMENT / "checks.py"
    checks.write_text(
        checks.read_text(encoding="utf-8").replace("size=(4, 3)", "size=(5, 3)"), encoding="utf-8"
    )
    assert autograder("regrade", "graded", "--sandbox", "weak", folder=course.root).returncode == 0
    assert scores(course)["ann"].earned == 5.5
    assert codes(course, "why-two") == []


@pytest.mark.full
def test_an_answer_that_was_changed(course: Course) -> None:
    """The mark of an earlier attempt stands for a changed answer, which is flagged for another look."""
    grade(course, {"ann": answered_notebook(course, BOTH)})
    (code,) = codes(course, "why-two")
    mark(course, code, "--points", "1")
    grade(course, {"ann": answered_notebook(course, {**BOTH, "why-two": "I do not know."})})
    assert scores(course)["ann"].earned == 5.5
    listed = mark(course, "--list")
    assert "1 of 1; the answer was changed since" in listed
    (code,) = codes(course, "why-two")
    mark(course, code, "--points", "0")
    assert scores(course)["ann"].earned == 4.5
    # The first answer again: its own mark counts again.
    grade(course, {"ann": answered_notebook(course, BOTH)})
    assert scores(course)["ann"].earned == 5.5


def test_a_mark_is_changed_only_by_a_person(course: Course) -> None:
    """The latest mark counts, every one stays in the ledger with its author, and odd points are refused."""
    grade(course, {"ann": answered_notebook(course, BOTH)})
    (code,) = codes(course, "why-two")
    for points in ("1", "0.5"):
        mark(course, code, "--points", points)
    assert scores(course)["ann"].earned == 5
    lines = [json.loads(line) for line in (course.root / "graded" / "ledger.jsonl").read_text().splitlines()]
    assert [(line["earned"], line["who"]) for line in lines if line["kind"] == "marked"] == [
        (1, "tom"),
        (0.5, "tom"),
    ]
    for points in ("2", "-1", "nan", "many"):
        refused = autograder("mark", "graded", code, "--points", points, folder=course.root)
        assert refused.returncode == 2
        assert "expected points from 0 to 1" in refused.stderr


def test_nothing_unmarked_is_exported_as_final(course: Course) -> None:
    """Exports leave out who waits and say so; in the gradebook the score waits, and is not dropped."""
    rules = "gradebook: {groups: [{name: All, weight: 100, drop_lowest: 1, of: [tiny, test]}]}\n"
    quiz = course.root / "quizzes" / "test.yaml"
    quiz.parent.mkdir()
    quiz.touch()
    (course.root / "roster.csv").write_text(
        "student_id,last_name,first_name,email,canvas_id,moodle_id\n"
        "ann,Lee,A,a@example.org,1,11\nbob,Ray,B,b@example.org,2,12\n"
    )
    table = course.root / "test.csv"
    table.write_text(
        "student,quiz,attempt,points,out_of,state\nann,test,1,9,10,graded\nbob,test,1,9,10,graded\n"
    )
    with (course.root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write(rules)
    notebooks = {"ann": answered_notebook(course, BOTH), "bob": answered_notebook(course, {})}
    grade(course, notebooks)
    for platform in ("canvas", "csv", "gradescope", "moodle"):
        out = course.root / f"{platform}.csv"
        done = autograder("export", platform, "graded", "--out", out, folder=course.root)
        assert done.returncode == 0, done.stderr
        assert "2 written answers are not marked yet." in done.stdout
        text = out.read_text(encoding="utf-8-sig")
        assert "Ray" in text or "b@example.org" in text
        assert not re.search("Lee|a@example.org", text)
    done = autograder(
        "gradebook",
        "export",
        "csv",
        "--from",
        "graded",
        "--from",
        table,
        "--out",
        "all.csv",
        folder=course.root,
    )
    assert done.returncode == 0, done.stderr
    with (course.root / "all.csv").open(encoding="utf-8-sig") as file:
        states = {row["student_id"]: (row["tiny state"], row["test state"]) for row in csv.DictReader(file)}
    assert states == {"ann": ("waiting", "counted"), "bob": ("dropped", "counted")}


@pytest.mark.full
def test_the_best_attempt_is_known_when_all_are_marked(tmp_path: Path) -> None:
    """Where the best attempt counts, a score waits while an unmarked answer of another one could beat it."""
    course = write_written_course(tmp_path, "attempts: best\n")
    grade(course, {"ann": answered_notebook(course, {})})
    assert scores(course)["ann"].is_final
    grade(course, {"ann": answered_notebook(course, BOTH, wrong=True)})
    score = scores(course)["ann"]
    assert (score.attempt, score.earned) == (1, 4.5)
    assert score.is_final  # 3 and at most 1.5 more: it can draw level, and not beat it
    grade(course, {"ann": answered_notebook(course, {"why-two": "Words."})})
    score = scores(course)["ann"]
    assert not score.is_final
    for code in codes(course, "why-two"):
        mark(course, code, "--points", "0")
    for code in codes(course, "why-mean"):
        mark(course, code, "--points", "0")
    assert scores(course)["ann"].is_final


def test_a_model_answer_is_needed(course: Course) -> None:
    """A written task without a model answer, or with a rubric of other points, is a fault of the content."""
    path = course.root / "solutions" / ASSIGNMENT / "written.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("why-mean:", "why-men:"), encoding="utf-8")
    with pytest.raises(ContentError, match="no model answer for the written task why-mean"):
        load_assignment(course, ASSIGNMENT)
    path.write_text(text.replace("It says why., points: 0.5", "It says why., points: 0.2"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"why-two: the rubric adds up to 0\.7 points, not 1"):
        load_assignment(course, ASSIGNMENT)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("part_of: double", "part_of: treble", "part_of names treble"),
        (
            "part_of: mean_square, points: 0.5",
            "part_of: mean_square, points: 2",
            "nothing of mean_square's 2 points",
        ),
        ("id: why-two", "id: double", "two tasks have the id double"),
        ("title: Why two, ", "", "title"),
    ],
)
def test_faults_of_written_tasks(course: Course, old: str, new: str, message: str) -> None:
    """A written task that does not fit its assignment is refused with the file's name."""
    path = course.root / "assignments" / ASSIGNMENT / "assignment.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=message):
        assignment_file(course, ASSIGNMENT)


@pytest.mark.parametrize("text", ["1_0", "1_0,5", "nan", "-1", "1e999", ""])
def test_points_that_are_not_a_number(text: str) -> None:
    """What a person mistyped is asked for again, also where Python would read a number in it."""
    with pytest.raises(UsageError, match="expected points from 0 to 20"):
        points_in(text, 20)


def test_minus_zero_is_zero() -> None:
    """Points of -0 are recorded as 0, and a decimal comma is a point."""
    assert str(points_in("-0", 1)) == "0.0"
    assert points_in("0,5", 1) == 0.5
