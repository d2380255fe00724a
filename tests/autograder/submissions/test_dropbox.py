"""Handing in to a shared folder: attempts with receipts, nobody sees another's, deadlines are told."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from repository_assignments import NAMES
from repository_assignments import assignment as load
from tiny_course import ASSIGNMENT

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.submissions.dropbox import About, add_attempt, attempts, create_dropbox, read_about
from autograder.submissions.notebook import read_notebook
from autograder.submissions.stubs import defined_functions, is_untouched, stubs_among


@pytest.fixture
def now() -> datetime:
    """The time when a test begins."""
    return datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path, now: datetime) -> Path:
    """A folder to hand in to, due in an hour."""
    due = now + timedelta(hours=1)
    return create_dropbox(tmp_path / "drop", About(assignment="hw", title="HW", due=due, functions=["f"]))


def test_attempts_and_receipts(folder: Path, now: datetime) -> None:
    """Every attempt is kept with its digest and time; the receipt says whether it was late."""
    first = add_attempt(folder, "ann", b"one", now)
    second = add_attempt(folder, "ann", b"two", now + timedelta(seconds=1))
    late = add_attempt(folder, "bob", b"one", now + timedelta(hours=2))
    assert (first.late, late.late) == (False, True)
    assert first.sha256 == hashlib.sha256(b"one").hexdigest()
    kept = attempts(folder)
    assert [attempt.student for attempt in kept] == ["ann", "ann", "bob"]
    assert [attempt.path.read_bytes() for attempt in kept] == [b"one", b"two", b"one"]
    assert kept[1].path.name == second.file
    assert kept[0].at == now.replace(microsecond=0)


def test_attempts_within_a_second(folder: Path, now: datetime) -> None:
    """Attempts whose names hold the same second are in the order in which they were written."""
    for number in range(5):
        os.utime(
            folder / add_attempt(folder, "ann", b"%d" % number, now).file, ns=(0, time.time_ns() + number)
        )
    assert [attempt.path.read_bytes() for attempt in attempts(folder)] == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a file is given to another account as root only")
def test_what_does_not_fit_is_said(folder: Path, now: datetime) -> None:
    """A file that was changed, a time that was made up, another account; other files are left out."""
    os.chown(folder / add_attempt(folder, "ann", b"one", now).file, 64998, -1)
    early = add_attempt(folder, "ann", b"two", now - timedelta(days=1))
    (folder / "notes.txt").write_text("x")
    first, second = attempts(folder)[::-1]
    assert first.issues == ()  # an account that nobody knows the name of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.submissions.dropbox._account", lambda number: "eve")
        assert attempts(folder)[-1].issues == ("It belongs to the account eve.",)
    assert any("was written at" in issue for issue in second.issues)
    (folder / early.file).write_bytes(b"three")
    assert any("not the one" in issue for issue in attempts(folder)[0].issues)
    assert len(attempts(folder)) == 2


@pytest.mark.parametrize("touched", [False, True], ids=["by its name", "by its name and the file system"])
def test_a_time_that_has_not_come(folder: Path, now: datetime, touched: bool) -> None:
    """A file dated 2099 is not graded; the reason names its time and what to do."""
    receipt = add_attempt(folder, "ann", b"one", now)
    moment = datetime(2099, 5, 4, 20, 0, tzinfo=UTC)
    path = (folder / receipt.file).rename(
        folder / re.sub(r"\d{8}T\d{6}Z", f"{moment:%Y%m%dT%H%M%SZ}", receipt.file)
    )
    if touched:
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    (issue,) = attempts(folder)[0].issues
    assert "2099-05-04 20:00:00 UTC" in issue
    assert ("has not come yet" in issue) is touched
    assert issue.endswith("Ask the student to submit it again.")


@pytest.mark.skipif(os.geteuid() != 0, reason="another account can be tried as root only")
def test_others_see_nothing(open_folder: Path, now: datetime) -> None:
    """Another account can hand in, and neither list, take away nor overwrite what is there."""
    folder = create_dropbox(open_folder, About(assignment="hw", title="HW", due=None, functions=["f"]))
    receipt = add_attempt(folder, "ann", b"one", now)
    code = (
        "import os, sys\n"
        "folder, name = sys.argv[1:]\n"
        "os.setgid(64998); os.setuid(64998)\n"
        "def refused(act):\n"
        "    try: act()\n"
        "    except PermissionError: return True\n"
        "print(refused(lambda: os.listdir(folder)), refused(lambda: os.unlink(f'{folder}/{name}')),\n"
        "      refused(lambda: open(f'{folder}/{name}', 'w')),\n"
        "      refused(lambda: os.rename(f'{folder}/{name}', f'{folder}/x')),\n"
        "      refused(lambda: open(f'{folder}/about.json', 'w')))\n"
        "open(f'{folder}/new', 'x').close()\n"
    )
    completed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, folder, receipt.file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.stdout, completed.stderr) == ("True True True True True\n", "")
    assert (folder / receipt.file).read_bytes() == b"one"


def test_a_folder_that_is_none(tmp_path: Path, now: datetime) -> None:
    """Handing in elsewhere is refused in a sentence, and nothing is written."""
    with pytest.raises(UsageError, match="is not a dropbox"):
        read_about(tmp_path)
    with pytest.raises(UsageError, match="not a dropbox"):
        add_attempt(tmp_path, "ann", b"x", now)
    assert list(tmp_path.iterdir()) == []


def test_the_commands(tiny_course: Course, tmp_path: Path) -> None:
    """From making the folder to grading what is in it, attempts and times and all."""
    course = shutil.copytree(tiny_course.root, tmp_path / "course")
    yaml = course / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text() + "due: 2020-01-01T12:00\nlate:\n  per_day: 0.1\n  at_most: 0.5\n")
    assert autograder("dropbox", ASSIGNMENT, "--to", tmp_path / "drop", folder=course).returncode == 0
    mine = tmp_path / "mine"
    mine.mkdir()
    half_done = SOURCE.partition("def double_backward")[0]
    for source in (half_done, SOURCE):
        (mine / "hw.ipynb").write_text(notebook(source))
        words = ("submit", "hw.ipynb", "--to", tmp_path / "drop" / ASSIGNMENT, "--student", "ann")
        completed = autograder(*words, folder=mine)
        assert (completed.returncode, completed.stderr) == (0, "") and "late" in completed.stdout
        assert ("Missing functions: double_backward, mean_square" in completed.stdout) == (
            source == half_done
        )
    assert autograder("receipts", folder=mine).stdout.count("ann") == 2
    assert autograder("receipts", tmp_path / "drop" / ASSIGNMENT, folder=mine).stdout.count("Late.") == 2
    out = tmp_path / "out"
    completed = autograder("grade", ASSIGNMENT, tmp_path / "drop" / ASSIGNMENT, "--out", out, folder=course)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "ann,3,6" in (out / "grades.csv").read_text()
    assert "attempt 2 of 2" in (out / "index.html").read_text()


def submit(notebook_file: Path, box: Path, home: Path) -> tuple[int, str]:
    """What `autograder submit` answers, on both streams, and its exit code."""
    home.mkdir(exist_ok=True)
    copy = shutil.copy(notebook_file, home / "work.ipynb")
    completed = autograder("submit", copy, "--to", box, "--student", "ann", folder=home)
    return completed.returncode, completed.stdout + completed.stderr


def test_the_untouched_handout(tiny_course: Course, tmp_path: Path) -> None:
    """Who submits the handout as it came is told that every function is a stub; later, which still are."""
    autograder("dropbox", ASSIGNMENT, "--to", tmp_path / "drop", folder=tiny_course.root)
    box = tmp_path / "drop" / ASSIGNMENT
    handout = tiny_course.root / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    code, text = submit(handout, box, tmp_path / "mine")
    assert code == 0 and "Every function is a stub" in text and "Missing" not in text
    begun = tmp_path / "begun.ipynb"
    cells = json.loads(handout.read_text())
    cells["cells"].append({"cell_type": "code", "source": "def double(x):\n    return x + x", "metadata": {}})
    begun.write_text(json.dumps(cells))
    code, text = submit(begun, box, tmp_path / "mine")
    assert code == 0 and "Stubs, not written yet: double_backward, mean_square" in text
    assert "Every function" not in text
    begun.write_text(notebook(SOURCE))
    code, text = submit(begun, box, tmp_path / "mine")
    assert code == 0 and "stub" not in text.lower()
    assert len(attempts(box)) == 3


@pytest.mark.parametrize(
    "source", ["x = 1", "def relu(x):\n    return x", "# def double(x): pass", "print('def double(x):')"]
)
def test_a_wrong_notebook(tiny_course: Course, tmp_path: Path, source: str) -> None:
    """A notebook with none of the assignment's functions is refused before anything is submitted."""
    autograder("dropbox", ASSIGNMENT, "--to", tmp_path / "drop", folder=tiny_course.root)
    (tmp_path / "other.ipynb").write_text(notebook(source))
    code, text = submit(tmp_path / "other.ipynb", tmp_path / "drop" / ASSIGNMENT, tmp_path / "mine")
    assert code == 2 and "was not submitted" in text and "double, double_backward, mean_square" in text
    assert "Submitted" not in text and not (tmp_path / "mine" / "receipts.jsonl").exists()
    assert attempts(tmp_path / "drop" / ASSIGNMENT) == []


@pytest.mark.parametrize(
    "source",
    [
        "def double(x):\n    return 2 * x",
        "double = lambda x: 2 * x",
        "try:\n    from mine import double\nexcept ImportError:\n    def double(x): return 2 * x",
        "if True:\n    def double(x):\n        return 2 * x",
        "double: object = max",
        "a = double = max",
        "double, other = max, min",
        "class double:\n    pass",
        "async def double(x):\n    return x",
    ],
)
def test_functions_in_any_form(source: str) -> None:
    """A function counts as defined however it gets its name, and as a stub only if it is one."""
    assert defined_functions([source], ["double", "single"]) == ["double"]
    assert stubs_among([source], ["double"]) == []


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("def f(x):\n    raise NotImplementedError", True),
        ("def f(x):\n    raise NotImplementedError('f')  # here", True),
        ('def f(x, y=(1, 2)) -> dict[str, int]:\n    """Doc: with\n\nlines.\n    """\n    pass', True),
        ("def f(\n    x,\n):\n    'doc'\n    # YOUR CODE HERE\n    raise NotImplementedError()", True),
        ("def f(x): ...", True),
        ("def f(x): return 1", False),
        ("def f(x):\n    y = x\n    raise NotImplementedError", False),
        ("def f(x):\n    pass\n    return x", False),
        ("def f(x):\n    return x\n\ndef f(x):\n    pass", True),
        ("def f(x):\n    pass\n\ndef f(x):\n    return x", False),
        ("def f(x):\n    pass\n\nf = abs", False),
        ("def f(x):\n    raise NotImplementedError\n\nf2 = f(1)", True),
    ],
)
def test_stubs(source: str, stub: bool) -> None:
    """A stub holds a docstring, comments and one statement that does nothing; the last definition counts."""
    assert (stubs_among([source], ["f"]) == ["f"]) == stub


@pytest.mark.parametrize("name", NAMES)
def test_the_handouts_of_the_course(name: str) -> None:
    """Every function of every handout is a stub, and in the solved notebook none is."""
    assignment = load(name)
    sources = [cell.source for cell in read_notebook(assignment.handout.read_bytes())]
    assert is_untouched(sources, assignment.functions)
    assert stubs_among(sources, assignment.functions) == assignment.functions
    solved = [cell.source for cell in read_notebook(to_bytes(filled_in(assignment)))]
    assert stubs_among(solved, assignment.functions) == []
    assert defined_functions(solved, assignment.functions) == assignment.functions


def test_mistakes_of_who_hands_in(folder: Path, tmp_path: Path) -> None:
    """A file that is no notebook, and none at all, are said before anything is handed in."""
    (tmp_path / "x.ipynb").write_text("no notebook")
    for name in ("x.ipynb", "missing.ipynb"):
        completed = autograder("submit", tmp_path / name, "--to", folder, folder=tmp_path)
        assert completed.returncode == 2 and name in completed.stderr and "Traceback" not in completed.stderr
    assert attempts(folder) == []
    assert autograder("receipts", tmp_path, folder=tmp_path).returncode == 2
