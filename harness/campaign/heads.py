"""Kinds of cotangents and tangents: each sees some wrong rules better than the others, or is hard on an inner product.

Drawn in float64, rows along the last axis, and rounded once to the dtype of the problem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Dice, Floats
from harness.campaign.logits import decades

Draw = Callable[[Dice, Floats], Floats]  # of the logits beside which it stands: their shape, and where they are largest


def _one_hot(columns: NDArray[np.int64], like: Floats) -> Floats:
    v = np.zeros_like(like)
    np.put_along_axis(v, columns, 1.0, axis=1)
    return v


def _sparse(dice: Dice, x: Floats) -> Floats:
    return np.where(dice.uniform(x.shape) < 0.1, dice.normal(x.shape), 0.0)


KINDS: Final[dict[str, Draw]] = {
    "normal": lambda dice, x: dice.normal(x.shape),
    "1 + normal": lambda dice, x: dice.normal(x.shape) + 1.0,
    "one-hot at the largest": lambda _, x: _one_hot(x.argmax(axis=1, keepdims=True), x),
    "one-hot anywhere": lambda dice, x: _one_hot(dice.columns(x.shape), x),
    "ones": lambda _, x: np.ones_like(x),
    "0 or 2": lambda dice, x: dice.flips(x.shape) * 2.0,
    "-1 or 1": lambda dice, x: dice.flips(x.shape) * 2.0 - 1.0,
    "1e4 + normal": lambda dice, x: dice.normal(x.shape) + 1e4,
    "six decades": lambda dice, x: decades(dice, x.shape, low=-3, high=3),
    "sixty decades": lambda dice, x: decades(dice, x.shape, low=-30, high=30),
    "sparse": _sparse,
    "normal, scale 1e-30": lambda dice, x: dice.normal(x.shape) * 1e-30,
}
