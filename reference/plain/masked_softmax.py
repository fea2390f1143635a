"""softmax among the elements of a row that a mask keeps, and its derivatives, in the dtype given.

With the kept set K: s_i = exp(x_i) / sum_{j in K} exp(x_j) for i in K, else 0. It is softmax at x with -inf in the
place of masked elements. A masked output is the constant 0 and a masked input occurs nowhere, so that whatever stands
there (NaN, an infinity, a huge number), in x, cotangent or tangent, has no say, and the derivatives are those of
:mod:`reference.plain.softmax` with s_i = 0, and vectors set to 0, at masked elements.

A row with everything masked is 0/0: NaN, as a row of nothing but -inf is. An undefined row is so in all its elements.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain.logits import divided
from reference.plain.mask import masked_logits, masked_vector
from reference.plain.softmax import apply_hessian, apply_jacobian, probabilities
from reference.rows import Rows

Mask = NDArray[np.bool_]


def forward(x: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the softmax of x / temperature among what is kept, of the shape and dtype of ``x``.

    ``mask``: of the shape of ``x``, true where an element is kept, here and in all that follows.
    """
    rows = Rows.of(x, axis)
    return rows.join(probabilities(masked_logits(rows.cut(x), rows.cut(mask)), temperature=temperature))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return s_i (v_i - <s, v>) / temperature for the cotangent v, of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    return rows.join(divided(apply_jacobian(s, masked_vector(rows.cut(cotangent), kept)), temperature))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the same for a tangent: the Jacobian is symmetric, its masked rows and columns are zero."""
    return vjp(x, tangent, mask=mask, axis=axis, temperature=temperature)


def jacobian(x: NDArray[Any], *, mask: Mask, axis: int, temperature: float = 1.0) -> NDArray[Any]:
    """Return the derivative of every output by every input, of shape ``x.shape + x.shape`` (outputs first)."""
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    one_hots = masked_vector(np.eye(rows.length, dtype=x.dtype), kept[:, np.newaxis, :])
    return rows.join_jacobian(divided(apply_jacobian(s[:, np.newaxis, :], one_hots), temperature))


def hvp(
    x: NDArray[Any],
    cotangent: NDArray[Any],
    tangent: NDArray[Any],
    *,
    mask: Mask,
    axis: int,
    temperature: float = 1.0,
) -> NDArray[Any]:
    """Return s_i [(v_i - t) (w_i - mu) - cov_s(v, w)] / temperature^2, of the shape and dtype of ``x``.

    It is the Hessian of <v, masked_softmax(x)>, for the cotangent v, times the tangent w; t = <s, v>, mu = <s, w>.
    """
    rows = Rows.of(x, axis)
    kept = rows.cut(mask)
    s = probabilities(masked_logits(rows.cut(x), kept), temperature=temperature)
    v, w = (masked_vector(rows.cut(vector), kept) for vector in (cotangent, tangent))
    return rows.join(divided(divided(apply_hessian(s, v, w), temperature), temperature))
