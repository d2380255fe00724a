"""A full disk and an object store that is away: a sentence, no receipt, and afterwards all is as it was."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from homework_site import serving, solved, tiny_site
from live_homework import live_homework
from patience import eventually
from tiny_course import ASSIGNMENT

from autograder.site.database import Database

CANNOT = "The server cannot store files now"
LIMITS = {"the body": 40_000, "the file": 3000, "the database": 1500}  # bytes that a file may have
SIZES = {
    "the body": 600_000,
    "the file": 20_000,
    "the database": 0,
}  # of what is uploaded, beside the notebook


def server_of(folder: Path) -> int:
    """The process id of the server of a course."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and str(folder / "port").encode() in words:
            return int(path.parent.name)
    raise AssertionError("the server is not running")


@contextmanager
def files_of_at_most(process: int, limit: int) -> Iterator[None]:
    """A process whose files cannot grow any more, as on a disk that is full."""
    import resource

    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_full_disk(tmp_path: Path) -> None:
    """If body, file or row finds no room: a sentence and no submission; later it is taken."""
    with serving(tiny_site(tmp_path), "--graders", "0", killed=True) as site:
        ann, process = site.visitor("ann"), server_of(tmp_path)
        uploads = {
            part: solved(site.course).replace(b'"cells"', b'"x": "%b", "cells"' % noise, 1)
            for part, size in SIZES.items()
            for noise in [Random(size).randbytes(size // 2).hex().encode()]
        }
        for part, content in uploads.items():
            with files_of_at_most(process, LIMITS[part]):
                reply = ann.upload(content)
                assert reply.status_code == 503, (part, reply.text)
                assert "cannot" in reply.text and "The server has a fault" not in reply.text, part
                assert ann.http.get("/healthz").status_code == 200
            assert "Your submissions" not in ann.page(f"/homework/{ASSIGNMENT}"), part
        receipts = {ann.submitted(content): content for content in uploads.values()}
        assert len(receipts) == len(uploads)
        for path, content in receipts.items():
            assert ann.http.get(f"{path}/file").content == content


@pytest.mark.full
def test_an_object_store_that_is_away_for_a_while(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploads meanwhile get a sentence and no receipt; every receipt's bytes are there when it is back."""
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("AUTOGRADER_FILES", bucket)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    address, port = os.environ["AWS_ENDPOINT_URL"], 0
    receipts: dict[str, bytes] = {}
    refused: list[int] = []
    is_over = threading.Event()

    def store(port: int) -> ThreadedMotoServer:
        started = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        started.start()
        return started

    extra = store(port)  # of this test alone, with the buckets of the other one
    _, port = extra.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", address.rpartition(":")[0] + f":{port}")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    database = Database(str(tmp_path / "quiz.db"))
    with live_homework(database, tmp_path / "course") as live, ThreadPoolExecutor(3) as threads:
        live.publish()
        students = [live.server.student() for _ in range(3)]

        def submits(number: int) -> None:
            many = 0
            while not is_over.is_set():
                many += 1
                content = Random(1000 * number + many).randbytes(50_000).hex().encode()
                reply = live.upload(students[number], content)
                if reply.status_code == 303:
                    receipts[reply.headers["Location"]] = content
                else:
                    assert reply.status_code == 503 and CANNOT in reply.text
                    refused.append(number)

        work = [threads.submit(submits, number) for number in range(3)]
        try:
            eventually(lambda: len(receipts) >= 6, unless=lambda: any(each.done() for each in work))
            extra.stop()
            eventually(lambda: len(refused) >= 6, unless=lambda: any(each.done() for each in work))
            before = len(receipts)
            extra = store(port)
            eventually(lambda: len(receipts) >= before + 6, unless=lambda: any(each.done() for each in work))
        finally:
            is_over.set()
        for each in work:
            each.result()
        for number, student in enumerate(students):
            theirs = {
                path: content for path, content in receipts.items() if student.get(path).status_code == 200
            }
            assert theirs, number
            for path, content in theirs.items():
                assert student.get(f"{path}/file").content == content
    extra.stop()
    database.close()
