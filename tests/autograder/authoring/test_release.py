"""A release: what students get works by itself, holds nothing of the solution, and is the same each time."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from command import autograder
from examples import shared_out
from nbclient import NotebookClient

from autograder.authoring.release import release
from autograder.authoring.solved_notebook import filled_in
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.course.handout import read_handout
from autograder.errors import UsageError
from autograder.grading.grader import Grader
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import read_submission

COURSE = find_course(Path(__file__).parent)
NAMES = COURSE.assignment_ids()
FIRST = NAMES[0]
WHEEL = re.compile(r"recipe_autograder-[\w.]+-py3-none-any\.whl")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every assignment's release."""
    folder = tmp_path_factory.mktemp("release")
    for name in NAMES:
        release(COURSE, name, folder)
    return folder


def inside(path: Path) -> dict[str, bytes]:
    """What an archive holds, archives in it unpacked too."""
    members = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            members[name] = data
            if name.endswith(".whl"):
                with zipfile.ZipFile(io.BytesIO(data)) as wheel:
                    members |= {f"{name}/{member}": wheel.read(member) for member in wheel.namelist()}
    return members


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_allowed(out: Path, name: str) -> None:
    """The notebook, the public checks, what they are about, how to start, and the engine alone."""
    files = [path.name for path in (out / name).iterdir()]
    plain = sorted(file for file in files if not WHEEL.fullmatch(file))
    assert plain == ["README.md", "assignment.yaml", "checks.py", f"{name}.ipynb"]
    assert len(files) == 5
    members = inside(out / f"{name}.zip")
    assert {Path(member).parts[0] for member in members} == {name}
    wheel = [Path(*Path(member).parts[2:]) for member in members if ".whl/" in member]
    assert {path.parts[0].partition("-")[0] for path in wheel} == {"autograder", "recipe_autograder"}


@pytest.mark.parametrize("name", shared_out(NAMES, NAMES[-1:]))
def test_nothing_of_the_solution(out: Path, name: str) -> None:
    """No line of a reference or of an alternative is in it, and no hidden check is named."""
    released = b"\n".join(inside(out / f"{name}.zip").values()).decode(errors="replace")
    handout = (COURSE.root / "assignments" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    secret = []
    for file in ("reference.py", "alternatives.py"):
        source = (COURSE.root / "solutions" / name / file).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                body = ast.get_source_segment(source, node.body[-1]) or ""
                secret += [line.strip() for line in body.splitlines() if len(line.strip()) > 30]
    leaked = [line for line in secret if line in released and json.dumps(line)[1:-1] not in handout]
    assignment = load_assignment(COURSE, name)
    hidden = {check.id for check in assignment.hidden_checks} - {
        check.id for check in assignment.public_checks
    }
    named = [check_id for check_id in hidden if re.search(rf"\b{check_id}\b", released)]
    assert secret and (leaked, named) == ([], [])


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Path]:
    """This course without people to mark written answers, and the releases of all its assignments."""
    root = tmp_path_factory.mktemp("unmarked") / "course"
    for part in ("assignments", "solutions"):
        shutil.copytree(COURSE.root / part, root / part)
    settings = (COURSE.root / "course.yaml").read_text(encoding="utf-8")
    (root / "course.yaml").write_text(f"{settings}\nwritten: off\n", encoding="utf-8")
    course, folder = find_course(root), tmp_path_factory.mktemp("released")
    for name in NAMES:
        release(course, name, folder)
    return course, folder


@pytest.mark.parametrize("name", NAMES)
def test_nobody_marks_written_answers(unmarked: tuple[Course, Path], name: str) -> None:
    """With `written: off` a student's `check()` lists no written task, and the points are the functions'."""
    _, folder = unmarked
    handout = read_handout(folder / name)
    assert handout.file.written_tasks == []
    assert handout.file.points == sum(task.points for task in handout.file.tasks if not task.extra) == 20
    namespace = {function: None for task in handout.file.tasks for function in task.functions}
    exec(f"from autograder import check\nshown = check(folder={str(folder / name)!r})", namespace)
    assert "Written answer" not in repr(namespace["shown"])
    assert f"of {sum(not task.extra for task in handout.file.tasks)} tasks" in repr(namespace["shown"])


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_asked_for_written_answers(unmarked: tuple[Course, Path], name: str) -> None:
    """With `written: off` the handout has no answer cells; the questions are there to think about."""
    _, folder = unmarked
    text = (folder / name / f"{name}.ipynb").read_text(encoding="utf-8")
    for words in ("Your answer", "Written answer", "a person reads", "18 of 18", "written:"):
        assert words not in text
    ordinary = (COURSE.root / "assignments" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert text.count("*To think about.*") == ordinary.count("*To think about.*") + 2


def test_without_written_answers_a_right_notebook_has_everything(
    unmarked: tuple[Course, Path], tmp_path: Path
) -> None:
    """The release, filled in, is graded 20 of 20: nothing waits for a person."""
    course, folder = unmarked
    path = folder / FIRST / f"{FIRST}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assignment = load_assignment(course, FIRST)
    solved = {cell["id"]: cell["source"] for cell in filled_in(assignment)["cells"]}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = solved.get(cell.id, cell.source)
    nbformat.write(notebook, tmp_path / "solved.ipynb")
    with Grader(assignment, seed=15, dataset="digits") as grader:
        report = grader.grade(read_submission("x", tmp_path / "solved.ipynb"))
    assert (report.score.earned, report.score.possible, report.written) == (20, 20, [])


def test_the_same_bytes_each_time(out: Path, tmp_path: Path) -> None:
    """A second release, and one over an earlier one, change nothing."""
    for _ in range(2):
        release(COURSE, FIRST, tmp_path)
        for path in (tmp_path / FIRST).iterdir():
            assert path.read_bytes() == (out / FIRST / path.name).read_bytes()
        assert (tmp_path / f"{FIRST}.zip").read_bytes() == (out / f"{FIRST}.zip").read_bytes()


def test_the_command_without_its_library() -> None:
    """With nothing but the wheel's own needs, the command says what to install, without a traceback."""
    program = (
        "import sys; sys.modules['typer'] = None; sys.argv[:] = ['autograder', 'check', 'hw.ipynb']; "
        "from autograder.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The library typer is missing")
    assert "-m pip install typer" in done.stderr and "Traceback" not in done.stderr


def test_what_still_says_todo_is_named(tmp_path: Path) -> None:
    """A handout that is not written yet is released, and the file that students would read is named."""
    assert autograder("new", "kernels", "--function", "rbf(x)", folder=tmp_path).returncode == 0
    done = autograder("release", "kernels", "--out", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "kernels.ipynb still says TODO, and students would read it." in done.stdout
    course = tmp_path / "assignments" / "kernels"
    for path in (course / "kernels.ipynb", course / "checks.py"):
        path.write_text(path.read_text("utf-8").replace("TODO", "Later"), "utf-8")
    done = autograder("release", "kernels", "--out", tmp_path / "out", folder=tmp_path)
    assert "TODO" not in done.stdout


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A folder that holds something else is left as it is, and the file is named."""
    (tmp_path / FIRST).mkdir()
    (tmp_path / FIRST / "solution.ipynb").write_text("mine")
    with pytest.raises(UsageError, match=r"solution\.ipynb is not part of the release"):
        release(COURSE, FIRST, tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["solution.ipynb"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, out: Path) -> Path:
    """A new environment with the released wheel; the libraries are this one's, the engine is not."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    made = folder / "bin" / "python"
    wheel = next(path for path in (out / FIRST).iterdir() if WHEEL.fullmatch(path.name))
    words = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel)
    subprocess.run([made, *words], check=True, capture_output=True, env={**os.environ, "PYTHONPATH": ""})
    site = next((folder / "lib").glob("python*/site-packages"))
    # A path in a .pth file is searched, but its own .pth files, such as an editable engine, are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return made


@pytest.mark.full
def test_working_through_it(out: Path, python: Path, tmp_path: Path) -> None:
    """Unpacked in a clean environment, the notebook runs; solved, every check passes, and so it grades."""
    with zipfile.ZipFile(out / f"{FIRST}.zip") as archive:
        archive.extractall(tmp_path)
    path = tmp_path / FIRST / f"{FIRST}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assignment = load_assignment(COURSE, FIRST)
    solved = {cell["id"]: cell["source"] for cell in filled_in(assignment)["cells"]}
    for cell in notebook.cells:
        cell.source = "".join(solved.get(cell.id, cell.source))
    _run(notebook, python, path.parent)
    shown = "\n".join(str(cell.get("outputs", "")) for cell in notebook.cells)
    assert "checks pass" in shown and "is not written yet" not in shown
    nbformat.write(notebook, path)
    completed = subprocess.run(
        [python.with_name("autograder"), "check", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    with Grader(assignment, 15, "digits") as grader:
        report = grader.grade(read_submission("s", path, FIRST))
    blank = sum(answer.points for answer in report.written if answer.blank)
    assert report.score.earned == report.score.possible - blank
    assert report.submission.notes == []


def _run(notebook: nbformat.NotebookNode, python: Path, folder: Path) -> None:
    """Every cell, in a kernel of that environment."""
    specs = python.parents[1] / "share" / "jupyter" / "kernels" / "clean"
    specs.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (specs / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "c", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(specs.parents[1]))
        patch.setenv("PYTHONPATH", "")
        patch.setenv("MPLBACKEND", "agg")
        client = NotebookClient(
            notebook, kernel_name="clean", timeout=None, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    here = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert "Run this cell first" in here.source


def test_an_uploaded_archive_unpacks_itself(out: Path, python: Path, tmp_path: Path) -> None:
    """Where only notebook and archive were uploaded, the first cell makes the folder and goes there."""
    shutil.copy(out / f"{FIRST}.zip", tmp_path)
    first = next(
        cell.source
        for cell in read_notebook((out / FIRST / f"{FIRST}.ipynb").read_bytes())
        if "Run this cell first" in cell.source
    )
    completed = subprocess.run(
        [
            python,
            "-c",
            f"{first}\nimport autograder\nprint(os.path.basename(os.getcwd()), autograder.__file__)",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    folder, engine = completed.stdout.split()
    assert folder == FIRST and str(python.parents[1]) in engine and sys.prefix not in engine
