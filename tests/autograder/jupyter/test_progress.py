"""The progress bar of training cells: text that any front end shows, and nothing for what is quick."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.jupyter.progress import progress


class Clock:
    """A clock that goes on by a fixed time whenever it is asked."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        """The time, a little later than before."""
        self.now += self.step
        return self.now


def shown(capsys: pytest.CaptureFixture[str], step: float, count: int) -> str:
    """What is written while so many items take so long each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", Clock(step))
        assert list(progress(range(count), "Training")) == list(range(count))
    return capsys.readouterr().out


def test_what_is_quick_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Not a character, so that outputs of quick cells stay as they are."""
    assert shown(capsys, 0.001, 20) == ""


def test_how_far_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    """Label, bar, count and time left, each line over the one before; at the end the line is empty."""
    lines = shown(capsys, 0.3, 10).split("\r")
    assert "Training ████████████············ 5 of 10, 2 s left" in [line.rstrip() for line in lines]
    assert lines[-1] == "" and lines[-2].strip() == ""
    assert "\n" not in "".join(lines)


def test_few_lines_for_long_work(capsys: pytest.CaptureFixture[str]) -> None:
    """What is saved with a notebook does not grow with the number of items."""
    assert shown(capsys, 0.0001, 20_000).count("\r") < 15


@given(st.lists(st.integers(), max_size=30))
def test_the_items_come_as_they_are(items: list[int]) -> None:
    """All of them, in order; none for none."""
    assert list(progress(items)) == items
