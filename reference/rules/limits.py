"""Where a bound proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.bounds import found
from reference.bounds.arithmetic import LOG_SUM_EXP, RECOMPUTED
from reference.bounds.bounded import Bounded
from reference.bounds.reading import Reading
from reference.exact.doubledouble import Floats
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.rules.table import Given

_NOTHING: Final = -1100.0  # the logarithm of less than any number that float64 has


def bounded(ruled: Bounded, reading: Reading) -> Bounded:
    """Return what a rule gives, without a bound where rounding decides what a row is.

    Rounding of large logits may be as large as their differences: then a probability of nothing may come out as any.
    A bound that came out as no number is none, either.
    """
    anything = _over(reading.once(_raised), ruled.bound) | np.isnan(ruled.bound)
    return replace(ruled, bound=np.where(anything, np.inf, ruled.bound))


def rounding_decides(reading: Reading, question: Question, quantity: str) -> NDArray[np.bool_]:
    """Return in which rows, (..., 1), rounding of logits or of their lse is as large as what they are made into."""
    decides = reading.once(_raised)
    if question.op != "logsumexp" or quantity != "forward":  # whose value is as large as its rounding is coarse
        decides = np.asarray(decides | (_rounding_of_form(reading, question, quantity) >= 1.0))
    return decides


def _raised(reading: Reading) -> NDArray[np.bool_]:
    """Return in which rows rounding may raise a logit whose exponential is nothing to one that is something."""
    d = reading.distribution.d.hi
    if d.min(initial=0.0) >= _NOTHING:
        return np.zeros((*d.shape[:-1], 1), dtype=np.bool_)
    gone = (d < _NOTHING) & np.isfinite(d)
    return np.asarray((gone & (d + reading.perturbation.rho > _NOTHING)).any(axis=-1, keepdims=True))


def vacuous(reading: Reading, question: Question, quantity: str, given: Given, *, bound: Floats) -> NDArray[np.bool_]:
    """Return where the bound proves nothing.

    That is: the relative error of a sum that the row needs may reach 1; or that of all its probabilities, by the
    rounding of the lse which a kernel of a declared form subtracts.
    """
    moved = reading.perturbation
    nothing = np.asarray(moved.vacuous.any(axis=-1, keepdims=True))
    if question.op not in LIKE_SOFTMAX or LOG_SUM_EXP in reading.arithmetic.forms:
        nothing = np.asarray(nothing | (moved.log_sum(reading.log_total) >= 1.0))
    nothing = np.asarray(nothing | rounding_decides(reading, question, quantity))
    if not reading.arithmetic.sums_surely(reading.distribution.d.hi.shape[-1]):
        for terms in _sums(reading, question, quantity, given):
            nothing = np.asarray(nothing | (reading.arithmetic.summation(terms) >= 1.0))
    return _over(nothing, bound) | ~np.isfinite(bound)


def _over(rows: NDArray[np.bool_], results: Floats) -> NDArray[np.bool_]:
    """Return what is said of rows, (..., 1), of each of their results."""
    return np.broadcast_to(rows if rows.ndim == results.ndim else rows[..., np.newaxis], results.shape)


def _rounding_of_form(reading: Reading, question: Question, quantity: str) -> Floats:
    """Return how far x - lse may be off by the rounding of lse, where the quantity is made of it; one per row."""
    if quantity == "forward":
        size, arithmetic = reading.rounded_log_sum_exp, reading.arithmetic
        return np.asarray((arithmetic.u + arithmetic.stored_output.u * (question.op in LIKE_SOFTMAX)) * size)
    if not {RECOMPUTED, LOG_SUM_EXP} & set(reading.arithmetic.forms) and question.op in LIKE_SOFTMAX:
        return np.zeros_like(reading.perturbation.common)
    return found.rounding_of_log_sum_exp(reading)


def _sums(reading: Reading, question: Question, quantity: str, given: Given) -> list[Floats]:
    """Return the terms of the sums that a row's quantity needs beside S."""
    s, terms = reading.perturbation.s, []
    if given.tangent is not None:
        terms.append(s * np.abs(given.w.v))
    if given.cotangent is not None and question.outputs_per_row is None:
        size = np.abs(given.v.v)
        terms.append(size if question.op in LIKE_LOG_SOFTMAX else s * size)
    if given.targets is not None and question.op == "cross_entropy" and not given.q.exact_total:
        log = np.where(s > 0, np.abs(reading.distribution.log_softmax.hi), 0.0)
        terms.append(np.abs(given.q.q.hi) * (log if quantity == "forward" else 1.0))
    return terms
