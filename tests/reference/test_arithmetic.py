from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import ulp
from reference.bounds.growth import NOTHING, exponential
from reference.bounds.shift import quotient
from reference.exact import elementary
from reference.exact.doubledouble import DoubleDouble, difference, product, two_sum
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat
from reference.votes.agreement import Votes, agreement
from tests.reference.exact import CONTEXT

OVERFLOW = Fraction(2) ** 1024 - Fraction(2) ** 970  # rounds to infinity
SUBNORMAL = Fraction(2) ** -1074
MODERATE = st.floats(-(2.0**300), 2.0**300).filter(lambda value: value == 0 or abs(value) > 2.0**-300)


def pair(hi: float, lo: float) -> DoubleDouble:
    total, rest = two_sum(np.array([hi]), np.array([lo]))
    return DoubleDouble(hi=total, lo=rest)


def fraction(number: DoubleDouble) -> Fraction:
    return Fraction(float(number.hi[0])) + Fraction(float(number.lo[0]))


@given(MODERATE, MODERATE)
def test_sums_and_products_of_floats_are_exact(a: float, b: float) -> None:
    total, exact = two_sum(np.array([a]), np.array([b])), DoubleDouble.product_of(np.array([a]), np.array([b]))
    assert Fraction(float(total[0][0])) + Fraction(float(total[1][0])) == Fraction(a) + Fraction(b)
    assert fraction(exact) == Fraction(a) * Fraction(b)


@given(MODERATE, st.floats(-1, 1), MODERATE.filter(bool), st.floats(-1, 1))
def test_operations_on_pairs_err_by_a_few_units_of_2_to_minus_104(a: float, c: float, b: float, d: float) -> None:
    one, other = pair(a, a * c * 2.0**-53), pair(b, b * d * 2.0**-53)
    x, y = fraction(one), fraction(other)
    assert abs(fraction(one * other) - x * y) <= abs(x * y) / 2**102
    assert abs(fraction(one / other) - x / y) <= 12 * abs(x / y) / 2**106
    assert abs(fraction(one + other) - (x + y)) <= (abs(x) + abs(y)) / 2**104


def test_no_bound_of_an_exponential_is_below_it() -> None:
    """Of any argument, and of the roundings that it may stand for: series, exponential, and beyond."""
    error = np.concatenate((2.0 ** np.arange(-60, 9, 0.125), np.arange(590.0, 605.0, 0.25)))
    want = [CONTEXT.expm1(CONTEXT.mpf(1.0099) * CONTEXT.mpf(one)) for one in error.tolist()]
    assert [one for one, bound, least in zip(error, exponential(error), want, strict=True) if bound < least] == []


def test_nobody_can_write_over_the_error_that_all_bounds_share() -> None:
    with pytest.raises(ValueError, match="read-only"):
        NOTHING[...] = 1.0


@given(st.integers(0, 40), st.integers(0, 2**32))
def test_a_sum_of_rows_keeps_what_plain_summation_loses(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).standard_normal(count) * 2.0 ** np.arange(count)
    want = sum((Fraction(value) for value in values.tolist()), Fraction(0))
    got = DoubleDouble.exactly(values).sum_rows()
    assert abs(fraction(got) - want) <= sum(abs(Fraction(value)) for value in values.tolist()) / 2**100


@given(st.floats(-2200, 100), st.floats(-1, 1))
def test_exp_has_100_bits(hi: float, tail: float) -> None:
    d = pair(hi, hi * tail * 2.0**-53)
    mantissa, exponent = elementary.exp(d)
    want = CONTEXT.exp(CONTEXT.mpf(float(d.hi[0])) + CONTEXT.mpf(float(d.lo[0])))
    got = (CONTEXT.mpf(float(mantissa.hi[0])) + CONTEXT.mpf(float(mantissa.lo[0]))) * CONTEXT.mpf(2) ** int(exponent[0])
    assert abs(got - want) <= want * 2.0**-100


@given(st.one_of(st.floats(0, 1e9), st.floats(0, 0.06), st.floats(1e-280, 1e-250)))
def test_log1p_has_98_bits(value: float) -> None:
    got = elementary.log1p(DoubleDouble.exactly(np.array([value])))
    want = CONTEXT.log1p(CONTEXT.mpf(value))
    off = abs(CONTEXT.mpf(float(got.hi[0])) + CONTEXT.mpf(float(got.lo[0])) - want)
    assert off <= want * 2.0**-98 + 2.0**-1074


@pytest.mark.parametrize("exponent", [-1074, -1060, -1023, -40, 0, 900])
@given(hi=st.floats(0.5, 1), lo=st.floats(-1, 1))
def test_scaling_rounds_once(exponent: int, hi: float, lo: float) -> None:
    number = pair(hi, hi * lo * 2.0**-54)
    got = number.scaled(np.array([exponent]))
    exact = fraction(number) * Fraction(2) ** exponent
    assert float(got.hi[0]) == float(exact)


ANY = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value == 0 or abs(value) > 2.0**-900)


@given(ANY, ANY)
def test_products_of_numbers_of_any_size_are_exact_or_overflow(a: float, b: float) -> None:
    with np.errstate(all="ignore"):
        got, want = product(DoubleDouble.exactly([a]), DoubleDouble.exactly([b])), Fraction(a) * Fraction(b)
    if abs(want) >= OVERFLOW:
        assert (got.hi[0], got.lo[0]) == (np.inf if want > 0 else -np.inf, 0.0)
    else:
        assert abs(fraction(got) - want) <= SUBNORMAL


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        ([2.0**1023, 2.0**1023, -(2.0**1023)], 2.0**1023),
        ([2.0**1023, 2.0**1023], np.inf),
        ([-(2.0**1023), -(2.0**1023)], -np.inf),
        ([5e-324, 5e-324], 1e-323),
        ([1.0, 2.0**-80, -1.0], 2.0**-80),
        ([], 0.0),
    ],
)
def test_sums_of_numbers_of_any_size_do_not_overflow_on_the_way(terms: list[float], total: float) -> None:
    with np.errstate(all="ignore"):
        got = DoubleDouble.exactly(terms).sum_of_any_size()
    assert (got.hi[0], got.lo[0]) == (total, 0.0)


@given(ANY, st.floats(-1, 1), st.floats(5e-324, 2.0**1023))
def test_quotients_by_a_temperature_have_100_bits_or_overflow(a: float, tail: float, temperature: float) -> None:
    number = pair(a, a * tail * 2.0**-53 if 2.0**-800 < abs(a) < 2.0**1000 else 0.0)
    with np.errstate(all="ignore"):
        got, want = quotient(number, temperature), fraction(number) / Fraction(temperature)
        double = quotient(number, temperature, doubled=True)
    if abs(want) >= OVERFLOW:
        assert np.isinf(got.hi[0])
        assert got.lo[0] == 0
    elif np.isfinite(got.hi[0]):
        assert abs(fraction(got) - want) <= abs(want) / 2**100 + SUBNORMAL
    if np.isfinite(double.hi[0]):
        assert abs(fraction(double) - 2 * want) <= abs(want) / 2**99 + SUBNORMAL


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_a_quotient_of_an_infinity_is_one(infinity: float) -> None:
    got = quotient(DoubleDouble(hi=np.array([infinity]), lo=np.zeros(1)), 3.0)
    assert (got.hi[0], got.lo[0]) == (infinity, 0.0)


def test_a_difference_that_overflows_is_an_infinity() -> None:
    largest = np.array([np.finfo(np.float64).max])
    with np.errstate(all="ignore"):
        got = difference(-largest, largest)
    assert (got.hi[0], got.lo[0]) == (-np.inf, 0.0)


@pytest.mark.parametrize(
    ("lo", "want"),
    [(2.0**-60, 1 + 2.0**-22), (0.0, 1 + 2.0**-22), (-(2.0**-60), 1 + 2.0**-23)],
    ids=["above the middle", "in the middle, to even", "below the middle"],
)
def test_a_value_in_the_middle_between_two_float32_is_rounded_by_its_low_part(lo: float, want: float) -> None:
    middle = DoubleDouble(hi=np.array(1 + 2.0**-23 + 2.0**-24), lo=np.array(lo))
    assert ulp.rounded(middle, FLOAT32) == np.float32(want)


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16, FLOAT32], ids=lambda of: of.name)
@given(
    exponent=st.integers(-40, 40),
    tail=st.integers(0, 2**20),
    beside=st.integers(-2, 2),
    low=st.integers(-1, 1),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_what_is_close_to_a_middle_is_rounded_by_what_it_is(
    *, of: FloatFormat, exponent: int, tail: int, beside: int, low: int, sign: float
) -> None:
    """Middles between two numbers of the format, float64 next to them, and low parts that decide."""
    exponent = min(max(exponent, of.min_exponent - 3), of.max_exponent - 1)
    size = (2 ** (of.precision - 1) + tail % 2 ** (of.precision - 1)) * 2 + 1
    hi = np.ldexp(float(size), exponent - of.precision)
    for _ in range(abs(beside)):
        hi = float(np.nextafter(hi, np.copysign(np.inf, beside)))
    number = pair(sign * hi, sign * low * hi * 2.0**-60)
    got = Fraction(float(ulp.rounded(number, of)[0]))
    exact = fraction(number)
    place = Fraction(float(of.spacing(np.array([hi]))[0]))
    want = round(exact / place) * place  # Python's is to even, as that of the formats
    assert got == want


@given(st.floats(allow_nan=False, width=64), st.floats(-1, 1))
def test_rounding_to_float32_is_to_the_nearest(hi: float, lo: float) -> None:
    with np.errstate(all="ignore"):
        number = pair(hi, np.nextafter(abs(hi), np.inf) * lo * 2.0**-54 if abs(hi) < 1e300 else 0.0)
        got = np.float32(ulp.rounded(number, FLOAT32)[0])
    if not np.isfinite(got):
        assert abs(hi) >= FLOAT32.largest
        return
    exact = fraction(number)
    with np.errstate(all="ignore"):
        neighbours = [float(np.nextafter(got, np.float32(side * np.inf))) for side in (-1, 1)]
    finite = [Fraction(value) for value in neighbours if np.isfinite(value)]
    assert all(abs(Fraction(float(got)) - exact) <= abs(value - exact) for value in finite)


@pytest.mark.parametrize(
    ("value", "of", "size"),
    [
        (1.0, FLOAT32, 2.0**-23),
        (0.0, FLOAT32, 2.0**-149),
        (1e-40, FLOAT32, 2.0**-149),
        (-3.0, FLOAT64, 2.0**-51),
        (5e-324, FLOAT64, 2.0**-1074),
    ],
)
def test_an_ulp_is_the_distance_to_the_next_number(value: float, of: FloatFormat, size: float) -> None:
    assert float(ulp.size(DoubleDouble.exactly(value), of)) == size


def test_equal_infinities_are_no_error_apart_and_a_nan_is_no_distance() -> None:
    want = DoubleDouble.exactly(np.array([-np.inf, np.inf, 1.0, -np.inf]))
    got = np.array([-np.inf, -np.inf, np.nan, 3.0])
    assert str(ulp.ulps(got, want, of=FLOAT64).tolist()) == "[0.0, nan, nan, nan]"


def votes(centre: list[float], width: list[float], silent: list[bool] | None = None, limit: float = 1.0) -> Votes:
    return Votes(
        centre=np.array([centre]),
        width=np.array([width]),
        silent=np.array([silent or [False] * len(centre)]),
        limit=np.array([[limit]]),
    )


@pytest.mark.parametrize(
    ("asked", "share", "scalar"),
    [
        (votes([0.0, 3.0], [1.0, 1.0]), 1.5, 1.5),
        (votes([0.0, 3.0, 1.0], [1.0, 2.0, 9.0]), 1.0, 1.0),
        (votes([5.0, 5.0], [0.5, 0.25]), 0.0, 4.75),
        (votes([0.1, -0.1], [1.0, 1.0]), 0.1, 0.0),
        (votes([0.0, 9.0], [1.0, 1.0], [False, True]), 0.0, 0.0),
        (votes([7.0], [1.0], [True]), 0.0, 0.0),
        (votes([np.nan, 0.0], [1.0, 1.0]), np.inf, np.inf),
        (votes([np.nan, 0.0], [1.0, 1.0], [True, False]), 0.0, 0.0),
    ],
)
def test_the_share_is_the_smallest_factor_at_which_all_agree(asked: Votes, share: float, scalar: float) -> None:
    got = agreement(asked)
    assert got.share.tolist() == pytest.approx([share], rel=1e-12)
    assert got.scalar.tolist() == pytest.approx([scalar], rel=1e-12)


_VOTE = st.tuples(
    st.floats(-4, 4) | st.sampled_from([np.nan, np.inf, -np.inf]),
    st.floats(0.01, 4) | st.sampled_from([np.nan, np.inf]),
    st.booleans(),
)


@given(st.lists(_VOTE, min_size=1, max_size=8), st.floats(0.0, 8.0) | st.just(np.inf))
def test_a_row_is_agreed_where_share_and_scalar_are_at_most_one(
    elements: list[tuple[float, float, bool]], limit: float
) -> None:
    centre, width, silent = (list(part) for part in zip(*elements, strict=True))
    asked = votes(centre, width, silent, limit=limit)
    with np.errstate(all="ignore"):
        got = agreement(asked)
        agreed = asked.agreed.tolist()
    worst = float(np.maximum(got.share, got.scalar)[0])
    if abs(worst - 1.0) > 1e-9:  # where both round
        assert agreed == [worst <= 1.0]


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0.01, 10)), min_size=2, max_size=12))
def test_the_share_is_that_of_the_pair_that_is_furthest_apart(elements: list[tuple[float, float]]) -> None:
    centre, width = (list(part) for part in zip(*elements, strict=True))
    want = max(abs(a - b) / (v + w) for a, v in elements for b, w in elements)
    assert agreement(votes(centre, width)).share[0] == pytest.approx(want, rel=1e-12)
