"""Random numbers that are the same on every machine, for every version of NumPy: made of raw words alone (NEP 19)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.plan.draw import BITS, normals_from

Floats = NDArray[np.float64]
Shape = tuple[int, ...]
T = TypeVar("T")


class Purpose(IntEnum):
    """What is drawn of a problem: each has a stream of its own, so that one can change without the others."""

    CHOICES = 0
    X = 1
    COTANGENT = 2
    TANGENT = 3
    MASK = 4
    TARGETS = 5


class Dice:
    """The stream of one purpose of problem ``number`` of the campaign with ``seed``."""

    def __init__(self, seed: int, number: int, purpose: Purpose) -> None:
        self._words = np.random.PCG64([seed, number, int(purpose)])

    def uniform(self, shape: Shape) -> Floats:
        """Return numbers from 0 to below 1, multiples of 2^-53."""
        words = np.asarray(self._words.random_raw(math.prod(shape)))
        return np.ldexp((words >> np.uint64(64 - BITS)).astype(np.float64), -BITS).reshape(shape)

    def normal(self, shape: Shape) -> Floats:
        """Return normal draws, all within 6 of 0."""
        return normals_from(self._words, math.prod(shape)).reshape(shape)

    def integers(self, low: int, high: int, shape: Shape) -> NDArray[np.int64]:
        """Return integers from ``low`` to ``high``, both included."""
        drawn = np.floor(self.uniform(shape) * (high - low + 1)).astype(np.int64)
        return np.asarray(drawn + low)

    def flips(self, shape: Shape) -> Floats:
        """Return zeros and ones."""
        return self.integers(0, 1, shape).astype(np.float64)

    def pick(self, options: Sequence[T], *, weights: Sequence[int] | None = None) -> T:
        """Return one of ``options``, as often as its weight says."""
        edges = np.cumsum(weights or [1] * len(options))
        point = int(self.integers(0, int(edges[-1]) - 1, (1, 1))[0, 0])
        return options[int(np.searchsorted(edges, point, side="right"))]

    def columns(self, shape: Shape) -> NDArray[np.int64]:
        """Return one column for each row, of shape (rows, 1)."""
        return self.integers(0, shape[-1] - 1, (shape[0], 1))
