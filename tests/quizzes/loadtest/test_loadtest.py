"""`quizzes loadtest`: a small class from the opening to its receipts, and the limits it is held to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from event_loops import commanded, run
from patience import eventually

from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.cli import app
from quizzes.loadtest.fixture import fixture_for, temporary_folder
from quizzes.loadtest.limits import Result, file_system_of, on_real_disk, percentile
from quizzes.loadtest.server import allow_connections, running_servers
from quizzes.loadtest.staff_work import StaffWork
from quizzes.loadtest.student import HttpReply

COURSE = find_course(Path(__file__).parent).root
SHORT = (
    "--herd",
    "1",
    "--steady",
    "1",
    "--burst",
    "2",
    "--deadline",
    "1",
    "--grace",
    "0.5",
    "--regrade",
    "3",
)
# What does not depend on how fast and how busy the machine is.
ALWAYS = (
    "acknowledged saves that are missing",
    "receipts shown that are missing",
    "server errors and lost connections",
    "students who gave up",
    "attempts open when all must be closed",
    "faults in the database",
    "tasks of staff that failed",
    "attempts that are not regraded",
)


@pytest.mark.full
def test_a_small_class() -> None:
    """Twenty students start, save and submit while staff regrade, import and analyse; nothing is lost.

    The exit code says whether limits hold.
    """
    completed = commanded(app, ["loadtest", "--students", "20", *SHORT, "--course", str(COURSE)])
    assert completed.exception is None or isinstance(completed.exception, SystemExit), completed.output
    for phase in ("opening", "burst", "deadline"):
        assert f"\n{phase} " in completed.output
    for what in ALWAYS:
        assert f"kept    {what}" in completed.output, completed.output
    assert "4 × regrade" in completed.output and "a regrade is of 3 attempts" in completed.output
    assert "4 × import" in completed.output and "4 × analysis" in completed.output
    assert "Limits of a class of size S (20 students):" in completed.output
    assert (completed.exit_code == 0) == ("MISSED" not in completed.output), completed.output


@pytest.mark.full
@pytest.mark.xdist_group("postgresql")
def test_several_servers(postgres: str) -> None:
    """Two servers that share a PostgreSQL database hold a class together; a second test there is refused."""
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE class_at_two_servers")
    options = ["--database", postgres.format("class_at_two_servers"), "--servers", "2", "--students", "8"]
    completed = commanded(app, ["loadtest", *options, *SHORT, "--course", str(COURSE)])
    assert "The database was PostgreSQL, with server processes: 2." in completed.output
    for what in ALWAYS:
        assert f"kept    {what}" in completed.output, completed.output
    again = commanded(app, ["loadtest", *options, *SHORT, "--course", str(COURSE)])
    assert "This database has people in it." in str(again.exception)


@pytest.mark.full
def test_failed_work_of_staff(tmp_path: Path) -> None:
    """A task of staff that fails is counted, with its output, and the others go on."""
    with temporary_folder(tmp_path) as place:
        fixture = fixture_for(find_course(COURSE), "", place)
        with running_servers(fixture) as servers, fixture.open_site() as site:
            work = StaffWork.of(fixture, servers[0])
            run(work.round(site.database))  # nobody has taken the earlier quiz, and it is not published
    assert sorted(failure.partition(":")[0] for failure in work.failed) == ["analysis", "regrade"]
    assert "is not published" in " ".join(work.failed) or "There is no published quiz" in " ".join(
        work.failed
    )
    assert {kind: len(many) for kind, many in work.seconds.items()} == {
        "regrade": 1,
        "import": 1,
        "analysis": 1,
    }


def test_several_servers_and_a_file() -> None:
    """Several servers on a SQLite file are refused with a sentence."""
    completed = commanded(app, ["loadtest", "--servers", "2", "--course", str(COURSE)])
    assert "Several servers need a PostgreSQL database" in str(completed.exception)


def responses(result: Result, phase: str, kind: str, *seconds: float, status: int = 200) -> None:
    """Note replies that took so long."""
    result.measured.phase = phase
    for second in seconds:
        result.measured.note(kind, HttpReply(status, {}, b"", second))


def missed(result: Result) -> list[str]:
    """The limits that are missed."""
    return [limit.what for limit in result.limits() if not limit.kept]


def test_limits_of_time() -> None:
    """A few slow requests in a hundred miss the limit of their phase; small classes have a stricter one."""
    for students, slow in ((100, ["steady: 99 % of saves"]), (500, [])):
        result = Result(students)
        responses(result, "steady", "save", *[0.01] * 97, *[0.2] * 3)
        responses(result, "opening", "start", *[0.5] * 97, *[0.9] * 3)
        assert missed(result) == slow
    responses(result, "steady", "save", 0.3, 0.3, 0.3)
    responses(result, "opening", "start", *[1.1] * 3)
    assert missed(result) == ["steady: 99 % of saves", "opening: 99 % of requests"]


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("lost", 1, "acknowledged saves that are missing"),
        ("receipts_lost", 1, "receipts shown that are missing"),
        ("refused", 1, "saves refused"),
        ("failed", ["no answer"], "students who gave up"),
        ("left_open", 1, "attempts open when all must be closed"),
        ("closed_after", 10.5, "last attempt closed after deadline and grace"),
        ("damage", ["row 3 missing"], "faults in the database"),
        ("staff_failed", ["import: no table"], "tasks of staff that failed"),
        ("not_regraded", 1, "attempts that are not regraded"),
        ("memory", 301.0, "the server's memory at its peak"),
    ],
)
def test_each_limit(field: str, value: object, what: str) -> None:
    """Each limit alone is missed by what breaks it."""
    result = Result(20)
    assert missed(result) == []
    setattr(result, field, value)
    assert missed(result) == [what]
    assert any(line.startswith(f"MISSED  {what}") for line in result.lines())


@pytest.mark.parametrize("status", [500, 503, None])
def test_server_errors(status: int | None) -> None:
    """An answer of 5xx, busy ones too, or none at all misses a limit and is counted by its kind."""
    result = Result(20)
    result.measured.note("save", None if status is None else HttpReply(status, {}, b"", 0.1))
    assert missed(result) == ["server errors and lost connections"]
    assert f"{status or 'no answer'}: 1" in "\n".join(result.lines())


def test_sizes() -> None:
    """Classes have the sizes of the table of loads."""
    assert [Result(students).size for students in (1, 100, 101, 500, 501, 2000, 2001)] == [*"SSMMLL", "XL"]


def test_percentile() -> None:
    """The percentile of none is 0, of one itself, and the highest is the maximum."""
    assert percentile([], 99) == 0.0
    assert percentile([0.3], 50) == 0.3
    assert percentile([0.1, 0.4, 0.2], 100) == 0.4


def test_more_students_than_open_files() -> None:
    """More connections than the machine allows are refused with a sentence."""
    resource = pytest.importorskip("resource")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine allows any number")
    with pytest.raises(UsageError, match="open files"):
        allow_connections(hard + 1)


def test_no_time_at_all() -> None:
    """A class with no time between opening and deadline is refused with a sentence."""
    nothing = [word for name in ("herd", "steady", "burst", "deadline") for word in (f"--{name}", "0")]
    completed = commanded(app, ["loadtest", *nothing, "--course", str(COURSE)])
    assert "less than a second" in str(completed.exception)


MOUNTS = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/disk rw
30 22 0:26 / /tmp rw,nosuid shared:5 - tmpfs tmpfs rw
31 22 8:2 / /tmp/a\\040disk rw - xfs /dev/other rw
32 30 0:27 / /tmp/over rw - ext4 /dev/other rw
33 30 0:28 / /tmp/over rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/quiz", "ext4"),
        ("/tmp/x", "tmpfs"),
        ("/tmp/a disk/x", "xfs"),
        ("/tmp/over", "tmpfs"),
        ("/", "ext4"),
    ],
)
def test_file_systems(tmp_path: Path, folder: str, kind: str) -> None:
    """The file system of a folder is the one mounted nearest above it; one in memory is no real disk."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert file_system_of(Path(folder), mounts) == kind
    assert on_real_disk(kind) == (kind != "tmpfs")
    assert file_system_of(Path(folder), tmp_path / "none") == ""


@pytest.mark.parametrize("command", ["loadtest", "crashtest"])
def test_a_folder_that_is_not_there(tmp_path: Path, command: str) -> None:
    """A folder that is not there is told in a sentence."""
    completed = commanded(app, [command, "--folder", str(tmp_path / "none"), "--course", str(COURSE)])
    assert "There is no directory" in str(completed.exception)


def children_of(pid: int) -> list[int]:
    """The processes a process has started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see other processes")
def test_told_to_end(tmp_path: Path) -> None:
    """A load test that is told to end takes its server and its folder with it."""
    command = [sys.executable, "-m", "quizzes", "loadtest", "--students", "3", "--folder", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--course", str(COURSE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert b"before" in running.stdout.readline()
        (server,) = children_of(running.pid)
        running.send_signal(signal.SIGTERM)
        output = running.communicate()[1]
    assert running.returncode == 130, output
    assert b"Traceback" not in output
    assert eventually(lambda: not Path(f"/proc/{server}").exists())
    assert list(tmp_path.iterdir()) == []
