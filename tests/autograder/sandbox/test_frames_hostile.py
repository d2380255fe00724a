"""Hostile frames: whatever comes in, plain values or a FrameError come out, and no flood of memory."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_values import depth, sent

from autograder.checks.values import fingerprint
from autograder.sandbox import frames
from autograder.sandbox.arena import SIZE, Arena, new_memory
from autograder.sandbox.frames import FrameError, Header, Packer, Unpacker
from autograder.sandbox.reply_parser import read_answers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
LENGTHS = st.integers(-2, 5) | st.sampled_from([2**31, 2**62, 2**63, 2**64, 10**30])
NEAR_SPECS = st.recursive(
    st.tuples(st.sampled_from(["a", "m"]), st.sampled_from([*frames.DTYPES, "<f4", "|O", "<U3"]))
    .flatmap(lambda start: st.lists(LENGTHS, max_size=3).map(lambda shape: [*start, shape]))
    .flatmap(lambda spec: st.integers(-1, 2**40).map(lambda place: [*spec, place]) | st.just(spec))
    | st.sampled_from([["f"], ["n"], ["b"], ["i"], ["c", 0], ["b", 1], ["i", True], ["i", 2.0], ["s", 1], []])
    | JSON,
    lambda inner: st.tuples(st.sampled_from(["t", "l"]), st.lists(inner, max_size=3)).map(list),
    max_leaves=6,
)


def answers_in(header: Header, data: bytes) -> Any:
    """What a reply's answers are read as, or that they are refused."""
    try:
        answers = read_answers(header, Unpacker(data), [(1.0,)] * 2)
    except FrameError:
        return "refused"
    return [(answer.kind, fingerprint([answer.value]), answer.text, answer.printed) for answer in answers]


class TestHostile:
    """Whatever comes in, a FrameError is all that comes out."""

    @given(NEAR_SPECS, st.binary(max_size=64))
    def test_any_spec_with_any_bytes(self, spec: Any, data: bytes) -> None:
        """A spec decodes to plain values or raises FrameError; nothing else is raised."""
        memory = new_memory()
        arena = Arena(memory, first_half=True)
        os.close(memory)
        try:
            for reader in (Unpacker(data), Unpacker(data, arena)):
                try:
                    value = reader.value(spec)
                    reader.finish()
                except FrameError:
                    continue
                assert fingerprint([sent(value)]) == fingerprint([value])
        finally:
            arena.close()

    @given(
        st.binary(max_size=100) | st.text(max_size=100).map(str.encode) | JSON.map(json.dumps).map(str.encode)
    )
    def test_any_header(self, text: bytes) -> None:
        """A header is a JSON object or a FrameError."""
        with contextlib.suppress(FrameError):
            assert isinstance(frames.parse_header(text), dict)

    @pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 50_000, "9" * 5000, "", "NaN", '"\\ud800"'])
    def test_headers_that_trip_parsers(self, text: str) -> None:
        """Endless brackets and numbers end in a FrameError too."""
        with pytest.raises(FrameError):
            frames.parse_header(text.encode())

    @pytest.mark.parametrize(
        "shape",
        [
            *([3], [1, 3], [2**60], [2**40, 2**40], [10**400], [2**63, 0, 2**63]),
            *([-1], [-2, -1], [2.0], [True], ["2"], [None], [[2]], "2", None, {}, 2, [1] * 17),
        ],
    )
    def test_lying_shapes(self, shape: Any) -> None:
        """A shape that is negative, huge, no list of whole numbers or more than the bytes is refused."""
        with pytest.raises(FrameError):
            Unpacker(bytes(16)).value(["a", "<f8", shape])

    @pytest.mark.parametrize("place", [-1, SIZE // 2 - 8, 2**70, 0.0, True, None, "0"], ids=str)
    def test_places_outside_the_arena(self, arenas: tuple[Arena, Arena], place: Any) -> None:
        """An array that would lie outside the other side's half is refused."""
        with pytest.raises(FrameError):
            Unpacker(b"", arenas[0]).value(["m", "<f8", [2], place])

    def test_no_arena_no_places(self) -> None:
        """Without an arena, an array in the arena is malformed."""
        with pytest.raises(FrameError):
            Unpacker(b"").value(["m", "<f8", [0], 0])

    def test_huge_sizes_allocate_nothing(self) -> None:
        """Sizes are checked before memory is asked for."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for size in (2**30, 2**33, 2**50):
            with pytest.raises(FrameError):
                Unpacker(bytes(8)).value(["a", "|b1", [size]])
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KB

    def test_one_place_read_many_times(self, arenas: tuple[Arena, Arena]) -> None:
        """A small header cannot make the judge copy the arena over and over: 32 MB each time."""
        spec = ["m", "<f8", [SIZE // 16], 0]
        with pytest.raises(FrameError):
            Unpacker(b"", arenas[0]).value(["l", [spec] * 8])

    @given(NEAR_SPECS, st.lists(st.binary(min_size=16, max_size=16), min_size=2, max_size=3))
    def test_a_header_that_came_before(self, spec: Any, contents: list[bytes]) -> None:
        """A header is checked once for its bytes; each frame's own data is read, and refused, anew."""
        text = json.dumps({"op": "answers", "answers": [{"kind": "value", "value": spec}]}).encode()
        for data in contents:
            fresh = Header(json.loads(text))  # never seen before
            outcomes = [answers_in(header, data) for header in (frames.parse_header(text), fresh)]
            assert outcomes[0] == outcomes[1]

    @given(JSON, JSON)
    def test_any_answers_twice(self, answers: Any, extra: Any) -> None:
        """What is no list of answers is refused the second time as it was the first."""
        text = json.dumps({"op": "answers", "answers": answers, "more": extra}).encode()
        assert answers_in(frames.parse_header(text), b"") == answers_in(frames.parse_header(text), b"")

    def test_kept_headers_are_few_and_short(self) -> None:
        """A submission cannot fill the judge's memory with headers."""
        for number in range(3 * frames.KEPT_HEADERS):
            frames.parse_header(b'{"a":%d}' % number)
            frames.parse_header(b'{"a":"%s%d"}' % (b"x" * frames.LONGEST_KEPT, number))
        assert len(frames._headers) <= frames.KEPT_HEADERS
        assert max(map(len, frames._headers)) <= frames.LONGEST_KEPT

    def test_left_over_bytes(self) -> None:
        """Bytes that no value accounts for are noticed at the end."""
        reader = Unpacker(bytes(17))
        reader.value(["a", "<f8", [2]])
        with pytest.raises(FrameError, match="left over"):
            reader.finish()

    @pytest.mark.parametrize("kind", ["t", "l"])
    def test_deep_nesting(self, kind: str) -> None:
        """Nesting is bounded, at the same depth as for what is sent."""
        spec: list[Any] = ["i", 1]
        for _ in range(frames.DEEPEST):
            spec = [kind, [spec]]
        assert depth(Unpacker(b"").value(spec)) == frames.DEEPEST
        for more in (1, 5000):
            deeper = spec
            for _ in range(more):
                deeper = [kind, [deeper]]
            with pytest.raises(FrameError):
                Unpacker(b"").value(deeper)

    @pytest.mark.parametrize("byte", [2, 128, 255])
    def test_truth_values_are_0_or_1(self, byte: int) -> None:
        """A byte that is neither true nor false would be both in NumPy: it is refused."""
        with pytest.raises(FrameError, match="truth"):
            Unpacker(bytes([0, 1, byte])).value(["a", "|b1", [3]])

    def test_truth_values_cannot_change_after_the_check(self, arenas: tuple[Arena, Arena]) -> None:
        """What lies in the arena is checked on a copy: the other side writes to it all the while."""
        count = 2**21
        last = SIZE // 2 + count - 1
        pid = os.fork()
        if pid == 0:
            signal.alarm(120)  # ends by itself, whatever becomes of the test
            while True:
                arenas[1].memory[last] = 0
                arenas[1].memory[last] = 2
        try:
            for _ in range(1500):
                try:
                    value = Unpacker(b"", arenas[0]).value(["m", "|b1", [count], 0])
                except FrameError:
                    continue
                assert value.view(np.uint8).max() <= 1
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def test_callables_are_for_the_child_alone(self) -> None:
        """The judge takes no callable, and sends one only where it says so."""
        with pytest.raises(FrameError):
            Unpacker(b"").value(["c", 0])
        with pytest.raises(FrameError):
            Packer().text(len)
        packer = Packer(callables=[])
        assert packer.text([len, abs]) == '["l",[["c",0],["c",1]]]'
        assert packer.callables == [len, abs]

    def test_a_header_that_is_too_long_is_not_sent(self) -> None:
        """What the other side would refuse to read is not sent."""
        with pytest.raises(FrameError, match="too long"):
            frames.frame({"text": "x" * frames.MOST_HEADER}, [])
