"""softmax along an axis and its derivatives, in the dtype given, as a person would write them.

softmax(x)_i = exp(x_i) / sum_j exp(x_j), computed as exp(x_i - max x) / sum_j exp(x_j - max x): the largest exponent
is 0, so nothing overflows and the sum is at least 1 (Blanchard, Higham, Higham, IMA J. Numer. Anal. 41(4), 2021).

Rows that hold NaN or +inf, and rows of nothing but -inf, become NaN: there the formula subtracts infinity from
infinity. An entry -inf beside a finite one has probability 0. Empty arrays and an empty axis give empty results; a
0-d array is one row of length one. No NumPy warning leaves this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.rows import Rows


def forward(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return softmax(x) along ``axis``, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(_probabilities(rows.cut(x)))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return s_i (v_i - <s, v>) for the cotangent v, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(_apply_jacobian(_probabilities(rows.cut(x)), rows.cut(cotangent)))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return the same for a tangent: the Jacobian diag(s) - s s^T is symmetric."""
    return vjp(x, tangent, axis=axis)


def jacobian(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first).

    Each row's block is diag(s) - s s^T; elements of different rows do not depend on each other.
    """
    rows = Rows.of(x, axis)
    s = _probabilities(rows.cut(x))[:, np.newaxis, :]
    one_hot = np.eye(rows.length, dtype=x.dtype)
    return rows.join_jacobian(_apply_jacobian(s, one_hot))


def _probabilities(x: NDArray[Any]) -> NDArray[Any]:
    if not x.size:
        return x.copy()
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        total: NDArray[Any] = e.sum(axis=-1, keepdims=True)
        return np.asarray(e / total, dtype=x.dtype)


def _apply_jacobian(s: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        return np.asarray(s * (v - (s * v).sum(axis=-1, keepdims=True)), dtype=s.dtype)
