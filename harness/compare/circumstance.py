"""Whether a known difference could happen where a finding is: what is true of the call, or of the result, there.

An entry of the ledger that speaks of any case of an op would excuse too much: `when` holds it to the rows where the
reason that it gives applies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.asked import cotangent_of, decoded, kept, result_format
from harness.compare.place import row_of
from harness.compare.verdict import Finding
from harness.parts import AT_ONCE, has_rows, parts, rows_within
from harness.vocabulary import Circumstance, Mode, Quantity
from reference.formats import FLOAT32, FORMATS, FloatFormat, Floats
from reference.rows import Rows

_VISIBLY: Final = 0.125  # by how much a quotient is rounded where its exponential is off by more than a tenth


def holds(circumstance: Circumstance, finding: Finding, call: Call) -> bool:
    """Say whether ``circumstance`` is true where ``finding`` is: in its row, or in some row where it names none."""
    if circumstance is Circumstance.ONLY_UNDER_MASK:
        share = finding.evidence.get("share where kept")
        return share is not None and float(share) <= 1
    if circumstance is Circumstance.VALUE_INFINITE:
        return math.isinf(float(finding.evidence.get("want", 0.0)))
    if call.x.size == 0:
        return False
    row = row_of(finding, call)
    if call.x.size <= AT_ONCE or not has_rows(call):
        true = _true_of_rows(circumstance, finding, call)
        return bool(true.any() if row is None else true[row])
    for part in parts(call, rows=rows_within(call, AT_ONCE)):
        if row is None or part.first <= row < part.first + part.rows:
            true = _true_of_rows(circumstance, finding, part.call)
            if true.any() if row is None else true[row - part.first]:
                return True
    return False


def _true_of_rows(circumstance: Circumstance, finding: Finding, call: Call) -> NDArray[np.bool_]:
    """Return in which rows of ``call``, (rows,), ``circumstance`` is true."""
    if circumstance is Circumstance.VECTOR_SUM_OVERFLOWS:
        return _vector_sum_overflows(call, finding.quantity)
    return _OF_ROWS[circumstance](call)


def _logits(call: Call) -> Floats:
    """Return the logits that softmax sees, rows along the last axis: over T, of the other sign in a softmin."""
    x = decoded(call.x, call.dtype.value) / (call.temperature or 1.0)
    mask = kept(call)
    rows = Rows.of(call.x, call.axis)
    signed = -x if call.op.negated else x
    return rows.cut(signed if mask is None else np.where(mask, signed, -np.inf))


def _format(call: Call) -> FloatFormat:
    return FORMATS.get(call.dtype.value, FLOAT32)


def _head_under_mask(call: Call) -> NDArray[np.bool_]:
    mask, rows = kept(call), Rows.of(call.x, call.axis)
    if mask is None or call.output_shape != call.x.shape:
        return np.zeros(rows.count, np.bool_)
    head = rows.cut(cotangent_of(call, result=result_format(call)))
    return np.asarray((~rows.cut(mask) & (head != 0)).any(axis=1))


def _vector_sum_overflows(call: Call, quantity: Quantity | None) -> NDArray[np.bool_]:
    rows = Rows.of(call.x, call.axis)
    if quantity is Quantity.JVP and call.tangent is not None:
        vector = decoded(call.tangent, call.dtype.value)
    elif quantity in (Quantity.VJP, Quantity.HVP) and call.output_shape == call.x.shape:
        vector = cotangent_of(call, result=result_format(call))
    else:
        return np.zeros(rows.count, np.bool_)
    return np.asarray(np.abs(rows.cut(vector)).sum(axis=1) > _format(call).largest)


def _sum_overflows(power: int) -> Callable[[Call], NDArray[np.bool_]]:
    def overflows(call: Call) -> NDArray[np.bool_]:
        x = _logits(call)
        with np.errstate(all="ignore"):
            total = np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1)
            return np.asarray(power * np.log2(total) >= math.log2(_format(call).largest))

    return overflows


def _quotient_rounds(call: Call) -> NDArray[np.bool_]:
    rows = Rows.of(call.x, call.axis)
    if call.temperature is None or math.frexp(call.temperature)[0] == 0.5 or call.mode is Mode.EAGER:
        return np.zeros(rows.count, np.bool_)
    x = _logits(call)
    sizes = np.abs(np.where(np.isfinite(x), x, 0.0)).max(axis=1)
    return np.asarray(_format(call).unit_roundoff * sizes > _VISIBLY)


_OF_ROWS: Final[dict[Circumstance, Callable[[Call], NDArray[np.bool_]]]] = {
    Circumstance.HEAD_UNDER_MASK: _head_under_mask,
    Circumstance.SUM_OVERFLOWS: _sum_overflows(1),
    Circumstance.SQUARE_OVERFLOWS: _sum_overflows(2),
    Circumstance.CUBE_OVERFLOWS: _sum_overflows(3),
    Circumstance.QUOTIENT_ROUNDS: _quotient_rounds,
}
