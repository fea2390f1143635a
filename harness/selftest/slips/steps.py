"""The right way, step by step: Goodfellow, Bengio and Courville, Deep Learning, 4.1 and 6.2.2.3, row by row.

Arrays are (rows, n), sums (rows, 1); every step is rounded to the dtype of the logits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.selftest.slips.rows import Array, Rows
from harness.vocabulary import Op


def total(terms: Array) -> Array:
    """Return the sum of each row."""
    return np.asarray(terms.sum(axis=-1, keepdims=True, dtype=terms.dtype))


def scaled(at: Rows) -> Array:
    """Return the logits of the right sign, over the temperature."""
    x = -at.x if at.op.negated else at.x
    return x if at.temperature is None else x / at.temperature


def logits(at: Rows) -> Array:
    """Return what is exponentiated: the scaled logits, -inf where masked."""
    x = scaled(at)
    return x if at.kept is None else np.where(at.kept, x, x.dtype.type(-np.inf))


def softmax(x: Array) -> Array:
    """Return the probabilities of the logits ``x``."""
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / total(exponentials))


def log_softmax(x: Array) -> Array:
    """Return their logarithms."""
    shifted = x - x.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(total(np.exp(shifted))))


def logsumexp(x: Array) -> Array:
    """Return the logarithm of the sum of their exponentials."""
    largest = x.max(axis=-1, keepdims=True)
    return np.asarray(largest + np.log(total(np.exp(x - largest))))


def chained(at: Rows, gradient: Array) -> Array:
    """Return the gradient of ``x``, given that of the scaled logits: through mask, temperature and sign."""
    if at.kept is not None:
        gradient = np.where(at.kept, gradient, gradient.dtype.type(0))
    if at.temperature is not None:
        gradient = gradient / at.temperature
    return -gradient if at.op.negated else gradient


def softmax_backward(p: Array, v: Array) -> Array:
    """Return the cotangent of the logits of a softmax, given its output ``p`` and the cotangent ``v`` of that."""
    return np.asarray(p * (v - total(p * v)))


def log_softmax_backward(p: Array, v: Array) -> Array:
    """Return the same of a log_softmax, given the exponentials ``p`` of its output."""
    return np.asarray(v - p * total(v))


def backward(at: Rows) -> Callable[[Array, Array], Array]:
    """Return the one of these two that is due."""
    return log_softmax_backward if at.op.gives_logarithms else softmax_backward


def forward(at: Rows) -> Array:
    """Return the output of any op that has its rows to itself."""
    x = logits(at)
    if at.op is Op.LOGSUMEXP:
        return logsumexp(x)
    if at.op is Op.CROSS_ENTROPY:
        return -np.take_along_axis(log_softmax(x), np.asarray(at.target), axis=-1)
    return log_softmax(x) if at.op.gives_logarithms else softmax(x)


def vjp(at: Rows) -> Array:
    """Return its gradient."""
    p, v = softmax(logits(at)), heads(at)
    if at.op is Op.LOGSUMEXP:
        return chained(at, v * p)
    if at.op is Op.CROSS_ENTROPY:
        return chained(at, v * (p - at.hot))
    return chained(at, backward(at)(p, v))


def heads(at: Rows) -> Array:
    """Return the cotangents, 0 where the output is the constant of a mask."""
    v = at.cotangent
    return v if at.kept is None else np.where(at.kept, v, v.dtype.type(0))
