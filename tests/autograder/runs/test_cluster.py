"""Grading on other machines' workers: the same files, each submission once, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from command import COMMAND, autograder, files
from homework_site import serving, solved, tiny_site, with_mistake
from patience import PATIENCE, eventually
from raw_http import free_port
from slow_class import write_slow_class
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.results.ledger import Graded, read_ledger
from autograder.site.homework.grader_api import grader_token
from autograder.site.server import open_site

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.xdist_group("cluster")

STUDENTS = 40


@pytest.fixture
def folder(tiny_course: Course, tmp_path: Path) -> Path:
    """A folder with a course and a class."""
    return write_slow_class(tiny_course, tmp_path, STUDENTS, seconds=0.03)


def started(stack: ExitStack, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """A process in a group of its own, ended with the test; in a folder that holds no course."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "30s"},
        start_new_session=True,
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler without workers."""
    with ExitStack() as stack:
        port = free_port()
        started(stack, tmp_path / "scheduler", *SCHEDULER, str(port))
        _wait_for(port)
        yield f"tcp://127.0.0.1:{port}"


SCHEDULER = (
    sys.executable,
    "-m",
    "distributed.cli.dask_scheduler",
    *["--host", "127.0.0.1", "--no-dashboard", "--port"],
)


def _wait_for(port: int) -> None:
    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return False
        return True

    assert eventually(answers), "the scheduler did not start"


def wait_for_workers(address: str, count: int) -> None:
    """Until so many workers have joined."""
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=PATIENCE)


def grade(folder: Path, out: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The command, with what it printed."""
    words = ("grade", ASSIGNMENT, folder / "class", "--out", folder / out, "--seed", 1, *more)
    return autograder(*words, folder=folder / "course")


@pytest.mark.full
def test_two_workers_one_killed(folder: Path, scheduler: str) -> None:
    """Every submission is graded exactly once, with the files that one machine writes; verify passes."""
    with ExitStack() as stack:
        workers = [
            started(stack, folder / f"worker{n}", str(COMMAND), "worker", scheduler, "--workers", "1")
            for n in range(2)
        ]
        wait_for_workers(scheduler, 2)
        words = ["grade", ASSIGNMENT, folder / "class", "--out", folder / "out", "--seed", 1]
        run = subprocess.Popen(
            [COMMAND, *map(str, words), "--scheduler", scheduler],
            cwd=folder / "course",
            stdout=subprocess.PIPE,
        )
        ledger = folder / "out" / "ledger.jsonl"
        eventually(
            lambda: ledger.exists() and ledger.read_bytes().count(b"\n") > 8,
            unless=lambda: run.poll() is not None,
        )
        _end(workers[0])  # with its nanny: nobody starts it again
        shown = run.communicate()[0]
        assert run.returncode == 0, shown
    assert grade(folder, "here").returncode == 0
    assert files(folder / "out") == files(folder / "here")
    lines = [line for line in read_ledger(ledger)[0] if isinstance(line, Graded)]
    assert sorted(line.student for line in lines) == sorted(f"s{number}" for number in range(STUDENTS))
    assert autograder("verify", folder / "out", folder=folder / "course").returncode == 0
    data = ledger.read_bytes()
    ledger.write_bytes(data[:400] + bytes([data[400] ^ 1]) + data[401:])
    assert autograder("verify", folder / "out", folder=folder / "course").returncode == 2


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Port 8787")  # Dask starts its pages on another port and says so
def test_local_cluster(folder: Path) -> None:
    """The library's own cluster on one machine does too, with several threads in a worker."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        completed = grade(folder, "out", "--scheduler", cluster.scheduler_address)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert grade(folder, "here").returncode == 0
    assert files(folder / "out") == files(folder / "here")


@pytest.mark.full
def test_nobody_there(folder: Path, scheduler: str) -> None:
    """No scheduler, or one without workers, is said in a sentence that says what to start."""
    completed = grade(folder, "out", "--scheduler", f"tcp://127.0.0.1:{free_port()}")
    assert (
        completed.returncode == 2
        and "No scheduler answers" in completed.stderr
        and "Traceback" not in completed.stderr
    )
    completed = grade(folder, "out", "--scheduler", scheduler)
    assert (
        completed.returncode == 2
        and "has no workers" in completed.stderr
        and "autograder worker" in completed.stderr
    )


@pytest.mark.full
def test_a_weaker_sandbox(folder: Path, scheduler: str) -> None:
    """A worker that cannot shut submissions in as asked refuses, and nothing is recorded."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import autograder.sandbox.sandbox_process as w\n"
        "init = w.SandboxProcess.__init__\n"
        "weaker = lambda self, *a, **k: init(self, *a, **{**k, 'without': ('landlock',)})\n"
        "w.SandboxProcess.__init__ = weaker\n"
    )
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
        started(stack, folder / "worker", str(COMMAND), "worker", scheduler, "--workers", "1")
        patch.undo()
        wait_for_workers(scheduler, 1)
        completed = grade(folder, "out", "--scheduler", scheduler, "--sandbox", "full")
    assert completed.returncode == 2 and "cannot isolate submissions" in completed.stderr
    assert len(read_ledger(folder / "out" / "ledger.jsonl")[0]) == 1


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Port 8787")
def test_a_site_s_queue_on_a_cluster(tmp_path: Path) -> None:
    """`autograder grader --scheduler` hands a site's queue to a cluster: the same results, each once."""
    from distributed import LocalCluster

    course = tiny_site(tmp_path)
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as cluster,
        serving(course, "--graders", "0") as site,
    ):
        people = [site.visitor(person) for person in ("ann", "bob")]
        paths = [people[0].submitted(solved(course)), people[1].submitted(with_mistake(course))]
        with open_site(course.root) as opened:
            token = grader_token(opened.signer)
        command = [COMMAND, "grader", "--site", site.address, "--scheduler", cluster.scheduler_address]
        with subprocess.Popen(command, env={**os.environ, "AUTOGRADER_TOKEN": token}) as grader:
            try:
                assert "6 of 6 points" in people[0].graded(paths[0])
                assert "points" in people[1].graded(paths[1])
                assert "The factor 2 is missing" in people[1].page(f"{paths[1]}/feedback")
            finally:
                grader.send_signal(signal.SIGINT)
    assert "tiny: 3 lines, nothing changed" in autograder("verify", folder=course.root).stdout
