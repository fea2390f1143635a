from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.doubledouble import DoubleDouble
from reference.truth import truth
from tests.reference import exact
from tests.reference.rows_to_try import ROWS, VECTORS, rows, vectors

DTYPES = ("float32", "float64")
OPS = ("softmax", "log_softmax")
FINITE = [kind for kind in ROWS if kind != "masked"]
Array = NDArray[Any]


def value(op: str, quantity: str, x: Array, v: Array | None = None, *, axis: int = -1) -> DoubleDouble:
    name = x.dtype.name
    return truth(op, quantity, x, axis=axis, vector=v, working=name, accumulation=name).value


def condition(op: str, quantity: str, x: Array, v: Array) -> list[Any]:
    """What every formula of the derivative has to subtract from each other."""
    s, size = exact.softmax(x), [abs(number) for number in exact.numbers(v)]
    mean = sum(p * c for p, c in zip(s, size, strict=True))
    if op == "softmax":
        return [p * (c + mean) for p, c in zip(s, size, strict=True)]
    if quantity == "jvp":
        return [c + mean for c in size]
    return [c + p * sum(size) for p, c in zip(s, size, strict=True)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("kind", FINITE)
def test_a_forward_is_within_a_thousandth_of_a_float64_ulp_of_the_definition(kind: str, op: str, dtype: str) -> None:
    for n in (1, 2, 7):
        x = rows(kind, n=n, dtype=dtype)[0]
        got = value(op, "forward", x)
        for hi, lo, want in zip(got.hi, got.lo, getattr(exact, op)(x), strict=True):
            if np.isinf(hi):  # beyond the range of float64
                assert want < -exact.CONTEXT.mpf(np.finfo(np.float64).max)
                continue
            allowed = 1e-3 * 2.0**-53 * abs(want) + 2.0**-1074  # a pair of float64 ends at the smallest subnormal
            assert abs(exact.CONTEXT.mpf(float(hi)) + exact.CONTEXT.mpf(float(lo)) - want) <= allowed


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("quantity", ["vjp", "jvp"])
@pytest.mark.parametrize("head", VECTORS)
def test_a_derivative_keeps_100_bits_of_what_its_definition_subtracts(
    head: str, quantity: str, op: str, dtype: str
) -> None:
    for number, kind in enumerate(FINITE):
        n = (2, 7)[number % 2]
        x, v = rows(kind, n=n, dtype=dtype)[0], vectors(head, n=n, dtype=dtype)[0]
        got = value(op, quantity, x, v)
        subtracted = condition(op, quantity, x, v)
        smallest = 4 * 2.0**-1074 * (1 + float(np.abs(v.astype(np.float64)).sum()))
        for i, want in enumerate(getattr(exact, f"{op}_{quantity}")(x, v)):
            off = abs(exact.CONTEXT.mpf(float(got.hi[i])) + exact.CONTEXT.mpf(float(got.lo[i])) - want)
            assert off <= 2.0**-100 * subtracted[i] + smallest, (kind, i)


@pytest.mark.parametrize("op", OPS)
def test_a_saturated_row_keeps_its_relative_accuracy_where_the_formula_cancels(op: str) -> None:
    """At the dominant element 1 - s is 4e-31: 36 digits beside it are lost in any arithmetic that forms 1 - s."""
    x, v = np.array([0.0, -70.0]), np.array([1.0, 0.0])
    got, want = value(op, "vjp", x, v), getattr(exact, f"{op}_vjp")(x, v)[0]
    assert abs(exact.CONTEXT.mpf(float(got.hi[0])) + exact.CONTEXT.mpf(float(got.lo[0])) - want) < 1e-28 * abs(want)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_derivatives_agree_with_the_complex_step(op: str, dtype: str) -> None:
    """A second method: the imaginary part of f(x + ihv), over h, is the jvp (Squire, Trapp, SIAM Rev. 40(1), 1998)."""
    x, v = rows("normal", n=9, dtype=dtype), vectors("normal", n=9, dtype=dtype)
    h = 1e-200
    e = np.exp(x.astype(np.float64) + 1j * h * v.astype(np.float64))
    s = e / e.sum(axis=-1, keepdims=True)
    step = (np.log(s) if op == "log_softmax" else s).imag / h
    assert np.abs(step - value(op, "jvp", x, v).hi).max() < 1e-15 * 9 * np.abs(v).max()


@pytest.mark.parametrize("op", OPS)
def test_the_jacobian_agrees_with_differences_of_the_forward(op: str) -> None:
    """A third one: central differences with step h are off by h^2/6 times a third derivative, which is below 1 here."""
    x = np.array([0.25, -1.5, 3.0, 0.0])
    h = 2.0**-20
    moved = h * np.eye(4)
    forward, backward = (value(op, "forward", x + side * moved) for side in (1, -1))
    slope = ((forward.hi - backward.hi) + (forward.lo - backward.lo)) / (2 * h)
    assert np.abs(slope.T - value(op, "jacobian", x).hi).max() < h**2 / 6 + 2.0**-50 / h * 2.0**-50


@pytest.mark.parametrize("op", OPS)
def test_the_jacobian_holds_the_vjps_of_one_hots_as_its_rows(op: str) -> None:
    x = rows("normal", n=6, dtype="float64")[0]
    jacobian = value(op, "jacobian", x)
    for k, one_hot in enumerate(np.eye(6)):
        vjp = value(op, "vjp", x, one_hot)
        assert jacobian.hi[k].tolist() == vjp.hi.tolist()
        assert jacobian.lo[k].tolist() == vjp.lo.tolist()


@pytest.mark.parametrize("n", [2, 3, 9, 1000])
@pytest.mark.parametrize("level", [0.0, 0.1, -1e4])
def test_a_constant_cotangent_gives_an_exact_zero(n: int, level: float) -> None:
    x = rows("normal", n=n, dtype="float64")
    assert not value("softmax", "vjp", x, np.full_like(x, level)).hi.any()


@pytest.mark.parametrize("n", [2, 3, 9, 1000])
def test_equal_logits_and_a_mean_as_the_head_give_an_exact_zero_for_log_softmax(n: int) -> None:
    x = rows("equal", n=n, dtype="float64")
    assert not value("log_softmax", "vjp", x, np.full_like(x, 0.1)).hi.any()


PINNED = "efc0f88c1b3dfdf785c52a750ff6f7dfd7e56596063094106825bc60448381aa"


def test_the_oracle_has_the_bits_it_has_always_had() -> None:
    """Run by hand in an environment with NumPy 1.23.5 this gives the same digest; so should every machine."""
    digest = hashlib.sha256()
    for dtype in DTYPES:
        for kind in ("grid", "steep", "far"):
            x = _without_random_numbers(kind).astype(dtype)
            v = np.resize(np.array([1.0, -2.0, 0.375, 0.0, 5.5]), x.shape).astype(dtype)
            for op in OPS:
                for quantity in ("forward", "vjp", "jvp"):
                    got = value(op, quantity, x, None if quantity == "forward" else v)
                    for part in (got.hi, got.lo):
                        digest.update((part + 0.0).astype("<f8").tobytes())
    assert digest.hexdigest() == PINNED


def _without_random_numbers(kind: str) -> Array:
    grid = (np.arange(24 * 31) * 37 % 101 - 50).reshape(24, 31)
    return {"grid": grid / 16, "steep": grid * 14.0, "far": grid / 8 + 1e4}[kind]
