"""An error as a share of its bound, by the first of two readings or, where that is missed, by the better of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference.formats import FloatFormat, format_named
from reference.question import Question
from reference.share import share_of
from reference.truth import Truth, truth

LENGTH = 64
ROWS = 32
VECTORS = {"forward": (), "vjp": ("cotangent",), "jvp": ("tangent",), "hvp": ("cotangent", "tangent")}


def asked(op: str, quantity: str, of: FloatFormat, *, axis: int, seed: int) -> Truth:
    rng = np.random.default_rng(seed)
    shape = (ROWS, LENGTH) if axis == 1 else (LENGTH, ROWS)
    question = Question(op=op, axis=axis, x=of.nearest(rng.standard_normal(shape) * 4), format=of.name, result=of.name)
    vectors = {name: of.nearest(rng.standard_normal(shape)) for name in VECTORS[quantity]}
    return truth(question, quantity, **vectors, working=of.name, accumulation=of.name)


def off(value: NDArray[Any], of: FloatFormat, *, by: float, seed: int) -> NDArray[Any]:
    """Results that are off by about so many times the unit roundoff."""
    return of.nearest(value * (1.0 + by * of.unit_roundoff * np.random.default_rng(seed).standard_normal(value.shape)))


@pytest.mark.parametrize("of", ["float32", "float64"])
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@given(
    quantity=st.sampled_from(sorted(VECTORS)),
    axis=st.sampled_from([0, 1]),
    by=st.sampled_from([0.0, 1.0, 8.0, 1e6]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=12)
def test_some_rows_tell_as_much_as_all(*, op: str, of: str, quantity: str, axis: int, by: float, seed: int) -> None:
    form = format_named(of)
    by_row, whole = (asked(op, quantity, form, axis=axis, seed=seed) for _ in range(2))
    got = off(whole.value.hi, form, by=by, seed=seed)
    assert whole.second is not None
    assert by_row.share(got, of=of).tolist() == whole.share(got, of=of).tolist()
    assert "second" not in vars(by_row)


@pytest.mark.parametrize("by", [0.0, 1e6])
def test_the_share_is_by_the_first_reading_that_is_met(by: float) -> None:
    form = format_named("float64")
    true = asked("softmax", "vjp", form, axis=1, seed=1)
    got = off(true.value.hi, form, by=by, seed=2)
    first = share_of(got, true.value, true.bound)
    second = share_of(got, true.shifted_value, true.shifted_bound)
    want = [one if one <= 1 else min(one, other) for one, other in zip(first.flat, second.flat, strict=True)]
    assert true.share(got, of="float64").reshape(-1).tolist() == want
    assert (first > 1).any() == bool(by)


def test_what_is_no_number_is_read_twice_everywhere() -> None:
    form = format_named("float32")
    true = asked("softmax", "forward", form, axis=1, seed=0)
    got = true.value.hi.copy()
    got[3, 5] = np.nan
    assert np.isnan(true.share(got, of="float32")[3, 5])
    assert "second" in vars(true)
