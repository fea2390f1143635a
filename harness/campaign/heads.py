"""Kinds of cotangents and tangents: each sees some wrong rules better than the others, or is hard on an inner product.

Drawn in float64, rows along the last axis, and rounded once to the dtype of the problem, whose largest number takes the
place of larger ones. An output without the axis has rows of one element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Dice, Floats
from harness.campaign.logits import decades
from harness.vocabulary import DType
from reference.formats import FLOAT16, FloatFormat, format_named

# of the logits beside which it stands (their shape, and where they are largest), or of one number for each row of them
Draw = Callable[[Dice, Floats, FloatFormat], Floats]


def _one_hot(columns: NDArray[np.int64], like: Floats) -> Floats:
    v = np.zeros_like(like)
    np.put_along_axis(v, columns, 1.0, axis=1)
    return v


def _sparse(dice: Dice, x: Floats, _: FloatFormat) -> Floats:
    return np.where(dice.uniform(x.shape) < 0.1, dice.normal(x.shape), 0.0)


def _many_decades(dice: Dice, x: Floats, of: FloatFormat) -> Floats:
    """Up to sixty; in float16, which has not got so many, eight."""
    low, high = (-5, 3) if of == FLOAT16 else (-30, 30)
    return decades(dice, x.shape, low=low, high=high)


def _tiny(dice: Dice, x: Floats, of: FloatFormat) -> Floats:
    return dice.normal(x.shape) * (1e-5 if of == FLOAT16 else 1e-30)


KINDS: Final[dict[str, Draw]] = {
    "normal": lambda dice, x, _: dice.normal(x.shape),
    "1 + normal": lambda dice, x, _: dice.normal(x.shape) + 1.0,
    "one-hot at the largest": lambda _, x, __: _one_hot(x.argmax(axis=1, keepdims=True), x),
    "one-hot anywhere": lambda dice, x, _: _one_hot(dice.columns(x.shape), x),
    "ones": lambda _, x, __: np.ones_like(x),
    "0 or 2": lambda dice, x, _: dice.flips(x.shape) * 2.0,
    "-1 or 1": lambda dice, x, _: dice.flips(x.shape) * 2.0 - 1.0,
    "1e4 + normal": lambda dice, x, _: dice.normal(x.shape) + 1e4,
    "six decades": lambda dice, x, _: decades(dice, x.shape, low=-3, high=3),
    "many decades": _many_decades,
    "sparse": _sparse,
    "tiny": _tiny,
}


def drawn(kind: Draw, dice: Dice, x: Floats, dtype: DType) -> Floats:
    """Return a vector of ``kind`` as float64, in the shape of ``x``, within the range of ``dtype``."""
    of = format_named(dtype)
    return np.clip(kind(dice, x, of), -of.largest, of.largest)
