"""Attacks: each costs its own function, touches nothing, and succeeds where there is no sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attack_cases import SECRET, Case, Targets, assignment_with_limits, cases, grade, judge, targets
from examples import one_in

from autograder.grading.grader import Grader
from autograder.sandbox import session

CODE = [case for case in cases() if case.folder.parent.name != "files"]
SYSTEM = [case for case in CODE if "without" in case.expected]


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """One grader for all attacks, as a class has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "LOAD_CPU_SECONDS", 0.5)
        for name, value in SECRET.items():
            patch.setenv(name, value)
        with Grader(assignment_with_limits(tmp_path_factory.mktemp("course")), seed=1) as made:
            yield made


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Targets]:
    """Fresh targets for each attack."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # temporary folders are closed to other accounts, which would protect them here
    with targets(tmp_path / "target") as made:
        yield made


def descendants(pid: int) -> set[int]:
    """The processes below one, ended ones that nobody reaped among them."""
    children = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return children.union(*map(descendants, children))


@pytest.mark.parametrize("case", one_in(3, CODE), ids=lambda case: case.name)
def test_it_costs_its_own_function(case: Case, grader: Grader, target: Targets) -> None:
    """The expected status, points and words; honest functions keep theirs; nothing is touched or left."""
    before, running = judge(), descendants(grader._worker._zygote.process.pid)
    report = grade(grader, target.aimed((case.folder / "submission.py").read_text()))
    double, mean_square = report.tasks
    attacked = mean_square.checks[0]
    expected = case.expected
    assert (double.earned, mean_square.earned) == (expected["double"], expected["mean_square"]), (
        attacked.message
    )
    assert attacked.status.value == expected["status"]
    assert re.search(expected["message"], attacked.message, re.DOTALL), attacked.message
    assert len(attacked.message) < 1000
    assert target.untouched()
    assert descendants(grader._worker._zygote.process.pid) == running
    assert judge() == before


def test_the_others_of_the_class(grader: Grader) -> None:
    """After all that, an honest student gets full marks from the same grader."""
    report = grade(grader)
    assert report.score.earned == report.score.possible == 6
    assert report.sandbox == "full"


@pytest.mark.parametrize("case", one_in(3, SYSTEM), ids=lambda case: case.name)
def test_it_succeeds_without_a_sandbox(case: Case, target: Targets, tmp_path: Path) -> None:
    """The same attack in a plain process gets through: so it is the sandbox that stops it."""
    if case.expected["without"] == "succeeds as root" and os.geteuid() != 0:
        pytest.skip("an ordinary account has not the right to it anyway")
    source = target.aimed((case.folder / "submission.py").read_text())
    descriptor = os.open(target.canary, os.O_RDONLY)
    try:
        completed = subprocess.run(
            [sys.executable, "-c", f"{source}\nprint(attack())"],
            cwd=tmp_path,
            env={**os.environ, **SECRET, "OPENBLAS_NUM_THREADS": "1"},  # a namespace wants one thread
            pass_fds=[descriptor],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(descriptor)
    wanted = "" if case.expected["without"] == "becomes the program" else "True\n"
    assert (completed.returncode, completed.stdout) == (0, wanted), completed.stderr[-500:]


@pytest.mark.full
def test_memory_stays_flat(grader: Grader, target: Targets) -> None:
    """Grading forty attacks once more makes the judge no larger."""
    quick = [
        c for c in CODE if c.expected["status"] in ("failed", "crashed", "memory") and "eaten" not in c.name
    ][:40]

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    def once() -> int:
        for case in quick:
            grade(grader, target.aimed((case.folder / "submission.py").read_text()))
        return resident()

    once()
    first = once()
    assert once() - first < 4 * 2**20


def test_every_kind_is_covered() -> None:
    """At least seventy cases, and some of each kind that the design lists."""
    kinds = {case.folder.parent.name for case in cases()}
    assert kinds == {"secrets", "damage", "time", "lies", "protocol", "files"}
    assert len(cases()) >= 70
    assert len(SYSTEM) >= 40
    assert [case.name for case in cases() if not case.expected["what"].endswith(".")] == []
