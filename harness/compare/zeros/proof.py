"""The numbers that prove a cause, by the names under which a report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.compare.verdict import json_value
from harness.compare.zeros.cause import Cause
from harness.compare.zeros.causes import level_terms
from harness.compare.zeros.rows import Flags, Rows


def proof(rows: Rows, cause: Cause, holds: Flags) -> dict[str, Any]:
    """Return what proves ``cause`` in the rows where it ``holds``: sizes over all of them, values of the first."""
    return {name: json_value(value) for name, value in _numbers(rows, cause, holds).items()}


def _numbers(rows: Rows, cause: Cause, holds: Flags) -> Mapping[str, Any]:
    first = int(holds.argmax())
    match cause:
        case Cause.SINGLE:
            return {"shape": list(rows.call.x.shape), "axis": rows.call.axis}
        case Cause.CONSTANT_COTANGENT:
            return {
                "cotangent": _value(rows.heads, rows.support, first),
                "largest gradient of one output alone": _steepest(rows, holds),
                "largest correct residue": float(rows.bound[holds].max(initial=0.0)),
            }
        case Cause.CONSTANT_TANGENT:
            return {"tangent": _value(rows.tangent, rows.support, first)}
        case Cause.BALANCED:
            return {
                "length": rows.question.rows.length,
                "largest distance from a multiple of softmax": _apart(rows, holds),
            }
        case Cause.OPTIMUM:
            assert rows.targets is not None  # noqa: S101 - a loss has them
            apart = np.abs(rows.probabilities - rows.targets.q.hi)
            return {"largest distance of a probability from its target": float(apart[holds].max(initial=0.0))}
        case Cause.SATURATED:
            return {
                "largest distance of the top probability from one": left_over(rows, holds),
                f"largest true {rows.derivative}": largest(rows, holds),
            }
        case Cause.LEVEL:
            terms = level_terms(rows)[first]
            return {"goes up by": float(terms[terms > 0].sum()), "goes down by": float(-terms[terms < 0].sum())}
        case Cause.UNDERFLOW:
            return {
                f"largest true {rows.derivative}": largest(rows, holds),
                "smallest normal number": rows.format.smallest_normal,
                "smallest number above zero": rows.format.smallest_subnormal,
            }
        case Cause.WITHIN_ROUNDING:
            return {
                f"largest true {rows.derivative}": largest(rows, holds),
                "largest bound": float(rows.bound[holds].max(initial=0.0)),
            }
        case _:
            return {}


def largest(rows: Rows, holds: Flags) -> float:
    """Return the size of the true derivative in these rows, as tables show it."""
    return _as_stored(float(rows.value[holds].max(initial=0.0)), rows)


def left_over(rows: Rows, holds: Flags) -> float:
    """Return what the most probable element leaves to the others where it leaves most, as tables show it."""
    return _as_stored(float(rows.others[holds].max(initial=0.0)), rows)


def _as_stored(size: float, rows: Rows) -> float:
    """Return the number of the dtype nearest to a size; the size itself where that would be zero."""
    return float(rows.format.nearest(np.asarray(size))) or size


def _value(vectors: Any, among: Flags, row: int) -> float:
    return float(vectors[row][among[row]][0])


def _steepest(rows: Rows, holds: Flags) -> float:
    """Return the largest s (1 - s): how fast an output follows its own input."""
    s = rows.probabilities[holds]
    return float((s * (1.0 - s)).max(initial=0.0))


def _apart(rows: Rows, holds: Flags) -> float:
    assert rows.heads is not None  # noqa: S101 - a vjp has one
    v = rows.heads[holds]
    return float(np.abs(v - v.sum(axis=1, keepdims=True) * rows.probabilities[holds]).max(initial=0.0))
