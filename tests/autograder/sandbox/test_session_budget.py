"""One submission's cost is bounded: processor time and sleep, over all its calls and processes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from busy import busy_core
from hypothesis import given
from hypothesis import strategies as st
from sessions import FORGE, Student

from autograder.checks.budget import Budget
from autograder.course.assignment import Limits
from autograder.sandbox.sandbox_process import SandboxProcess

BURN = """
import time

def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds

def again(seconds): return burn(seconds)
def rest(seconds):
    time.sleep(seconds)
    return seconds
def rest_too(seconds): return rest(seconds)
def half(x): return x / 2
"""
SECONDS = st.floats(0.0, 1000.0)


@given(SECONDS, SECONDS, SECONDS, st.lists(SECONDS), st.lists(st.tuples(SECONDS, SECONDS)))
def test_the_rule(
    processor: float, most: float, reference: float, calls: list[float], charged: list[tuple[float, float]]
) -> None:
    """The larger of what is above the reference and what the calls may take, never more than the most."""
    budget = Budget(processor=processor, most_processor=most, sleep=60.0, reference=lambda: reference)
    for seconds in calls:
        budget.add(budget.added_by(seconds, ""))
    assert budget.total() == pytest.approx(min(most, max(processor + reference, sum(calls))))
    for used, slept in charged:
        before = budget.sleep_of_a_call
        budget.charge(used, slept)
        assert 0 <= budget.sleep_of_a_call <= before
    assert budget.left() == pytest.approx(budget.total() - sum(used for used, _ in charged), abs=1e-6)


@given(st.integers(0, 1000), st.floats(0.01, 4.9), st.floats(0.0, 2.0), st.floats(0.0, 30.0))
def test_calls_within_their_own_limit_add_up(
    calls: int, each: float, reference_call: float, reference: float
) -> None:
    """0.8 s a call cost a submission 198 s, as each call may take 5 s: now the total is for all of them.

    A call adds to it what the reference takes times twenty, never the 5 s that every call gets at least.
    """
    limits = Limits()
    budget = limits.budget(lambda: reference, lambda function: reference_call)
    limit = limits.seconds("f", reference_call)
    made = 0
    while made < calls and budget.left(limit, "f") > 0:
        budget.add(budget.added_by(limit, "f"))
        budget.charge(min(each, budget.left()), 0.0)
        made += 1
    allowed = max(limits.all_seconds + reference, made * limits.call_times * reference_call)
    assert budget.used <= min(limits.most_seconds, allowed) + 1e-6
    if each <= limits.call_times * reference_call and calls * each < limits.most_seconds:
        assert made == calls, "who is within the multiple in each call is never stopped"


class TestProcessorTime:
    """Of all calls together, whichever process makes them."""

    def test_it_runs_out(self, worker: SandboxProcess) -> None:
        """After the total nothing is called any more, and every answer says why."""
        budget = Budget(processor=0.5, most_processor=0.5)
        student = Student(worker, BURN, budget=budget)
        with student.session:
            answers = [student.ask("burn", 0.2, cpu=0.4) for _ in range(4)]
            later = student.ask("half", 3)
        assert [answer.kind for answer in answers] == ["value", "value", "timeout", "timeout"]
        assert "burn was stopped: all calls together" in answers[2].text
        assert (later.kind, "half was not called: all calls together" in later.text) == ("timeout", True)

    def test_calls_may_take_what_each_of_them_may(self, worker: SandboxProcess) -> None:
        """A long row of slow calls, each within its own limit, is not stopped by the total."""
        student = Student(worker, BURN, budget=Budget(processor=0.1))
        with student.session:
            assert [student.ask("burn", 0.1, cpu=0.3).kind for _ in range(6)] == ["value"] * 6

    def test_a_call_in_a_frame_has_its_own_time(self, worker: SandboxProcess) -> None:
        """Calls that travel together are as slow as they may be alone."""
        student = Student(worker, BURN)
        with student.session:
            answers = student.session.answer("burn", [(0.3,)] * 4, 0.5)
        assert [answer.kind for answer in answers] == ["value"] * 4

    def test_one_that_hangs_in_a_frame(self, worker: SandboxProcess) -> None:
        """It has the time of one call, not that of the whole frame."""
        budget = Budget()
        student = Student(worker, BURN, budget=budget)
        with student.session:
            answers = student.session.answer("burn", [(1000.0,)] * 50, 0.2)
        assert {answer.text for answer in answers} == {"burn used more than 0.2 s."}
        assert budget.used < 2

    def test_forged_reports(self, worker: SandboxProcess) -> None:
        """A child that says that calls are done gets no more time than these calls would have."""
        forged = f"{FORGE}\ndef f(x):\n    while True: os.write(3, frame({{'op': 'at'}}))"
        student = Student(worker, forged, BURN)
        with student.session:
            answers = student.session.answer("f", [(1,), (2,)], 0.3)
            assert [answer.kind for answer in answers] == ["crashed", "crashed"]
            assert student.value("half", 3) == 1.5

    def test_processes_that_ended_are_counted(self, worker: SandboxProcess) -> None:
        """What a process used before it ended, and loading in each of them, is part of the total."""
        budget = Budget(processor=1.2, most_processor=1.2)
        student = Student(worker, BURN, "A = burn(0.3)\ndef use(): return A", budget=budget)
        with student.session:
            kinds = [student.session.answer_in_fresh_process("use", [()], 5)[0].kind for _ in range(6)]
        assert kinds[:3] == ["value"] * 3
        assert kinds[4:] == ["timeout"] * 2

    def test_the_judges_own_work_counts(self, worker: SandboxProcess) -> None:
        """Call-backs that are dear for the judge and cheap for the child are stopped like any loop."""
        called = []

        def dear(x: float) -> float:
            called.append(x)
            return float(sum(range(200_000)))

        student = Student(worker, "def f(g):\n    while True: g(1.0)", BURN)
        with student.session:
            assert student.ask("f", dear, cpu=0.3).text == "f used more than 0.3 s."
        assert len(called) < 1000  # some milliseconds each


class TestSleep:
    """Neither running nor waiting for a core."""

    def test_a_sleeper_leaves_half(self, worker: SandboxProcess) -> None:
        """A hang takes half of the sleep that is left, so other functions may still rest a little."""
        student = Student(worker, BURN, budget=Budget(sleep=1.0))
        with student.session:
            answer = student.ask("rest", 3600.0)
            assert answer.kind == "timeout"
            assert answer.text == "rest slept too long, without using the processor."
            assert student.value("rest_too", 0.01) == 0.01
            assert student.value("half", 3) == 1.5

    def test_the_total(self, worker: SandboxProcess) -> None:
        """However many functions sleep, and whatever they answer, it ends."""
        many = "".join(
            f"def f{i}():\n    time.sleep({0.05 if i % 2 else 99})\n    return 1\n" for i in range(9)
        )
        budget = Budget(sleep=0.8)
        student = Student(worker, BURN, many, budget=budget)
        with student.session:
            for _ in range(40):
                for i in range(9):
                    student.ask(f"f{i}")
        assert 0 <= budget.sleep_of_a_call < 0.1

    def test_naps_between_call_backs(self, worker: SandboxProcess) -> None:
        """Naps too short to be looked at, one before each question to the judge, are sleep too."""
        asked: list[float] = []
        student = Student(
            worker,
            "import time\ndef f(g):\n    while True:\n        time.sleep(0.01)\n        g(1.0)",
            budget=Budget(sleep=2.0),
        )

        def asked_again(x: float) -> float:
            asked.append(x)
            return 1.0

        with student.session:
            answer = student.ask("f", asked_again, cpu=30)
        assert "slept" in answer.text
        assert 40 < len(asked) < 200  # a second of sleep is a hundred naps, those that are added up aside

    def test_a_judge_that_takes_its_time(self, worker: SandboxProcess) -> None:
        """While the judge computes for it, a child waits and does not sleep."""

        def slow(x: float) -> float:
            subprocess.run([sys.executable, "-c", "import time; time.sleep(1)"], check=True)
            return x

        student = Student(worker, "def f(g): return g(1.0) + g(2.0)", budget=Budget(sleep=1.0))
        with student.session:
            assert student.value("f", slow) == 3.0


@pytest.mark.full
class TestBusyCore:
    """A core that others use, too."""

    @pytest.mark.parametrize("body", ["burn(0.4)", "list(ThreadPoolExecutor(2).map(burn, [0.2, 0.2]))"])
    def test_a_child_that_hardly_gets_it(self, body: str) -> None:
        """A right answer comes thirty times as late as on a free core, and counts; threads are told, too."""
        head = "from concurrent.futures import ThreadPoolExecutor\n"
        with busy_core(35), SandboxProcess() as fresh_process:
            student = Student(
                fresh_process, BURN, f"{head}def f():\n    {body}\n    return 1", budget=Budget(sleep=1.0)
            )
            with student.session:
                answer = student.ask("f", cpu=0.5)
        assert (answer.kind, answer.value) == ("value", 1), answer.text

    def test_a_judge_that_hardly_gets_it(self) -> None:
        """Nor do many short exchanges make a sleeper of a child."""
        exchanges = "def f(g): return sum(g(1.0) for _ in range(60))"
        with busy_core(6), SandboxProcess() as fresh_process:
            student = Student(fresh_process, exchanges, budget=Budget(sleep=0.5))
            with student.session:
                assert student.value("f", lambda x: x) == 60.0
