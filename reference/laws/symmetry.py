"""The law of softmax's Jacobian: diag(s) - s s^T is symmetric, and a kernel computes both halves from one s."""

from __future__ import annotations

from typing import Final

import numpy as np

from reference.bounds import constants
from reference.bounds.arithmetic import RECOMPUTED
from reference.formats import Floats
from reference.laws.finding import Finding
from reference.laws.rounding import Rounding
from reference.question import Question
from reference.rows import Rows

_ROUNDINGS: Final = 8.0  # of s_i s_j as the derivative of a quotient has it, which is the longest form
_OPERATIONS: Final = 4.0  # of those that may underflow


def symmetric(question: Question, got: Floats, rounding: Rounding) -> Finding:
    """Each row's own block of the Jacobian ``got``, of shape ``x.shape + x.shape``, is symmetric.

    Other blocks are zero, or not: that needs no law to be seen.
    """
    blocks = own_blocks(question.rows, got)
    mirrored = np.swapaxes(blocks, -1, -2)
    apart = np.abs(blocks - mirrored)
    allowed = _allowed(np.maximum(np.abs(blocks), np.abs(mirrored)), rounding)
    excess = np.where(np.isnan(apart), np.inf, apart - allowed).reshape(len(blocks), -1)
    worst = np.argmax(excess, axis=-1)[:, np.newaxis]

    def at_worst(values: Floats) -> Floats:
        return np.take_along_axis(values.reshape(len(blocks), -1), worst, axis=-1)[:, 0]

    return Finding(
        kind="jacobian-symmetry",
        says="two entries of the Jacobian of row {row} that mirror each other differ by {value}",
        value=at_worst(apart),
        measured=at_worst(apart),
        allowed=at_worst(allowed),
        applies=~rounding.sizes.undefined,
    )


def own_blocks(rows: Rows, jacobian: Floats) -> Floats:
    """Return what each row's outputs say of its own inputs, (count, n, n), of a Jacobian ``shape + shape``.

    Raise ValueError for an array of another shape.
    """
    rank, length = len(rows.shape), rows.length
    if jacobian.shape != rows.shape * 2:
        raise ValueError(
            f"a Jacobian of shape {jacobian.shape} beside a primal of shape {rows.shape}: expected {rows.shape * 2}; "
            "the caller's mistake"
        )
    if not rank:
        return jacobian.reshape(1, 1, 1)
    inputs_last = np.moveaxis(jacobian, (rows.axis, rank + rows.axis), (rank - 1, 2 * rank - 1))
    every = inputs_last.reshape(rows.count, length, rows.count, length)
    own = np.arange(rows.count)
    return np.asarray(every[own, :, own, :])


def _allowed(size: Floats, rounding: Rounding) -> Floats:
    """Return how far two entries of this size may be apart: their own roundings, since they share s."""
    arithmetic = rounding.arithmetic
    each = _ROUNDINGS * rounding.u + arithmetic.stored_gradient.u + rounding.temper.rounding(arithmetic)
    relative = np.full_like(size, 2.0 * each)
    if RECOMPUTED in arithmetic.forms:  # in one of two factors: the other is the forward's
        own = rounding.anew
        relative = relative + own[:, :, np.newaxis] + own[:, np.newaxis, :]
    lost = (
        _OPERATIONS * arithmetic.omega * max(1.0, 1.0 / rounding.temper.temperature) + arithmetic.stored_gradient.omega
    )
    return np.asarray(np.where(size > 0, constants.SECOND_ORDER * (relative * size + 2.0 * lost), 0.0))
