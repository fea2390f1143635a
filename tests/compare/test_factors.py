"""One array as a constant times another: found where it is one, and not where it is none."""

from __future__ import annotations

import numpy as np
import pytest

from harness.compare.factor import Interval, factors, named_factor, round_factor
from harness.vocabulary import Op
from tests.compare.everything import of_op

B = np.array([1.0, -2.0, 0.5, 3.0])
CALLS = (of_op(Op.SOFTMAX).call, of_op(Op.SOFTMAX_OUTPUT).call)


@pytest.mark.parametrize("factor", [1.0, -1.0, 2.0, 0.25, -3.5, 1e-30, 1e30])
@pytest.mark.parametrize("error", [0.0, 1e-9, 1e-3])
def test_a_multiple_is_found_to_within_both_errors(factor: float, error: float) -> None:
    noise = np.array([1.0, -1.0, 0.5, -0.25]) * error
    of_a = np.full(4, abs(factor) * max(error, 1e-15))
    found = factors(factor * (B + 0.999 * noise), B, of_a=of_a, of_b=np.zeros(4))
    assert found is not None
    assert found.holds(factor)
    assert found.high - found.low <= 8 * abs(factor) * max(error, 1e-15)


@pytest.mark.parametrize("spoilt", [0, 1, 2, 3])
def test_what_is_no_multiple_has_no_factor(spoilt: int) -> None:
    a = 2 * B
    a[spoilt] *= 1.1
    assert factors(a, B, of_a=np.full(4, 0.01), of_b=np.full(4, 0.01)) is None


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_elements_of_the_other_sign_are_no_multiple(sign: float) -> None:
    assert factors(sign * np.array([1.0, 2.0, -0.5, 3.0]), B, of_a=np.zeros(4), of_b=np.zeros(4)) is None


def test_zeros_beside_numbers_are_no_multiple() -> None:
    assert factors(B * [1, 1, 0, 1], B, of_a=np.zeros(4), of_b=np.zeros(4)) is None
    assert factors(B, B * [1, 1, 0, 1], of_a=np.zeros(4), of_b=np.zeros(4)) is None
    assert factors(B, np.zeros(4), of_a=np.zeros(4), of_b=np.zeros(4)) is None


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        (2.0, "the number of rows, 1 / the temperature, grad_scale, the length of the first axis"),
        (0.5, "the temperature"),
        (16.0, "the length of the axis / the square of the temperature"),
        (0.25, "1 / the length of the axis"),
        (-4.0, "minus the length of the axis"),
        (8.0, "the number of rows times the length of the axis"),
        (-1.0, "minus one"),
        (0.7, ""),
    ],
)
def test_a_factor_is_named_after_the_size_that_it_equals(factor: float, name: str) -> None:
    found = factors(factor * B, B, of_a=np.full(4, 1e-6), of_b=np.full(4, 1e-6))
    assert found is not None
    named = named_factor(found, CALLS)
    assert named is not None
    assert named[0] == pytest.approx(factor, rel=1e-5)
    assert name in named[1]
    assert bool(name) == bool(named[1])


@pytest.mark.parametrize(
    ("count", "factor", "of_a", "why"),
    [
        (2, 0.7, 1e-9, "a gradient of two elements is g and -g, and so a multiple of any other"),
        (1, 0.7, 1e-9, "one number is a multiple of any other"),
        (4, 1.0 + 1e-6, 1e-6, "it cannot be told from one"),
        (4, 1.0 + 1e-4, 5e-6, "a fault that differs from element to element looks like one, too"),
        (4, 2.0, 0.3, "it is not known well enough"),
        (4, 1.0 + 4e-6, 1e-12, "all elements of a row share the error of its sum"),
        (4, 0.995, 1e-12, "so do they where the sum stagnates"),
    ],
)
def test_what_anything_might_be_is_not_called_a_factor(count: int, factor: float, of_a: float, why: str) -> None:
    b = B[:count]
    found = factors(factor * b, b, of_a=np.full(count, of_a), of_b=np.zeros(count))
    assert found is not None
    assert named_factor(found, CALLS) is None, why


def test_one_number_may_be_a_multiple_by_a_size_that_is_known() -> None:
    found = factors(np.array([6.0]), np.array([3.0]), of_a=np.array([1e-6]), of_b=np.array([1e-6]))
    assert found is not None
    assert named_factor(found, CALLS) is not None


@pytest.mark.parametrize("seed", range(20))
def test_the_factor_that_arrays_were_made_with_is_never_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 6))
    b, of_b = rng.standard_normal(count), rng.random(count) * 0.1
    b[0] = np.copysign(1 + rng.random(), b[0])  # of one element at least the sign is known
    factor = float(rng.standard_normal() * 10.0 ** rng.integers(-3, 4))
    of_a = rng.random(count) * 0.1 * abs(factor)
    a = factor * (b + of_b * rng.uniform(-0.999, 0.999, count)) + of_a * rng.uniform(-0.999, 0.999, count)
    found = factors(a, b, of_a=of_a, of_b=of_b)
    assert found is not None
    assert found.holds(factor)


@pytest.mark.parametrize(
    ("low", "high", "agreed", "expected"),
    [
        (2.9985, 3.0006, False, 3.0),
        (-3.0006, -2.9985, False, -3.0),
        (0.3331, 0.3335, False, 1 / 3),
        (1023.9, 1024.1, False, 1024.0),
        (7.2995, 7.3004, True, 7.3),
        (7.2995, 7.3004, False, None),
        (2.9998, 2.99982, True, 2.9998),
        (1.9, 3.1, False, None),  # which may be anything
    ],
)
def test_the_roundest_factor_stands_for_all_that_cannot_be_told_apart(
    low: float, high: float, agreed: bool, expected: float | None
) -> None:
    assert round_factor(Interval(low=low, high=high, determined=3), agreed=agreed) == expected
