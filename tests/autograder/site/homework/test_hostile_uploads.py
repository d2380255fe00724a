"""Hostile uploads: each costs a sentence and no more; what came is stored, and the server stays well."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import one_in
from live_homework import BOUNDARY, LiveHomework, live_homework, multipart
from live_server import Student
from patience import PATIENCE, eventually
from raw_http import raw_request
from tiny_course import ASSIGNMENT

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.site.database import Database
from autograder.site.homework.context import HomeworkContext

PAGE = f"/homework/{ASSIGNMENT}"
EVIL = "<script>document.title='evil'</script><img src=x onerror=\"document.title='evil'\">"
MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomework]:
    """A live server with the published assignment."""
    folder = tmp_path_factory.mktemp("hostile")
    database = Database(str(folder / "quiz.db"))
    with live_homework(database, folder / "course") as live:
        live.publish()
        yield live
    database.close()


def notebook(*sources: str, **fields: Any) -> bytes:
    """A notebook with these code cells."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}).encode()


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A ZIP with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    """A symbolic link in a ZIP."""
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, 0o120777 << 16
    return member, target.encode()


def nested(depth: int) -> bytes:
    """A ZIP in a ZIP, and so on."""
    content = notebook("x = 1")
    for _ in range(depth):
        content = zip_of(("inner.zip", content))
    return content


def lying_size() -> bytes:
    """A ZIP whose directory says that a bomb has ten bytes."""
    content = bytearray(zip_of((f"{ASSIGNMENT}.ipynb", b"0" * (30 * MEGABYTE))))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


def tar_of_devices() -> bytes:
    """A tar archive with a device, a pipe and a hard link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind in (("dev", tarfile.CHRTYPE), ("pipe", tarfile.FIFOTYPE), ("hard", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return buffer.getvalue()


def every_output() -> bytes:
    """A notebook with a script in every type of output, in Markdown, in attachments and in metadata."""
    kinds = ["text/html", "text/markdown", "text/latex", "image/svg+xml", "application/javascript"]
    kinds += ["application/json", "application/vnd.plotly.v1+json", "text/plain", "application/pdf"]
    outputs: list[dict[str, Any]] = [
        {"output_type": "display_data", "data": {kind: EVIL}, "metadata": {}} for kind in kinds
    ]
    outputs.append({"output_type": "display_data", "data": {"image/png": f'"{EVIL}'}, "metadata": {}})
    svg = base64.b64encode(f"<svg xmlns='http://www.w3.org/2000/svg'>{EVIL}</svg>".encode()).decode()
    outputs.append({"output_type": "display_data", "data": {"image/jpeg": svg}, "metadata": {}})
    outputs.append({"output_type": "stream", "name": "stdout", "text": EVIL})
    outputs.append({"output_type": "error", "ename": EVIL, "evalue": EVIL, "traceback": [EVIL]})
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "source": f"# {EVIL}",
            "metadata": {},
            "outputs": outputs,
            "execution_count": 1,
        },
        {"cell_type": "markdown", "source": f"{EVIL}\n\n[a](javascript:alert(1))", "metadata": {"x": EVIL}},
        {
            "cell_type": "markdown",
            "source": "![a](attachment:a.svg) ![b](https://elsewhere.invalid/b.png)",
            "metadata": {},
            "attachments": {"a.svg": {"image/svg+xml": svg}},
        },
        {"cell_type": "raw", "source": EVIL, "metadata": {"format": "text/html"}},
    ]
    return json.dumps(
        {"cells": cells, "metadata": {"title": EVIL}, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    # bombs
    "zip bomb": ("bomb.zip", lambda: zip_of((f"{ASSIGNMENT}.ipynb", b"0" * (200 * MEGABYTE)))),
    "zip that lies about its size": ("lies.zip", lying_size),
    "zips within zips": ("nested.zip", lambda: nested(40)),
    "many members": ("many.zip", lambda: zip_of(*((f"{n}.ipynb", b"{}") for n in range(20_000)))),
    "deep lists": ("deep.ipynb", lambda: b"[" * MEGABYTE),
    "deep objects": ("objects.ipynb", lambda: b'{"a":' * 200_000),
    "deep expression": ("expression.ipynb", lambda: notebook("x = " + "(" * 90_000)),
    "deep operators": ("minus.ipynb", lambda: notebook("x = " + "-" * 90_000 + "1")),
    "long sum": ("sum.ipynb", lambda: notebook("x = " + "+".join(["1"] * 200_000))),
    "huge number": ("number.ipynb", lambda: notebook("x = " + "9" * 2 * MEGABYTE)),
    "huge JSON number": ("float.ipynb", lambda: b'{"cells": ' + b"9" * 2 * MEGABYTE + b"}"),
    "many cells": ("cells.ipynb", lambda: notebook(*["x = 1"] * 60_000)),
    "one long line": ("line.ipynb", lambda: notebook("x = '" + "a" * 8 * MEGABYTE + "'")),
    "indentation": ("indent.ipynb", lambda: notebook("".join(" " * n + "if 1:\n" for n in range(3000)))),
    "f-strings": ("fstring.ipynb", lambda: notebook("x = " + 'f"{' * 150 + "1" + '}"' * 150)),
    # links and paths
    "link to a secret": ("link.zip", lambda: zip_of(link(f"{ASSIGNMENT}.ipynb", "/etc/passwd"))),
    "link out of the folder": ("up.zip", lambda: zip_of(link("a", ".."), ("a/b.ipynb", b"{}"))),
    "path out of the folder": ("path.zip", lambda: zip_of(("../../../../tmp/evil.ipynb", b"{}"))),
    "absolute path": ("absolute.zip", lambda: zip_of(("/etc/cron.d/evil.ipynb", b"{}"))),
    "Windows path": ("windows.zip", lambda: zip_of(("C:\\Windows\\evil.ipynb", b"{}"))),
    "devices in a tar": ("devices.tar.gz", tar_of_devices),
    # names
    "name that is a path": ("../../../etc/passwd", lambda: notebook("x = 1")),
    "Windows name": ("..\\..\\boot.ini", lambda: notebook("x = 1")),
    "name with markup": ("<script>alert(1)</script>.ipynb", lambda: notebook("x = 1")),
    "name of one dot": (".", lambda: notebook("x = 1")),
    "device name": ("NUL", lambda: notebook("x = 1")),
    "long name": ("n" * 3000 + ".ipynb", lambda: notebook("x = 1")),
    "name in another direction": ("\u202egpj.bynpi", lambda: notebook("x = 1")),
    "header in a name": ("a\\r\\nSet-Cookie: x=1.ipynb", lambda: notebook("x = 1")),
    "quotes in a name": ("a';drop table submission;--.ipynb", lambda: notebook("x = 1")),
    # sizes and encodings
    "one byte": ("one.ipynb", lambda: b"\0"),
    "only NULs": ("nul.ipynb", lambda: b"\0" * MEGABYTE),
    "UTF-16": ("utf16.ipynb", lambda: notebook("x = 1").decode().encode("utf-16")),
    "bad UTF-8": ("bad.ipynb", lambda: b'{"cells": "\xff\xfe\xfa"}'),
    "lone surrogates": ("surrogate.ipynb", lambda: notebook("x = 1").replace(b"x = 1", b"x = '\\ud800'")),
    "NUL in a source": ("null.ipynb", lambda: notebook("x = 1\0")),
    "NaN in JSON": ("nan.ipynb", lambda: b'{"cells": NaN, "nbformat": Infinity}'),
    "the same key twice": ("twice.ipynb", lambda: b'{"cells": [], "cells": 7, "cells": {"a": 1}}'),
    "no notebook": ("cells.ipynb", lambda: b'{"cells": 5}'),
    "cells that are numbers": ("numbers.ipynb", lambda: b'{"cells": [1, null, "a", [], {}], "nbformat": 4}'),
    "picture": ("photo.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 100),
    "program": ("setup.exe", lambda: b"MZ" + bytes(range(256)) * 100),
    "half a ZIP": ("half.zip", lambda: zip_of(("a.ipynb", b"{}" * 1000))[:-30]),
    "script in every output": (f"{ASSIGNMENT}.ipynb", every_output),
}


@pytest.mark.parametrize("kind", one_in(2, FILES))
def test_a_hostile_file(live: LiveHomework, kind: str) -> None:
    """It is stored as it came; its pages say a sentence, hold no markup of it, and the server is well."""
    name, make = FILES[kind]
    content, student = make(), live.server.student()
    reply = live.upload(student, content, name)
    assert reply.status_code == 303, reply.text
    path = reply.headers["Location"]
    page = student.page(path)
    assert re.search(r"First look</h2>\s*<(p|div)", page), page
    assert "<script>alert" not in page and "document.title" not in page
    stored = student.get(f"{path}/file")
    assert stored.content == content
    assert stored.headers["Content-Type"] == "application/octet-stream"
    assert stored.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert "x=1" not in reply.cookies.values()
    assert student.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("kind", ["script in every output", "many cells", "deep objects", "one long line"])
def test_staff_look_at_it(live: LiveHomework, kind: str) -> None:
    """The page of staff shows every output as text: no element, no address and no style of the student's."""
    name, make = FILES[kind]
    student, staff = live.server.student(), live.server.student(role="ta")
    path = live.upload(student, make(), name).headers["Location"]
    reply = staff.get(f"/staff{path}")
    assert reply.status_code == 200
    main = reply.text.partition("<main")[2]
    tags = set(re.findall(r"<([a-z0-9]+)", main))
    assert not tags & {"script", "svg", "iframe", "object", "embed", "style", "link", "meta", "base"}, tags
    assert not re.search(r"<[^>]*\son\w+=", main)
    assert "javascript:" not in re.sub(r"(?s)<pre.*?</pre>", "", main).lower().replace("(javascript:", "")
    for address in re.findall(r'src="([^"]*)"', main):  # nothing is loaded from elsewhere
        assert address.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")), address
    for address in re.findall(r'href="([^"]*)"', main):  # a link waits for a click
        assert address.startswith(("/", "#", "https://", "attachment:")), address
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy


def cookie_of(student: Student) -> str:
    """The header of a student's cookies."""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in student.http.cookies.jar)


def head(student: Student, length: int, **more: str) -> dict[str, Any]:
    """The headers of an upload."""
    return {
        "method": "POST",
        "path": f"{PAGE}/upload",
        "length": length,
        "Cookie": cookie_of(student),
        "Content_Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Origin": student.server.address,
        **more,
    }


def test_a_half_sent_body(live: LiveHomework) -> None:
    """A connection that ends in the middle leaves no submission, and the next upload is the first."""
    student = live.server.student()
    body = multipart(student.token, notebook("x = 1"))
    with raw_request(live.server.address) as request:
        request.head(**head(student, len(body)))
        request.send(body[:-20])
    assert "Your submissions" not in student.page(PAGE)
    path = live.upload(student, notebook("x = 1")).headers["Location"]
    assert "Submission 1" in student.page(path)


def test_slow_bodies(tmp_path: Path) -> None:
    """Bodies that stop are told so after their time; meanwhile others submit as if nothing was."""
    database = Database(str(tmp_path / "quiz.db"))
    with live_homework(database, tmp_path / "course", body_seconds=0.1) as live:
        live.publish()
        student, other = live.server.student(), live.server.student()
        body = multipart(student.token, notebook("x = 1"))
        with raw_request(live.server.address) as request:
            request.head(**head(student, len(body)))
            request.send(body[:30])
            assert live.upload(other, notebook("x = 1")).status_code == 303
            assert b" 408 " in request.reply().split(b"\r\n")[0]
    database.close()


@pytest.mark.parametrize("length", ["26214401", "99999999999999999999", "-1", "1e9", "12, 13"])
def test_lengths(live: LiveHomework, length: str) -> None:
    """A body that is too long, or says a length that is none, is refused before it is read."""
    student = live.server.student()
    with raw_request(live.server.address) as request:
        request.send(
            f"POST {PAGE}/upload HTTP/1.1\r\nHost: {request.host}\r\nCookie: {cookie_of(student)}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n".encode()
            + f"Content-Length: {length}\r\n\r\n".encode()
        )
        status = int(request.reply().split(b" ", 2)[1])
    assert status in (400, 409, 413)
    assert student.get("/healthz").json()["status"] == "ok"


def test_a_body_without_a_length(live: LiveHomework) -> None:
    """Chunks without an end stop at the most that a file may have."""
    student = live.server.student()

    def chunks() -> Iterator[bytes]:
        yield multipart(student.token, b"")[:-40]
        for _ in range(26):
            yield b"0" * MEGABYTE

    reply = student.http.post(
        f"{PAGE}/upload",
        content=chunks(),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert reply.status_code in (409, 413) and "25 MB" in reply.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--",
        b"\r\n" * 10_000,
        b"--%b\r\n" % BOUNDARY.encode() * 2000,
        b"--%b\r\nContent-Disposition: form-data; name=%b\r\n\r\nx" % (BOUNDARY.encode(), b"a" * 70_000),
        b"--%b\r\n%b\r\n\r\nx" % (BOUNDARY.encode(), b"X-A: b\r\n" * 20_000),
        multipart("token", b"1") + multipart("token", b"2"),
    ],
)
def test_forms_that_are_none(live: LiveHomework, body: bytes) -> None:
    """A form that no browser sends gets a sentence."""
    student = live.server.student()
    reply = student.http.post(
        f"{PAGE}/upload",
        content=body,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert reply.status_code in (400, 403, 409)
    assert "The server has a fault" not in reply.text


@pytest.mark.full
@pytest.mark.parametrize(("hostile", "rounds"), [(6, 20), (200, 300)])
def test_hostile_sources_do_not_slow_the_server(live: LiveHomework, hostile: int, rounds: int) -> None:
    """While looks at hostile sources are under way, other pages wait for none of them.

    No time is asserted: a page that waited for a look would wait for the whole queue of them.
    """
    student, other = live.server.student(), live.server.student()
    expensive = notebook("x = " + "+".join(["1"] * 150_000))
    paths = [live.upload(student, expensive + b" " * number).headers["Location"] for number in range(hostile)]
    upload = live.upload(other, to_bytes(filled_in(load_assignment(live.server.course, ASSIGNMENT))))
    context = live.server.site.parts["homework"]
    assert isinstance(context, HomeworkContext)
    looking = [threading.Thread(target=student.page, args=(path,)) for path in paths[:6]]
    times = []
    for thread in looking:
        thread.start()
    for path in paths[6:]:
        context.previews.look("0" * 64, path, ASSIGNMENT, ())
    for _ in range(rounds):
        began = time.monotonic()
        assert other.get("/").status_code == other.get(PAGE).status_code == 200
        assert other.get(f"{upload.headers['Location']}/status").status_code == 200
        times.append(time.monotonic() - began)
    for thread in looking:
        thread.join(PATIENCE)
    assert "First look" in other.page(upload.headers["Location"])
    eventually(lambda: "defines 3 of 3 functions" in other.page(upload.headers["Location"]))
