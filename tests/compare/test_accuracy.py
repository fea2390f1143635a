from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compare.accuracy import accuracies
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat


def measured(
    got: Any, want: Any, *, of: FloatFormat = FLOAT32, scale: Any = 1.0, judged: NDArray[np.bool_] | None = None
) -> dict[str, Any]:
    """Measure against exact values that are numbers of the format."""
    got, want = np.atleast_1d(got).astype(np.float64), np.atleast_1d(want).astype(np.float64)
    errors = np.abs(got - want)
    arrays = {
        "errors": errors,
        "ulps": np.where(errors == 0, 0.0, errors / of.spacing(want)),
        "scale": np.broadcast_to(np.asarray(scale, dtype=np.float64), got.shape),
        "judged": np.isfinite(want) if judged is None else judged,
    }
    columns = accuracies(
        got[np.newaxis], want[np.newaxis], **{name: array[np.newaxis] for name, array in arrays.items()}, of=of
    )
    return {name: one for name, (one,) in columns.items()}


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda of: of.name)
def test_errors_are_counted_in_ulps_and_in_eps_of_the_scale(of: FloatFormat) -> None:
    eps = 2.0 * of.unit_roundoff
    found = measured([1.0, 1.0 + eps, 1.0 - eps, 4.0], [1.0, 1.0, 1.0 + 2.0 * eps, 4.0], of=of, scale=2.0)
    assert (found["computed"], found["rounded"], found["normal"]) == (4, 2, 4)
    assert (found["normal_ulps"], found["normal_ulps_sum"], found["normal_ulps_at"]) == (3.0, 4.0, (2,))
    assert (found["eps"], found["eps_sum"], found["eps_at"]) == (1.5, 2.0, (2,))


def test_what_is_not_computed_makes_nobody_look_accurate() -> None:
    """Masked elements, and what a Jacobian says of other rows' inputs: zeros that cost nothing."""
    found = measured([0.5, 0.0, 1.0], [0.25, 0.0, 0.0], scale=[1.0, 0.0, 0.0])
    assert (found["computed"], found["rounded"], found["eps_at"]) == (1, 0, (0,))


def test_a_number_that_kernels_may_flush_counts_for_itself_and_in_no_ulps() -> None:
    tiny = 2.0**-130
    found = measured([0.0, tiny, 1.0], [tiny, tiny, 1.0])
    assert (found["computed"], found["rounded"], found["flushed"], found["normal"]) == (3, 2, 1, 1)
    assert found["normal_ulps"] == 0.0


def test_float16_is_flushed_by_nobody() -> None:
    found = measured([0.0, 1.0], [2.0**-20, 1.0], of=FLOAT16)
    assert (found["flushed"], found["normal"], found["normal_ulps"]) == (0, 2, 16.0)


def test_what_is_not_judged_counts_nowhere() -> None:
    found = measured([np.inf, 1.0], [1.0, 1.0], judged=np.array([False, True]))
    assert (found["computed"], found["eps"], found["normal_ulps"]) == (1, 0.0, 0.0)


def test_nothing_computed_has_no_numbers() -> None:
    found = measured([0.0], [0.0], scale=0.0)
    counts = {name: found.pop(name) for name in ("computed", "rounded", "flushed", "normal")}
    assert set(counts.values()) == {0}
    assert set(found.values()) == {None}
