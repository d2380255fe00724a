"""A student of the load test: valid answers to every question, a connection that is opened again."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from databases import new_database
from event_loops import run
from hypothesis import given
from hypothesis import strategies as st
from live_server import live_server

from quizzes.loadtest.student import Connection, Lost, questions_in


def test_answers_are_valid(tmp_path: Path) -> None:
    """Whatever a test's student answers, a question of any kind can read it, and it is not blank."""
    with live_server(new_database(tmp_path / "quiz.db"), tmp_path / "course") as server:
        server.publish()
        student = server.student()
        attempt = student.start()
        page_questions = questions_in(student.page(f"/attempts/{attempt}"))
        questions = server.questions(attempt)
    assert [page_question.pos for page_question in page_questions] == list(range(len(questions)))
    assert [page_question.kind for page_question in page_questions] == [
        question.public_view().kind for question in questions
    ]
    for page_question, question in zip(page_questions, questions, strict=True):
        for seed in range(50):
            answer = page_question.answer(random.Random(seed))
            assert answer, page_question
            assert question.problem_with(answer) == "", (page_question, answer)


def conversation(*responses: bytes, functions: int = 10**6) -> list[object]:
    """What a connection makes of a server that says this, one reply to a connection, and then hangs up."""
    left = list(responses)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reply = left.pop(0)
        for start in range(0, len(reply), functions):
            writer.write(reply[start : start + functions])
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
def test_a_reply_in_pieces(body: bytes, functions: int) -> None:
    """However a reply is cut by the network, it is read whole."""
    assert conversation(reply_of(body), functions=functions) == [(200, body)]


@given(st.binary(max_size=50), st.data())
def test_half_a_reply(body: bytes, data: st.DataObject) -> None:
    """A reply that ends before its end counts as none."""
    whole = reply_of(body)
    assert conversation(whole[: data.draw(st.integers(0, len(whole) - 1))]) == [None]


@pytest.mark.parametrize("noise", [b"", b"\r\n\r\n", b"no http\r\n\r\n", b"x" * 100_000])
def test_noise(noise: bytes) -> None:
    """What is no reply counts as none."""
    assert conversation(noise) == [None]


def test_after_a_lost_connection() -> None:
    """The request after a lost connection opens another one."""
    heard = conversation(reply_of(b"one"), b"", b"", reply_of(b"two"))
    assert heard[0] == (200, b"one")
    assert heard[-1] == (200, b"two")


def test_nobody_there() -> None:
    """Without a server a request is lost, not an error of the student's."""

    async def ask() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        connection = Connection(server.sockets[0].getsockname()[1], "quiz_session=x")
        server.close()
        await server.wait_closed()
        with pytest.raises(Lost):
            await connection.get("/")

    run(ask())
