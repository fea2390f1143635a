"""log_softmax along an axis and its derivatives, in the dtype given, as a person would write them.

log_softmax(x)_i = (x_i - max x) - log sum_j exp(x_j - max x): taking the logarithm of a probability that has rounded
to zero is avoided (Blanchard, Higham, Higham, IMA J. Numer. Anal. 41(4), 2021: the shifted formula of Theorem 4.2).

The gradient of the logarithm of the sum is s = softmax(x), so that the Jacobian is I - 1 s^T: J^T v = v - s V with
V = sum_j v_j, and J w = w - mu with mu = <s, w>. Only s depends on x in the vjp; with ds_i = s_i (w_i - mu), the
derivative of that in the direction w is -V s_i (w_i - mu).

Temperatures and special values are as in :mod:`reference.plain.softmax`; the logarithm of probability 0 is -inf, and
the derivatives at such an element are those of their formulas with s_i = 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain.logits import defined, divided, shifted
from reference.rows import Rows


def forward(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return log_softmax(x / temperature) along ``axis``, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    return rows.join(log_probabilities(rows.cut(x), temperature=temperature))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return (v_i - s_i sum_j v_j) / temperature for the cotangent v, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)
    return rows.join(divided(pull_back(s, rows.cut(cotangent)), temperature))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return (w_i - <s, w>) / temperature for the tangent w, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)
    return rows.join(divided(push_forward(s, rows.cut(tangent)), temperature))


def jacobian(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first).

    Each row's block is the identity minus s in every row, over the temperature; elements of different rows do not
    depend on each other.
    """
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)[:, np.newaxis, :]
    return rows.join_jacobian(divided(pull_back(s, np.eye(rows.length, dtype=x.dtype)), temperature))


def hvp(
    x: NDArray[Any], cotangent: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0
) -> NDArray[Any]:
    """Return -V s_i (w_i - <s, w>) / temperature^2 with V = sum_j v_j, of the shape and dtype of ``x``.

    It is the Hessian of <v, log_softmax(x)>, for the cotangent v, times the tangent w.
    """
    rows = Rows.of(x, axis)
    s = probabilities(rows.cut(x), temperature=temperature)
    once = divided(curvature(s, rows.cut(cotangent), rows.cut(tangent)), temperature)
    return rows.join(divided(once, temperature))


def log_probabilities(x: NDArray[Any], *, temperature: float = 1.0) -> NDArray[Any]:
    """Return the log_softmax of rows ``x`` of shape (count, n)."""
    with np.errstate(all="ignore"):
        d = shifted(x, temperature=temperature)
        return np.asarray(d - np.log(np.exp(d).sum(axis=-1, keepdims=True)))


def probabilities(x: NDArray[Any], *, temperature: float = 1.0) -> NDArray[Any]:
    """Return softmax as the exponential of log_softmax, which is what a backward has kept."""
    return np.asarray(np.exp(log_probabilities(x, temperature=temperature)))


def pull_back(s: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    """Return v_i - s_i sum_j v_j for probabilities and cotangents that are rows along the last axis."""
    with np.errstate(all="ignore"):
        return np.asarray(v - s * _sum(v), dtype=s.dtype)


def push_forward(s: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
    """Return w_i - <s, w> for probabilities and tangents that are rows likewise."""
    with np.errstate(all="ignore"):
        return np.asarray(w - _sum(s * w), dtype=s.dtype)


def curvature(s: NDArray[Any], v: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
    """Return -V s_i (w_i - <s, w>) with V = sum_j v_j for rows likewise."""
    with np.errstate(all="ignore"):
        # s last: it only makes smaller, so that nothing which has underflowed before is made larger again
        return np.asarray(s * (-_sum(v) * push_forward(s, w)), dtype=s.dtype)


def _sum(v: NDArray[Any]) -> NDArray[Any]:
    return defined(v.sum(axis=-1, keepdims=True))
