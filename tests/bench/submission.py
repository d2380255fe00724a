"""What one submission costs: load to report, the page, and where the time goes.

Run by `make bench`. Machines differ and are shared, so every figure stands beside another of the same
run: the same checks called in one warm process with nothing separated.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from autograder.authoring.calibrate import convergence_checks
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import training_of
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.environment import one_core
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import Grader, materials_for
from autograder.pages.student_page import student_page
from autograder.report import Report
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session
from autograder.submissions.submission import Submission

ROUNDS = 21
FEW_ROUNDS = 9  # of what trains a network


def milliseconds(action: Callable[[], object]) -> float:
    """The median of several timings, after one that is not counted."""
    action()
    return statistics.median(once(action) for _ in range(ROUNDS))


def once(action: Callable[[], object]) -> float:
    """Milliseconds of wall time."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def bare(assignment: Assignment) -> Callable[[], object]:
    """The same checks on the same functions in this warm process: no sandbox, no report."""
    reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
    student = Functions(NotebookBackend(assignment.reference), assignment.parameters)
    return lambda: [evaluate(check, student, reference, 15) for check in assignment.hidden_checks]


def measure(assignment: Assignment) -> None:
    """One assignment's lines."""
    data = to_bytes(filled_in(assignment))
    trained = convergence_checks(assignment)
    assignment = replace(assignment, hidden_checks=[c for c in assignment.hidden_checks if c not in trained])
    reports: list[Report] = []

    def grade() -> str:
        submission = Submission("student", "notebook.ipynb", data)
        reports.append(grader.grade(submission))
        return reports[-1].to_json()

    with Grader(assignment, seed=15) as grader:
        graded = milliseconds(grade)
    warm = milliseconds(bare(assignment))
    page = milliseconds(lambda: student_page(reports[-1], title=assignment.file.title))
    calls = len(assignment.hidden_checks)
    print(f"{assignment.id}: {calls} checks, without the {len(trained)} that train a network")
    print(f"  load to report JSON  {graded:7.1f} ms   {graded / warm:4.1f} x the checks in one warm process")
    print(f"  the page             {page:7.1f} ms   {page / graded:4.1f} x the grading")


def measure_training(assignment: Assignment) -> None:
    """A whole grade with its training runs, beside the same arithmetic: one warm process, plain calls."""
    if not (trained := convergence_checks(assignment)):
        return
    materials = materials_for(assignment, 15)
    assert materials is not None  # there are convergence checks
    submission = Submission("student", "notebook.ipynb", to_bytes(filled_in(assignment)))
    others = replace(assignment, hidden_checks=[c for c in assignment.hidden_checks if c not in trained])
    functions = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
    functions.context_.training = True  # nothing is copied or kept: little more than the plain calls

    def train() -> None:
        for trained_check in trained:
            training_of(trained_check.body)(functions, materials.images, np.random.default_rng([15, 0]))

    checks = bare(others)
    with Grader(assignment, seed=15) as grader:
        grader.grade(submission)  # the reference's own runs, once for a class
        checks()
        # By turns, so that a busy moment of the machine meets both.
        pairs = [
            (once(lambda: grader.grade(submission)), once(checks) + once(train)) for _ in range(FEW_ROUNDS)
        ]
    graded, warm = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"{assignment.id}: with training on {materials.images.name}")
    print(f"  load to report       {graded:7.1f} ms   {graded / warm:4.2f} x the same in one warm process")


def measure_sandbox() -> None:
    """Start a child, load, nine calls, end it; and a single call."""
    cells = [(1, "import numpy as np\ndef relu(x):\n    return np.maximum(x, 0)\n")]
    x = [[0.5] * 5] * 8

    def life() -> None:
        with Session(worker, cells, ["relu"]) as session:
            for _ in range(9):
                session.answer("relu", [(x,)], 5.0)

    with SandboxProcess() as worker:
        print(f"start, load, nine calls, end: {milliseconds(life):.1f} ms")


def main() -> None:
    """Print all figures."""
    course = find_course(Path(__file__).parent)
    with one_core(0):  # as `grade` does for each of its processes
        measure_sandbox()
        for name in course.assignment_ids():
            measure(load_assignment(course, name))
            measure_training(load_assignment(course, name))
    for name in course.assignment_ids():
        subprocess.run([sys.executable, __file__, name], check=True)


def memory_of(name: str) -> None:
    """The most that grading one assignment takes; in a process of its own, since the peak never falls."""
    assignment = load_assignment(find_course(Path(__file__).parent), name)
    submission = Submission("student", "notebook.ipynb", to_bytes(filled_in(assignment)))
    with Grader(assignment, seed=15) as grader:
        grader.grade(submission)
        grader.grade(submission)
    # Not the resource usage, which begins with that of the process that started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    judge_memory = int(peak.split()[1]) / 1024
    sandbox = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{name}: memory of the judge {judge_memory:.0f} MB, its largest child {sandbox:.0f} MB")


if __name__ == "__main__":
    memory_of(sys.argv[1]) if sys.argv[1:] else main()
