"""Functions that hang, end their process or eat memory cost themselves and nothing else."""

from __future__ import annotations

import socket

import pytest
from sessions import BRIEF, HandIn, Student

from autograder.checks.budget import Budget
from autograder.sandbox import session
from autograder.sandbox.arena import Arena
from autograder.sandbox.sandbox_process import SandboxProcess

OTHERS = """
import os
def pid(): return os.getpid()
def half(x): return x / 2
"""


class Recording(SandboxProcess):
    """A worker that counts the processes it was asked for."""

    spawned = 0

    def spawn(self) -> tuple[socket.socket, Arena, int]:
        """Start a child, as ever."""
        self.spawned += 1
        return super().spawn()


class TestTime:
    """Too slow by the child's own clock."""

    @pytest.mark.parametrize(
        "body",
        [
            "while True: pass",
            "while True:\n        try: raise ValueError\n        except BaseException: pass",
            "return sum(iter(int, 1))",
            "return 7 ** 7 ** 7 ** 7",
            "return [print('x' * 10**6) for _ in iter(int, 1)]",
            "return (x for x in iter(int, 1) if x)",
            "import re; return re.match('(a*)*$', 'a' * 50 + 'b')",
            "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n    while True: pass",
            "import threading\n    def spin():\n        while True: pass\n"
            "    [threading.Thread(target=spin).start() for _ in range(3)]\n    spin()",
        ],
    )
    def test_a_hanging_function_times_out(self, hand_in: HandIn, body: str) -> None:
        """Python loops, long steps in C, endless prints: stopped at the limit; others go on."""
        student = hand_in(f"def f():\n    {body}", OTHERS)
        answer = student.ask("f", cpu=BRIEF)
        assert (answer.kind, answer.text) == ("timeout", "f used more than 0.3 s.")
        assert student.value("half", 3) == 1.5

    def test_it_is_not_called_again(self, hand_in: HandIn) -> None:
        """Its later calls get the same answer at once: the child that serves the others stays."""
        student = hand_in("def f():\n    while True: pass", OTHERS)
        first = student.ask("f", cpu=BRIEF)
        pid = student.value("pid")
        assert student.session.answer("f", [(), ()], BRIEF) == [first, first]
        assert student.value("pid") == pid

    @pytest.mark.parametrize("body", ["time.sleep(3600)", "time.sleep(0.001)", "threading.Event().wait(99)"])
    def test_a_sleeper_is_stopped(self, worker: SandboxProcess, body: str) -> None:
        """Sleeping uses no processor time; half of the sleep that is left is the end of it."""
        sleeper = f"import threading, time\ndef f():\n    while True: {body}"
        student = Student(worker, sleeper, OTHERS, budget=Budget(sleep=1.0))
        with student.session:
            assert student.ask("f").text == "f slept too long, without using the processor."
            assert student.value("half", 3) == 1.5


class TestEnds:
    """Functions that end or spoil their process."""

    @pytest.mark.parametrize(
        "body",
        [
            "os._exit(0)",
            "ctypes.string_at(0)",
            "os.kill(os.getpid(), signal.SIGKILL)",
            "os.abort()",
            "os.close(3)",
            "socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)",
            "sys.setrecursionlimit(10**9); return deep(0)",
            "signal.setitimer(signal.ITIMER_REAL, 0.01); spin()",
            "os.execv('/bin/true', ['true'])",
        ],
    )
    def test_the_end_of_a_process_costs_one_function(self, hand_in: HandIn, body: str) -> None:
        """Exit, segmentation fault, signals, a closed connection: `crashed`, and the next function works."""
        head = "import ctypes, os, signal, socket, sys\ndef deep(n): return list(map(deep, [n]))\n"
        spin = "def spin():\n    while True: pass\n"
        student = hand_in(f"{head}{spin}def f():\n    {body}", OTHERS)
        assert student.value("half", 1) == 0.5
        answer = student.ask("f", cpu=5)
        # A sandbox that refuses the attempt turns it into an exception.
        assert answer.kind in ("crashed", "raised")
        assert student.value("half", 3) == 1.5
        pid = student.value("pid")
        assert student.ask("f") == answer or answer.kind == "raised"
        assert student.value("pid") == pid

    def test_a_child_spoilt_by_an_earlier_function(self, hand_in: HandIn) -> None:
        """A function that ends the process after it has answered does not cost the next one's marks."""
        bomb = "import os, threading\ndef f():\n    threading.Timer(0.2, os._exit, [0]).start()\n    return 1"
        student = hand_in(bomb, "import time\ndef slow(x):\n    time.sleep(0.6)\n    return x")
        assert student.value("f") == 1
        assert student.value("slow", 2) == 2

    @pytest.mark.parametrize(
        ("body", "kinds"),
        [
            ("raise ZeroDivisionError", ("raised",)),
            ("raise SystemExit", ("raised", "crashed")),
            ("os._exit(0)", ("crashed",)),
            ("while True: pass", ("timeout",)),
            ("return 3", ("raised",)),
            ("return 'x' * 10**8", ("raised",)),
            ("raise self", ("raised",)),
        ],
    )
    def test_exceptions_with_a_hostile_text(self, hand_in: HandIn, body: str, kinds: tuple[str, ...]) -> None:
        """An exception whose text raises, exits, hangs or is endless costs its function at most."""
        source = f"import os\nclass Odd(Exception):\n    def __str__(self):\n        {body}\n"
        student = hand_in(source + "def f(): raise Odd", OTHERS)
        answer = student.ask("f", cpu=1)
        assert answer.kind in kinds
        assert len(answer.text) <= 600
        assert student.value("half", 3) == 1.5


class TestMemory:
    """More memory than a submission gets."""

    @pytest.mark.parametrize(
        "body",
        [
            "return np.zeros(10 * 2**30 // 8)",
            "return bytearray(10 * 2**30)",
            "return np.broadcast_to(1.0, (10**9,))",
            "return [0] * 10**10",
            "return 'x' * 10**10",
            "raise MemoryError",
        ],
    )
    def test_ten_gigabytes(self, hand_in: HandIn, body: str) -> None:
        """An allocation over the limit is `memory`; the process and the others go on."""
        student = hand_in(f"import numpy as np\ndef f(): {body}", OTHERS)
        pid = student.value("pid")
        assert student.ask("f").kind == "memory"
        assert student.value("pid") == pid

    def test_bit_by_bit(self) -> None:
        """Hoarding in small pieces ends at the limit too, and all is given back."""
        hoard = "def f():\n    kept = []\n    while True: kept.append(bytearray(2**20))"
        with SandboxProcess(512 * 2**20) as small:
            student = Student(small, hoard, OTHERS)
            with student.session:
                assert student.ask("f").kind == "memory"
                assert student.value("half", 3) == 1.5


class TestLoading:
    """Statements that do harm while the definitions run."""

    @pytest.mark.parametrize(
        "harm", ["spin()", "os._exit(0)", "ctypes.string_at(0)", "os.write(3, b'x' * 99)"]
    )
    def test_a_harmful_statement_is_left_out(
        self, hand_in: HandIn, harm: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is found, left out with a note, and what does not rest on it works."""
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 1.0)
        head = "import ctypes, os\ndef spin():\n    while True: pass\n"
        student = hand_in(head, f"A = 2\nB = {harm}\ndef f(): return A\ndef g(): return B", OTHERS)
        assert student.value("f") == 2
        assert [(note.cell, note.line) for note in student.session.notes] == [(2, 2)]
        assert "Left out" in student.session.notes[0].text
        assert student.ask("g").text.startswith("NameError")
        assert student.value("half", 3) == 1.5

    def test_too_many_harmful_statements(self, hand_in: HandIn) -> None:
        """After a few of them nothing is run any more; every function says so, and nobody waits."""
        lines = "\n".join(f"A{i} = os._exit({i})" for i in range(9))
        uses = ", ".join(f"A{i}" for i in range(9))
        student = hand_in(f"import os\n{lines}\ndef f(): return {uses}\ndef g(): return 1")
        for name in "fgf":
            answer = student.ask(name)
            assert (answer.kind, answer.text) == ("crashed", "The notebook's definitions could not be run.")

    def test_a_load_that_cannot_be_mended_is_not_tried_again(self) -> None:
        """When no statement can be blamed, the definitions are run once, not once a call."""
        source = """
            import json, os, struct
            text = json.dumps({"op": "at", "cell": 0, "line": 0}).encode()
            A = os.write(3, (struct.pack("<IQI", len(text), 0, 0) + text) * 2) and os._exit(1)
            def f(): return A
        """
        own = Recording()
        with own:
            student = Student(own, source)
            with student.session:
                for _ in range(3):
                    assert student.ask("f").kind == "crashed"
                tries = own.spawned
                assert student.ask("f").kind == "crashed"
                assert own.spawned == tries

    def test_a_line_that_takes_long_to_look_at(
        self, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A long line in a cell with a magic is looked at quickly; all that is lost is its cell."""
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 2.0)
        student = hand_in("%pwd\n" + " " * 100_000 + "x", OTHERS)
        assert student.value("half", 3) == 1.5

    def test_an_endless_report_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A statement that reports its progress without end runs into the limit like any other."""
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 0.5)  # of the child and of the judge that reads it
        source = """
            import json, os, struct
            text = json.dumps({"op": "at", "cell": 1, "line": 6}).encode()
            def flood():
                while True: os.write(3, (struct.pack("<IQI", len(text), 0, 0) + text) * 2000)
            A = flood()
            def f(): return A
        """
        with SandboxProcess() as own:
            student = Student(own, source, OTHERS)
            with student.session:
                assert student.value("half", 3) == 1.5
