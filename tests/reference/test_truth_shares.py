"""The second reading of the rows that can be the worst tells as much of the worst element as that of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference.formats import FloatFormat, format_named
from reference.question import Question
from reference.share import WORTH_IT
from reference.truth import Truth, truth

LENGTH = 64
ROWS = WORTH_IT // LENGTH
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


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("of", ["float32", "float64"])
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@given(
    quantity=st.sampled_from(sorted(VECTORS)),
    axis=st.sampled_from([0, 1]),
    by=st.sampled_from([0.0, 1.0, 8.0, 1e6]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=6, deadline=None)
def test_the_worst_element_of_every_part_is_the_same(
    *, op: str, of: str, parts: int, quantity: str, axis: int, by: float, seed: int
) -> None:
    parts = parts if axis == 1 else 1  # a part holds whole rows
    form = format_named(of)
    by_row, whole = (asked(op, quantity, form, axis=axis, seed=seed) for _ in range(2))
    got = off(whole.value.hi, form, by=by, seed=seed)
    some = by_row.deciding_share(got, of=of, parts=parts).reshape(parts, -1)
    every = whole.share(got, of=of).reshape(parts, -1)
    assert some.argmax(axis=1).tolist() == every.argmax(axis=1).tolist()
    assert some.max(axis=1).tolist() == every.max(axis=1).tolist()
    assert (some >= every).all()
    assert "second" not in vars(by_row)


def test_what_is_no_number_is_read_twice_everywhere() -> None:
    form = format_named("float32")
    true = asked("softmax", "forward", form, axis=1, seed=0)
    got = true.value.hi.copy()
    got[3, 5] = np.nan
    assert np.isnan(true.deciding_share(got, of="float32", parts=1)[3, 5])
    assert "second" in vars(true)
