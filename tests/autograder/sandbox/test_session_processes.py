"""The sandbox's processes: what a child finds around it, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from processes import open_descriptors
from sessions import HandIn, Student, alive, children, gone

from autograder.errors import SandboxError
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.shared import shared

FAMILY = """
import os
def family(): return os.getpid(), os.getppid()
def half(x): return x / 2
def spin():
    while True: pass
def breed():
    try:
        pid = os.fork()
    except OSError:
        return -1
    if pid == 0:
        while True: pass
    return pid
"""


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child sees a handful of variables and none of the judge's own."""
    monkeypatch.setenv("COURSE_SECRET", "42")
    source = "import os\ndef variables(): return sorted(os.environ)\ndef place(): return os.getcwd()"
    with SandboxProcess() as fresh_process:
        student = Student(fresh_process, source)
        with student.session:
            names = student.value("variables")
            assert student.value("place") == "/"
    assert {"COURSE_SECRET", "HOME", "USER", "PYTHONPATH", "VIRTUAL_ENV"}.isdisjoint(names)
    known = ("LC_", "MALLOC_", "OMP_", "MKL_", "OPENBLAS_")
    assert [name for name in names if name != "PATH" and not name.startswith(known)] == []


def test_no_descriptor_is_inherited(hand_in: HandIn, tmp_path: Path) -> None:
    """0 to 2 lead nowhere, 3 is the connection; files that the judge has open are not there."""
    source = """
        import os, stat
        def kinds():
            found = []
            for number in range(1024):
                try: mode = os.fstat(number).st_mode
                except OSError: continue
                found.append((number, "socket" if stat.S_ISSOCK(mode) else stat.filemode(mode)[0]))
            return found
    """
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        expected = [(0, "c"), (1, "c"), (2, "c"), (3, "socket")]
        assert hand_in(source).value("kinds") == expected


def test_nothing_of_ours_is_in_the_child(hand_in: HandIn) -> None:
    """The package, the references and the judge's modules are not loaded, and cannot be imported."""
    source = """
        import sys
        def loaded(): return [name for name in sys.modules if name.startswith(("autograder", "pytest"))]
        def reach(): import autograder
    """
    student = hand_in(source)
    assert student.value("loaded") == []
    assert student.ask("reach").text.startswith("ModuleNotFoundError")


def test_each_submission_has_a_process_of_its_own(hand_in: HandIn) -> None:
    """What one submission does to its modules, the next does not see."""
    spoil = "import numpy as np\ndef spoil():\n    np.exp = None\n    np.spoilt = 1\n    return 1"
    look = "import numpy as np\ndef look(): return hasattr(np, 'spoilt'), float(np.exp(0.0))"
    assert hand_in(spoil).value("spoil") == 1
    assert hand_in(look).value("look") == (False, 1.0)


def test_shared_arrays_are_private_to_write(hand_in: HandIn) -> None:
    """A large shared array can be read, and written to as a copy of one's own; the judge's stays."""
    array = shared(np.arange(100_000), 1.0)
    source = """
        def total(x): return float(x.sum())
        def spoil(x):
            try: x[:] = -1
            except ValueError: pass
            return float(x.sum())
    """
    student, total = hand_in(source), float(array.sum())
    assert student.value("total", array) == total
    student.value("spoil", array)
    assert float(array.sum()) == total
    assert hand_in(source).value("total", array) == total


class TestNothingStays:
    """Processes end with what started them."""

    def test_a_session_leaves_no_process(self, worker: SandboxProcess) -> None:
        """After a session its child is gone and reaped, and so is what the child has started."""
        student = Student(worker, FAMILY)
        with student.session:
            child, zygote = student.value("family")
            grandchild = student.ask("breed").value
            assert child in children(zygote)
        assert child not in children(zygote)
        assert gone(child)
        assert grandchild in (None, -1) or gone(grandchild)

    def test_a_child_that_is_given_up_leaves_no_process(self, hand_in: HandIn) -> None:
        """After a timeout the child is gone, and the session's next one is the only one."""
        student = hand_in(FAMILY)
        first, zygote = student.value("family")
        assert student.ask("spin", cpu=0.2).kind == "timeout"
        second, _ = student.value("family")
        assert second != first
        assert gone(first)
        assert first not in children(zygote)

    def test_a_worker_leaves_no_process(self) -> None:
        """Closing the worker ends the zygote and children that are still at work."""
        fresh_process = SandboxProcess()
        students = [Student(fresh_process, FAMILY) for _ in range(3)]
        families = [student.value("family") for student in students]
        zygote = families[0][1]
        assert sorted(child for child, _ in families) == sorted(children(zygote))
        fresh_process.close()
        assert not alive(zygote)
        assert zygote not in children(os.getpid())
        assert gone(*(child for child, _ in families))
        for student in students:
            assert student.session._child is not None
            student.session._child._connection.close()  # the worker that would end the child is gone

    def test_sessions_leave_no_descriptor(self, worker: SandboxProcess) -> None:
        """The judge has as many open descriptors after many sessions as before."""

        def ask_once() -> None:
            student = Student(worker, FAMILY)
            with student.session:
                student.value("half", np.ones(10_000))
                student.ask("spin", cpu=0.05)
                student.value("half", np.ones(10_000))

        ask_once()
        before = open_descriptors()
        for _ in range(5):
            ask_once()
        assert open_descriptors() == before

    def test_a_worker_leaves_no_descriptor(self) -> None:
        """Nor does a worker leave one behind, whether its zygote ended well or not."""
        before = open_descriptors()
        for kill in (False, True):
            with SandboxProcess() as fresh_process:
                if kill:
                    fresh_process._zygote.process.kill()
        assert open_descriptors() == before


class TestZygote:
    """The judge outlives the zygote."""

    def test_a_dead_zygote_is_a_sandbox_error(self) -> None:
        """It is our fault, not the student's: no answer, but an error that says what to do."""
        with SandboxProcess() as fresh_process:
            student = Student(fresh_process, FAMILY)
            child, zygote = student.value("family")
            os.kill(zygote, signal.SIGKILL)
            with pytest.raises(SandboxError) as caught:
                student.ask("spin", cpu=5)
            assert "zygote has ended" in caught.value.message
            assert caught.value.next_step
            assert gone(child)
            with pytest.raises(SandboxError):
                Student(fresh_process, FAMILY).ask("half", 3)
        with SandboxProcess() as fresh:
            student = Student(fresh, FAMILY)
            with student.session:
                assert student.value("half", 3) == 1.5

    def test_a_submission_cannot_end_the_zygote_for_others(self) -> None:
        """Killing the parent is refused, or ends in a SandboxError: never in a wrong answer or a hang."""
        source = "import os, signal\ndef f():\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 1"
        with SandboxProcess() as fresh_process:
            student = Student(fresh_process, source)
            try:
                assert student.ask("f", cpu=2).kind in ("raised", "value")
                student.session._end()
            except SandboxError:
                fresh_process._zygote.process.wait()
