"""How well submissions are shut in: levels are tried for real, a weak one is refused, lives are counted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sessions import BRIEF, HandIn, Student

from autograder.course.assignment import Assignment
from autograder.errors import UsageError
from autograder.grading.grader import Grader, check_isolation
from autograder.sandbox import sandbox_process as sandbox_process_module
from autograder.sandbox.bubblewrap import wrapper
from autograder.sandbox.sandbox_process import SandboxProcess


@pytest.mark.parametrize(
    ("without", "level"),
    [((), "full"), (("landlock",), "good"), (("seccomp",), "weak"), (("landlock", "seccomp"), "weak")],
)
def test_levels(without: tuple[str, ...], level: str) -> None:
    """What is left out shows in the level, because it is tried and not looked up."""
    with SandboxProcess(without=without) as worker:
        assert worker.level == level
        student = Student(worker, "def f(): return 1")
        assert student.value("f") == 1
        student.session.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("level", "least"), [("good", "full"), ("weak", "good"), ("none", "good"), ("none", "weak")]
)
def test_what_is_refused(level: str, least: str) -> None:
    """Less than asked for is refused, none is never enough; the next step names doctor."""
    refusal = check_isolation(level, least)
    assert isinstance(refusal, UsageError)
    assert "cannot isolate submissions" in refusal.message
    assert "autograder doctor" in refusal.next_step


@pytest.mark.parametrize(
    ("level", "least"), [("full", "full"), ("full", "good"), ("good", "good"), ("weak", "weak")]
)
def test_what_is_enough(level: str, least: str) -> None:
    """What was asked for, or more."""
    assert check_isolation(level, least) is None


def test_grading_asks(tiny: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grader on a machine without layers refuses, and leaves no process; allowed, it says so in reports."""
    started: list[SandboxProcess] = []

    class Bare(SandboxProcess):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(without=("landlock", "seccomp"))
            started.append(self)

    monkeypatch.setattr("autograder.grading.grader.SandboxProcess", Bare)
    with pytest.raises(UsageError, match="only limits"):
        Grader(tiny, 1)
    assert started[0]._zygote.process.returncode is not None
    with Grader(tiny, 1, sandbox="weak"):
        assert started[1].level == "weak"


class TestThreads:
    """A thread that a function leaves behind cannot live on beside other functions."""

    def test_they_end_with_the_call(self, hand_in: HandIn) -> None:
        """The next function gets a fresh child, and so does the next call."""
        left_behind = """
            import os, threading, time
            def f():
                threading.Thread(target=time.sleep, args=(60,)).start()
                return os.getpid()
            def g(): return os.getpid()
        """
        student = hand_in(left_behind)
        first, second = student.value("f"), student.value("g")
        assert first != second
        assert not Path(f"/proc/{first}").exists()

    def test_threads_that_are_joined_are_fine(self, hand_in: HandIn) -> None:
        """Honest use of threads costs nothing: the child stays."""
        joined = """
            import os
            from concurrent.futures import ThreadPoolExecutor
            def f():
                with ThreadPoolExecutor(2) as pool:
                    return list(pool.map(abs, [-1, 2])), os.getpid()
        """
        student = hand_in(joined)
        assert student.value("f") == student.value("f")


class TestRestarts:
    """A submission has a number of lives."""

    def test_the_last_one(self, worker: SandboxProcess) -> None:
        """After so many ends nothing is called any more, and the answer says why."""
        endless = "".join(f"def f{i}():\n    while True: pass\n" for i in range(3))
        student = Student(worker, endless, "def last(): return 1", restarts=2)
        kinds = [student.ask(name, cpu=BRIEF).kind for name in ("f0", "f1")]
        assert kinds == ["timeout", "timeout"]
        answer = student.ask("last")
        assert (answer.kind, "was not called" in answer.text) == ("crashed", True)
        student.session.__exit__(None, None, None)


class TestBubblewrap:
    """Round a worker where it works, gone without a trace where it does not."""

    def test_root_goes_without(self) -> None:
        """As root children change their account instead."""
        if os.geteuid() == 0:
            assert wrapper() == []
        else:
            assert bool(wrapper()) == bool(shutil.which("bwrap"))

    def test_one_that_fails_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where user namespaces are off, bubblewrap ends at once; the worker starts without it."""
        monkeypatch.setattr(
            sandbox_process_module, "wrapper", lambda: [sys.executable, "-c", "raise SystemExit(1)"]
        )
        with SandboxProcess() as worker:
            assert (worker.in_bubblewrap, worker.level) == (False, "full")

    def test_most_files_are_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Inside it, a worker without Landlock sees the system and Python, not people's files."""
        program = shutil.which("bwrap")
        if program is None:
            assert "CI" not in os.environ, ".ci/system-packages installs bubblewrap"
            pytest.skip("bubblewrap is not installed")
        if subprocess.run([program, "--unshare-user", "--ro-bind", "/", "/", "true"], check=False).returncode:
            pytest.skip("this system does not allow user namespaces")
        monkeypatch.setattr(
            os, "geteuid", lambda: 1000
        )  # its rights are the test's business, not its account
        around = [program, "--uid", "1000", "--gid", "1000", *wrapper()[1:]]
        monkeypatch.undo()
        monkeypatch.setattr(sandbox_process_module, "wrapper", lambda: around)
        with SandboxProcess() as worker:
            assert (worker.in_bubblewrap, worker.level) == (True, "full")
        with SandboxProcess(without=("landlock", "seccomp")) as worker:
            assert worker.in_bubblewrap
            student = Student(worker, "import os\ndef f():\n    return sorted(os.listdir('/'))")
            seen = student.value("f")
            student.session.__exit__(None, None, None)
        python = {Path(folder).parts[1] for folder in (sys.prefix, sys.base_prefix, __file__)}
        assert not {"home", "tmp", "proc", "var", "root"} & set(seen) - python
