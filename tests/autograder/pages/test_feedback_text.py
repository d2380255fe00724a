"""Text and numbers as people read them."""

from __future__ import annotations

import math
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.values import numbers_apart
from autograder.pages.text import clean, count, cut, cut_middle, percent, points


@given(st.text(st.characters()))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What is clean stays as it is, and can be encoded."""
    once = clean(text)
    once.encode()
    assert clean(once) == once


def test_no_control_or_format_character_stays() -> None:
    """Of all characters, only tab, newline and the two joiners are left of the invisible ones."""
    kept = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character in clean(character)
    }
    # The rest are visible signs of Arabic, Syriac, Kaithi and hieroglyphs that stand for numbers and groups.
    signs = set(map(chr, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]))
    signs |= set(map(chr, range(0x13430, 0x13440)))
    assert kept - signs == {"\t", "\n", "\u200c", "\u200d"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("naïve Ⅻ 名前 שלום 👩‍🔬", "naïve Ⅻ 名前 שלום 👩‍🔬"),
        ("\x1b[31m", "\u241b[31m"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\u202egpj.exe", "\u27e8U+202E\u27e9gpj.exe"),
        ("\ud800\uffff", "\ufffd\ufffd"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 4),
        ("\x7f\x9b", "\u2421\u27e8U+009B\u27e9"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    """Names of the world stay as they are; what cannot be seen becomes visible."""
    assert clean(text) == cleaned


@given(st.text(), st.integers(2, 50))
def test_cut_keeps_to_its_length(text: str, most: int) -> None:
    """A cut text has at most so many characters and begins as the whole did."""
    short = cut(text, most)
    assert len(short) <= most
    assert text.startswith(short.removesuffix("…"))


def test_cut_middle_keeps_both_ends() -> None:
    """Of a long trace the beginning and the end are kept, and what is missing is counted."""
    short = cut_middle("begin" + "x" * 10_000 + "end", 100)
    assert short.startswith("begin")
    assert short.endswith("end")
    assert "9,908 characters left out" in short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        (1.5, "1.5"),
        (1 / 3, "0.3333"),
        (-0.00001, "0"),
        (0.1 + 0.2, "0.3"),
        (math.nan, "\u2013"),
        (1e300, "1e+300"),
    ],
)
def test_points(value: float, text: str) -> None:
    """Points have at most four decimals and no noise."""
    assert points(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.001, "1%"), (0.5, "50%"), (0.999, "99%"), (1, "100%"), (1.1, "110%")]
)
def test_percent(share: float, text: str) -> None:
    """Nearly all is not said to be all, and a little not to be nothing."""
    assert percent(share) == text


def test_numbers_apart() -> None:
    """Different numbers are written differently, and texts stay as they are."""
    assert numbers_apart(1.0, 1 + 1e-10) == ("1.00000000000", "1.00000000010")
    assert numbers_apart(-3.7378071, -3.7377982) == ("-3.737807", "-3.737798")
    assert numbers_apart(0.5, 2.0) == ("0.5", "2")
    assert numbers_apart("nan", 2.0) == ("nan", "2")
    assert numbers_apart(3.0, 3.0) == ("3", "3")


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_two_numbers_never_look_alike(first: float, other: float) -> None:
    """Whatever two different numbers are, their texts differ, and each is the number it stands for."""
    texts = numbers_apart(first, other)
    assert (texts[0] == texts[1]) == (first == other)
    for text, value in zip(texts, (first, other), strict=True):
        assert float(text) == pytest.approx(value, rel=1e-5)


def test_count() -> None:
    """One has a singular, and thousands have a comma."""
    assert [count(1, "check"), count(0, "check"), count(2000, "check")] == [
        "1 check",
        "0 checks",
        "2,000 checks",
    ]
