"""softmax along an axis and its derivatives, in the dtype given, as a person would write them.

softmax(x)_i = exp(x_i) / sum_j exp(x_j), computed as exp(x_i - max x) / sum_j exp(x_j - max x): the largest exponent
is 0, so nothing overflows and the sum is at least 1 (Blanchard, Higham, Higham, IMA J. Numer. Anal. 41(4), 2021: the
shifted formula of their Theorem 4.3).

With s = softmax(x): ds_i/dx_j = s_i (delta_ij - s_j), that is, J = diag(s) - s s^T (Bishop, Pattern Recognition and
Machine Learning, 2006, equation 4.106). J is symmetric, so that J v is vjp and jvp at once: s_i (v_i - t) with
t = <s, v>. The derivative of that in the direction w follows by the product rule from ds_i = s_i (w_i - mu) with
mu = <s, w>, and from dt = <ds, v> = sum_j s_j (w_j - mu) (v_j - t), the covariance of v and w under s.

softmax at the temperature T is softmax(x / T) (Hinton, Vinyals, Dean, arXiv 1503.02531, 2015, equation 1): every
derivative has one factor 1/T per order.

Rows that hold NaN or +inf, and rows of nothing but -inf, become NaN: there the formula subtracts infinity from
infinity. An entry -inf beside a finite one has probability 0. Empty arrays and an empty axis give empty results; a
0-d array is one row of length one. No NumPy warning leaves this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain.logits import defined, divided, shifted
from reference.rows import Rows


def forward(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return softmax(x / temperature) along ``axis``, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(probabilities(rows.cut(x), temperature=temperature))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return s_i (v_i - <s, v>) / temperature for the cotangent v, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)
    return rows.join(divided(apply_jacobian(s, rows.cut(cotangent)), temperature))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the same for a tangent: the Jacobian diag(s) - s s^T is symmetric."""
    return vjp(x, tangent, axis=axis, temperature=temperature)


def jacobian(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first).

    Each row's block is (diag(s) - s s^T) / temperature; elements of different rows do not depend on each other.
    """
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)[:, np.newaxis, :]
    one_hot = np.eye(rows.length, dtype=x.dtype)
    return rows.join_jacobian(divided(apply_jacobian(s, one_hot), temperature))


def hvp(
    x: NDArray[Any], cotangent: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0
) -> NDArray[Any]:
    """Return s_i [(v_i - t) (w_i - mu) - cov_s(v, w)] / temperature^2, of the shape and dtype of ``x``.

    It is the Hessian of <v, softmax(x)>, for the cotangent v, times the tangent w; t = <s, v>, mu = <s, w>.
    """
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)
    once = divided(apply_hessian(s, rows.cut(cotangent), rows.cut(tangent)), temperature)
    return rows.join(divided(once, temperature))


def probabilities(x: NDArray[Any], *, temperature: float = 1.0) -> NDArray[Any]:
    """Return the softmax of rows ``x`` of shape (count, n)."""
    with np.errstate(all="ignore"):
        e = np.exp(shifted(x, temperature=temperature))
        return np.asarray(e / e.sum(axis=-1, keepdims=True))


def apply_jacobian(s: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    """Return s_i (v_i - <s, v>) for probabilities and vectors that are rows along the last axis."""
    with np.errstate(all="ignore"):
        return np.asarray(s * (v - _mean(s, v)), dtype=s.dtype)


def apply_hessian(s: NDArray[Any], v: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
    """Return s_i [(v_i - t) (w_i - mu) - cov_s(v, w)] for probabilities and vectors that are rows likewise."""
    with np.errstate(all="ignore"):
        product = (v - _mean(s, v)) * (w - _mean(s, w))
        return np.asarray(s * (product - _mean(s, product)), dtype=s.dtype)


def _mean(s: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    return defined((s * v).sum(axis=-1, keepdims=True))
