"""The family by its definitions, in 60 digits, and what central differences say of its derivatives.

Nothing is shifted, no derivative is known here: the reference has to agree with the first line of any text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from reference.plain import (
    cross_entropy,
    log_softmax,
    logsumexp,
    masked_log_softmax,
    masked_softmax,
    softmax,
    softmin,
)

Array = NDArray[Any]
CONTEXT = mpmath.MPContext()
CONTEXT.dps = 60
STEP = CONTEXT.mpf(10) ** -15  # truncation and rounding errors of differences are near 1e-30
SHAPE = (2, 3, 2)

_exp = np.frompyfunc(CONTEXT.exp, 1, 1)
_log = np.frompyfunc(CONTEXT.log, 1, 1)
_exact = np.frompyfunc(CONTEXT.mpf, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One function of the family: its module in the reference, with parameters, and its definition."""

    name: str
    module: ModuleType
    define: Callable[..., Array]
    parameters: Callable[[int], dict[str, Any]] = field(default=lambda axis: {})

    def exactly(self, x: Array, *, axis: int) -> Array:
        return self.define(_exact(x.astype(object)), axis=axis, **self.parameters(axis))

    def jvp(self, x: Array, w: Array, *, axis: int) -> Array:
        exact, step = _exact(x.astype(object)), STEP * _exact(w.astype(object))
        ahead, behind = (self.define(exact + way * step, axis=axis, **self.parameters(axis)) for way in (1, -1))
        return np.asarray((ahead - behind) / (2 * STEP), dtype=object)

    def jacobian(self, x: Array, *, axis: int) -> Array:
        columns = [self.jvp(x, one, axis=axis) for one in np.eye(x.size).reshape(-1, *x.shape)]
        return np.moveaxis(np.array(columns, dtype=object), 0, -1).reshape(*columns[0].shape, *x.shape)

    def vjp(self, x: Array, v: Array, *, axis: int) -> Array:
        return np.tensordot(_exact(v.astype(object)), self.jacobian(x, axis=axis), v.ndim)

    def hvp(self, x: Array, v: Array, w: Array, *, axis: int) -> Array:
        exact, step = _exact(x.astype(object)), STEP * _exact(w.astype(object))
        ahead, behind = (self.vjp(exact + way * step, v, axis=axis) for way in (1, -1))
        return (ahead - behind) / (2 * STEP)


def _softmax(x: Array, *, axis: int, temperature: float = 1.0, mask: Array | bool = True) -> Array:
    e = _exp(x / CONTEXT.mpf(temperature)) * mask
    return e / e.sum(axis=axis, keepdims=True)


def _softmin(x: Array, *, axis: int, temperature: float = 1.0) -> Array:
    return _softmax(-x, axis=axis, temperature=temperature)


def _log_softmax(x: Array, *, axis: int, temperature: float = 1.0, mask: Array | bool = True) -> Array:
    """A masked element, -inf, counts as 0 here: a constant either way."""
    tempered = x / CONTEXT.mpf(temperature)
    total = (_exp(tempered) * mask).sum(axis=axis, keepdims=True)
    return np.where(mask, tempered - _log(total), 0)


def _logsumexp(x: Array, *, axis: int) -> Array:
    return _log(_exp(x).sum(axis=axis))


def _cross_entropy(
    x: Array,
    *,
    axis: int,
    targets: Array,
    reduction: str = "none",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Array:
    q, counted = targets, np.ones(targets.shape[:axis] + targets.shape[axis + 1 :])
    if targets.dtype.kind == "i":
        classes = np.arange(x.shape[axis]).reshape([-1 if k == axis else 1 for k in range(x.ndim)])
        q, counted = np.expand_dims(targets, axis) == classes, targets != ignore_index
    smoothing = CONTEXT.mpf(label_smoothing)
    q = (1 - smoothing) * _exact(q.astype(float).astype(object)) + smoothing / x.shape[axis]
    losses = -(q * _log_softmax(x, axis=axis)).sum(axis=axis) * counted
    if reduction == "none":
        return losses
    return np.asarray(losses.sum() / (int(counted.sum()) if reduction == "mean" else 1), dtype=object)


def _batch(axis: int) -> tuple[int, ...]:
    return SHAPE[:axis] + SHAPE[axis + 1 :]


def _mask(axis: int) -> Array:
    kept = np.random.default_rng(5).random(SHAPE) < 0.6
    return kept | (np.arange(SHAPE[axis]) == 1).reshape([-1 if k == axis else 1 for k in range(3)])


def _indices(axis: int) -> Array:
    return np.random.default_rng(6).integers(0, SHAPE[axis], _batch(axis)).astype(np.int32)


def _some_ignored(axis: int) -> Array:
    indices = _indices(axis)
    indices.flat[::3] = -100
    return indices


def _probabilities(axis: int) -> Array:
    drawn = np.random.default_rng(7).random(SHAPE)
    return drawn / drawn.sum(axis=axis, keepdims=True) * 1.125  # the gradient has to know that they sum to more than 1


CASES = [
    Case(name="softmax", module=softmax, define=_softmax),
    Case(name="softmax, T = 0.3", module=softmax, define=_softmax, parameters=lambda _: {"temperature": 0.3}),
    Case(name="softmax, T = 3", module=softmax, define=_softmax, parameters=lambda _: {"temperature": 3.0}),
    Case(name="log_softmax", module=log_softmax, define=_log_softmax),
    Case(
        name="log_softmax, T = 2.5", module=log_softmax, define=_log_softmax, parameters=lambda _: {"temperature": 2.5}
    ),
    Case(name="softmin", module=softmin, define=_softmin),
    Case(name="softmin, T = 0.7", module=softmin, define=_softmin, parameters=lambda _: {"temperature": 0.7}),
    Case(name="logsumexp", module=logsumexp, define=_logsumexp),
    Case(name="masked_softmax", module=masked_softmax, define=_softmax, parameters=lambda k: {"mask": _mask(k)}),
    Case(
        name="masked_softmax, T = 0.7",
        module=masked_softmax,
        define=_softmax,
        parameters=lambda axis: {"mask": _mask(axis), "temperature": 0.7},
    ),
    Case(
        name="masked_log_softmax",
        module=masked_log_softmax,
        define=_log_softmax,
        parameters=lambda axis: {"mask": _mask(axis)},
    ),
    Case(
        name="masked_log_softmax, T = 2.5",
        module=masked_log_softmax,
        define=_log_softmax,
        parameters=lambda axis: {"mask": _mask(axis), "temperature": 2.5},
    ),
    *(
        Case(
            name=f"cross_entropy, {reduction}, {name}",
            module=cross_entropy,
            define=_cross_entropy,
            parameters=lambda axis, draw=draw, reduction=reduction, more=more: {
                "targets": draw(axis),
                "reduction": reduction,
                **more,
            },
        )
        for reduction in ("none", "sum", "mean")
        for name, draw, more in (
            ("indices", _indices, {}),
            ("indices, smoothed", _indices, {"label_smoothing": 0.1}),
            ("some ignored", _some_ignored, {"ignore_index": -100}),
            ("some ignored, smoothed", _some_ignored, {"ignore_index": -100, "label_smoothing": 0.25}),
            ("probabilities", _probabilities, {}),
            ("probabilities, smoothed", _probabilities, {"label_smoothing": 0.1}),
        )
    ),
]
