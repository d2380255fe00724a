"""A course without images and gradients: every step from lint to gradebook works with its content alone."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import nbformat
import pytest
from class_run import reports_in
from homework_site import serving
from nbclient import NotebookClient

from autograder.authoring.solved_notebook import filled_in, solved_notebook, to_bytes, with_answers
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course

HERE = Path(__file__).parent
PARTS = ("assignments", "solutions", "quizzes", "course.yaml")
NAMES = ("k-means", "least-squares")
WRONG = {
    "k-means": ("move_centers", "empty_at_zero", "A center without points becomes 0."),
    "least-squares": ("fit", "through_the_origin", "The line is forced through the origin"),
}
ANSWER = {"k-means": "how-many", "least-squares": "outlier"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the course, in a folder of its own."""
    folder = tmp_path_factory.mktemp("second")
    for part in PARTS:
        source = HERE / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return find_course(folder)


def run(course: Course, *words: object, program: str = "autograder") -> subprocess.CompletedProcess[str]:
    """Run a command in the course, where no data set of images can be loaded."""
    blocked = course.root / "blocked"
    blocked.mkdir(exist_ok=True)
    (blocked / "sklearn.py").write_text("raise ImportError('no images are needed here')", encoding="ascii")
    path = os.pathsep.join([str(blocked), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", program, *map(str, words)],
        cwd=course.root,
        env={**os.environ, "COLUMNS": "300", "PYTHONPATH": path, "MNIST_DIR": str(blocked)},
        capture_output=True,
        text=True,
        check=False,
    )


def submission(course: Course, name: str, wrong: bool = False) -> bytes:
    """A solved notebook with an answer in words; or one with a known mistake and without the answer."""
    assignment = load_assignment(course, name)
    if not wrong:
        return to_bytes(with_answers(filled_in(assignment), {ANSWER[name]: "Because squares grow fast."}))
    function, mistake, _ = WRONG[name]
    variant = next(m for m in assignment.mistakes if (m.function, m.name) == (function, mistake))
    return to_bytes(filled_in(assignment, {function: variant.source()}))


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_lint(course: Course, name: str) -> None:
    """Every mistake is caught and named, every alternative keeps full marks, no odd value passes."""
    done = run(course, "lint", name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_quiz_lint(course: Course) -> None:
    """The quiz on lines and clusters is sound in all its variants."""
    done = run(course, "lint", program="quizzes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lines-and-clusters: 4 questions, 5 points" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_release_and_check(course: Course, name: str, tmp_path: Path) -> None:
    """Students get the public half alone, and check their work with it."""
    done = run(course, "release", name, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
        held = [Path(path).name for path in archive.namelist()]
        texts = "".join(archive.read(path).decode() for path in archive.namelist() if path.endswith(".py"))
    assert sorted(held)[:2] == ["README.md", "assignment.yaml"] and len(held) == 5
    assert "Hidden checks" not in texts and "lstsq" not in texts
    (tmp_path / name / f"{name}.ipynb").write_bytes(submission(course, name))
    checked = run(course, "check", tmp_path / name / f"{name}.ipynb")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "✗" not in checked.stdout


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_in_jupyter(course: Course, name: str, tmp_path: Path) -> None:
    """The notebook runs as it is given out, and draws its plot when it is solved."""
    assignment = load_assignment(course, name)
    for notebook, plots in (
        (nbformat.read(assignment.handout, as_version=4), False),
        (solved_notebook(assignment), True),
    ):
        folder = shutil.copytree(assignment.folder, tmp_path / f"plots-{plots}" / name)
        NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(folder)}}).execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert [output for output in outputs if output["output_type"] == "error"] == []
        assert any("image/png" in output.get("data", {}) for output in outputs) == plots


def test_from_class_to_gradebook(course: Course, tmp_path: Path) -> None:
    """A class is graded, a mistake is named, an answer in words waits for a person, and totals are made."""
    for name in NAMES:
        submitted = tmp_path / "submitted" / name
        submitted.mkdir(parents=True)
        (submitted / "ada.ipynb").write_bytes(submission(course, name))
        (submitted / "bob.ipynb").write_bytes(submission(course, name, wrong=True))
        (submitted / "cyd.ipynb").write_bytes(load_assignment(course, name).handout.read_bytes())
        done = run(course, "grade", name, submitted, "--out", tmp_path / name, "--sandbox", "weak")
        assert done.returncode == 0, done.stdout + done.stderr
        points = load_assignment(course, name).file.points
        earned = {student: report.score.earned for student, report in reports_in(tmp_path / name).items()}
        assert earned["ada"] == pytest.approx(points - 1)  # the answer in words is unmarked
        assert 0.6 * points < earned["bob"] < points - 1
        assert earned["cyd"] == 0
        page = (tmp_path / name / "feedback" / "bob.html").read_text(encoding="utf-8")
        assert WRONG[name][2] in " ".join(page.split())
    results = [word for name in NAMES for word in ("--from", tmp_path / name)]
    booked = run(course, "gradebook", *results, "--out", tmp_path / "book")
    assert booked.returncode == 0, booked.stdout + booked.stderr
    with (tmp_path / "book" / "gradebook.csv").open(encoding="utf-8-sig") as file:
        rows = {row[0]: row for row in csv.reader(file)}
    assert {"ada", "bob", "cyd"} <= rows.keys()


@pytest.mark.full
def test_on_the_site(course: Course) -> None:
    """Homework and quiz are published; a student uploads and reads what the mistake is."""
    name = "least-squares"
    for words, program in ((("publish", name), "autograder"), (("publish", "lines-and-clusters"), "quizzes")):
        done = run(course, *words, program=program)
        assert done.returncode == 0, done.stdout + done.stderr
    with serving(course) as site:
        visitor = site.visitor("ann")
        assert "Lines through points" in visitor.page("/") and "Lines and clusters" in visitor.page("/")
        reply: httpx.Response = visitor.http.post(
            f"/homework/{name}/upload",
            data={"token": visitor.token},
            files={"notebook": (f"{name}.ipynb", submission(course, name, wrong=True))},
        )
        assert reply.status_code == 303, reply.text
        visitor.graded(reply.headers["Location"])
        page = visitor.page(reply.headers["Location"] + "/feedback")
        assert WRONG[name][2] in re.sub(r"\s+", " ", page)


def test_it_is_another_course() -> None:
    """No file of it asks for images, gradients or training."""
    for path in HERE.rglob("*"):
        if path.suffix in (".py", ".ipynb", ".yaml") and path.name != Path(__file__).name:
            words = set(re.findall(r"[a-z_]+", path.read_text(encoding="utf-8")))
            assert not words & {"gradient_check", "convergence", "images", "load_images", "mnist"}, path
