"""softmin(x) = softmax(-x) along an axis and its derivatives, in the dtype given.

By the chain rule every derivative by x is that of softmax at -x with one factor -1 per order. Negation is exact, so
that conventions and errors are those of :mod:`reference.plain.softmax` at -x: here an entry +inf has probability 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain import softmax


def forward(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return softmax(-x / temperature) along ``axis``, of the shape and dtype of ``x``."""
    return softmax.forward(-x, axis=axis, temperature=temperature)


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return -s_i (v_i - <s, v>) / temperature for the cotangent v, of the shape and dtype of ``x``."""
    return np.asarray(-softmax.vjp(-x, cotangent, axis=axis, temperature=temperature))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the same for a tangent: the Jacobian s s^T - diag(s) is symmetric."""
    return vjp(x, tangent, axis=axis, temperature=temperature)


def jacobian(x: NDArray[Any], *, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first)."""
    return np.asarray(-softmax.jacobian(-x, axis=axis, temperature=temperature))


def hvp(
    x: NDArray[Any], cotangent: NDArray[Any], tangent: NDArray[Any], *, axis: int, temperature: float = 1.0
) -> NDArray[Any]:
    """Return the Hessian of <v, softmin(x)>, for the cotangent v, times the tangent: that of softmax at -x."""
    return softmax.hvp(-x, cotangent, tangent, axis=axis, temperature=temperature)
