"""One submission, five ways: ours, one warm process, nbgrader, otter, and a pytest process.

Run by `make bench`. All five run the same hidden checks on the same functions and print what one
submission took; ours grades with one worker and writes everything it writes. Peers that are not installed
are left out and named: set OTTER to the `otter` command of an environment that has this package too.
"""

from __future__ import annotations

import ast
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course, find_course
from autograder.environment import one_core
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import Grader, materials_for
from autograder.pages.student_page import student_page
from autograder.report import Report
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import Submission

OURS, WARM, PEERS = 15, 5, 4  # submissions for each way
SEED = 15

# What a peer runs on a submission's own functions, in the same process as these.
CHECKS = """\
from pathlib import Path
from autograder.course.assignment import load_assignment
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.checks.calls import Functions
from autograder.course import find_course
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import materials_for
assignment = load_assignment(find_course(Path({course!r})), {name!r})
student = Functions(NotebookBackend(FUNCTIONS), assignment.parameters)
reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
materials = materials_for(assignment, 15)
chosen = {chosen!r}
checks = [check for check in assignment.hidden_checks if check.id in chosen]
results = [evaluate(check, student, reference, 15, (), materials) for check in checks]
lost = [result.id for result in results if result.earned < result.possible]
assert not lost, lost
"""


def ours(assignment: Assignment) -> tuple[float, float]:
    """Seconds a submission, from a file's bytes to its report; and those its page takes on top."""
    reports: list[Report] = []
    data = to_bytes(filled_in(assignment))
    with one_core(0), Grader(assignment, SEED) as grader:

        def once() -> None:
            report = grader.grade(Submission("student", "x.ipynb", data, assignment=assignment.id))
            assert report.score.earned >= report.score.possible
            reports.append(report)
            report.to_json()

        once()  # the reference's gradients and training runs: once a class
        took = statistics.median(seconds(once) for _ in range(OURS))
    page = statistics.median(
        seconds(lambda: student_page(reports[-1], title=assignment.file.title)) for _ in range(OURS)
    )
    return took, page


def warm(assignment: Assignment) -> float:
    """Seconds for the same checks in this process, the reference's gradients worked out each time."""
    materials = materials_for(assignment, SEED)

    def once() -> None:
        student = Functions(NotebookBackend(assignment.reference), assignment.parameters)
        reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
        for check in assignment.hidden_checks:
            evaluate(check, student, reference, SEED, (), materials)

    once()
    return statistics.median(seconds(once) for _ in range(WARM))


def seconds(action: Callable[[], object]) -> float:
    """Wall time."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def source_of(assignment: Assignment) -> str:
    """The solved handout's imports and functions, as a student's module would hold them."""
    kept = ["import numpy as np"]
    for cell in read_notebook(to_bytes(filled_in(assignment))):
        with suppress(SyntaxError):  # magics
            body = ast.parse(cell.source).body
            kept += [ast.unparse(node) for node in body if isinstance(node, ast.FunctionDef)]
    namespace: dict[str, object] = {}
    exec("\n\n".join(kept), namespace)
    assert namespace.keys() >= set(assignment.functions)
    return "\n\n".join(kept)


def checks(course: Course, assignment: Assignment, functions: str) -> str:
    """The checks as code that a peer runs."""
    return f"FUNCTIONS = {functions}\n" + CHECKS.format(
        course=str(course.root), name=assignment.id, chosen=[check.id for check in assignment.hidden_checks]
    )


def run(*words: object, folder: Path) -> None:
    """A peer's command; what it prints is shown when it fails."""
    extra_files = Path(str(words[0])).parent  # nbgrader looks for other commands of its environment
    completed = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join([str(extra_files), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    if completed.returncode:
        raise SystemExit(completed.stdout[-3000:] + completed.stderr[-3000:])


def pytest_process(course: Course, assignment: Assignment, folder: Path) -> float:
    """Seconds a submission: a pytest process imports it and runs the checks."""
    (folder / "submission.py").write_text(source_of(assignment))
    body = checks(course, assignment, "vars(__import__('submission'))").replace("\n", "\n    ")
    (folder / "test_submission.py").write_text(f"def test_submission():\n    {body}")
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_submission.py")
    return statistics.median(seconds(lambda: run(*words, folder=folder)) for _ in range(PEERS))


def nbgrader(course: Course, assignment: Assignment, folder: Path) -> float:
    """Seconds a submission: stock nbgrader, one test cell with all the checks."""
    meta = {"schema_version": 3, "locked": True, "task": False}
    test = new_code_cell(checks(course, assignment, "dict(globals())"))
    test.metadata.nbgrader = {**meta, "grade": True, "solution": False, "points": 1, "grade_id": "test"}
    answer = new_code_cell(source_of(assignment))
    answer.metadata.nbgrader = {
        **meta,
        "locked": False,
        "grade": False,
        "solution": True,
        "grade_id": "answer",
    }
    notebook = new_notebook(cells=[answer, test])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / "source" / "ps").mkdir(parents=True)
    nbformat.write(notebook, folder / "source" / "ps" / "ps.ipynb")
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'bench'\nc.ExecutePreprocessor.timeout = 600\n"
        "c.ClearSolutions.enforce_metadata = False\n"
    )
    command = Path(sys.executable).with_name("nbgrader")
    run(command, "generate_assignment", "ps", folder=folder)
    for number in range(PEERS):
        target = folder / "submitted" / f"s{number}" / "ps"
        target.mkdir(parents=True)
        shutil.copy(folder / "source" / "ps" / "ps.ipynb", target / "ps.ipynb")
    return seconds(lambda: run(command, "autograde", "ps", folder=folder)) / PEERS


def otter(course: Course, assignment: Assignment, folder: Path, command: str) -> float:
    """Seconds a submission: `otter run` on an assignment whose one test runs all the checks."""
    answer = new_code_cell(source_of(assignment))
    question = [
        new_raw_cell("# ASSIGNMENT CONFIG\nname: ps\ngenerate: true\nexport_cell: false"),
        new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 1"),
        new_raw_cell("# BEGIN SOLUTION"),
        answer,
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell(checks(course, assignment, "dict(globals())") + "len(lost)"),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]
    notebook = new_notebook(cells=question)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "ps.ipynb")
    run(command, "assign", "ps.ipynb", "dist", "--no-run-tests", folder=folder)
    grader = next((folder / "dist" / "autograder").glob("*.zip"))
    words = (command, "run", "-a", grader, folder / "dist" / "autograder" / "ps.ipynb")
    return statistics.median(seconds(lambda: run(*words, folder=folder)) for _ in range(PEERS))


def compare(course: Course, assignment: Assignment, what: str) -> None:
    """Print one assignment's table."""
    our_seconds, page = ours(assignment)
    print(f"{assignment.id}: one submission, {len(assignment.hidden_checks)} hidden checks, {what}")
    rows: list[tuple[str, float]] = [
        ("ours, load to report", our_seconds),
        ("its page, which the others do not make", page),
    ]
    rows.append(("(a) the checks in one warm process", warm(assignment)))
    with tempfile.TemporaryDirectory() as place:
        rows.append(("(b) nbgrader autograde", nbgrader(course, assignment, Path(place))))
    with tempfile.TemporaryDirectory() as place:
        if command := os.environ.get("OTTER", ""):
            rows.append(("(c) otter run", otter(course, assignment, Path(place), command)))
    with tempfile.TemporaryDirectory() as place:
        rows.append(("(d) a pytest process", pytest_process(course, assignment, Path(place))))
    for label, took in rows:
        print(f"  {label:38} {took * 1000:9.1f} ms  {took / our_seconds:7.2f} x ours", flush=True)
    if not os.environ.get("OTTER"):
        print("  (c) otter run: set OTTER to its command")


def main() -> None:
    """Every assignment that is named, or the first without its training and the fourth with it."""
    course = find_course(Path(__file__).parent)
    first, _, _, fourth, *_ = course.assignment_ids()
    if "gradients" in (wanted := sys.argv[1:] or ["gradients", "training"]):
        assignment = load_assignment(course, first)
        plain = [check for check in assignment.hidden_checks if not is_convergence(check.body)]
        compare(course, replace(assignment, hidden_checks=plain), "none of which trains")
    if "training" in wanted:
        compare(course, load_assignment(course, fourth), "training and all")


if __name__ == "__main__":
    main()
