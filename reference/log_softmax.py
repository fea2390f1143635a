"""log_softmax along an axis and its derivatives, in the dtype given, as a person would write them.

log_softmax(x)_i = (x_i - max x) - log sum_j exp(x_j - max x): taking the logarithm of a probability that has rounded
to zero is avoided. The conventions are those of :mod:`reference.softmax`; the logarithm of probability 0 is -inf.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.rows import Rows


def forward(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return log_softmax(x) along ``axis``, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(_log_probabilities(rows.cut(x)))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return v_i - s_i sum_j v_j for the cotangent v, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(_pull_back(_probabilities(rows.cut(x)), rows.cut(cotangent)))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return w_i - <s, w> for the tangent w, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    s, w = _probabilities(rows.cut(x)), rows.cut(tangent)
    with np.errstate(all="ignore"):
        return rows.join(np.asarray(w - (s * w).sum(axis=-1, keepdims=True), dtype=x.dtype))


def jacobian(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first).

    Each row's block is the identity minus s in every row; elements of different rows do not depend on each other.
    """
    rows = Rows.of(x, axis)
    s = _probabilities(rows.cut(x))[:, np.newaxis, :]
    return rows.join_jacobian(_pull_back(s, np.eye(rows.length, dtype=x.dtype)))


def _log_probabilities(x: NDArray[Any]) -> NDArray[Any]:
    if not x.size:
        return x.copy()
    with np.errstate(all="ignore"):
        d = x - x.max(axis=-1, keepdims=True)
        return np.asarray(d - np.log(np.exp(d).sum(axis=-1, keepdims=True)), dtype=x.dtype)


def _probabilities(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.exp(_log_probabilities(x)))


def _pull_back(s: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        return np.asarray(v - s * v.sum(axis=-1, keepdims=True), dtype=s.dtype)
