"""What all elements of a row share, where it is that which is off: a sum, its logarithm, a dot product.

The elements of a row agree on one common scalar within their own few roundings (:mod:`reference.consistency`), and the
scalar that they agree on is not the true one. Then no element is wrong by itself: the row's sum is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from harness.compare.naming_rows import Wrong
from harness.compare.verdict import Verdict
from reference.faults.kinds import KINDS, Kind
from reference.faults.setting import Setting

ROW_SCALAR: Final = "row-scalar"
_WHAT: Final = {
    Kind.PROBABILITY: "a row scalar is off: all elements agree on a sum S of {:.6g} times the true one",
    Kind.LOGARITHM: "a row scalar is off: all elements agree on a log S that is off by {:+.3g}",
    Kind.JACOBIAN: "a row scalar is off: all elements agree on a dot product <s, v> that is off by {:+.3g}",
    Kind.LOG_VJP: "a row scalar is off: all elements agree on a sum of the cotangent that is off by {:+.3g}",
}


def row_scalar(wrong: Wrong, verdict: Verdict) -> dict[str, Any] | None:
    """Return the name and words of a scalar that is off, None where that is not what is wrong.

    Rows are tested where the harness tests them: forward outputs, and vjps beside the kernel's own forward.
    """
    kind = KINDS.get((wrong.evaluation.question.op, wrong.evaluation.quantity))
    agree = verdict.row_share is not None and verdict.row_share <= 1
    off = verdict.row_scalar is not None and verdict.row_scalar > 1
    if not (agree and off) or kind not in _WHAT or verdict.row_share is None:
        return None
    by = _amount(wrong, kind)
    return None if by is None else {"name": ROW_SCALAR, "what": _WHAT[kind].format(by), "share": verdict.row_share}


def _amount(wrong: Wrong, kind: Kind) -> float | None:
    """Return by how much the scalar of the worst row is off, as its most probable element says."""
    setting = Setting(evaluation=wrong.evaluation)
    rows = wrong.evaluation.question.rows
    s = setting.s.value.hi
    got, value = rows.cut(wrong.got), rows.cut(wrong.evaluation.truth.value.hi)
    lead = np.argmax(s, axis=-1)
    sign = -1.0 if wrong.evaluation.question.op == "softmin" else 1.0
    with np.errstate(all="ignore"):
        match kind:
            case Kind.PROBABILITY:
                votes = value / got
            case Kind.LOGARITHM:
                votes = value - got
            case Kind.JACOBIAN | Kind.LOG_VJP:
                votes = sign * (value - got) * wrong.evaluation.question.temperature / s
            case _:
                return None
    of_lead = np.take_along_axis(votes, lead[:, np.newaxis], axis=-1)[:, 0]
    neutral = 1.0 if kind is Kind.PROBABILITY else 0.0
    distance = np.abs(of_lead - neutral)
    if not np.isfinite(distance).any():
        return None
    return float(of_lead[np.nanargmax(np.where(np.isfinite(distance), distance, -1.0))])
