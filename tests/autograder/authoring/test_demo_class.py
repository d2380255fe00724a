"""Sample classes: every kind is there, always the same, and is what it says it is."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_process import definitions, failed_tasks
from tiny_course import ASSIGNMENT
from written_course import write_written_course

from autograder.authoring.demo_class import DemoSubmission, Kind, first_sentence, make_class
from autograder.authoring.unusual_notebooks import ODD
from autograder.checks.calls import Functions
from autograder.course.assignment import Assignment, load_assignment
from autograder.errors import ContentError, UsageError
from autograder.grading.backends import NotebookBackend
from autograder.grading.evaluation import evaluate
from autograder.lms.layouts import collect_submissions
from autograder.report import Status
from autograder.submissions.notebook import raw_cells, read_notebook
from autograder.submissions.submission import read_submission
from autograder.submissions.written_answers import written_text


@pytest.fixture(scope="module")
def large_class(tiny: Assignment, tmp_path_factory: pytest.TempPathFactory) -> list[DemoSubmission]:
    """A class of 100."""
    return make_class(tiny, 100, tmp_path_factory.mktemp("class") / "samples")


class TestMakeClass:
    """A whole class."""

    @pytest.mark.parametrize("students", [12, 13, 40])
    def test_every_kind_is_there(self, tiny: Assignment, tmp_path: Path, students: int) -> None:
        """Twelve students are enough for one of each kind."""
        samples = make_class(tiny, students, tmp_path / "samples")
        assert [sample.student for sample in samples] == [f"student-{n:03}" for n in range(1, students + 1)]
        assert {sample.kind for sample in samples} == set(Kind)

    def test_the_mix(self, large_class: list[DemoSubmission]) -> None:
        """About half of a large class is right, a third makes mistakes, few give trouble."""
        kinds = Counter(sample.kind for sample in large_class)
        assert 45 <= kinds[Kind.CORRECT] + kinds[Kind.ODD] <= 55
        assert 25 <= kinds[Kind.MISTAKEN] + kinds[Kind.SEVERAL] <= 40
        troubles = {Kind.HANGING, Kind.CRASHING, Kind.MEMORY, Kind.RAISING, Kind.FORGING, Kind.UNREADABLE}
        assert sum(kinds[kind] for kind in troubles) <= 12

    def test_everything_has_its_turn(self, tiny: Assignment, large_class: list[DemoSubmission]) -> None:
        """Every known mistake, alternative and odd form occurs, as often as the others."""
        details = Counter(sample.detail for sample in large_class if sample.kind == Kind.MISTAKEN)
        assert details.keys() == {f"{variant.function}: {variant.name}" for variant in tiny.mistakes}
        assert max(details.values()) - min(details.values()) <= 1
        assert {sample.detail for sample in large_class if sample.kind == Kind.ODD} == set(ODD)
        styles = {f"another style: {variant.function}: {variant.name}" for variant in tiny.alternatives}
        assert {sample.detail for sample in large_class if sample.kind == Kind.CORRECT} == {
            "the reference",
            *styles,
        }

    def test_same_bytes_every_time(self, tiny: Assignment, tmp_path: Path) -> None:
        """The same arguments give the same files; a larger class begins like a smaller one."""
        small, again, large = (
            make_class(tiny, students, tmp_path / name)
            for name, students in [("a", 20), ("b", 20), ("c", 30)]
        )
        for sample, other, third in zip(small, again, large, strict=False):
            assert sample.path.read_bytes() == other.path.read_bytes() == third.path.read_bytes()
        assert (tmp_path / "a/expected.csv").read_bytes() == (tmp_path / "b/expected.csv").read_bytes()

    def test_expected_csv(self, large_class: list[DemoSubmission]) -> None:
        """The table says of every student what to expect; intake does not take it for a submission."""
        folder = large_class[0].path.parent
        with (folder / "expected.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows == [
            ["student", "kind", "detail", "expect"],
            *([sample.student, sample.kind.value, sample.detail, sample.expect] for sample in large_class),
        ]
        assert all(sample.expect.endswith(".") for sample in large_class)
        assert [entry.path for entry in collect_submissions(folder, "tiny")] == [
            sample.path for sample in large_class
        ]

    def test_readable_unless_said_otherwise(self, large_class: list[DemoSubmission]) -> None:
        """Only the unreadable ones cannot be read, for the reason they are to be."""
        for sample in large_class:
            problem = read_submission(sample.student, sample.path).problem
            if sample.kind != Kind.UNREADABLE:
                assert problem == "", sample
            else:
                assert ("cut off" if "cut off" in sample.detail else "PDF") in problem

    def test_right_and_mistaken_ones_are_what_they_say(
        self, tiny: Assignment, large_class: list[DemoSubmission]
    ) -> None:
        """The harmless kinds lose points in the tasks they are expected to, and only there."""
        for sample in large_class[:40]:
            if sample.kind in (Kind.CORRECT, Kind.ODD):
                tasks = set()
            elif sample.kind in (Kind.MISTAKEN, Kind.SEVERAL):
                tasks = {tiny.task_of(name.split(":")[0]) for name in sample.detail.split("; ")}
            elif sample.kind == Kind.PARTLY:
                tasks = {tiny.task_of(name) for name in sample.detail.split(", ")}
            elif sample.kind == Kind.BLANK:
                tasks = {"double", "mean_square"}
            else:
                continue
            assert failed_tasks(tiny, sample.path.read_bytes()) == tasks, sample
            assert all(task in sample.expect for task in tasks) or sample.kind == Kind.BLANK

    @pytest.mark.parametrize(
        ("kind", "holds"),
        [
            (Kind.HANGING, "while True:"),
            (Kind.CRASHING, "os._exit(0)"),
            (Kind.MEMORY, "np.zeros(10 * 2 ** 30"),
            (Kind.RAISING, "raise ValueError"),
            (Kind.FORGING, "os.write(3, "),
        ],
    )
    def test_trouble_is_in_one_function(
        self, tiny: Assignment, large_class: list[DemoSubmission], kind: Kind, holds: str
    ) -> None:
        """Each trouble is in the function named, under its own parameters; the others are the reference's."""
        for sample in large_class:
            if sample.kind != kind:
                continue
            cells = [cell.source for cell in read_notebook(sample.path.read_bytes()) if holds in cell.source]
            assert len(cells) == 1
            assert f"def {sample.detail}({', '.join(tiny.parameters[sample.detail])}):" in cells[0]

    def test_several_are_several(self, large_class: list[DemoSubmission]) -> None:
        """Several mistakes are two or more, in different functions."""
        for sample in large_class:
            if sample.kind == Kind.SEVERAL:
                functions = [name.split(":")[0] for name in sample.detail.split("; ")]
                assert len(set(functions)) == len(functions) >= 2

    def test_nothing_is_overwritten(self, tiny: Assignment, tmp_path: Path) -> None:
        """A folder with something in it, or a file, is refused and left alone; an empty folder will do."""
        (tmp_path / "kept").mkdir()
        (tmp_path / "kept/notes.txt").write_text("mine")
        for name in ("kept", "kept/notes.txt"):
            with pytest.raises(UsageError, match="not empty"):
                make_class(tiny, 3, tmp_path / name)
        assert [path.name for path in (tmp_path / "kept").iterdir()] == ["notes.txt"]
        (tmp_path / "new").mkdir()
        assert len(make_class(tiny, 3, tmp_path / "new")) == 3

    def test_nobody(self, tiny: Assignment, tmp_path: Path) -> None:
        """A class of nobody is refused before a folder is made."""
        with pytest.raises(UsageError, match="at least 1 student, got 0"):
            make_class(tiny, 0, tmp_path / "samples")
        assert not (tmp_path / "samples").exists()

    def test_no_known_mistakes(self, tiny: Assignment, tmp_path: Path) -> None:
        """An assignment without known mistakes is told to its author; nothing is written."""
        with pytest.raises(ContentError, match="no known mistake"):
            make_class(replace(tiny, mistakes=[]), 3, tmp_path / "samples")
        assert not (tmp_path / "samples").exists()


def test_the_tiny_course_is_sound(tiny: Assignment) -> None:
    """The course the tests use holds its own public checks, and its stubs pass none."""
    namespace = {name: tiny.reference[name] for name in tiny.functions}
    for check in tiny.public_checks:
        assert evaluate(check, Functions(NotebookBackend(namespace)), None, 1).status == Status.PASSED
        blank = definitions(tiny.handout.read_bytes(), tiny.functions)
        assert evaluate(check, Functions(NotebookBackend(blank)), None, 1).status == Status.MISSING


class TestWrittenAnswers:
    """A class for an assignment whose questions are answered in words."""

    @pytest.fixture
    def answers(self, tmp_path: Path) -> list[tuple[DemoSubmission, dict[str, str]]]:
        """Each submission that can be read, with its answers by task; blank ones are empty."""
        assignment = load_assignment(write_written_course(tmp_path), ASSIGNMENT)
        found = []
        for sample in make_class(assignment, 40, tmp_path / "samples"):
            if sample.kind is not Kind.UNREADABLE:
                cells = raw_cells(sample.path.read_bytes())
                texts = {
                    task.id: written_text(cells, (), task.id, task.title)
                    for task in assignment.file.written_tasks
                }
                found.append((sample, {task: text.text if text else "" for task, text in texts.items()}))
        return found

    def test_right_ones_have_model_answers(
        self, answers: list[tuple[DemoSubmission, dict[str, str]]]
    ) -> None:
        """Whatever the form of the notebook; what to expect says that a person has to mark them."""
        for sample, texts in answers:
            if sample.kind in (Kind.CORRECT, Kind.ODD):
                assert all(texts.values()), sample.detail
                expected = "4.5 of 4.5 so far: 2 written answers wait for a person to mark."
                assert sample.expect == expected

    def test_others_have_what_they_came_to(
        self, answers: list[tuple[DemoSubmission, dict[str, str]]]
    ) -> None:
        """Blank ones have none; who has not finished a task has not answered its question."""
        for sample, texts in answers:
            if sample.kind is Kind.BLANK:
                assert not any(texts.values())
            elif sample.kind is Kind.PARTLY:
                assert not texts["why-mean"]  # mean_square, the last function, is never there
            else:
                assert all(texts.values()), sample


@given(st.text(st.sampled_from("ab .?!\n"), max_size=40))
def test_the_first_sentence_begins_the_text(text: str) -> None:
    """It is not longer than the text, and not blank where the text is not."""
    first = first_sentence(text)
    assert " ".join(text.split()).startswith(" ".join(first.split()))
    assert bool(first.strip()) == bool(text.strip())
