from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble, two_sum
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS, FloatFormat, coarser, format_named
from reference.ulp import error, rounded, size, ulps

EVERY = pytest.mark.parametrize("of", FORMATS.values(), ids=FORMATS)
HALVES = pytest.mark.parametrize("of", [FLOAT16, BFLOAT16], ids=["float16", "bfloat16"])
ALL_BITS = np.arange(1 << 16, dtype=np.uint16)


def every_number(of: FloatFormat) -> NDArray[Any]:
    """Return all 65536 numbers of a half type, in its carrier."""
    return ALL_BITS.view(of.carrier)


def one(value: float, low: float = 0.0) -> DoubleDouble:
    with np.errstate(all="ignore"):
        high, rest = two_sum(np.array([value]), np.array([low]))
    return DoubleDouble(hi=high, lo=rest if np.isfinite(high[0]) else np.zeros(1))


def nearest(value: Fraction, of: FloatFormat) -> float:
    """Return the nearest number of a format, ties to even, by exact arithmetic; infinity beyond its range."""
    if not value:
        return 0.0
    exponent = of.min_exponent
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    place = Fraction(2) ** (exponent - of.precision + 1)
    result = round(value / place) * place  # Python rounds fractions to even
    if abs(result) > Fraction(of.largest):
        return float("inf") if value > 0 else float("-inf")
    return float(result)


@pytest.mark.parametrize(("of", "name"), [(FLOAT16, "float16"), (FLOAT32, "float32"), (FLOAT64, "float64")])
def test_a_format_is_what_numpy_says_of_it(of: FloatFormat, name: str) -> None:
    known = np.finfo(name)
    assert of.unit_roundoff == float(known.eps) / 2
    assert (of.smallest_normal, of.largest) == (float(known.tiny), float(known.max))
    assert of.smallest_subnormal == float(np.nextafter(np.zeros((), name), np.ones((), name)))


def test_bfloat16_is_the_upper_half_of_float32() -> None:
    upper = (ALL_BITS.astype(np.uint32) << np.uint32(16)).view(np.float32)
    with np.errstate(all="ignore"):
        want = upper.astype(np.float64)
    assert np.array_equal(BFLOAT16.decode(ALL_BITS), want, equal_nan=True)
    finite = np.abs(want[np.isfinite(want)])
    assert finite.max() == BFLOAT16.largest == 2.0**128 - 2.0**120
    assert finite[finite > 0].min() == BFLOAT16.smallest_subnormal == 2.0**-133


@HALVES
def test_every_number_of_a_half_type_survives_decoding_and_encoding(of: FloatFormat) -> None:
    numbers = of.decode(every_number(of))
    back = of.encode(numbers)
    finite = ~np.isnan(numbers)
    assert back.dtype.name == of.carrier
    assert np.array_equal(back.view(np.uint16)[finite], ALL_BITS[finite])
    assert np.isnan(of.decode(back)[~finite]).all()


@HALVES
def test_the_middle_between_neighbours_goes_to_the_even_one_and_its_neighbours_to_the_nearest(of: FloatFormat) -> None:
    numbers = np.unique(of.decode(every_number(of)))
    numbers = numbers[np.isfinite(numbers)]
    low, high = numbers[:-1], numbers[1:]
    middle = low + (high - low) / 2
    bits = of.encode(low).view(np.uint16)
    even = np.where(bits % 2 == 0, low, high)
    assert np.array_equal(of.nearest(middle), even)
    assert np.array_equal(of.nearest(np.nextafter(middle, -np.inf)), low)
    assert np.array_equal(of.nearest(np.nextafter(middle, np.inf)), high)


@EVERY
def test_rounding_overflows_from_half_a_place_above_the_largest_number_on(of: FloatFormat) -> None:
    if of is FLOAT64:
        assert of.nearest(np.array([of.largest]))[0] == of.largest
        return
    edge = of.largest + float(of.spacing(np.array([of.largest]))[0]) / 2
    got = of.nearest(np.array([np.nextafter(edge, 0), edge, -edge, np.inf, 1e300]))
    assert got.tolist() == [of.largest, np.inf, -np.inf, np.inf, np.inf]
    below = rounded(DoubleDouble(hi=np.array([edge]), lo=np.array([-1e-30])), of)
    assert below.tolist() == [of.largest]


@EVERY
@given(value=st.floats(allow_nan=False, allow_infinity=False))
@example(value=2.0**-134)
@example(value=3 * 2.0**-150)
@example(value=65519.999)
def test_a_float64_is_rounded_to_the_nearest_number(value: float, of: FloatFormat) -> None:
    want = nearest(Fraction(value), of)
    assert of.nearest(np.array([value])).tolist() == [want]
    assert of.decode(of.encode(np.array([value]))).tolist() == [want]


@EVERY
@given(
    bits=st.integers(-(2**12), 2**12),
    exponent=st.integers(-1080, 1000),
    low=st.sampled_from([-1.0, 0.0, 1.0]),
    depth=st.integers(54, 104),
)
@example(bits=1, exponent=-134, low=1.0, depth=60)
@example(bits=0x201, exponent=0, low=-1.0, depth=60)
@example(bits=-0x203, exponent=3, low=1.0, depth=60)
def test_an_exact_value_is_rounded_once(bits: int, exponent: int, low: float, depth: int, of: FloatFormat) -> None:
    """Few bits make middles likely; the low part then decides, which rounding to float64 first would lose."""
    high = float(np.ldexp(float(bits), exponent))
    value = one(high, float(np.ldexp(low * abs(float(bits)), exponent - depth)))
    exact = Fraction(float(value.hi[0])) + Fraction(float(value.lo[0]))
    assert rounded(value, of).tolist() == [nearest(exact, of)]


def test_the_low_part_decides_in_the_middle_and_only_there() -> None:
    middle = 1 + 2.0**-8  # between two bfloat16
    values = DoubleDouble(
        hi=np.array([middle, middle, middle, -middle, -middle, 1 + 2.0**-7]),
        lo=np.array([-(2.0**-70), 0.0, 2.0**-70, -(2.0**-70), 2.0**-70, 2.0**-70]),
    )
    above = 1 + 2.0**-7
    assert rounded(values, BFLOAT16).tolist() == [1.0, 1.0, above, -above, -1.0, above]


@EVERY
def test_what_is_not_finite_and_the_sign_of_zero_are_kept(of: FloatFormat) -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0])
    for got in (rounded(DoubleDouble.exactly(values), of), of.nearest(values), of.decode(of.encode(values))):
        assert np.isnan(got[0])
        assert got[1:].tolist() == values[1:].tolist()
        assert np.signbit(got[3:]).tolist() == [True, False]


@HALVES
def test_spacing_is_the_distance_to_the_next_number_away_from_zero(of: FloatFormat) -> None:
    numbers = np.unique(np.abs(of.decode(every_number(of))))
    numbers = numbers[np.isfinite(numbers)]
    assert np.array_equal(of.spacing(numbers[:-1]), np.diff(numbers))
    assert np.array_equal(of.spacing(-numbers[:-1]), np.diff(numbers))
    assert np.isnan(of.spacing(np.array([np.inf, np.nan]))).all()


@pytest.mark.parametrize(("got", "value", "of", "count"), [
    (1.0, 1 + 2.0**-7, BFLOAT16, 1.0),
    (1.0, 1 + 2.0**-10, FLOAT16, 1.0),
    (0.0, 2.0**-24, FLOAT16, 1.0),
    (0.0, 2.0**-133, BFLOAT16, 1.0),
    (65472.0, 65504.0, FLOAT16, 1.0),
    (1.5, 1 + 2.0**-24, FLOAT64, 2.0**51 - 2.0**28),
])  # fmt: skip
def test_errors_are_counted_in_places_of_the_rounded_value(
    got: float, value: float, of: FloatFormat, count: float
) -> None:
    assert ulps(np.array([got]), one(value), of=of).tolist() == [count]
    assert error(np.array([got]), one(value)).tolist() == [abs(got - value)]
    assert size(one(value), of).tolist() == [abs(got - value) / count]


def test_the_low_part_counts_in_an_error() -> None:
    assert error(np.array([1.0]), one(1.0, 2.0**-60)).tolist() == [2.0**-60]


@pytest.mark.parametrize("name", ["int32", "float8", "uint16"])
def test_an_unknown_format_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ValueError, match=f"called '{name}'; the reference knows float16, bfloat16, float32, float64"):
        format_named(name)


@pytest.mark.parametrize(("of", "array"), [(BFLOAT16, np.zeros(1, np.float32)), (FLOAT16, np.zeros(1, np.uint16))])
def test_an_array_in_another_carrier_is_refused(of: FloatFormat, array: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match=f"which are kept as {of.carrier}"):
        of.decode(array)


def test_the_coarser_of_two_formats_has_fewer_bits() -> None:
    assert coarser(FLOAT16, BFLOAT16) is BFLOAT16
    assert coarser(FLOAT32, FLOAT64) is FLOAT32


@EVERY
def test_rounded_numbers_are_the_callers_to_write_into(of: FloatFormat) -> None:
    given_numbers = np.array([1.0, 2.0])
    of.nearest(given_numbers)[:] = 7.0
    assert given_numbers.tolist() == [1.0, 2.0]
