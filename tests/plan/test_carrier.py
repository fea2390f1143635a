"""Arrays are rounded to the bits of a dtype once, whatever they were before."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.plan.carrier import converted, decoded, encoded, one_hot
from harness.plan.number import NotANumber, rounded
from harness.vocabulary import DType

FLOATING = [dtype for dtype in DType if dtype.floating]


@pytest.mark.parametrize("dtype", list(DType))
def test_an_array_has_the_carrier_of_its_dtype_and_its_numbers_come_back(dtype: DType) -> None:
    numbers = np.array([[0.0, 1.0, -2.0], [3.0, 96.0, -128.0]])
    array = encoded(numbers, dtype)
    assert array.dtype.name == dtype.carrier
    np.testing.assert_array_equal(decoded(array, dtype), numbers, strict=True)


@pytest.mark.parametrize("dtype", FLOATING)
@given(value=st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_an_array_is_rounded_as_each_of_its_numbers_is(dtype: DType, value: float) -> None:
    got = float(decoded(encoded(np.array([value]), dtype), dtype)[0])
    try:
        expected = rounded(value, dtype)
    except NotANumber:
        assert np.isinf(got)
        return
    assert (got, np.signbit(got)) == (expected, np.signbit(expected))


def test_the_bits_of_bfloat16_are_the_upper_half_of_float32() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    with np.errstate(invalid="ignore"):
        wide = (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    np.testing.assert_array_equal(decoded(bits, DType.BFLOAT16), wide, strict=True)
    numbers = ~np.isnan(wide)
    np.testing.assert_array_equal(encoded(wide[numbers], DType.BFLOAT16), bits[numbers], strict=True)


@pytest.mark.parametrize("count", [2**16 - 1, 2**16, 2**16 + 1, 200_003])
def test_a_long_array_is_rounded_to_its_end(count: int) -> None:
    values = np.linspace(-3, 3, count)
    np.testing.assert_array_equal(encoded(values, DType.FLOAT16), values.astype(np.float16), strict=True)


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 3, 4)])
def test_a_shape_stays_as_it_is(shape: tuple[int, ...]) -> None:
    for dtype in DType:
        assert encoded(np.zeros(shape), dtype).shape == shape
        assert converted(np.zeros(shape, np.float32), dtype).shape == shape


@pytest.mark.parametrize("dtype", FLOATING)
@given(value=st.integers(-(2**63), 2**63 - 1))
def test_a_file_of_whole_numbers_is_rounded_once(dtype: DType, value: int) -> None:
    try:
        expected = rounded(value, dtype)
    except NotANumber:
        with pytest.raises(NotANumber, match=f"too large for {dtype}"):
            converted(np.array([value]), dtype)
        return
    assert float(decoded(converted(np.array([value]), dtype), dtype)[0]) == expected


def test_going_by_float64_would_round_a_whole_number_of_a_file_twice() -> None:
    value = 2**62 + 2**54 + 1  # just above the midpoint of two bfloat16 numbers
    assert float(decoded(encoded(np.array([float(value)]), DType.BFLOAT16), DType.BFLOAT16)[0]) == 2.0**62
    for kind in (np.int64, np.uint64):
        got = decoded(converted(np.array([value], dtype=kind), DType.BFLOAT16), DType.BFLOAT16)
        assert Fraction(float(got[0])) == 2**62 + 2**55


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_of_the_same_dtype_keeps_every_bit(order: str) -> None:
    bits = np.array([[0x7F800001, 0xFFC12345], [0x80000000, 0x00000001]], np.uint32, order=order)  # type: ignore[call-overload]
    got = converted(bits.view(np.float32), DType.FLOAT32)
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got.view(np.uint32), bits, strict=True)


@pytest.mark.parametrize(
    ("array", "dtype", "words"),
    [
        (np.array([1e5]), DType.FLOAT16, "too large for float16; stay within 65504"),
        (np.array([1e39]), DType.BFLOAT16, r"too large for bfloat16; stay within 3\.38953139e\+38"),
        (np.array([0.5]), DType.INT32, "not whole"),
        (np.array([np.nan]), DType.INT32, "not whole"),
        (np.array([2**31]), DType.INT32, "too large for int32; stay within 2147483647"),
        (np.array([-(2**31)]), DType.INT32, "too large for int32"),
        (np.array([2**64 - 1], np.uint64), DType.INT32, "too large for int32"),
        (np.array([3e9]), DType.INT32, "too large for int32"),
    ],
)
def test_what_a_dtype_cannot_hold_is_refused(array: NDArray[np.generic], dtype: DType, words: str) -> None:
    with pytest.raises(NotANumber, match=words):
        converted(array, dtype)


@pytest.mark.parametrize("dtype", FLOATING)
def test_infinity_is_no_number_too_large(dtype: DType) -> None:
    array = np.array([np.inf, -np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(decoded(converted(array, dtype), dtype), array.astype(np.float64), strict=True)


@pytest.mark.parametrize(
    ("shape", "axis", "expected"), [((), -1, 1), ((2, 2), 0, [[0, 0], [1, 1]]), ((2,), -1, [0, 1])]
)
def test_a_one_hot_has_its_one_in_every_row(shape: tuple[int, ...], axis: int, expected: object) -> None:
    index = 0 if shape == () else 1
    got = decoded(one_hot(shape, axis=axis, index=index, dtype=DType.BFLOAT16), DType.BFLOAT16)
    np.testing.assert_array_equal(got, np.array(expected, dtype=np.float64), strict=True)
