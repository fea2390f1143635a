"""Wrong backwards of a softmax, given its saved output ``p`` and the cotangent ``v`` of that, both (rows, n)."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.selftest.slips.rows import Array
from harness.selftest.slips.steps import total

TILE: Final = 32


def elementwise(p: Array, v: Array) -> Array:
    """Multiply, as if each output saw its own input alone."""
    return np.asarray(p * v)


def logistic(p: Array, v: Array) -> Array:
    """Use the derivative of the sigmoid."""
    return np.asarray(v * p * (1 - p))


def averaged_dot(p: Array, v: Array) -> Array:
    """Write mean for sum."""
    return np.asarray(p * (v - (p * v).mean(axis=-1, keepdims=True, dtype=p.dtype)))


def centred(p: Array, v: Array) -> Array:
    """Take the plain mean out of the cotangent, as layer normalisation does."""
    return np.asarray(p * v - p * v.mean(axis=-1, keepdims=True, dtype=v.dtype))


def one_too_early(p: Array, v: Array) -> Array:
    """End the loop of the dot product one element too early."""
    dot = np.zeros_like(v[..., :1])
    for i in range(p.shape[-1] - 1):
        dot = dot + p[..., i : i + 1] * v[..., i : i + 1]
    return np.asarray(p * (v - dot))


def first_tile_alone(p: Array, v: Array) -> Array:
    """Reduce tile by tile, and keep what the first block wrote."""
    partial = [total(p[..., k : k + TILE] * v[..., k : k + TILE]) for k in range(0, p.shape[-1], TILE)]
    return np.asarray(p * (v - partial[0]))


def later_tiles_wrong(p: Array, v: Array) -> Array:
    """Use the finished dot product in the first tile, and a partial one in those after it."""
    result = p * (v - total(p * v))
    partial = total(p[..., :TILE] * v[..., :TILE])
    result[..., TILE:] = p[..., TILE:] * (v[..., TILE:] - partial)
    return np.asarray(result)
