"""Real notebooks through a grader: the reference, the handout, known mistakes, files that are no notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import Assignment
from autograder.grading.grader import Grader
from autograder.report import CheckResult, Report, Status
from autograder.submissions.submission import read_submission

FIRST, SECOND = "double", "mean_square"


@pytest.fixture(scope="module")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment."""
    with Grader(tiny, seed=11) as made:
        yield made


def graded(grader: Grader, path: Path, data: bytes) -> Report:
    """The report on a file with these bytes."""
    path.write_bytes(data)
    return grader.grade(read_submission("student-1", path))


def task(report: Report, name: str) -> tuple[float, float]:
    """Points earned and possible in a task."""
    return next((task.earned, task.possible) for task in report.tasks if task.task == name)


def recognised(report: Report) -> dict[str, CheckResult]:
    """The results in which a known mistake was recognised, by its name."""
    return {result.mistake: result for result in report.results() if result.mistake}


def test_the_reference_gets_full_marks(grader: Grader, tiny: Assignment, tmp_path: Path) -> None:
    """The handout filled in from the reference passes every check and earns every point."""
    report = graded(grader, tmp_path / "hw.ipynb", to_bytes(filled_in(tiny)))
    assert {result.status for result in report.results()} == {Status.PASSED}
    assert (report.score.earned, report.score.possible) == (6, 6)
    assert (report.student, report.submission.file) == ("student-1", "hw.ipynb")
    assert len(report.submission.sha256) == 64
    assert report.submission.notes == []
    assert [result.id for result in report.results()] == [check.id for check in tiny.hidden_checks]


def test_the_handout_gets_nothing(grader: Grader, tiny: Assignment, tmp_path: Path) -> None:
    """A notebook handed in as it was handed out earns 0 of all points: each check says what is missing."""
    report = graded(grader, tmp_path / "hw.ipynb", tiny.handout.read_bytes())
    assert (report.score.earned, report.score.possible) == (0, 6)
    assert {result.status for result in report.results()} == {Status.MISSING}
    assert all("not written yet" in result.message for result in report.results())


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b'{"cells": [', b"\x00\xff", b"[]", b"import numpy as np\n"]
)
def test_what_is_no_notebook_earns_nothing_and_says_why(grader: Grader, tmp_path: Path, data: bytes) -> None:
    """The report on an unreadable file holds its problem, no points, and every check."""
    report = graded(grader, tmp_path / "hw.ipynb", data)
    assert (report.score.earned, report.score.possible) == (0, 6)
    assert report.submission.problem
    assert {result.status for result in report.results()} == {Status.MISSING}
    assert {(result.message, result.hint) for result in report.results()} == {("", "")}  # said once
    assert Report.from_json(report.to_json()) == report


@pytest.mark.parametrize(("kind", "shown"), [("markdown", "Markdown"), ("raw", "raw")])
def test_a_cell_that_became_text_is_named(
    grader: Grader, tiny: Assignment, tmp_path: Path, kind: str, shown: str
) -> None:
    """A wrong key press makes a code cell text: its function is missing, and the report says where it is."""
    notebook = filled_in(tiny)
    number, cell = next(
        (number, cell)
        for number, cell in enumerate(notebook["cells"], start=1)
        if cell["cell_type"] == "code" and "def mean_square(" in cell["source"]
    )
    cell["cell_type"] = kind
    report = graded(grader, tmp_path / "hw.ipynb", to_bytes(notebook))
    assert task(report, SECOND) == (0, 2)
    (note,) = report.submission.notes
    assert note.cell == number and "def mean_square(" in cell["source"].split("\n")[note.line - 1]
    assert note.text.startswith(f"mean_square is not run: this is a {shown} cell.")
    again = grader.grade(read_submission("student-1", tmp_path / "hw.ipynb"), report)
    assert again.submission.notes == [note]  # said once, however often it is graded
    notebook["cells"].append({**cell, "cell_type": "code", "outputs": [], "execution_count": None})
    report = graded(grader, tmp_path / "hw.ipynb", to_bytes(notebook))
    assert task(report, SECOND) == (2, 2) and report.submission.notes == []


def test_a_missing_file_is_a_report_too(grader: Grader, tmp_path: Path) -> None:
    """A file that is gone does not end the run."""
    report = grader.grade(read_submission("student-1", tmp_path / "gone.ipynb"))
    assert "No such file" in report.submission.problem
    assert report.score.earned == 0


@pytest.mark.parametrize("name", ["squared", "factor_forgotten", "sum_of_squares"])
def test_a_known_mistake_is_named(grader: Grader, tiny: Assignment, tmp_path: Path, name: str) -> None:
    """The report names the mistake, gives its sentence as the hint, and only its own task loses points."""
    mistake = next(mistake for mistake in tiny.mistakes if mistake.name == name)
    data = to_bytes(filled_in(tiny, {mistake.function: mistake.source()}))
    report = graded(grader, tmp_path / "hw.ipynb", data)
    mistakes = recognised(report)
    assert list(mistakes) == [f"{mistake.function}: {name}"]
    assert all(result.hint == mistake.feedback for result in mistakes.values())
    assert all(result.status is Status.FAILED for result in mistakes.values())
    task_id = tiny.task_of(mistake.function)
    for other in (FIRST, SECOND):
        earned, possible = task(report, other)
        assert (earned < possible) == (other == task_id)


def test_alternatives_keep_full_marks(grader: Grader, tiny: Assignment, tmp_path: Path) -> None:
    """Right answers in another style lose nothing."""
    data = to_bytes(filled_in(tiny, {variant.function: variant.source() for variant in tiny.alternatives}))
    assert graded(grader, tmp_path / "hw.ipynb", data).score.earned == 6


def test_seeds_draw_other_inputs(tiny: Assignment, tmp_path: Path) -> None:
    """Another seed gives other inputs and the same judgement."""
    mistake = next(mistake for mistake in tiny.mistakes if mistake.name == "squared")
    path, data = tmp_path / "hw.ipynb", to_bytes(filled_in(tiny, {mistake.function: mistake.source()}))
    reports = []
    for seed in (1, 1, 2):
        with Grader(tiny, seed=seed) as grader:
            reports.append(graded(grader, path, data))
    assert reports[0].to_json() == reports[1].to_json()
    assert reports[0].score == reports[2].score
    assert [r.status for r in reports[0].results()] == [r.status for r in reports[2].results()]
    assert recognised(reports[0]).keys() == recognised(reports[2]).keys()
    shown = [report.results()[0].evidence.arguments for report in reports]
    assert shown[0] == shown[1] != shown[2]


def test_one_submission_does_not_colour_the_next(grader: Grader, tiny: Assignment, tmp_path: Path) -> None:
    """A report depends on its own file alone, whatever was graded before."""
    data = to_bytes(filled_in(tiny))
    path = tmp_path / "hw.ipynb"
    first = graded(grader, path, data)
    spoil = "import numpy as np\ndef double(x):\n    np.mean = np.exp = None\n    x[...] = 0\n    return x"
    graded(grader, path, to_bytes(filled_in(tiny, {"double": spoil})))
    assert graded(grader, path, data) == first


def test_a_dead_zygote_costs_nobody(tiny: Assignment, tmp_path: Path) -> None:
    """When the sandbox's grader process was killed, a new one is started and the submission is graded."""
    with Grader(tiny, seed=11) as grader:
        data = to_bytes(filled_in(tiny))
        first = graded(grader, tmp_path / "hw.ipynb", data)
        grader._worker._zygote.process.kill()
        grader._worker._zygote.process.wait()
        assert graded(grader, tmp_path / "hw.ipynb", data) == first
