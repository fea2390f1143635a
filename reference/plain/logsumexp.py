"""logsumexp along an axis and its derivatives, in the dtype given, as a person would write them.

logsumexp(x) = log sum_j exp(x_j), computed as m + log sum_j exp(x_j - m) with m = max x (Blanchard, Higham, Higham,
IMA J. Numer. Anal. 41(4), 2021: the shifted formula of Theorem 4.2). There is one output per row.

Its gradient is s = softmax(x), its Hessian diag(s) - s s^T (Boyd, Vandenberghe, Convex Optimization, 2004, section
3.1.5). Hence the vjp c s of a cotangent c, the jvp <s, w> of a tangent w, and the Hessian of c logsumexp(x) times w:
c s_i (w_i - mu) with mu = <s, w>.

Where m is infinite the limits exist, and m = 0 in its place gives them: +inf where a row holds +inf, -inf where it is
nothing but -inf. A sum of nothing is 0, so that a row without elements gives -inf as well. NaN makes NaN. Derivatives
at an infinite output are those of softmax there: none, hence NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.plain import log_softmax, softmax
from reference.plain.logits import defined
from reference.rows import Rows


def forward(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return logsumexp(x) along ``axis``, of the dtype of ``x`` and its shape without that axis."""
    rows = Rows.of(x, axis)
    return rows.join_batch(_log_sum(rows.cut(x)))


def vjp(x: NDArray[Any], cotangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return c s_i for the cotangent c, one per row; of the shape and dtype of ``x``."""
    rows = Rows.of(x, axis)
    s, c = softmax.probabilities(rows.cut(x)), rows.cut_batch(cotangent)
    with np.errstate(all="ignore"):
        return rows.join(np.asarray(defined(c) * s, dtype=x.dtype))


def jvp(x: NDArray[Any], tangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return <s, w> for the tangent w, of the dtype of ``x`` and its shape without ``axis``."""
    rows = Rows.of(x, axis)
    s, w = softmax.probabilities(rows.cut(x)), rows.cut(tangent)
    with np.errstate(all="ignore"):
        return rows.join_batch(np.asarray(defined((s * w).sum(axis=-1)), dtype=x.dtype))


def jacobian(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return s of each row, as the derivative of every output by every input (outputs first)."""
    rows = Rows.of(x, axis)
    return rows.join_batch_jacobian(softmax.probabilities(rows.cut(x)))


def hvp(x: NDArray[Any], cotangent: NDArray[Any], tangent: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return c s_i (w_i - <s, w>), of the shape and dtype of ``x``: the Hessian of <c, logsumexp(x)> times w."""
    rows = Rows.of(x, axis)
    s, c = softmax.probabilities(rows.cut(x)), rows.cut_batch(cotangent)
    with np.errstate(all="ignore"):
        centred = log_softmax.push_forward(s, rows.cut(tangent))
        return rows.join(np.asarray(s * (defined(c) * centred), dtype=x.dtype))


def _log_sum(x: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        largest = x.max(axis=-1, keepdims=True, initial=-np.inf)
        m = np.where(np.isinf(largest), x.dtype.type(0), largest)
        return np.asarray(m + np.log(np.exp(x - m).sum(axis=-1, keepdims=True)))
