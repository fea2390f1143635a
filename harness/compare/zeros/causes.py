"""Which causes hold in which rows: each a statement about the numbers, none about what a framework returned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.compare.zeros.cause import Cause
from harness.compare.zeros.rows import Flags, Rows, constant
from harness.vocabulary import Op, Quantity
from reference.exact.doubledouble import DoubleDouble
from reference.formats import Floats
from reference.question import Question
from reference.truth import truth


def holding(rows: Rows) -> dict[Cause, Flags]:
    """Return the causes that hold, in their order, each with its rows; of the last five only where no other does."""
    found: dict[Cause, Flags] = {}
    nothing = np.asarray(~rows.kept.any(axis=1))
    left = rows.zero & ~nothing
    found[Cause.NOTHING_KEPT] = nothing
    open_rows = left.copy()
    for cause, holds in _STATEMENTS.items():
        if not left.any():
            break
        if cause in _LAST:
            found[cause] = open_rows & holds(rows)
        else:
            found[cause] = left & holds(rows)
        open_rows &= ~found[cause]
    return {cause: flags for cause, flags in found.items() if flags.any()}


def deciding(found: dict[Cause, Flags]) -> dict[Cause, Flags]:
    """Return each cause with the rows in which it is the first of those that hold."""
    first: dict[Cause, Flags] = {}
    taken: Flags | None = None
    for cause, flags in found.items():
        first[cause] = flags if taken is None else flags & ~taken
        taken = flags if taken is None else taken | flags
    return {cause: flags for cause, flags in first.items() if flags.any()}


def _nowhere(rows: Rows) -> Flags:
    return np.zeros(len(rows.kept), np.bool_)


def _ignored(rows: Rows) -> Flags:
    return np.asarray(~rows.question.counted[:, 0]) if rows.call.op.has_targets else _nowhere(rows)


def _zero_cotangent(rows: Rows) -> Flags:
    if rows.heads is None or rows.call.op is Op.SOFTMAX_OUTPUT:
        return _nowhere(rows)
    return np.asarray(~rows.heads.any(axis=1))


def _zero_tangent(rows: Rows) -> Flags:
    return _nowhere(rows) if rows.tangent is None else np.asarray(~rows.tangent.any(axis=1))


def _single(rows: Rows) -> Flags:
    return _nowhere(rows) if _is_a_line(rows) else np.asarray(rows.kept.sum(axis=1) == 1)


def _is_a_line(rows: Rows) -> bool:
    """Say whether the derivative is that of logsumexp, which follows a shift of its input and never saturates."""
    return rows.call.op is Op.LOGSUMEXP and rows.quantity is not Quantity.HVP


def _constant_cotangent(rows: Rows) -> Flags:
    if rows.heads is None or not rows.adds_up_to_one:
        return _nowhere(rows)
    return _constant_among_several(rows, rows.heads)


def _constant_tangent(rows: Rows) -> Flags:
    if rows.tangent is None or _is_a_line(rows):
        return _nowhere(rows)
    return _constant_among_several(rows, rows.tangent)


def _constant_among_several(rows: Rows, vectors: Floats) -> Flags:
    """Say where a vector has one value among the several elements that have a probability, and so a say."""
    return np.asarray(constant(vectors, among=rows.support) & (rows.support.sum(axis=1) > 1))


def _straight(rows: Rows) -> Flags:
    if rows.heads is None or not (rows.logarithm and rows.quantity is Quantity.HVP):
        return _nowhere(rows)
    return np.asarray(DoubleDouble.exactly(rows.heads).sum_rows().hi[:, 0] == 0)


def _balanced(rows: Rows) -> Flags:
    """Say where v - V s vanishes for a sum V of the cotangent that does not, and softmax is no one-hot."""
    if rows.heads is None or not (rows.logarithm and rows.quantity is Quantity.VJP):
        return _nowhere(rows)
    return _cancel(rows, np.abs(rows.heads)) & ~_saturated(rows)


def _cancel(rows: Rows, parts: Floats) -> Flags:
    """Say where the derivative is a sum of ``parts`` of which nothing is left but the last places."""
    left = rows.value.max(axis=1, initial=0.0)
    whole = parts.sum(axis=1)
    return np.asarray((whole > 0) & (left <= _LAST_PLACES * rows.format.unit_roundoff * whole))


def _saturated(rows: Rows) -> Flags:
    if _is_a_line(rows):
        return _nowhere(rows)
    return np.asarray((rows.others <= 2 * rows.format.unit_roundoff) & ~np.isnan(rows.probabilities).any(axis=1))


def _optimum(rows: Rows) -> Flags:
    """Say where the gradient of a loss is zero whatever multiplies it: softmax is the target."""
    if rows.targets is None or rows.quantity is Quantity.HVP:
        return _nowhere(rows)
    dtype = rows.call.dtype.value
    plain = Question(
        op="cross_entropy", axis=1, x=rows.question.logits, format=dtype, result=dtype, targets=rows.targets.q.hi
    )
    unscaled = truth(plain, "vjp", cotangent=np.ones(len(rows.kept)), working=dtype, accumulation=dtype)
    return np.asarray((np.abs(unscaled.value.hi) <= unscaled.bound).all(axis=1))


def level_terms(rows: Rows) -> Floats:
    """Return what each input contributes to the directional derivative of an op that leaves one number for a row."""
    assert rows.tangent is not None  # noqa: S101 - a jvp has one
    slopes = rows.probabilities
    if rows.targets is not None:
        total = rows.targets.q.hi.sum(axis=1, keepdims=True)
        slopes = (slopes * total - rows.targets.q.hi) * rows.targets.weight.hi
    return np.asarray(np.nan_to_num(slopes) * rows.tangent)


def _level(rows: Rows) -> Flags:
    if rows.quantity is not Quantity.JVP or not rows.call.op.reduces:
        return _nowhere(rows)
    return _cancel(rows, np.abs(level_terms(rows)))


def _extremum(rows: Rows) -> Flags:
    """Say where the parts of s (p - <s, p>), p = (v - <s, v>) (w - <s, w>), cancel."""
    if rows.heads is None or rows.tangent is None or not rows.adds_up_to_one:
        return _nowhere(rows)
    s = np.nan_to_num(rows.probabilities)
    with np.errstate(over="ignore", invalid="ignore"):
        v, w = (each - (s * each).sum(axis=1, keepdims=True) for each in (rows.heads, rows.tangent))
        return _cancel(rows, np.abs(s * v * w))


def _underflow(rows: Rows) -> Flags:
    largest = rows.value.max(axis=1, initial=0.0)
    return np.asarray((largest > 0) & (largest < rows.format.smallest_normal))


def _everywhere(rows: Rows) -> Flags:
    return np.ones(len(rows.kept), np.bool_)


_STATEMENTS: dict[Cause, Callable[[Rows], Flags]] = {
    Cause.IGNORED_ROW: _ignored,
    Cause.ZERO_COTANGENT: _zero_cotangent,
    Cause.ZERO_TANGENT: _zero_tangent,
    Cause.SINGLE: _single,
    Cause.CONSTANT_COTANGENT: _constant_cotangent,
    Cause.CONSTANT_TANGENT: _constant_tangent,
    Cause.STRAIGHT: _straight,
    Cause.BALANCED: _balanced,
    Cause.SATURATED: _saturated,
    Cause.OPTIMUM: _optimum,
    Cause.LEVEL: _level,
    Cause.EXTREMUM: _extremum,
    Cause.UNDERFLOW: _underflow,
    Cause.WITHIN_ROUNDING: _everywhere,
}
_LAST_PLACES = 4.0  # roundings of the inputs that bring such a point about
_LAST = (Cause.BALANCED, Cause.LEVEL, Cause.EXTREMUM, Cause.UNDERFLOW, Cause.WITHIN_ROUNDING)
