"""Kinds of targets: class indices, rows among them that do not count, and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Dice, Floats

Indices = NDArray[np.int64]  # (rows, 1)

IGNORED: Final = -100  # the label of rows that do not count
_PARTS: Final = 2**20  # of which a row of random probabilities is made


INDICES: Final[dict[str, Callable[[Dice, Floats], Indices]]] = {
    "any class": lambda dice, x: dice.columns(x.shape),
    "the largest": lambda _, x: x.argmax(axis=1, keepdims=True),
    "the smallest": lambda _, x: x.argmin(axis=1, keepdims=True),
    "the first": lambda _, x: np.zeros((len(x), 1), np.int64),
    "the last": lambda _, x: np.full((len(x), 1), x.shape[1] - 1, np.int64),
}


def _random(dice: Dice, x: Floats) -> Floats:
    parts = dice.integers(1, _PARTS, x.shape)
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))  # one rounding, alike on every machine


def _one_hot(dice: Dice, x: Floats) -> Floats:
    q = np.zeros(x.shape)
    np.put_along_axis(q, dice.columns(x.shape), 1.0, axis=1)
    return q


def _two_classes(dice: Dice, x: Floats) -> Floats:
    """An eighth for one class and the rest for another, which may be the same."""
    return 0.125 * _one_hot(dice, x) + 0.875 * _one_hot(dice, x)


PROBABILITIES: Final[dict[str, Callable[[Dice, Floats], Floats]]] = {
    "random probabilities": _random,
    "one-hot probabilities": _one_hot,
    "two classes": _two_classes,
    "uniform probabilities": lambda _, x: np.full(x.shape, 1.0 / x.shape[1]),
}


def ignoring(dice: Dice, indices: Indices) -> Indices:
    """Return ``indices`` with about a third of them, never all, replaced by :data:`IGNORED`."""
    dropped = dice.integers(0, 2, indices.shape) == 0
    np.put_along_axis(dropped, dice.integers(0, len(indices) - 1, (1, 1)), False, axis=0)
    return np.where(dropped, IGNORED, indices)
