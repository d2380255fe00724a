"""A taker of a proof: valid answers to every question, a connection that is opened again."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from event_loops import run
from hypothesis import given
from hypothesis import strategies as st
from live_server import lecture_hall

from autograder.site.database import Database
from quizzes.loadtest.student import Connection, Lost, asked_in


def test_answers_are_valid(tmp_path: Path) -> None:
    """Whatever a taker answers, to a question of any kind, the question can read it and it is no blank."""
    with lecture_hall(Database(tmp_path / "quiz.db"), tmp_path / "course") as hall:
        hall.publish()
        student = hall.student()
        attempt = student.start()
        asked = asked_in(student.page(f"/attempts/{attempt}"))
        questions = hall.questions(attempt)
    assert [one.pos for one in asked] == list(range(len(questions)))
    assert [one.kind for one in asked] == [one.public_view().kind for one in questions]
    for one, question in zip(asked, questions, strict=True):
        for seed in range(50):
            answer = one.answer(random.Random(seed))
            assert answer, one
            assert question.problem_with(answer) == "", (one, answer)


def talk(*replies: bytes, pieces: int = 10**6) -> list[object]:
    """What a connection makes of a server that says this, one reply to a connection, and then hangs up."""
    left = list(replies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reply = left.pop(0)
        for start in range(0, len(reply), pieces):
            writer.write(reply[start : start + pieces])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    async def ask() -> list[object]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        connection = Connection(server.sockets[0].getsockname()[1], "quiz_session=x")
        heard: list[object] = []
        while left:
            try:
                reply = await connection.get("/")
                heard.append((reply.status, reply.body))
            except Lost:
                heard.append(None)
        await connection.close()
        server.close()
        return heard

    return run(ask())


def reply_of(body: bytes) -> bytes:
    """A reply with this body."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Any: a: b\r\n\r\n" % len(body) + body


@given(st.binary(max_size=50), st.integers(1, 40))
def test_a_reply_in_pieces(body: bytes, pieces: int) -> None:
    """However a reply is cut by the network, it is read whole."""
    assert talk(reply_of(body), pieces=pieces) == [(200, body)]


@given(st.binary(max_size=50), st.data())
def test_half_a_reply(body: bytes, data: st.DataObject) -> None:
    """A reply that ends before its end counts as none."""
    whole = reply_of(body)
    assert talk(whole[: data.draw(st.integers(0, len(whole) - 1))]) == [None]


@pytest.mark.parametrize("noise", [b"", b"\r\n\r\n", b"no http\r\n\r\n", b"x" * 100_000])
def test_noise(noise: bytes) -> None:
    """What is no reply counts as none."""
    assert talk(noise) == [None]


def test_after_a_lost_connection() -> None:
    """The request after a lost connection opens another one."""
    heard = talk(reply_of(b"one"), b"", b"", reply_of(b"two"))
    assert heard[0] == (200, b"one")
    assert heard[-1] == (200, b"two")


def test_nobody_there() -> None:
    """Without a server a request is lost, not an error of the taker's."""

    async def ask() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        connection = Connection(server.sockets[0].getsockname()[1], "quiz_session=x")
        server.close()
        await server.wait_closed()
        with pytest.raises(Lost):
            await connection.get("/")

    run(ask())
