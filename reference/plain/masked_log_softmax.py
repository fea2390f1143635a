"""log_softmax among the elements of a row that a mask keeps, and its derivatives, in the dtype given.

With the kept set K: l_i = x_i - log sum_{j in K} exp(x_j) for i in K, else -inf, the logarithm of a probability that
is 0. It is log_softmax at x with -inf in the place of masked elements. A masked output is a constant and a masked input
occurs nowhere: the derivatives are those of :mod:`reference.plain.log_softmax` with s_i = 0, and vectors set to 0, at
masked elements, and in the jvp a masked element is 0, where the formula w_i - mu would give -mu.

A row with everything masked is undefined, as in :mod:`reference.plain.masked_softmax`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain.log_softmax import curvature, log_probabilities, probabilities, pull_back, push_forward
from reference.plain.logits import divided
from reference.plain.mask import masked_logits, masked_vector
from reference.rows import Rows

Mask = NDArray[np.bool_]


def forward(x: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the log_softmax of x / temperature among what is kept, of the shape and dtype of ``x``.

    ``mask``: of the shape of ``x``, true where an element is kept, here and in all that follows.
    """
    rows = Rows.of(x, axis)
    return rows.join(log_probabilities(masked_logits(rows.cut(x), rows.cut(mask)), temperature=temperature))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return (v_i - s_i sum_{j in K} v_j) / temperature, 0 where masked, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    return rows.join(divided(pull_back(s, masked_vector(rows.cut(cotangent), kept)), temperature))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return (w_i - <s, w>) / temperature for the tangent w, 0 where masked, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    centred = push_forward(s, masked_vector(rows.cut(tangent), kept))
    return rows.join(divided(np.asarray(centred * kept), temperature))  # a product: NaN stays in an undefined row


def jacobian(x: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first)."""
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    one_hots = masked_vector(np.eye(rows.length, dtype=x.dtype), kept[:, np.newaxis, :])
    return rows.join_jacobian(divided(pull_back(s[:, np.newaxis, :], one_hots), temperature))


def hvp(
    x: NDArray[Any],
    cotangent: NDArray[Any],
    tangent: NDArray[Any],
    *,
    mask: Mask,
    axis: int,
    temperature: float = 1.0,
) -> NDArray[Any]:
    """Return -V s_i (w_i - <s, w>) / temperature^2 with V = sum_{j in K} v_j, of the shape and dtype of ``x``.

    It is the Hessian of the sum over K of v_i l_i, for the cotangent v, times the tangent w.
    """
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    v, w = (masked_vector(rows.cut(vector), kept) for vector in (cotangent, tangent))
    return rows.join(divided(divided(curvature(s, v, w), temperature), temperature))
