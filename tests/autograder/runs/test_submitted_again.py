"""A submission is a student's bytes at a time: however runs are split, ordered and repeated."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from examples import examples, one_in
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.gradebook.tables import grades_csv
from autograder.grading.cache_keys import provenance_of
from autograder.pages.publish import publish
from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import Line, SubmittedAgain, read_ledger
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch
from autograder.runs.pool import GradingResults
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig
from autograder.submissions.submission import Submission

DUE = datetime(2026, 5, 4, 20, tzinfo=UTC)
RIGHT = notebook(SOURCE).encode()
WRONG = notebook(SOURCE.replace("return 2 * x\n", "return 3 * x\n")).encode()
OTHER = notebook(SOURCE.replace("return 2 * x\n", "return x + x\n")).encode()
STRICT = "points: 6\ndue: 2026-05-04T20:00\nlate: {per_day: 0.1}\n"
STUDENTS = ("ann", "bob")


@dataclass(frozen=True)
class Collected:
    """One submission as a platform gives it out: with a time, or with a number that rises with time."""

    student: str
    minute: int
    data: bytes
    timed: bool

    def submission(self) -> Submission:
        """The submission, read."""
        return Submission(
            self.student,
            "tiny.ipynb",
            self.data,
            assignment=ASSIGNMENT,
            submitted=DUE + timedelta(minutes=self.minute) if self.timed else None,
            number=1000 + self.minute,
        )


class Runs:
    """Runs into one results directory, with reports that the real grader wrote, each once."""

    def __init__(self, course: Course, grade: Callable[[GradingJob], GradedSubmission], root: Path) -> None:
        self.course, self.grade_job, self.results = course, grade, Results(root)

    def grade(self, submissions: Iterable[Collected], stop_after: int = -1) -> None:
        """A run over some submissions, in the order of collecting; it may be stopped by hand."""
        ordered = sorted(submissions, key=lambda entry: (entry.student, entry.minute))
        self._run([entry.submission() for entry in ordered], stop_after, collected=True)

    def regrade(self) -> None:
        """A run over all that the directory keeps, which grades everything anew."""
        self._run(None, -1, collected=False)

    def _run(self, submissions: Sequence[Submission] | None, stop_after: int, *, collected: bool) -> None:
        def workers(jobs: Iterable[GradingJob]) -> GradingResults:
            waiting = list(jobs)
            random.Random(stop_after).shuffle(waiting)  # workers finish in any order
            for number, job in enumerate(waiting):
                if number == stop_after:
                    raise KeyboardInterrupt
                yield job, self.grade_job(job)

        with Batch(self.results, ASSIGNMENT, seed=1) as batch:
            with suppress(KeyboardInterrupt):
                batch.grade(
                    batch.stored() if submissions is None else submissions,
                    provenance_of(load_assignment(self.course, ASSIGNMENT), ""),
                    workers,
                    collected=collected,
                    everything=not collected,
                )
            publish(GradedAssignment.of(self.results, self.course, batch.ledger.lines), batch.summaries)

    def outcome(self) -> str:
        """The class's table, as it follows from the ledger."""
        graded = GradedAssignment.read(self.results, self.course)
        return grades_csv(graded.summaries(), graded.final_scores)

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Every file's bytes, and when it was written last."""
        return {
            str(path.relative_to(self.results.root)): (path.stat().st_mtime_ns, path.read_bytes())
            for path in self.results.root.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course with a due date and a penalty for lateness."""
    made = write_tiny_course(tmp_path_factory.mktemp("again") / "course")
    yaml = made.root / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text().replace("points: 6\n", STRICT, 1))
    return made


@pytest.fixture(scope="module")
def grade(course: Course) -> Iterator[Callable[[GradingJob], GradedSubmission]]:
    """The real grader, which grades the same bytes of a student once."""
    worker = GradingWorker(RunConfig(course.root, ASSIGNMENT, 1, "", "weak"))
    known: dict[tuple[str, bytes], GradedSubmission] = {}

    def grade(job: GradingJob) -> GradedSubmission:
        key = job.submission.student, job.submission.data
        if key not in known:
            graded = worker.grade(GradingJob(job.submission, reuse=False))
            assert isinstance(graded, GradedSubmission)
            known[key] = graded
        return known[key]

    yield grade
    worker.close()


def entries() -> st.SearchStrategy[list[Collected]]:
    """Two students' submissions around the due date, of three notebooks; dated all, or numbered all."""

    def made(timed: bool) -> st.SearchStrategy[list[Collected]]:
        entry = st.builds(
            Collected,
            st.sampled_from(STUDENTS),
            st.integers(-3, 3),
            st.sampled_from([RIGHT, WRONG, OTHER]),
            st.just(timed),
        )
        return st.lists(
            entry, min_size=1, max_size=9, unique_by=lambda collected: (collected.student, collected.minute)
        )

    return st.booleans().flatmap(made)


@settings(max_examples=examples(60), deadline=None)
@given(entries(), st.data())
def test_any_split_order_and_repetition(
    course: Course,
    grade: Callable[[GradingJob], GradedSubmission],
    submissions: list[Collected],
    data: st.DataObject,
) -> None:
    """Runs over parts, stopped, repeated, with regrades between them, give what one run gives.

    A run with nothing new then writes nothing.
    """
    parts = data.draw(st.lists(st.lists(st.sampled_from(submissions), unique=True), max_size=4))
    with TemporaryDirectory() as folder:
        whole = Runs(course, grade, Path(folder, "whole"))
        whole.grade(submissions)
        runs = Runs(course, grade, Path(folder, "parts"))
        for part in [*parts, submissions]:
            if data.draw(st.booleans()):
                runs.grade(part, stop_after=data.draw(st.integers(0, 3)))
            runs.grade(part)
            if data.draw(st.booleans()):
                runs.regrade()
        assert runs.outcome() == whole.outcome()
        before = runs.files()
        for part in [submissions, *parts]:
            runs.grade(part)
        assert runs.files() == before


def attempts_csv(runs: Runs, minutes: dict[int, bytes]) -> list[str]:
    """Ann's line of the table after one run over what she submitted."""
    runs.grade([Collected("ann", minute, data, timed=True) for minute, data in minutes.items()])
    return runs.outcome().splitlines()[1].split(",")


def test_right_wrong_right_again(
    course: Course, grade: Callable[[GradingJob], GradedSubmission], tmp_path: Path
) -> None:
    """The bytes of an earlier attempt are a new one; those of the latest one change nothing."""
    runs = Runs(course, grade, tmp_path / "out")
    row = attempts_csv(runs, {-9: RIGHT, -8: WRONG, -7: RIGHT})
    assert row[1] == "6" and "2026-05-04T19:53:00+00:00" in row
    lines = read_ledger(runs.results.ledger)[0]
    assert sum(isinstance(line, SubmittedAgain) for line in lines) == 1
    for _ in range(3):
        runs.grade([Collected("ann", -7, RIGHT, timed=True)])
    assert read_ledger(runs.results.ledger)[0] == lines


def test_the_same_bytes_after_the_deadline(
    course: Course, grade: Callable[[GradingJob], GradedSubmission], tmp_path: Path
) -> None:
    """Who submits the same file again, too late, is not late: its first time stands."""
    runs = Runs(course, grade, tmp_path / "out")
    assert attempts_csv(runs, {-9: RIGHT})[1] == "6"
    assert attempts_csv(runs, {-9: RIGHT, 600: RIGHT})[1] == "6"
    assert attempts_csv(runs, {900: RIGHT})[1] == "6"
    # Of other bytes between them the lateness counts again.
    assert attempts_csv(runs, {300: WRONG})[1] == "5.4"


def test_a_folder_without_times(
    course: Course, grade: Callable[[GradingJob], GradedSubmission], tmp_path: Path
) -> None:
    """Where nothing says when, what is given last counts; the same again writes nothing."""
    runs = Runs(course, grade, tmp_path / "out")

    def run(data: bytes) -> str:
        runs._run([Submission("ann", "tiny.ipynb", data, assignment=ASSIGNMENT)], -1, collected=True)
        return runs.outcome().splitlines()[1].split(",")[1]

    scores = [run(data) for data in (RIGHT, WRONG, RIGHT, RIGHT, WRONG, WRONG)]
    assert scores[0] == scores[2] == scores[3] == "6"
    assert scores[1] == scores[4] == scores[5] != "6"
    before = runs.files()
    runs.regrade()
    run(WRONG)
    assert {name: data for name, (_, data) in runs.files().items() if "ledger" not in name} == {
        name: data for name, (_, data) in before.items() if "ledger" not in name
    }
    assert runs.outcome().splitlines()[1].split(",")[1] == scores[1]


def lines_of(out: Path) -> list[Line]:
    """The lines of a ledger."""
    return read_ledger(out / "ledger.jsonl")[0]


@pytest.mark.full
@pytest.mark.parametrize("pause", one_in(2, [0.0, 1.1]))
def test_from_a_dropbox(course: Course, tmp_path: Path, pause: float) -> None:
    """By the commands: right, wrong, right again has full marks, however often it is graded."""
    shutil.copytree(course.root, tmp_path / "course")
    for name, data in (("right", RIGHT), ("wrong", WRONG)):
        (tmp_path / f"{name}.ipynb").write_bytes(data)
    drop, out = tmp_path / "drop", tmp_path / "out"
    assert autograder("dropbox", ASSIGNMENT, "--to", drop, folder=tmp_path / "course").returncode == 0
    for name in ("right", "wrong", "right"):
        words = ("submit", tmp_path / f"{name}.ipynb", "--to", drop / ASSIGNMENT, "--student", "s1")
        assert autograder(*words, folder=tmp_path).returncode == 0
        time.sleep(pause)
    seen = []
    for _ in range(3):
        completed = autograder(
            "grade", ASSIGNMENT, drop / ASSIGNMENT, "--out", out, folder=tmp_path / "course"
        )
        assert completed.returncode == 0, completed.stderr
        seen.append(
            (next(line for line in completed.stdout.splitlines() if line.startswith("s1")), lines_of(out))
        )
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][1]) == 4 and "attempt 3 of 3" in seen[0][0]
