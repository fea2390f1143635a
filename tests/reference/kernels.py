"""Correct kernels of every usual form, in the dtype of their input, rows along the last axis of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Sum = Callable[[Array], Array]


def pairwise(a: Array) -> Array:
    return a.sum(axis=-1, keepdims=True)


def sequential(a: Array) -> Array:
    return np.cumsum(a, axis=-1)[..., -1:]


def reversed_order(a: Array) -> Array:
    return np.cumsum(a[..., ::-1], axis=-1)[..., -1:]


def flush(a: Array) -> Array:
    """What a processor does that flushes subnormal numbers to zero."""
    return np.where(np.abs(a) < np.finfo(a.dtype).tiny, np.zeros((), a.dtype), a)


def keep(a: Array) -> Array:
    return a


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernels:
    """The six functions of one family, with a choice of summation and of what becomes of subnormals."""

    add: Sum = pairwise
    store: Callable[[Array], Array] = keep

    def shifted(self, x: Array) -> tuple[Array, Array]:
        d = self.store(x - x.max(axis=-1, keepdims=True))
        e = self.store(np.exp(d))
        return d, e

    def softmax(self, x: Array) -> Array:
        _, e = self.shifted(x)
        return self.store(e / self.add(e))

    def log_softmax(self, x: Array) -> Array:
        d, e = self.shifted(x)
        return self.store(d - np.log(self.add(e)))

    def softmax_vjp(self, x: Array, v: Array) -> Array:
        s = self.softmax(x)
        return self.store(s * self.store(v - self.add(self.store(s * v))))

    def softmax_jvp(self, x: Array, w: Array) -> Array:
        return self.softmax_vjp(x, w)

    def log_softmax_vjp(self, x: Array, v: Array) -> Array:
        p = self.store(np.exp(self.log_softmax(x)))
        return self.store(v - self.store(p * self.add(v)))

    def log_softmax_jvp(self, x: Array, w: Array) -> Array:
        p = self.store(np.exp(self.log_softmax(x)))
        return self.store(w - self.add(self.store(p * w)))


class Reciprocal(Kernels):
    """Multiply by 1/S; s v - s t."""

    def softmax(self, x: Array) -> Array:
        _, e = self.shifted(x)
        return self.store(e * (1 / self.add(e)))

    def softmax_vjp(self, x: Array, v: Array) -> Array:
        s = self.softmax(x)
        sv = self.store(s * v)
        return self.store(sv - self.store(s * self.add(sv)))


class LogSumExp(Kernels):
    """x - lse, with max and logarithm rounded together."""

    def log_softmax(self, x: Array) -> Array:
        _, e = self.shifted(x)
        return self.store(x - (x.max(axis=-1, keepdims=True) + np.log(self.add(e))))


class Quotient(Kernels):
    """What differentiating the program e / sum(e), or d - log(sum(e)), step by step gives."""

    def softmax_vjp(self, x: Array, v: Array) -> Array:
        _, e = self.shifted(x)
        total = self.add(e)
        pulled = self.add(self.store(v * e)) / (total * total)
        return self.store(self.store(self.store(v / total) - pulled) * e)

    def log_softmax_vjp(self, x: Array, v: Array) -> Array:
        _, e = self.shifted(x)
        return self.store(v - self.store(e * self.store(self.add(v) / self.add(e))))

    def log_softmax_jvp(self, x: Array, w: Array) -> Array:
        _, e = self.shifted(x)
        return self.store(w - self.add(self.store(e * w)) / self.add(e))


@dataclass(frozen=True, slots=True, kw_only=True)
class Online(Kernels):
    """One pass over blocks with a running maximum, as fused attention does."""

    block: int = 16

    def total(self, x: Array) -> tuple[Array, Array]:
        highest = np.full((len(x), 1), -np.inf, dtype=x.dtype)
        total = np.zeros((len(x), 1), dtype=x.dtype)
        for start in range(0, x.shape[-1], self.block):
            block = x[:, start : start + self.block]
            above = np.maximum(highest, block.max(axis=-1, keepdims=True))
            finite = np.where(np.isinf(above), np.zeros((), x.dtype), above)
            total = total * np.exp(highest - finite) + self.add(np.exp(block - finite))
            highest = above
        return highest, total

    def softmax(self, x: Array) -> Array:
        highest, total = self.total(x)
        return self.store(np.exp(x - highest) / total)

    def log_softmax(self, x: Array) -> Array:
        highest, total = self.total(x)
        return self.store((x - highest) - np.log(total))


class Wide(Kernels):
    """Everything in a wider format, with one rounding at the end."""

    def widely(self, function: Callable[..., Array], *arrays: Array) -> Array:
        wide = np.float64 if arrays[0].dtype == np.float32 else np.longdouble
        return function(*(a.astype(wide) for a in arrays)).astype(arrays[0].dtype)

    def softmax(self, x: Array) -> Array:
        return self.widely(Kernels().softmax, x)

    def log_softmax(self, x: Array) -> Array:
        return self.widely(Kernels().log_softmax, x)

    def softmax_vjp(self, x: Array, v: Array) -> Array:
        return self.widely(Kernels().softmax_vjp, x, v)

    def log_softmax_vjp(self, x: Array, v: Array) -> Array:
        return self.widely(Kernels().log_softmax_vjp, x, v)

    def log_softmax_jvp(self, x: Array, w: Array) -> Array:
        return self.widely(Kernels().log_softmax_jvp, x, w)


CORRECT = {
    "pairwise sums": Kernels(),
    "sequential sums": Kernels(add=sequential),
    "reversed sums": Kernels(add=reversed_order),
    "flush to zero": Kernels(store=flush),
    "reciprocal, s v - s t": Reciprocal(add=sequential),
    "x - lse": LogSumExp(),
    "derivative of a quotient": Quotient(add=sequential),
    "derivative of a quotient, flush to zero": Quotient(store=flush),
    "online in blocks": Online(),
    "wider inside, rounded once": Wide(),
}
