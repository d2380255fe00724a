"""An answer is what the call returned, and a fresh process remembers nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sessions import ENOUGH, HandIn, Student

from autograder.checks.calls import Functions
from autograder.checks.memory import limited_memory
from autograder.grading.backends import NotebookBackend
from autograder.sandbox.sandbox_process import SandboxProcess

# Every result of one shape stands in the same memory, as with `np.multiply(x, 2, out=buffer)`.
BUFFERS = """
import numpy as np

buffers = {}

def buffer(name, shape):
    return buffers.setdefault((name, shape), np.zeros(shape))

def twice(x): return np.multiply(x, 2.0, out=buffer("twice", x.shape))
def both(x): return [twice(x), (np.add(x, 1.0, out=buffer("both", x.shape)), 3)]
def view(x): return buffer("view", (2, *x.shape))[1:] if twice(x) is None else refill(x)[1]

def refill(x):
    whole = buffer("refill", (2, *x.shape))
    whole[1] = 2 * x
    return whole
"""
EXPECTED = {"twice": lambda x: [2 * x], "both": lambda x: [2 * x, x + 1], "view": lambda x: [2 * x]}


@pytest.fixture
def student(hand_in: HandIn) -> Student:
    """A submission that returns its own buffers."""
    return hand_in(BUFFERS)


def arrays_in(value: Any) -> list[Any]:
    """The arrays in an answer, in order."""
    if isinstance(value, np.ndarray):
        return [value]
    return (
        [array for element in value for array in arrays_in(element)]
        if isinstance(value, (list, tuple))
        else []
    )


@given(
    st.sampled_from(sorted(EXPECTED)),
    st.lists(st.sampled_from([1, 3, 3, 3, 5_000]), min_size=1, max_size=6),  # the largest go by the arena
)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_calls_of_one_frame_share_no_memory(student: Student, function: str, sizes: list[int]) -> None:
    """Whatever later calls of a frame write into a buffer, each answer holds what its own call returned."""
    inputs = [np.arange(size) + 10.0 * number for number, size in enumerate(sizes)]
    answers = student.session.answer(function, [(x,) for x in inputs], ENOUGH)
    for x, answer in zip(inputs, answers, strict=True):
        for got, right in zip(arrays_in(answer.value), EXPECTED[function](x), strict=True):
            assert np.array_equal(got, right)


def test_nor_do_calls_in_a_notebook() -> None:
    """The same holds where a student checks their own work: grading would say the same."""
    namespace: dict[str, Any] = {}
    exec(BUFFERS, namespace)
    functions = Functions(NotebookBackend(namespace))
    first, second = functions.both.many([(np.ones(3),), (np.zeros(3),)])
    assert [array.tolist() for array in arrays_in((first, second))] == [[2] * 3, [2] * 3, [0] * 3, [1] * 3]


CACHE = """
import os, random
import numpy as np

cache = {}

def shuffled(seed): return cache.setdefault(seed, np.random.permutation(1000))
def modern(seed): return cache.setdefault(seed, np.random.default_rng().permutation(1000))
def standard(seed): return cache.setdefault(seed, [random.random() for _ in range(9)])
def pid(): return os.getpid()
def spin():
    while True: pass
"""


@pytest.mark.parametrize("function", ["shuffled", "modern", "standard"])
def test_a_fresh_process_remembers_nothing(hand_in: HandIn, function: str) -> None:
    """A cache makes two calls alike; asked in a fresh process, an unseeded generator shows."""
    student = Functions(hand_in(CACHE).session)
    first, again = (getattr(student, function)(3) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, getattr(student.in_fresh_process_(), function)(3))


# What a function may take besides its arguments, that is the same in two processes of one zygote and minute.
SURROUNDINGS = {
    "the secret of hash": "hash(str(seed))",
    "the order of a set of names": "[*{'W1', 'b1'}]",
    "the address of a module": "id(np)",
    "the address of a class": "hash(np.ndarray)",
    "the parent's process id": "os.getppid()",
    "the process id": "os.getpid() + seed",
    "the thread": "threading.get_ident()",
    "seconds": "int(time.time()) + seed",
    "nanoseconds, to the second": "time.time_ns() // 10**9",
    "seconds since the start": "int(time.monotonic())",
    "seconds of timing": "int(time.perf_counter())",
    "seconds of timeit": "int(timeit.default_timer())",
    "the kernel's clock by number": "int(time.clock_gettime(time.CLOCK_REALTIME))",
    "the time of day": "datetime.now().hour",
    "the second": "datetime.now().second",
    "the minute in UTC": "datetime.utcnow().minute",
    "the day": "date.today().day",
    "the month": "date.today().month",
    "the year": "datetime.today().year",
    "the weekday": "date.today().weekday()",
    "the minute, taken apart": "time.localtime().tm_min",
    "the second, taken apart": "time.gmtime()[5]",
    "the date as text": "time.strftime('%Y-%m-%d')",
    "the time as text": "time.ctime()",
    "the time as text, by default": "time.asctime()",
}
IMPORTS = "import os, threading, time, timeit\nimport numpy as np\nfrom datetime import date, datetime\n"


@pytest.mark.parametrize("source", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_a_fresh_process_has_other_surroundings(hand_in: HandIn, source: str) -> None:
    """Whatever else than its arguments decides shows there, and each time; it stays what it was elsewhere."""
    student = Functions(
        hand_in(f"{IMPORTS}def drawn(seed): return str({source})\ndef other(): return 1").session
    )
    for _ in range(2):
        first = student.drawn(3)
        assert student.in_fresh_process_().drawn(3) != first
        assert student.other() == 1


def test_clocks_agree_with_one_another_there(hand_in: HandIn) -> None:
    """Times are still times: differences, comparisons and types are what they are elsewhere."""
    source = """
import datetime as module, time
import numpy as np
from datetime import date, datetime, timedelta, timezone

def agree():
    now = datetime.now()
    return [
        abs(now.timestamp() - time.time()) < 60,
        abs(datetime.now(timezone.utc) - now.astimezone()) < timedelta(seconds=60),
        time.localtime().tm_year == now.year == date.today().year,
        time.time_ns() // 10**9 - int(time.time()) < 60,
        isinstance(now, datetime) and isinstance(np.datetime64("2020-01-01T00:00").item(), datetime),
        datetime(2020, 1, 1) < now and isinstance(now, date) and not isinstance(date.today(), datetime),
        time.localtime(0).tm_year in (1969, 1970) and time.strftime("%Y", time.gmtime(10**8)) == "1973",
        module.datetime is datetime and repr(datetime(2020, 1, 1)) == "datetime.datetime(2020, 1, 1, 0, 0)",
    ]
"""
    student = Functions(hand_in(source).session)
    assert student.agree() == student.in_fresh_process_().agree() == [True] * 8


def test_what_it_finds_out_holds_for_all(worker: Any) -> None:
    """Where only all cells together bring an answer, ordinary calls are answered by all cells, too."""
    uses = "import __main__ as here\nprint(1)\nhere.LOW = 1\ndef f(): return 1\ndef g(): return LOW"
    student = Student(worker, "import sys\nprint(sys.path)", uses)
    with student.session:
        assert student.value("f") == 1
        assert student.session.answer_in_fresh_process("g", [()], ENOUGH)[0].value == 1
        assert student.value("g") == 1


def test_a_second_zygote_is_not_bound_by_the_judges_memory() -> None:
    """It is started while a submission is judged, whose limit on memory is not its own."""
    with SandboxProcess() as sandbox:
        student = Student(sandbox, "import numpy as np\ndef f(): return float(np.ones(60_000_000)[0])")
        with limited_memory(200 * 2**20), student.session:
            assert student.session.answer_in_fresh_process("f", [()], ENOUGH)[0].value == 1.0


def test_numpys_own_generator_repeats_with_the_run(hand_in: HandIn) -> None:
    """The first process of each session draws the same numbers: grading again gives the same report."""
    first, again = (hand_in(CACHE).value("shuffled", 3) for _ in range(2))
    assert np.array_equal(first, again)


def test_one_process_for_each_request(hand_in: HandIn) -> None:
    """Each request gets a process of its own; ordinary calls go on where they were."""
    student = Functions(hand_in(CACHE).session)
    fresh = student.in_fresh_process_()
    pids = [student.pid(), student.pid(), fresh.pid(), fresh.pid(), student.pid()]
    assert [a == b for a, b in pairwise(pids)] == [True, False, False, False]
    assert pids[0] == pids[-1]
    assert student.context_.findings is fresh.context_.findings  # one check's calls, whoever answered


def test_it_costs_no_restart_of_the_submissions_own(worker: Any) -> None:
    """A fresh process is our wish: the number of processes that may hang or end stays as it is."""
    student = Student(worker, CACHE, restarts=1)
    with student.session:
        for _ in range(5):
            assert student.session.answer_in_fresh_process("shuffled", [(3,)], ENOUGH)[0].kind == "value"
        assert student.ask("spin", cpu=0.1).kind == "timeout"
        assert "used more than" in student.session.answer_in_fresh_process("spin", [()], ENOUGH)[0].text


def test_a_notebook_answers_where_it_is() -> None:
    """Without a sandbox there is no fresh process; the check runs all the same."""
    namespace: dict[str, Any] = {}
    exec(CACHE, namespace)
    functions = Functions(NotebookBackend(namespace))
    assert np.array_equal(functions.shuffled(3), functions.in_fresh_process_().shuffled(3))
