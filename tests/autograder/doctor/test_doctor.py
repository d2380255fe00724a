"""`autograder doctor`: each layer is tried for real, and what is missing comes with its remedy."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
from command import autograder

from autograder.checks.datasets.loading import load_images
from autograder.doctor.finding import Finding, State
from autograder.doctor.machine import examine_machine
from autograder.doctor.sandbox import examine_sandbox
from autograder.errors import SandboxError
from autograder.sandbox import landlock
from autograder.sandbox.sandbox_process import SandboxProcess


def bad(findings: list[Finding]) -> set[str]:
    """The names of what does not work."""
    return {finding.name for finding in findings if finding.state is State.BAD}


def without(*layers: str) -> type[SandboxProcess]:
    """A worker that leaves layers out."""

    class Bare(SandboxProcess):
        def __init__(self, memory: int) -> None:
            super().__init__(memory, without=layers)

    return Bare


def test_a_whole_sandbox() -> None:
    """Every attempt is refused, and the level is full."""
    findings = list(examine_sandbox())
    assert bad(findings) == set()
    assert "level full" in {finding.name for finding in findings}
    assert len(findings) >= 14


@pytest.mark.parametrize(
    ("layers", "level", "possible"),
    [
        (("landlock",), "level good", set()),
        (
            ("landlock", "seccomp"),
            "level weak",
            {"read a file", "start a process", "run a program", "open a connection"},
        ),
        (("seccomp",), "level weak", {"start a process"}),
    ],
)
def test_what_is_missing_shows(
    monkeypatch: pytest.MonkeyPatch, layers: tuple[str, ...], level: str, possible: set[str]
) -> None:
    """An attempt that gets through is bad, with a remedy; the level follows."""
    monkeypatch.setattr("autograder.doctor.sandbox.SandboxProcess", without(*layers))
    findings = list(examine_sandbox())
    assert level in {finding.name for finding in findings}
    assert possible <= bad(findings)
    assert ("level weak" in bad(findings)) == (level == "level weak")
    assert [finding.name for finding in findings if finding.state is State.BAD and not finding.remedy] == []


def test_a_sandbox_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Level none, with the reason."""

    class Broken(SandboxProcess):
        def __init__(self, memory: int) -> None:
            raise SandboxError("The sandbox's zygote has ended: it said nothing.")

    monkeypatch.setattr("autograder.doctor.sandbox.SandboxProcess", Broken)
    last = list(examine_sandbox())[-1]
    assert (last.name, last.state) == ("level none", State.BAD)
    assert "zygote has ended" in last.text


@pytest.mark.parametrize(
    ("error", "text", "remedy"),
    [
        (errno.ENOSYS, "This kernel does not have it", "5.13"),
        (errno.EOPNOTSUPP, "disabled at boot", "lsm="),
        (errno.EPERM, "not allowed here", "container"),
    ],
)
def test_why_there_is_no_landlock(
    monkeypatch: pytest.MonkeyPatch, error: int, text: str, remedy: str
) -> None:
    """Each cause has its own remedy."""

    def refused(*arguments: object) -> int:
        raise OSError(error, "no")

    monkeypatch.setattr(landlock, "syscall", refused)
    (layer,) = (finding for finding in examine_sandbox() if finding.name == "Landlock")
    assert layer.state is State.LACKING
    assert text in layer.text
    assert remedy in layer.remedy


def test_a_system_without_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system than Linux that is said first."""
    monkeypatch.setattr("autograder.doctor.sandbox.sys.platform", "darwin")
    first = next(iter(examine_sandbox()))
    assert (first.state, first.text) == (State.BAD, "darwin has neither of them.")


def test_the_surroundings(tmp_path: Path) -> None:
    """Python, NumPy, data, nbgrader, disk and the quiz server are looked at; here all work."""
    findings = list(examine_machine(tmp_path / "not" / "yet" / "there"))
    assert bad(findings) == set()
    assert {finding.area for finding in findings} == {"Python", "data", "nbgrader", "disk", "quizzes"}
    assert f"{sys.version_info.major}." in findings[0].name


def test_mnist_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is lacking, not bad: the digits stand in; the remedy says where to put it."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("AUTOGRADER_CACHE", str(tmp_path))
    load_images.cache_clear()
    (mnist,) = (finding for finding in examine_machine(tmp_path) if finding.name == "MNIST")
    load_images.cache_clear()
    assert mnist.state is State.LACKING
    assert "MNIST_DIR" in mnist.remedy


def test_the_command(tmp_path: Path) -> None:
    """A table, a closing sentence, exit 0."""
    completed = autograder("doctor", folder=tmp_path)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "level full" in completed.stdout
    assert "All " in completed.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
