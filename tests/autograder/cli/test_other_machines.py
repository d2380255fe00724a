"""Commands on machines that are set up otherwise: limits, accounts, locales, full disks and file managers.

A grade is the same or none; what is missing is a sentence; the same command, run again, goes on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from command import COMMAND, WIDE, autograder, run_command
from correct_notebook import SOURCE, notebook
from examples import one_in
from homework_site import serving, tiny_site
from patience import PATIENCE
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import Assignment
from autograder.course.course import Course
from autograder.errors import MachineError
from autograder.grading.grader import Grader
from autograder.submissions.limited_program import run_limited
from autograder.submissions.submission import Submission

PACKAGES = [Path(__file__).parents[3] / package for package in ("autograder", "quizzes")]
PR_CAPBSET_DROP, CAP_SYS_RESOURCE = 24, 24  # the right to raise a hard limit
UNNAMED = ["unshare", "--user", "--map-user=12345", "--map-group=12345"]  # an account that is only a number
MACHINE_FILES = [
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "._index.html",
    ".index.html.part",
    ".~lock.grades.csv#",
]


def run(
    *words: object,
    folder: Path,
    program: str = "autograder",
    limits: Mapping[int, int] | None = None,
    around: list[str] | None = None,
    without: tuple[str, ...] = (),
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, under limits that it cannot raise again."""

    def limited() -> None:
        if limits:
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0)
        for what, most in (limits or {}).items():
            resource.setrlimit(what, (most, most))

    environment = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run(
        [*(around or []), str(COMMAND.with_name(program)), *map(str, words)],
        cwd=folder,
        env={**environment, **WIDE, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited if limits else None,  # nothing else runs in this process
    )


def a_class(folder: Path, *students: str) -> Path:
    """A directory with a correct notebook for each student."""
    folder.mkdir()
    for student in students:
        (folder / f"{student}.ipynb").write_text(notebook(f"# {student}", SOURCE), "utf-8")
    return folder


def grading(folder: Path, *students: str) -> tuple[object, ...]:
    """The words of a command that grades a class of right submissions by one worker, into `out`."""
    submitted = a_class(folder / "class", *students)
    return "grade", ASSIGNMENT, submitted, "--workers", "1", "--out", folder / "out"


class TestLimits:
    """Limits of a shell or a batch job."""

    @pytest.mark.parametrize(
        "limit",
        one_in(
            3,
            [
                (resource.RLIMIT_FSIZE, 2_000_000, "-f"),
                (resource.RLIMIT_AS, 2_500_000_000, "-v"),
                (resource.RLIMIT_CPU, 120, "-t"),
            ],
        ),
    )
    def test_too_low_for_correct_work(
        self, tiny_course: Course, tmp_path: Path, limit: tuple[int, int, str]
    ) -> None:
        """Nothing is graded, where a correct submission would fail; the refusal names the limit."""
        words = grading(tmp_path, "ann")
        what, most, option = limit
        done = run(*words, folder=tiny_course.root, limits={what: most})
        assert done.returncode == 4 and f"(`ulimit {option}`)" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr and not (tmp_path / "out" / "grades.csv").exists()

    def test_low_and_enough(self, tiny_course: Course, tmp_path: Path) -> None:
        """Where a limit is below what a child gets, but enough, grades are as they would be."""
        words = grading(tmp_path, "ann")
        limits = {resource.RLIMIT_CPU: 900, resource.RLIMIT_NOFILE: 40, resource.RLIMIT_AS: 8 << 30}
        done = run(*words, folder=tiny_course.root, limits=limits)
        assert done.returncode == 0, done.stderr
        assert "\nann,6,6," in (tmp_path / "out" / "grades.csv").read_text("utf-8")

    def test_used_up_meanwhile(self, tiny: Assignment) -> None:
        """Where no process can be started any more, no student gets a report; later they do."""
        submission = Submission("ann", "tiny.ipynb", notebook(SOURCE).encode(), "")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with Grader(tiny, seed=3) as grader:
            grader.grade(submission)
            lowest_free = os.dup(0)
            os.close(lowest_free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 1, hard))
            try:
                with pytest.raises(MachineError, match="could not start a process for a submission"):
                    grader.grade(submission)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert grader.grade(submission).score.earned == 6

    @pytest.mark.parametrize(
        "words", [("autograder", "new", "hw9", "--function", "f(x)"), ("quizzes", "new", "quiz1")]
    )
    def test_no_room(self, tmp_path: Path, words: tuple[str, ...]) -> None:
        """A file that cannot be written to its end is a sentence, and is not in the way afterwards."""
        course = write_tiny_course(tmp_path / "course").root
        program, *rest = words
        full = run(*rest, folder=course, program=program, limits={resource.RLIMIT_FSIZE: 100})
        assert full.returncode == 2 and "Traceback" not in full.stderr, full.stderr
        assert "Make room on the disk" in full.stderr
        assert run_command(program, *rest, folder=course).returncode == 0

    def test_more_visitors_than_open_files(self, tmp_path: Path) -> None:
        """A server raises the limit that its shell began with: a class is larger than 64 connections."""
        course = tiny_site(tmp_path / "course")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.ExitStack() as stack:
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
            try:
                site = stack.enter_context(serving(course, "--graders", "0"))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            host, _, port = site.address.removeprefix("http://").partition(":")
            visitors = [
                stack.enter_context(socket.create_connection((host, int(port)), PATIENCE)) for _ in range(100)
            ]
            for visitor in visitors:  # each connection stays open, as a browser's does
                visitor.sendall(b"GET /sign-in HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")
            assert all(visitor.recv(12) == b"HTTP/1.1 200" for visitor in visitors)

    @pytest.mark.full
    def test_no_room_for_results(self, tiny_course: Course, tmp_path: Path) -> None:
        """A run that finds the disk full is resumed by the same command."""
        words = grading(tmp_path, "ann")
        assert autograder(*words, folder=tiny_course.root).returncode == 0
        before = (tmp_path / "out" / "grades.csv").read_bytes()
        (tmp_path / "out" / "index.html").rename(tmp_path / "out" / ".index.html.part")
        (tmp_path / "out" / "grades.csv").unlink()
        assert autograder(*words, folder=tiny_course.root).returncode == 0
        assert (tmp_path / "out" / "grades.csv").read_bytes() == before


class TestAccounts:
    """An account that is only a number, as in containers."""

    @pytest.fixture(autouse=True)
    def possible(self) -> None:
        """User namespaces are there."""
        if shutil.which("unshare") is None or subprocess.run([*UNNAMED, "true"], check=False).returncode:
            pytest.skip("this system does not allow user namespaces")

    @pytest.mark.full
    def test_no_name(self, tiny_course: Course, tmp_path: Path) -> None:
        """What is recorded with a name asks for one; with it, and elsewhere, all goes its way."""
        course, work = tiny_course.root, a_class(tmp_path / "class", "ann")
        out, box = tmp_path / "out", tmp_path / "box"
        autograder("grade", ASSIGNMENT, work, "--workers", "1", "--out", out, folder=course)
        autograder("dropbox", ASSIGNMENT, "--to", box, folder=course)
        nameless = {"around": UNNAMED, "without": ("USER", "LOGNAME", "LNAME", "USERNAME")}
        for words, option in (
            (("override", out, "ann", "--score", "5", "--reason", "a test"), ("--author", "Ann")),
            (("submit", work / "ann.ipynb", "--to", box / ASSIGNMENT), ("--student", "ann")),
        ):
            refused = run(*words, folder=course, **nameless)  # type: ignore[arg-type]
            assert refused.returncode == 2 and "Traceback" not in refused.stderr, refused.stderr
            assert option[0] in refused.stderr
            assert run(*words, *option, folder=course, **nameless).returncode == 0  # type: ignore[arg-type]


def test_names_of_files_in_any_locale(tiny_course: Course, tmp_path: Path) -> None:
    """Students are called the same whatever encoding the locale has; what it lacks is shown as escapes."""
    students = ("josé", "łukasz", "θάλεια")
    words = grading(tmp_path, *students)
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(*words, folder=tiny_course.root, without=("PYTHONIOENCODING",), more=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert "jos\\xe9" in done.stdout
    rows = (tmp_path / "out" / "grades.csv").read_text("utf-8").splitlines()[1:]
    assert sorted(row.partition(",")[0] for row in rows) == sorted(students)


def test_a_reader_that_goes_away(tiny_course: Course, tmp_path: Path) -> None:
    """`| head` stops no work and changes no exit code: what is not read is dropped, on either stream."""
    work, out = a_class(tmp_path / "class", "ann"), tmp_path / "out"
    (work / "bob.ipynb").write_bytes(b"no notebook")
    reading_end, unread = os.pipe()
    os.close(reading_end)
    try:
        for words in (
            ("grade", ASSIGNMENT, work, "--workers", "1", "--out", out),
            ("refresh", out),
            ("--help",),
        ):
            command, codes = [str(COMMAND), *map(str, words)], []
            for stream in (unread, subprocess.DEVNULL):
                done = subprocess.run(
                    command, cwd=tiny_course.root, stdout=stream, stderr=stream, check=False
                )
                codes.append(done.returncode)
            assert codes[0] == codes[1], words
    finally:
        os.close(unread)
    assert "\nann,6,6," in (out / "grades.csv").read_text("utf-8") and (out / "index.html").is_file()


def test_development_mode(tiny_course: Course, tmp_path: Path) -> None:
    """Where Python warns of everything, grading leaves nothing to warn of: no process and no file."""
    words = (
        "grade",
        ASSIGNMENT,
        a_class(tmp_path / "class", "ann", "bob", "cyd"),
        "--workers",
        "2",
        "--out",
        tmp_path / "out",
    )
    done = run(*words, folder=tiny_course.root, more={"PYTHONDEVMODE": "1"})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", one_in(3, MACHINE_FILES))
def test_what_file_managers_leave(tmp_path: Path, name: str) -> None:
    """What a file manager or an office leaves in a directory keeps no command from its work."""
    course = write_tiny_course(tmp_path / "course").root
    out, gradebook, handout = tmp_path / "out", tmp_path / "gb", tmp_path / "handout"
    commands: list[tuple[object, ...]] = [
        ("grade", ASSIGNMENT, a_class(tmp_path / "class", "ann"), "--workers", "1", "--out", out),
        ("refresh", out),
        ("gradebook", "--from", out, "--out", gradebook),
        ("release", ASSIGNMENT, "--out", handout),
    ]
    for words in commands:
        assert autograder(*words, folder=course).returncode == 0
    left = [
        folder / name for folder in (out, out / "reports", out / "feedback", gradebook, handout / ASSIGNMENT)
    ]
    for path in left:
        path.write_bytes(b"\0\1")
    for words in commands:
        done = autograder(*words, folder=course)
        assert done.returncode == 0, done.stderr
    assert all(path.read_bytes() == b"\0\1" for path in left if not name.endswith(".part"))


@pytest.mark.parametrize("end", [b"\0", b"# \xe9\n"])
def test_a_handout_that_a_copy_has_spoilt(tmp_path: Path, end: bytes) -> None:
    """Grading names the assignment's notebook: an instructor would look among the submissions otherwise."""
    course = write_tiny_course(tmp_path / "course").root
    handout = course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    handout.write_bytes(handout.read_bytes() + end)
    words = grading(tmp_path, "ann")
    done = autograder(*words, folder=course)
    assert done.returncode == 3 and str(handout) in done.stderr, done.stderr
    assert "submit" not in done.stderr


class TestModulesOfTheCourse:
    """A script in the course's directory that has the name of a module of Python's."""

    def test_what_is_looked_at_in_a_program_of_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A notebook is looked at as it is elsewhere."""
        (tmp_path / "random.py").write_text("raise SystemExit('a random of my own')\n", "utf-8")
        monkeypatch.chdir(tmp_path)
        found = run_limited(
            "autograder.submissions.preview", notebook(SOURCE).encode(), "a.ipynb", "tiny", "double"
        )
        assert found is not None and found["defined"] == ["double"]

    def test_no_program_of_ours_looks_there(self) -> None:
        """Every module of ours that one of ours starts is started by `module_command`, with -P."""
        command = re.compile(r'sys\.executable,\s*(?:"-\w",\s*)*"-m",(?!\s*"pip")')
        paths = [path for package in PACKAGES for path in package.rglob("*.py")]
        starting = [path.name for path in paths if command.search(path.read_text("utf-8"))]
        assert starting == ["environment.py"]


def test_git_in_a_folder_of_bytes(tmp_path: Path) -> None:
    """In a second working tree, whose folder's name is not UTF-8, passcodes are kept out of git, too."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    place = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9"))
    try:
        place.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")

    def git(*words: object) -> int:
        committer = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        return subprocess.run(["git", *committer, *map(str, words)], check=False).returncode

    assert git("init", "--quiet", place / "main") == 0
    assert git("-C", place / "main", "commit", "--quiet", "--allow-empty", "-m", "none") == 0
    assert git("-C", place / "main", "worktree", "add", "--quiet", place / "term") == 0
    course = write_tiny_course(place / "term" / "course").root
    (course / "roster.csv").write_text("id,name,email,role\nann,Ann,ann@example.org,student\n", "utf-8")
    done = run("roster", "import", "roster.csv", "--passcodes", "passcodes.csv", folder=course)
    assert done.returncode == 0, done.stderr
    assert git("-C", course, "check-ignore", "-q", "passcodes.csv") == 0
