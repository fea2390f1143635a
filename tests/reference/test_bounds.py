"""No correct kernel is flagged, and a wrong one is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.reference.kernels import CORRECT, Kernels
from numpy.typing import NDArray
from tests.reference.rows_to_try import ROWS, VECTORS, rows, vectors

from reference.truth import row_consistency, truth

DTYPES = ("float32", "float64")
LENGTHS = (1, 2, 3, 10, 129, 2000)


def worst_shares(op: str, quantity: str, kernels: Kernels, x: NDArray[Any], v: NDArray[Any] | None) -> tuple[float, ...]:
    """The worst element share, row share and row scalar; NaN where anything is."""
    dtype = x.dtype.name
    call = getattr(kernels, op if quantity == "forward" else f"{op}_{quantity}")
    with np.errstate(all="ignore"):
        got = call(x) if v is None else call(x, v)
        own = getattr(kernels, op)(x) if quantity == "vjp" else None
    precision = {"working": dtype, "accumulation": dtype}
    share = truth(op, quantity, x, axis=1, vector=v, **precision).share(got)
    row = row_consistency(op, quantity, got, x=x, axis=1, vector=v, own_forward=own, **precision)
    return (share.max(), *((row.share.max(), row.scalar.max()) if row else ()))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("form", CORRECT)
@pytest.mark.parametrize("kind", ROWS)
def test_a_correct_forward_of_any_form_is_within_its_bounds(kind: str, form: str, op: str, dtype: str) -> None:
    for n in LENGTHS:
        x = rows(kind, n=n, dtype=dtype)
        worst = worst_shares(op, "forward", CORRECT[form], x, None)
        assert all(number <= 1 for number in worst), (n, worst)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("quantity", ["vjp", "jvp"])
@pytest.mark.parametrize("form", CORRECT)
@pytest.mark.parametrize("kind", ROWS)
def test_a_correct_derivative_of_any_form_is_within_its_bounds(
    kind: str, form: str, quantity: str, op: str, dtype: str
) -> None:
    for number, head in enumerate(VECTORS):
        n = LENGTHS[(number + len(kind)) % len(LENGTHS)]
        x, v = rows(kind, n=n, dtype=dtype), vectors(head, n=n, dtype=dtype)
        worst = worst_shares(op, quantity, CORRECT[form], x, v)
        assert all(number <= 1 for number in worst), (n, head, worst)
