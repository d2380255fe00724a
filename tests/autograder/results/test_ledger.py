"""The ledger: lines are only added, and no byte of them can be changed unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.results.ledger import Ledger, Line, RunStarted, ScoreOverridden, digests_of, read_ledger

NOW = datetime(2026, 5, 18, 22, 0, tzinfo=UTC)
LINES: list[Line] = [
    RunStarted(at=NOW, assignment="tiny", seed=3),
    ScoreOverridden(at=NOW, student='zoë, \u202e\n"x"', earned=1 / 3, who="ta", why="typing error"),
    ScoreOverridden(at=NOW, student="b", earned=None, comment="Nice.", who="ta", why="because"),
]


def written(folder: Path) -> Path:
    """A ledger with three lines."""
    path = folder / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.append(LINES[:1])
        ledger.append(LINES[1:])
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Lines come back as they were, in order, and the head is the last line's digest."""
    path = written(tmp_path)
    lines, head = read_ledger(path)
    assert lines == LINES
    assert head in digests_of(path) and len(digests_of(path)) == 3


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound ledger."""
    return written(tmp_path_factory.mktemp("ledger")).read_bytes()


@given(data=st.data())
def test_any_changed_byte_is_found(
    data: st.DataObject, sound: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whichever byte is changed, and to whatever."""
    index = data.draw(st.integers(0, len(sound) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != sound[index]))
    path = tmp_path_factory.mktemp("changed") / "ledger.jsonl"
    path.write_bytes(sound[:index] + bytes([other]) + sound[index + 1 :])
    with pytest.raises(UsageError):
        read_ledger(path)


@pytest.mark.parametrize("order", [[0, 2], [0, 2, 1], [1, 2], [0, 1, 1, 2], [0, 1, 2, 2]])
def test_lines_stay_where_they_are(order: list[int], sound: bytes, tmp_path: Path) -> None:
    """None can be left out, moved or repeated."""
    lines = sound.splitlines(keepends=True)
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(lines[index] for index in order))
    with pytest.raises(UsageError, match="line"):
        read_ledger(path)


def test_a_line_that_a_crash_cut_off(sound: bytes, tmp_path: Path) -> None:
    """Reading says so; the next run takes it away and goes on, and all whole lines are kept."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(sound[:-7])
    with pytest.raises(UsageError, match="cut off"):
        read_ledger(path)
    with Ledger(path) as ledger:
        assert ledger.lines == LINES[:2]
        ledger.append(LINES[2:])
    assert path.read_bytes() == sound


def test_one_writer(tmp_path: Path) -> None:
    """A second run into the same folder is refused while the first one writes."""
    path = written(tmp_path)
    with Ledger(path), pytest.raises(UsageError, match="Another run is writing"):
        Ledger(path)
    Ledger(path).close()


def test_a_changed_ledger_is_not_written_to(sound: bytes, tmp_path: Path) -> None:
    """Nothing is added to what is no longer proven."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(sound.replace(b"0.3333", b"0.9333"))
    with pytest.raises(UsageError, match="line 2"):
        Ledger(path)
    assert path.read_bytes().count(b"\n") == 3
