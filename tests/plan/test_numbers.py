"""Numbers are rounded once, from their text to the dtype of the problem."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.number import NotANumber, WrittenFloat, exact, number, rounded
from harness.vocabulary import DType

DECIMALS = st.from_regex(r"-?[0-9]{1,20}\.[0-9]{1,40}(e-?[0-3]?[0-9])?", fullmatch=True, alphabet="-0123456789.e")
BITS32 = st.integers(0, 2**32 - 1).map(lambda bits: np.uint32(bits).view(np.float32))
FINITE32 = BITS32.filter(np.isfinite)


def neighbours(value: np.float32) -> list[np.float32]:
    return [np.nextafter(value, np.float32(-np.inf)), value, np.nextafter(value, np.float32(np.inf))]


@given(DECIMALS)
def test_float32_of_a_decimal_is_the_nearest_of_all(text: str) -> None:
    true = Fraction(text)
    if abs(true) > Fraction(float(np.finfo(np.float32).max)):
        return
    got = np.float32(rounded(WrittenFloat(text), DType.FLOAT32))
    distances = [abs(Fraction(float(near)) - true) for near in neighbours(got) if np.isfinite(near)]
    assert abs(Fraction(float(got)) - true) == min(distances)


@given(FINITE32)
def test_just_beside_the_midpoint_of_two_float32_numbers_the_nearer_one_is_taken(lower: np.float32) -> None:
    upper = np.nextafter(lower, np.float32(np.inf))
    if not np.isfinite(upper):
        return
    midpoint = (Fraction(float(lower)) + Fraction(float(upper))) / 2
    step = Fraction(1, 2**300)
    assert rounded(WrittenFloat(decimal(midpoint + step)), DType.FLOAT32) == float(upper)
    assert rounded(WrittenFloat(decimal(midpoint - step)), DType.FLOAT32) == float(lower)
    tie = np.float32(rounded(WrittenFloat(decimal(midpoint)), DType.FLOAT32))
    assert tie.view(np.uint32) % 2 == 0


def decimal(value: Fraction) -> str:
    """Every dyadic fraction has a finite decimal."""
    power = value.denominator.bit_length() - 1
    digits = value.numerator * 5**power
    return f"{digits}e-{power}"


def test_going_by_float64_would_round_twice() -> None:
    text = "1.00000005960464477540"  # a little above the midpoint of 1 and the float32 after it
    assert float(np.float32(float(text))) == 1.0  # what this module is for
    assert rounded(WrittenFloat(text), DType.FLOAT32) == float(np.nextafter(np.float32(1), np.float32(2)))


def test_going_by_float64_would_round_a_whole_number_twice() -> None:
    value = 2**60 + 2**36 + 1
    assert float(np.float32(float(value))) == 2.0**60
    assert rounded(value, DType.FLOAT32) == 2.0**60 + 2.0**37


def test_hexadecimal_with_more_than_53_bits_is_rounded_once() -> None:
    text = "0x1.00000100000000000001p0"
    assert float(np.float32(float.fromhex(text))) == 1.0
    assert rounded(WrittenFloat(text), DType.FLOAT32) == float.fromhex("0x1.000002p0")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_hexadecimal_and_shortest_decimal_name_the_same_float64(value: float) -> None:
    for text in (value.hex(), repr(value)):
        got = rounded(number(text if "x" in text else WrittenFloat(text)), DType.FLOAT64)
        assert (got, math.copysign(1, got)) == (value, math.copysign(1, value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x1.8p-3", Fraction(3, 16)),
        ("-0X.8", Fraction(-1, 2)),
        ("0x10", Fraction(16)),
        ("0.1", Fraction(1, 10)),
        ("-2.5e2", Fraction(-250)),
        ("1e-999999999", Fraction(0)),
    ],
)
def test_the_exact_value_is_that_of_the_text(text: str, expected: Fraction) -> None:
    assert exact(WrittenFloat(text)) == expected


@pytest.mark.parametrize("text", ["3.4028235677973367e38", "-1e39", "0x1.ffffffp127"])
def test_what_rounds_beyond_float32_is_no_float32(text: str) -> None:
    with pytest.raises(NotANumber, match=r"too large for float32; write -?\.inf"):
        rounded(WrittenFloat(text), DType.FLOAT32)


def test_what_rounds_to_the_largest_float32_is_that() -> None:
    assert rounded(WrittenFloat("3.4028235677973366e38"), DType.FLOAT32) == float(np.finfo(np.float32).max)


@pytest.mark.parametrize(("text", "expected"), [(".inf", math.inf), ("-.inf", -math.inf), ("+.Inf", math.inf)])
def test_an_infinity_that_is_written_stays_one(text: str, expected: float) -> None:
    assert rounded(WrittenFloat(text), DType.FLOAT32) == expected


@pytest.mark.parametrize("dtype", list(DType))
def test_the_zero_below_every_number_keeps_its_sign(dtype: DType) -> None:
    assert math.copysign(1, rounded(WrittenFloat("-1e-400"), dtype)) == -1
