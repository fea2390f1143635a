"""MXNet's SoftmaxOutput: softmax forwards, the gradient of a cross entropy backwards, in the dtype given.

Its backward is not the derivative of its forward: it is that of the cross entropy of the output, and the cotangent has
no say, since the op is meant to be the last one of a network (the documentation of MXNet 1.9, ``mx.nd.SoftmaxOutput``).
For the target q (:mod:`reference.plain.targets`) it is (s_i - q_i) grad_scale / N, 0 in ignored rows, where N is 1
(null), the length of the first axis (batch), or the number of rows that are not ignored (valid; where all are, nothing
is left to divide). There is no jvp, Jacobian or second derivative of it: a function that has this gradient does not
exist.

Label smoothing a leaves 1 - a of a one-hot and gives a/(n - 1) to each of the other classes, where the cross entropy of
everybody else gives a/n to all.

Special values are those of :mod:`reference.plain.softmax`.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from reference.plain import softmax
from reference.plain.targets import Targets, check_share
from reference.rows import Rows

Normalization = Literal["null", "batch", "valid"]


class Settings(TypedDict, total=False):
    """What may be said of the gradient: ``ignore_index``, ``label_smoothing``, ``grad_scale``, ``normalization``."""

    ignore_index: int | None
    label_smoothing: float
    grad_scale: float
    normalization: Normalization


def forward(x: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return softmax(x) along ``axis``, of the shape and dtype of ``x``."""
    return softmax.forward(x, axis=axis)


def vjp(x: NDArray[Any], *, targets: NDArray[Any], axis: int, **settings: Unpack[Settings]) -> NDArray[Any]:
    """Return (s_i - q_i) grad_scale / N, of the shape and dtype of ``x``, whatever the cotangent is.

    ``targets``: class indices, integers of the shape of ``x`` without ``axis``, or probabilities of the shape of ``x``.
    Raise ValueError as :meth:`reference.plain.targets.Targets.of` does, where probabilities are to be smoothed, and for
    a normalization of another name.
    """
    if settings.get("normalization", "null") not in get_args(Normalization):
        known = ", ".join(get_args(Normalization))
        raise ValueError(
            f"no normalization is called {settings['normalization']!r}; known: {known}; the caller's mistake"
        )
    if settings.get("label_smoothing") and targets.dtype.kind == "f":
        raise ValueError(
            "SoftmaxOutput smooths class indices, and leaves probabilities as they are; the caller's mistake"
        )
    rows = Rows.of(x, axis)
    target = Targets.of(targets, rows, dtype=x.dtype, ignore_index=settings.get("ignore_index"))
    q = _smoothed(target.weights, settings.get("label_smoothing", 0.0))
    s = softmax.probabilities(rows.cut(x))
    with np.errstate(all="ignore"):
        gradient = (s - q) * settings.get("grad_scale", 1.0)
        counted = np.where(target.counted, gradient, s.dtype.type(0))
        return rows.join(np.asarray(counted / _divisor(x, target, settings), dtype=x.dtype))


def _smoothed(one_hot: NDArray[Any], share: float) -> NDArray[Any]:
    check_share(share)
    if not share:
        return one_hot
    others = share / max(one_hot.shape[-1] - 1, 1)
    return np.asarray(np.where(one_hot > 0, 1.0 - share, others), dtype=one_hot.dtype)


def _divisor(x: NDArray[Any], target: Targets, settings: Settings) -> float:
    match settings.get("normalization", "null"):
        case "batch":
            return float(x.shape[0]) if x.shape else 1.0
        case "valid":
            return float(np.count_nonzero(target.counted)) or 1.0
        case _:
            return 1.0
