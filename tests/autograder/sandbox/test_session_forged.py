"""What a submission writes to the connection itself: an answer like any other, or the end of its function."""

from __future__ import annotations

import pytest
from sessions import FORGE, HandIn

OTHERS = "def half(x): return x / 2"
ANSWER = '{"kind": "value", "value": ["i", 7], "changed": [], "dtypes": [], "warnings": [], "printed": ""}'


@pytest.mark.parametrize(
    "data",
    [
        "b'x'",
        "b'x' * 1000",
        "b'\\xff' * 12",
        "bytes(12)",
        "struct.pack('<IQI', 2, 2**63, 0) + b'{}'",
        "struct.pack('<IQI', 2, 10**9, 0) + b'{}'",
        "struct.pack('<IQI', 2**32 - 1, 0, request()) + b'{}'",
        "struct.pack('<IQI', 500_000, 0, request()) + b'[' * 500_000",
        "frame(b'[]')",
        "frame(b'null')",
        "frame(b'{')",
        "frame(b'\\xff\\xfe')",
        "frame(b'{\"op\": ' + b'9' * 5000 + b'}')",
        "frame({})",
        "frame({'op': 'loaded', 'functions': {}, 'notes': []})",
        "frame({'op': 'at', 'cell': 1, 'line': 1})",
        "frame({'op': 'calls'})",
        "frame({'op': ['answers']}, number=request())",
        "frame({'op': 'answers', 'answers': [json.loads(ANSWER)]}, number=request() + 1)",
        "frame({'op': 'answers', 'answers': [json.loads(ANSWER)]})",
    ],
)
def test_bytes_that_are_no_answer(hand_in: HandIn, data: str) -> None:
    """Garbage, lying lengths, other messages: the function has crashed, the others go on."""
    student = hand_in(
        FORGE, f"ANSWER = {ANSWER!r}\ndef f():\n    os.write(3, {data})\n    os._exit(0)", OTHERS
    )
    assert student.value("half", 1) == 0.5
    assert student.ask("f").kind == "crashed"
    assert student.value("half", 3) == 1.5


@pytest.mark.parametrize(
    "answers",
    [
        "[]",
        "[]*3",
        "{}",
        "[[]]",
        "[None]",
        "[{}]",
        "[ok, ok]",
        "[{'kind': 'passed'}]",
        "[{'kind': 'timeout', 'text': 'x'}]",
        "[{'kind': 'crashed'}]",
        "[{'kind': ['value']}]",
        "[{'kind': 'value'}]",
        "[ok | {'value': 7}]",
        "[ok | {'value': ['f']}]",
        "[ok | {'value': ['a', '<f8', [2]]}]",
        "[ok | {'value': ['m', '<f8', [2], 2**40]}]",
        "[ok | {'value': ['c', 0]}]",
        "[ok | {'value': ['d', 0]}]",
        "[ok | {'value': ['x']}]",
        "[ok | {'changed': 'all'}]",
        "[ok | {'changed': [True]}]",
        "[ok | {'changed': [-1]}]",
        "[ok | {'changed': [1]}]",
        "[ok | {'changed': [10**30]}]",
        "[ok | {'changed': [0] * 65}]",
        "[ok | {'dtypes': [1]}]",
        "[ok | {'warnings': {}}]",
        "[ok | {'warnings': ['w'] * 100}]",
    ],
)
def test_malformed_answers(hand_in: HandIn, answers: str) -> None:
    """A frame of the right form whose answers are not of it: crashed, and the others go on."""
    source = f"ok = {ANSWER}\ndef f(x):\n    reply(*{answers})\n    os._exit(0)"
    student = hand_in(FORGE, source, OTHERS)
    assert student.ask("f", 1).kind == "crashed"
    assert student.value("half", 3) == 1.5


def test_bytes_left_over(hand_in: HandIn) -> None:
    """Data that no value accounts for makes the answer malformed."""
    source = f"ok = {ANSWER}\ndef f():\n    reply(ok, data=b'12345678')\n    os._exit(0)"
    assert hand_in(FORGE, source).ask("f").kind == "crashed"


def test_a_perfect_forgery_is_an_answer(hand_in: HandIn) -> None:
    """It counts as what the function returned; what it says about scores is not looked at."""
    source = (
        f"ok = {ANSWER}\ndef f():\n    reply(ok | {{'score': 9}}, passed=True, points=100)\n    os._exit(0)"
    )
    student = hand_in(FORGE, source, OTHERS)
    answer = student.ask("f")
    assert (answer.kind, answer.value) == ("value", 7)
    assert student.value("half", 3) == 1.5


def test_an_answer_too_many_does_not_reach_the_next_function(hand_in: HandIn) -> None:
    """A frame left behind, even with the next request's number, is not taken for another's answer."""
    source = f"""
ok = {ANSWER}
def f():
    for more in range(1, 4):
        os.write(3, frame({{"op": "answers", "answers": [ok]}}, number=request() + more))
    return 1
"""
    student = hand_in(FORGE, source, OTHERS)
    assert student.ask("f").kind == "crashed"  # the first frame in line is out of step
    assert student.value("half", 3) == 1.5


def test_texts_are_cut_and_cleaned(hand_in: HandIn) -> None:
    """Endless texts in a forged answer are cut, and what UTF-8 does not hold is replaced."""
    source = """
        def f():
            odd = "\\ud800" + "x" * 9000
            reply({"kind": "raised", "text": odd, "trace": odd, "printed": odd})
            os._exit(0)
        def g():
            odd = "\\ud800" + "x" * 9000
            reply({"kind": "value", "value": ["n"], "warnings": [odd], "dtypes": [odd], "printed": odd})
            os._exit(0)
    """
    student = hand_in(FORGE, source)
    raised, value = student.ask("f"), student.ask("g")
    assert (raised.kind, value.kind) == ("raised", "value")
    for text in (raised.text, raised.trace, raised.printed, value.printed, *value.warnings, *value.dtypes):
        text.encode()
        assert 0 < len(text) <= 2000


@pytest.mark.parametrize(
    "call",
    [
        "{'callable': 1, 'args': [['n']]}",
        "{'callable': -1, 'args': [['n']]}",
        "{'callable': True, 'args': [['n']]}",
        "{'callable': None, 'args': [['n']]}",
        "{'callable': 0}",
        "{'callable': 0, 'args': {}}",
        "{'callable': 0, 'args': [['a', '<f8', [10**9]]]}",
        "{'callable': 0, 'args': [['m', '<f8', [10**9], 0]]}",
        "{'callable': 0, 'args': [['c', 0]]}",
    ],
)
def test_forged_calls_of_the_judge(hand_in: HandIn, call: str) -> None:
    """A malformed call of a callable argument is refused with a text, and nothing else happens."""
    source = f"""
def f(g):
    os.write(3, frame({{"op": "callback", **{call}}}))
    size, _, _ = struct.unpack("<IQI", os.read(3, 16))
    return list(json.loads(os.read(3, size)))
"""
    called: list[object] = []
    student = hand_in(FORGE, source, OTHERS)
    assert student.value("f", called.append) == ["error"]
    assert called == []
    assert student.value("half", 3) == 1.5


@pytest.mark.parametrize(
    "loaded",
    [
        "{}",
        "{'functions': []}",
        "{'functions': {'f': None, 'half': ['x'] * 10**4}, 'notes': [{'cell': -1, 'line': 'x', 'text': 3}]}",
        "{'functions': {'f': ['\\ud800', 'x y', 7], 'half': {}}, 'notes': 'none'}",
        "{'functions': {'f': [], 'half': []}, 'notes': [{'text': '\\ud800'}, 4, None] * 100}",
    ],
)
def test_forged_reports_of_loading(hand_in: HandIn, loaded: str) -> None:
    """Whatever is said about loading, the session gives answers and its notes can be stored."""
    forged = f"A = os.write(3, frame({{'op': 'loaded', **{loaded}}}))\ndef f(): return A"
    student = hand_in(FORGE, forged, OTHERS)
    assert student.ask("half", 3).kind in ("value", "missing", "crashed")
    for note in student.session.notes:
        note.model_dump_json().encode()
    assert all(name.isidentifier() for names in student.session.parameters.values() for name in names)
