from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.truth import row_consistency, truth
from tests.reference.kernels import CORRECT, Kernels, Online, sequential
from tests.reference.rows_to_try import ROWS, VECTORS, rows, vectors

DTYPES = ("float32", "float64")
Array = NDArray[Any]


def worst_shares(op: str, quantity: str, kernels: Kernels, x: Array, v: Array | None = None) -> tuple[float, ...]:
    """The worst element share, row share and row scalar; NaN where anything is."""
    call = getattr(kernels, op if quantity == "forward" else f"{op}_{quantity}")
    with np.errstate(all="ignore"):
        got = call(x) if v is None else call(x, v)
        own = getattr(kernels, op)(x) if quantity == "vjp" else None
    return shares(op, quantity, got, x=x, v=v, own=own)


def shares(op: str, quantity: str, got: Array, *, x: Array, v: Array | None, own: Array | None) -> tuple[float, ...]:
    precision = {"working": x.dtype.name, "accumulation": x.dtype.name}
    element = truth(op, quantity, x, axis=1, vector=v, **precision).share(got).max()
    row = row_consistency(op, quantity, got, x=x, axis=1, vector=v, own_forward=own, **precision)
    return (element, *((row.share.max(), row.scalar.max()) if row else ()))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("form", CORRECT)
def test_a_correct_forward_of_any_form_is_within_its_bounds(form: str, op: str, dtype: str) -> None:
    worst = {
        (kind, n): worst_shares(op, "forward", CORRECT[form], rows(kind, n=n, dtype=dtype))
        for kind in ROWS
        for n in (1, 2, 10, 129, 1000)
    }
    assert {where: numbers for where, numbers in worst.items() if not max(numbers) <= 1} == {}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("quantity", ["vjp", "jvp"])
@pytest.mark.parametrize("form", CORRECT)
def test_a_correct_derivative_of_any_form_is_within_its_bounds(form: str, quantity: str, op: str, dtype: str) -> None:
    worst = {}
    for row, kind in enumerate(ROWS):
        for column, head in enumerate(VECTORS):
            n = (1, 2, 3, 10, 129, 500)[(row + column) % 6]
            x, v = rows(kind, n=n, dtype=dtype), vectors(head, n=n, dtype=dtype)
            worst[kind, head, n] = worst_shares(op, quantity, CORRECT[form], x, v)
    assert {where: numbers for where, numbers in worst.items() if not max(numbers) <= 1} == {}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1e-4, 1e-2, 0.3])
def test_an_online_softmax_that_rescales_at_every_element_is_within_its_bounds(step: float, dtype: str) -> None:
    x = (np.arange(200) * step)[np.newaxis].astype(dtype)
    assert max(worst_shares("softmax", "forward", Online(block=1), x)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bound_of_a_sum_is_reached_by_a_sequential_sum_that_stagnates(dtype: str) -> None:
    """A bound that no kernel comes near would let faults pass: this one needs more than a third of it.

    (All of it, but for the factor 1.5 for XLA's additions and the share of exp and division.)
    """
    x = np.full((1, 20_000), np.log(np.finfo(dtype).eps / 2) - 0.01).astype(dtype)
    x[0, 0] = 0
    assert 1 / 3 < worst_shares("softmax", "forward", Kernels(add=sequential), x)[0] <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("quantity", ["forward", "vjp"])
@pytest.mark.parametrize("n", [2, 10, 1000])
def test_one_element_that_is_off_by_50_roundings_is_flagged(n: int, quantity: str, op: str, dtype: str) -> None:
    x = rows("normal", n=n, dtype=dtype)
    v = np.eye(n, dtype=dtype)[[0] * len(x)] if quantity == "vjp" else None
    right = truth(op, quantity, x, axis=1, vector=v, working=dtype, accumulation=dtype)
    own = truth(op, "forward", x, axis=1, working=dtype, accumulation=dtype).value.hi.astype(dtype)
    got = right.value.hi.astype(dtype)
    assert max(shares(op, quantity, got, x=x, v=v, own=own)) <= 1
    got[0, np.argmax(np.abs(got[0]))] *= 1 + 25 * np.finfo(dtype).eps
    assert not max(shares(op, quantity, got, x=x, v=v, own=own)) <= 1


def without_the_dot_term(s: Array, v: Array) -> Array:
    return s * v


def with_the_last_element_left_out(s: Array, v: Array) -> Array:
    return s * (v - (s * v)[:, :-1].sum(axis=-1, keepdims=True))


def with_the_mean_for_the_dot(s: Array, v: Array) -> Array:
    return s * (v - v.mean(axis=-1, keepdims=True))


def with_the_other_sign(s: Array, v: Array) -> Array:
    return -s * (v - (s * v).sum(axis=-1, keepdims=True))


def of_log_softmax(s: Array, v: Array) -> Array:
    return v - s * v.sum(axis=-1, keepdims=True)


def nothing_but_zeros(s: Array, v: Array) -> Array:
    return 0 * s * v


def not_a_number(s: Array, v: Array) -> Array:
    return s * v * np.nan


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [2, 10, 1000])
@pytest.mark.parametrize(
    "rule",
    [
        without_the_dot_term,
        with_the_last_element_left_out,
        with_the_mean_for_the_dot,
        with_the_other_sign,
        of_log_softmax,
        nothing_but_zeros,
        not_a_number,
    ],
)
def test_a_wrong_rule_is_flagged(rule: Any, n: int, dtype: str) -> None:
    x, v = rows("normal", n=n, dtype=dtype), vectors("normal", n=n, dtype=dtype) + 1
    s = Kernels().softmax(x)
    assert not max(shares("softmax", "vjp", rule(s, v).astype(dtype), x=x, v=v, own=s)) <= 1


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_a_kernel_in_lower_precision_than_it_says_is_flagged(n: int) -> None:
    x = rows("normal", n=n, dtype="float64")
    got = Kernels().softmax(x.astype(np.float32)).astype(np.float64)
    assert not shares("softmax", "forward", got, x=x, v=None, own=None)[0] <= 1


def test_wider_sums_are_held_to_a_smaller_bound() -> None:
    x = rows("normal", n=1000, dtype="float32")
    same, wide = (
        truth("softmax", "forward", x, axis=1, working="float32", accumulation=name).bound.max()
        for name in ("float32", "float64")
    )
    assert wide < same / 50


@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_a_zero_cotangent_has_nothing_but_an_exact_zero_within_its_bound(op: str) -> None:
    x = rows("normal", n=5, dtype="float32")
    judged = truth(op, "vjp", x, axis=1, vector=np.zeros_like(x), working="float32", accumulation="float32")
    assert not judged.bound.any()
    assert not judged.value.hi.any()
