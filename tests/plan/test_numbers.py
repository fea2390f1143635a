"""Numbers are rounded once, from their text to the dtype of the problem."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.carrier import decoded
from harness.plan.number import NotANumber, WrittenFloat, exact, number, rounded
from harness.vocabulary import DType
from reference.formats import format_named

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


NARROW = [DType.FLOAT16, DType.BFLOAT16]


@pytest.mark.parametrize("dtype", NARROW)
@given(bits=st.integers(0, 2**15 - 1), negative=st.booleans())
def test_just_beside_the_midpoint_of_two_narrow_numbers_the_nearer_one_is_taken(
    dtype: DType, bits: int, negative: bool
) -> None:
    pair = np.array([bits, bits + 1], np.uint16) | np.uint16(negative << 15)
    carrier = np.uint16 if dtype is DType.BFLOAT16 else np.float16
    with np.errstate(invalid="ignore"):
        lower, upper = (
            Fraction(float(one)) if np.isfinite(one) else None for one in decoded(pair.view(carrier), dtype)
        )
    if lower is None or upper is None:
        return
    midpoint, step = (lower + upper) / 2, Fraction(1 if upper > lower else -1, 2**300)
    assert rounded(WrittenFloat(decimal(midpoint + step)), dtype) == upper
    assert rounded(WrittenFloat(decimal(midpoint - step)), dtype) == lower
    assert rounded(WrittenFloat(decimal(midpoint)), dtype) == (upper if bits % 2 else lower)


@pytest.mark.parametrize("dtype", NARROW)
@given(text=DECIMALS)
def test_no_narrow_number_is_nearer_to_a_decimal(dtype: DType, text: str) -> None:
    true = Fraction(text)
    try:
        got = Fraction(rounded(WrittenFloat(text), dtype))
    except NotANumber:
        assert abs(true) > Fraction(format_named(dtype).largest)
        return
    spacing = Fraction(float(format_named(dtype).spacing(np.array(float(got)))))
    assert abs(got - true) <= spacing / 2


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("1.00048828125000000001", DType.FLOAT16, 1.0009765625),  # its float64 is the midpoint
        ("1.00390625000000000001", DType.BFLOAT16, 1.0078125),
        ("2.98023223876953125001e-8", DType.FLOAT16, 2.0**-24),  # half the smallest subnormal, and a little
        ("2.98023223876953125e-8", DType.FLOAT16, 0.0),
        ("65519.99999999999999", DType.FLOAT16, 65504.0),
        ("4.591774807899560578002877098524397178e-41", DType.BFLOAT16, 0.0),  # a little below half the smallest
    ],
)
def test_a_narrow_number_is_not_rounded_by_way_of_another(text: str, dtype: DType, expected: float) -> None:
    assert rounded(WrittenFloat(text), dtype) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), (-7, -7), (WrittenFloat("1e3"), 1000), (WrittenFloat("2.0"), 2), (2**31 - 1, 2**31 - 1)],
)
def test_a_whole_number_is_an_int32(value: float, expected: int) -> None:
    assert rounded(value, DType.INT32) == expected


@pytest.mark.parametrize("text", ["0.5", ".inf", ".nan", "1e-5", "2147483648", "-2147483648"])
def test_what_is_not_whole_or_too_large_is_no_int32(text: str) -> None:
    with pytest.raises(NotANumber, match=r"is not a whole number|is too large for int32"):
        rounded(WrittenFloat(text), DType.INT32)


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


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("3.4028235677973367e38", DType.FLOAT32),
        ("-1e39", DType.FLOAT32),
        ("0x1.ffffffp127", DType.FLOAT32),
        ("65520", DType.FLOAT16),
        ("-0x1.ffep15", DType.FLOAT16),
        ("3.3961775292304957e38", DType.BFLOAT16),
    ],
)
def test_what_rounds_beyond_a_dtype_is_none_of_it(text: str, dtype: DType) -> None:
    with pytest.raises(NotANumber, match=rf"too large for {dtype}; write -?\.inf"):
        rounded(WrittenFloat(text), dtype)


def test_what_rounds_to_the_largest_float32_is_that() -> None:
    assert rounded(WrittenFloat("3.4028235677973366e38"), DType.FLOAT32) == float(np.finfo(np.float32).max)


@pytest.mark.parametrize(("text", "expected"), [(".inf", math.inf), ("-.inf", -math.inf), ("+.Inf", math.inf)])
def test_an_infinity_that_is_written_stays_one(text: str, expected: float) -> None:
    assert rounded(WrittenFloat(text), DType.FLOAT32) == expected


@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype.floating])
def test_the_zero_below_every_number_keeps_its_sign(dtype: DType) -> None:
    assert math.copysign(1, rounded(WrittenFloat("-1e-400"), dtype)) == -1
