"""Derivatives of log_softmax and losses, and losses themselves, of rows whose log S is off.

A backward multiplies by p_i = k s_i where the forward's log S was off by delta = -log k. So with the part g_i of the
derivative that has s_i in it (-s_i V, or c Q s_i), every element takes k to be 1 + (got_i - right_i) / g_i, within what
it may be off by itself: a_i of its exponential, u |l_i| of a logarithm that was stored, roundings of a difference,
and what underflow loses. The elements of a row agree where these intervals have a point in common, and k is off where 1
is none of them. Two elements with different g_i that tell k from 1 by themselves make that a statement. Of one, or of
equal ones, some k always fits: then only a small delta is offered, as a possibility, where nothing else explains it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.compare.naming.wrong import Wrong
from reference.faults.kinds import KINDS, Kind
from reference.faults.setting import Setting, setting_of
from reference.formats import Floats
from reference.placement import Placement

_SMALL: Final = 0.01  # what a logarithm may be off by: more has another cause
_UNEQUAL: Final = 1.01  # as a ratio: elements that say different things
_ROUNDINGS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSum:
    """A log S that is off; ``proved``: whether elements agree that it is, and not only may be."""

    what: str
    share: float
    proved: bool


def log_sum(wrong: Wrong) -> LogSum | None:
    """Return by how much the log S of rows is off, None where that does not explain what is wrong."""
    asked = wrong.evaluation
    kind = KINDS.get((asked.question.op, asked.quantity))
    if not wrong.got.size or not np.isfinite(wrong.got[wrong.concerned]).all():
        return None
    setting = setting_of(asked)
    match kind:
        case Kind.LOSS:
            return _of_loss(wrong, setting)
        case Kind.LOG_VJP:
            return _of_derivative(wrong, setting, -(setting.s.value.hi * setting.v.total().value.hi))
        case Kind.LOSS_VJP:
            q = setting.q.total().value.hi
            return _of_derivative(wrong, setting, setting.c.value.hi * q * setting.s.value.hi)
        case _:
            return None


def _of_loss(wrong: Wrong, setting: Setting) -> LogSum | None:
    """Explain losses: one number for each row, or for all."""
    weight = setting.q.total().value.hi
    if wrong.added_up:
        total = float((setting.targets.weight.hi * weight).sum())
        off = np.asarray((wrong.got - wrong.evaluation.truth.value.hi) / total).reshape(-1)
    else:
        apart = wrong.got - wrong.evaluation.truth.value.hi
        off = (apart.reshape(-1) / weight.reshape(-1))[wrong.wrong_rows]
    if not off.size or not (np.isfinite(off) & (np.abs(off) < _SMALL)).all():
        return None
    delta = float(off[np.argmax(np.abs(off))])
    return LogSum(what=_possible(delta, on_average=wrong.added_up), share=0.0, proved=False)


def _of_derivative(wrong: Wrong, setting: Setting, part: Floats) -> LogSum | None:
    question, quantity = wrong.evaluation.question, wrong.evaluation.quantity
    right = wrong.evaluation.truth.value.hi
    shape = (question.rows.count, *np.broadcast_shapes(part.shape, setting.s.value.hi.shape)[1:])
    index = Placement(question=question, quantity=quantity).elements(
        np.arange(1.0, np.prod(shape) + 1.0).reshape(shape)
    )

    def rows(array: Floats) -> Floats:
        found = np.zeros(int(np.prod(shape)))
        found[index[index > 0].astype(np.intp) - 1] = array[index > 0]
        return found.reshape(len(part), -1)

    part = np.broadcast_to(part / question.temperature, shape).reshape(len(part), -1)
    moved, u = setting.reading.perturbation, max(setting.arithmetic.u, wrong.evaluation.result_format.unit_roundoff)
    with np.errstate(all="ignore"):
        log = np.abs(np.where(setting.gone, 0.0, setting.log_probability.value.hi))
        own = moved.element + (_ROUNDINGS + log) * u + moved.held_lost / setting.s.value.hi
        own = np.broadcast_to(own, shape).reshape(len(part), -1)
        got, true = rows(wrong.got), rows(right)
        each = 1.0 + (got - true) / part
        width = own + _ROUNDINGS * u * (np.abs(got) + np.abs(true) + np.abs(part)) / np.abs(part)
        told = np.isfinite(each) & np.isfinite(width) & (part != 0)
        low = np.where(told, each - width, -np.inf).max(axis=1)
        high = np.where(told, each + width, np.inf).min(axis=1)
        telling = told & (np.abs(each - 1.0) > width)
    off = (low > 1) | (high < 1)
    if len(wrong.wrong_rows) and not off[wrong.wrong_rows].all():
        return None
    middle = np.where(off & (low <= high), (low + high) / 2.0, np.where(off, np.nan, 1.0))
    if not off.any() or not (middle > 0).all():
        return None
    row = int(np.argmax(np.abs(np.log(middle))))
    sizes = np.abs(part[row][telling[row]])
    delta = -float(np.log(middle[row]))
    if len(sizes) >= 2 and sizes.max() > _UNEQUAL * sizes.min():
        share = float((np.abs(each[row] - middle[row]) / width[row])[told[row]].max())
        what = f"a row scalar is off: all elements agree on a log S that is off by {delta:+.3g}"
        return LogSum(what=what, share=share, proved=True)
    return LogSum(what=_possible(delta), share=0.0, proved=False) if abs(delta) < _SMALL else None


def _possible(delta: float, *, on_average: bool = False) -> str:
    each = " of its rows on average" if on_average else ""
    return (
        f"a row scalar may be off: a log S that is off by {delta:+.3g}{each} would explain it, "
        "which one number cannot prove"
    )
