"""Logs say what happened and never fail a save: a full disk, a pipe nobody reads, a broken message."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from event_loops import run
from live_server import NUMERIC, TEXT, LiveServer
from local_http import LOCAL
from patience import eventually
from starlette.types import Receive, Scope, Send

from autograder.errors import UsageError
from autograder.site.application import site_routes
from autograder.site.request_log import LogFile, RequestLogMiddleware, path_to_log


def lines(path: Path) -> list[dict[str, object]]:
    """What was written."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def drained(reader: int) -> str:
    """What a pipe holds."""
    output = b""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(reader, 1 << 20):
            output += data
    return output.decode()


def with_log(server: LiveServer, log: LogFile) -> None:
    """Let the hall's server log its requests."""
    config = server.server.config
    config.loaded_app = RequestLogMiddleware(config.loaded_app, log)


def test_requests_and_trouble(tmp_path: Path) -> None:
    """A line each, with time, status and how long it took; secrets in an address are left out."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/breaks":
            logging.getLogger("quizzes.test").error("It %s.", "broke", exc_info=ValueError("here"))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    path = tmp_path / "log.jsonl"
    with LogFile(path) as log, log.for_all():
        transport = httpx.ASGITransport(RequestLogMiddleware(app, log))

        async def ask() -> None:
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                for path_asked in ("/quizzes/all?secret=1", "/sign-in/a-secret", "/breaks"):
                    await client.post(path_asked, content=b"an answer")

        run(ask())
    entries = [entry for entry in lines(path) if str(entry.get("logger", "quizzes")).startswith("quizzes")]
    requests = [entry for entry in entries if "path" in entry]
    assert [entry["path"] for entry in requests] == ["/quizzes/all", "/sign-in/…", "/breaks"]
    assert {entry["status"] for entry in requests} == {204} and all(
        float(str(entry["ms"])) >= 0 for entry in requests
    )
    (trouble,) = [entry for entry in entries if "message" in entry]
    assert (trouble["message"], trouble["level"]) == ("It broke.", "error") and "here" in str(
        trouble["trace"]
    )
    text = path.read_text(encoding="utf-8")
    assert "secret" not in text and "an answer" not in text
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_no_secret_of_an_address_is_logged() -> None:
    """Whatever route has one."""
    paths = [getattr(route, "path", "") for route in site_routes()]
    secret = [path for path in paths if "{secret}" in path]
    assert len({path.partition("{")[0] for path in secret}) == 2
    assert not [
        path for path in secret if "the-secret" in path_to_log(path.replace("{secret}", "the-secret"))
    ]


def test_a_failure_of_the_database(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    """Its words are logged, without the answer that it could not store and without a link's secret."""
    server.publish()
    student = server.student()
    attempt = student.start()
    with server.database.transaction() as connection:
        full = "BEFORE INSERT ON answer_event BEGIN SELECT RAISE(FAIL, 'no room here'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER full {full}")
        connection.exec_driver_sql("ALTER TABLE credential RENAME TO nowhere")
    assert student.save(attempt, TEXT, "my secret words").status_code >= 500
    link = "a-link-that-lets-somebody-in"
    assert httpx.get(f"{server.address}/sign-in/{link}", **LOCAL).status_code == 500
    assert "no room here" in caplog.text and "credential" in caplog.text
    assert "secret words" not in caplog.text and link not in caplog.text


def test_a_full_disk() -> None:
    """Nothing raises, nothing waits; what was lost is counted."""
    log = LogFile(Path("/dev/full"))
    for number in range(50):
        log.put(number=number)
    log.close()
    assert log.lost == 50


def test_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    """It fills up, and then lines are lost and counted; the first that is written again says how many."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    log = LogFile(path)
    for number in range(2000):
        log.put(number=number, text="x" * 200)
    assert eventually(log._lines.empty)  # the last line is being tried
    seen = -1
    while log.lost != seen:
        seen = log.lost
        time.sleep(0.3)
    assert log.lost > 0
    drained(reader)
    log.put(number="after")
    log.close()
    last = json.loads(drained(reader).splitlines()[-1])
    os.close(reader)
    assert last["number"] == "after" and last["lost"] > 0


def test_a_message_that_breaks(tmp_path: Path) -> None:
    """A logger's own mistake is counted and goes no further."""
    path = tmp_path / "log.jsonl"
    with LogFile(path) as log:
        log.emit(logging.LogRecord("a", logging.ERROR, "b", 1, "%d", ("no number",), None))
        log.put(odd=object(), half="\ud800")
    assert lines(path)[0]["lost"] == 1


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    """A log that cannot be opened is said before the server starts."""
    with pytest.raises(UsageError, match="cannot be written"):
        LogFile(tmp_path / "nowhere" / "log.jsonl")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_saves_go_on(server: LiveServer) -> None:
    """With a log that cannot be written a student saves and hands in as ever."""
    with LogFile(Path("/dev/full")) as log, log.for_all():
        with_log(server, log)
        server.publish()
        student = server.student()
        attempt = student.start()
        for base in range(5):
            assert student.save(attempt, NUMERIC, f"0.{base}", base).status_code == 200
        assert student.ask(f"/attempts/{attempt}/finish", {}).status_code == 200
    assert log.lost > 0


def test_the_command(server: LiveServer, tmp_path: Path) -> None:
    """`quizzes serve --log FILE` writes it."""
    path, port_file = tmp_path / "log.jsonl", tmp_path / "port"
    words = ["serve", "--course-file", "--port", "0", "--port-file", str(port_file), "--log", str(path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "quizzes", *words], cwd=server.course.root, stdout=subprocess.DEVNULL
    )
    try:
        eventually(port_file.exists, unless=lambda: process.poll() is not None)
        health = f"http://127.0.0.1:{port_file.read_text('ascii')}/healthz"
        assert httpx.get(health, **LOCAL).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    requests = [(entry["path"], entry["status"]) for entry in lines(path) if "path" in entry]
    assert requests == [("/healthz", 200)]
