"""Targets of losses as exact distributions over the classes of each row, and the weight that each row has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble, Floats, where
from reference.question import Question


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Rows of targets q, and what each row's loss is multiplied by."""

    q: DoubleDouble  # (rows, n), after label smoothing
    weight: DoubleDouble  # (rows, 1): 0 for a row that does not count
    exact_total: bool  # whether a kernel knows sum_j q_j without adding anything up: one-hots

    def __getitem__(self, block: slice | NDArray[np.intp]) -> Targets:
        """Return those of some rows."""
        return Targets(q=self.q[block], weight=self.weight[block], exact_total=self.exact_total)


def targets_of(question: Question) -> Targets:
    """Return the targets of a loss; raise ValueError for an index that names no class."""
    smoothing = question.label_smoothing
    q = DoubleDouble.exactly(_one_hots(question) if question.has_indices else _probabilities(question))
    if smoothing:
        q = _smoothed(q, smoothing, others_only=question.op == "softmax_output")
    nothing = DoubleDouble.exactly(np.zeros_like(q.hi))
    q = where(question.counted, q, nothing)  # a row that is ignored asks for nothing
    return Targets(q=q, weight=_weights(question), exact_total=question.has_indices and not smoothing)


def _one_hots(question: Question) -> Floats:
    assert question.targets is not None  # noqa: S101 - a question about a loss has them
    classes = question.rows.length
    index, counted = question.targets.reshape(-1, 1), question.counted
    wrong = counted & ~((index >= 0) & (index < classes))
    if wrong.any():
        raise ValueError(
            f"the target {int(index[wrong][0])} is none of the {classes} classes, nor ignore_index "
            f"({question.ignore_index}); the caller's mistake"
        )
    return np.asarray(np.where(counted, np.arange(classes) == index, 0.0), dtype=np.float64)


def _probabilities(question: Question) -> Floats:
    assert question.targets is not None  # noqa: S101
    return question.rows.cut(question.targets)


def _smoothed(q: DoubleDouble, share: float, *, others_only: bool) -> DoubleDouble:
    """Return (1 - a) q + a / n; ``others_only``: a / (n - 1), for the classes that are not the target (MXNet)."""
    length = q.hi.shape[-1]
    exact = Fraction(share)
    kept, spread = 1 - exact, exact / max(length - 1 if others_only else length, 1)
    full = np.ones_like(q.hi)
    scaled = q * _number(kept, full)
    if others_only:
        return where(q.hi > 0, scaled, _number(spread, full))
    return scaled + _number(spread, full)


def _weights(question: Question) -> DoubleDouble:
    counted = question.counted
    weight = Fraction(1)
    if question.op == "softmax_output":
        divisors = {"null": 1, "batch": question.whole.first_axis, "valid": question.counting}
        weight = Fraction(question.grad_scale) / max(divisors[question.normalization], 1)
    elif question.reduction == "mean":
        weight = Fraction(1, max(question.counting, 1))
    full = np.where(counted, 1.0, 0.0)
    return _number(weight, full)


def _number(value: Fraction, pattern: NDArray[np.float64]) -> DoubleDouble:
    """Return an exact fraction, rounded to a pair, times a pattern of zeros and ones."""
    high = float(value)
    low = float(value - Fraction(high)) if math.isfinite(high) else 0.0
    return DoubleDouble(hi=high * pattern, lo=low * pattern)
