"""Where a bound proves nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.bounds import found
from reference.bounds.arithmetic import RECOMPUTED
from reference.bounds.bounded import Bounded
from reference.bounds.reading import Reading
from reference.exact.doubledouble import Floats
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.rules.table import Given


def vacuous(
    reading: Reading, question: Question, quantity: str, given: Given, *, bounded: Bounded
) -> NDArray[np.bool_]:
    """Return where the bound proves nothing.

    That is: the relative error of a sum that the row needs may reach 1; or that of all its probabilities, by the
    rounding of the lse which a kernel of a declared form subtracts.
    """
    moved = reading.perturbation
    nothing = np.asarray(moved.vacuous.any(axis=-1, keepdims=True))
    if question.op not in LIKE_SOFTMAX:
        nothing = np.asarray(nothing | (moved.log_sum(reading.log_total) >= 1.0))
    if question.op != "logsumexp" or quantity != "forward":  # whose value is as large as its rounding is coarse
        nothing = np.asarray(nothing | (_rounding_of_form(reading, question, quantity) >= 1.0))
    for terms in _sums(reading, question, quantity, given):
        nothing = np.asarray(nothing | (reading.arithmetic.summation(terms) >= 1.0))
    shape = bounded.bound.shape
    of_row = nothing if nothing.ndim == len(shape) else nothing[..., np.newaxis]
    return np.broadcast_to(of_row, shape) | ~np.isfinite(bounded.bound)


def _rounding_of_form(reading: Reading, question: Question, quantity: str) -> Floats:
    """Return how far x - lse may be off by the rounding of lse, where the quantity is made of it; one per row."""
    if quantity == "forward":
        size = reading.rounded_log_sum_exp
        return np.zeros_like(size) if question.op in LIKE_SOFTMAX else reading.arithmetic.u * size
    if RECOMPUTED not in reading.arithmetic.forms and question.op in LIKE_SOFTMAX:
        return np.zeros_like(reading.log_total)
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
