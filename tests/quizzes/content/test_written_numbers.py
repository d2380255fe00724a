"""Numbers as students type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.content.written_numbers import NumberProblem, decimal_text, parse_number, significant_digits


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.22", "0.22"),
        ("0,22", "0.22"),
        (" −3 ", "-3"),
        ("1e-3", "0.001"),
        ("1,5e3", "1500"),
        (".5", "0.5"),
        ("1.2 × 10^-3", "0.0012"),
        ("+7", "7"),
        ("0,123", "0.123"),
        ("3×10⁻²", "0.03"),
        ("3.142", "3.142"),
        ("0.500", "0.5"),
        ("1234.500", "1234.5"),
    ],
)
def test_read(typed: str, value: str) -> None:
    """Usual ways to write a number are read exactly."""
    assert parse_number(typed) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("16,000", "can mean 16.000 or 16000"),
        ("60,000", "can mean 60.000 or 60000; write 60 or 60000"),
        ("60.000", "can mean 60.000 or 60000; write 60 or 60000"),
        ("-16.500", "can mean -16.500 or -16500; write -16.5 or -16500"),
        ("²", "not a number"),
        ("H₂", "not a number"),
        ("½", "is a fraction"),
        ("1,234.5", "several separators"),
        ("1,2,3", "several separators"),
        ("", "Write a number"),
        ("five", "not a number"),
        ("5 V", "No units"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("1/3", "is a fraction"),
        ("1e99999", "too large"),
        ("9" * 61, "longer than"),
        ("1_000", "not a number"),
    ],
)
def test_refused(typed: str, message: str) -> None:
    """What is no number, or could be two, is refused with a sentence."""
    with pytest.raises(NumberProblem, match=message):
        parse_number(typed)


def test_a_zero_that_is_asked_for() -> None:
    """Where so many digits are asked for, `60.000` is sixty and nothing is asked."""
    assert parse_number("60.000", digits_count=True) == 60


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("½", "0.5"),
        ("−¾", "-0.75"),
        ("1½", "1.5"),
        ("2 ¼", "2.25"),
        ("-1 ½", "-1.5"),
        ("1⁄4", "0.25"),
        ("↉", "0"),
    ],
)
def test_fractions_in_one_character(typed: str, value: str) -> None:
    """A fraction of its own character is read as it looks, alone and after a whole number."""
    assert parse_number(typed, fractions=True) == Decimal(value)
    assert round(parse_number("⅓", fractions=True) * 3, 9) == 1


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.25^8", "0.0000152587890625"),
        ("0.25**8", "0.0000152587890625"),
        ("0.25⁸", "0.0000152587890625"),
        ("(0.25)^8", "0.0000152587890625"),
        ("0,25 ^ 8", "0.0000152587890625"),
        ("4^(-8)", "0.0000152587890625"),
        ("2⁻¹⁶", "0.0000152587890625"),
        ("5²", "25"),
        ("10^-5", "0.00001"),
        ("-10⁻⁵", "-0.00001"),
        ("-0.5^3", "-0.125"),
        ("(-0.5)^2", "0.25"),
        ("1.5×10⁻⁵", "0.000015"),
        ("1.5·10^-5", "0.000015"),
        ("1.5 ⋅ 10^(−5)", "0.000015"),
        ("1,5*10**-5", "0.000015"),
        ("1.5x10^-5", "0.000015"),
        ("1.5E−5", "0.000015"),
    ],
)
def test_powers(typed: str, value: str) -> None:
    """A power is read as a calculator reads it, however its exponent is written."""
    assert parse_number(typed) == Decimal(value)


@pytest.mark.parametrize("typed", ["1/4^8", "(1/4)^8", "(1/4)⁸", "1/4⁸"])
def test_powers_of_fractions(typed: str) -> None:
    """A power binds closer than a fraction bar; fractions are read where the item allows them."""
    assert parse_number(typed, fractions=True) == Decimal("0.25") ** 8
    with pytest.raises(NumberProblem, match="is a fraction"):
        parse_number(typed)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-0.5^2", r"can mean \(-0.5\)\^2 or -\(0.5\^2\)"),
        ("−2²", r"can mean \(-2\)\^2"),
        ("16.000^2", "can mean 16.000 or 16000"),
        ("16,000^2", "can mean 16.000 or 16000"),
        ("0^0", "not a number"),
        ("0^-1", "divides by zero"),
        ("9^9999", "too large"),
        ("9^1000", "too large"),
        ("2^0.5", "not a number"),
        ("2^3^2", "not a number"),
        ("3*2^5", "not a number"),
        ("2^", "not a number"),
        ("^2", "not a number"),
        ("()^2", "not a number"),
    ],
)
def test_powers_refused(typed: str, message: str) -> None:
    """A power that is not a number, or could be two, is a sentence."""
    with pytest.raises(NumberProblem, match=message):
        parse_number(typed, fractions=True)


@given(
    st.decimals(min_value=0, max_value=100, places=3), st.integers(1, 40), st.sampled_from(["^", "**", "⁰"])
)
def test_every_power_is_its_product(base: Decimal, exponent: int, sign: str) -> None:
    """A positive number to a whole power is the product of that many factors, in every way to write it."""
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    written = f"({base})" + (raised if sign == "⁰" else f"{sign}{exponent}")
    product = Decimal(1)
    for _ in range(exponent):
        product *= base
    try:
        value = parse_number(written)
    except NumberProblem as problem:
        assert "can mean" in str(problem) or "too" in str(problem)
    else:
        assert abs(value - product) <= abs(product) * Decimal("1e-20")


@pytest.mark.parametrize("typed", ["½½", "½5", "1.5½", "⅟3", "⅟", "x½"])
def test_odd_fractions(typed: str) -> None:
    """What has no one meaning is a sentence."""
    with pytest.raises(NumberProblem, match=r"not a number|fraction"):
        parse_number(typed, fractions=True)


def test_fractions_where_allowed() -> None:
    """1/3 is a number where the item allows fractions; 1/0 never is."""
    assert parse_number("-1/4", fractions=True) == Decimal("-0.25")
    with pytest.raises(NumberProblem, match="divides by zero"):
        parse_number("1/0", fractions=True)


@given(st.text(max_size=70))
def test_anything_gets_a_number_or_a_sentence(typed: str) -> None:
    """No text ends in anything but a finite number or a NumberProblem."""
    try:
        assert parse_number(typed, fractions=True).is_finite()
    except NumberProblem as problem:
        assert str(problem).endswith(".")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_round_trip(value: Decimal) -> None:
    """A number as it is shown reads as itself, with a point or with a comma where that is unambiguous."""
    assert parse_number(decimal_text(value, 20)) == value


def test_significant_digits() -> None:
    """Zeros in front do not count, zeros behind do."""
    assert [significant_digits(typed) for typed in ("0.0120", "−12", "1,50", "1e-3")] == [3, 2, 3, 1]
