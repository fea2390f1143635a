"""Kinds of logits: what softmax meets in practice, and what is hard on its sums, exponentials and shifts.

All are drawn in float64, rows along the last axis, and rounded once to the dtype of the problem. Numbers are made of
portable draws by + - * / alone, so that a problem has the same bits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from harness.campaign.dice import Dice, Floats, Shape
from harness.vocabulary import DType

Draw = Callable[[Dice, Shape, DType], Floats]

HALF_UNIT: Final = {DType.FLOAT32: -16.64, DType.FLOAT64: -36.74}  # log of the unit roundoff: terms a sum of 1 loses
SMALLEST: Final = {DType.FLOAT32: -87.34, DType.FLOAT64: -708.4}  # log of the smallest normal number


def _normal(dice: Dice, shape: Shape, _: DType, *, scale: float, shift: float = 0.0) -> Floats:
    return dice.normal(shape) * scale + shift


def _equal(dice: Dice, shape: Shape, _: DType, *, scale: float) -> Floats:
    return np.broadcast_to(dice.normal((shape[0], 1)) * scale, shape).copy()


def _nearly_equal(dice: Dice, shape: Shape, dtype: DType) -> Floats:
    """A few units in the last place apart."""
    unit = float(np.finfo(dtype).eps)
    return _equal(dice, shape, dtype, scale=8.0) * (1.0 + unit * dice.integers(-8, 8, shape))


def _dominant(dice: Dice, shape: Shape, _: DType, *, by: float) -> Floats:
    x = dice.normal(shape)
    np.put_along_axis(x, dice.columns(shape), by, axis=1)
    return x


def _clusters(dice: Dice, shape: Shape, _: DType, *, apart: float) -> Floats:
    return dice.flips(shape) * -apart + dice.normal(shape) * 0.0078125


def _stagnating(dice: Dice, shape: Shape, dtype: DType, *, spread: float) -> Floats:
    """Many small terms beside a 1: a running sum loses each of them, or keeps too much of it."""
    x = HALF_UNIT[dtype] + dice.uniform((shape[0], 1)) * 2.0 - 1.0 + dice.uniform(shape) * spread
    np.put_along_axis(x, dice.columns(shape), 0.0, axis=1)
    return x


def _tied(dice: Dice, shape: Shape, _: DType) -> Floats:
    """A third of the elements share the maximum."""
    x = dice.normal(shape)
    return np.where(dice.uniform(shape) * 3.0 < 1.0, x.max(axis=1, keepdims=True), x)


def _ramp(dice: Dice, shape: Shape, _: DType, *, span: float) -> Floats:
    start = dice.normal((shape[0], 1))
    return start + np.arange(shape[1]) * (span / max(shape[1] - 1, 1))


def _masked(dice: Dice, shape: Shape, _: DType, *, share: float) -> Floats:
    """One element of each row stays finite."""
    x = np.where(dice.uniform(shape) < share, -np.inf, dice.normal(shape) * 3.0)
    np.put_along_axis(x, dice.columns(shape), 0.5, axis=1)
    return x


def _underflowing(dice: Dice, shape: Shape, dtype: DType) -> Floats:
    """Probabilities around the smallest normal number, most of them subnormal or zero."""
    x = SMALLEST[dtype] + dice.uniform(shape) * 24.0 - 16.0
    np.put_along_axis(x, dice.columns(shape), 0.0, axis=1)
    return x


def _powers(dice: Dice, shape: Shape, _: DType) -> Floats:
    return np.ldexp(dice.flips(shape) * 2.0 - 1.0, dice.integers(-12, 7, shape))


def _grid(dice: Dice, shape: Shape, _: DType) -> Floats:
    return dice.integers(-16, 16, shape).astype(np.float64) / 2.0


def decades(dice: Dice, shape: Shape, *, low: int, high: int) -> Floats:
    """Return normal draws times powers of ten from ``low`` to ``high``."""
    powers = np.array([float(f"1e{k}") for k in range(low, high + 1)])
    each: Floats = powers[dice.integers(0, high - low, shape)]
    return dice.normal(shape) * each


FAMILIES: Final[tuple[dict[str, Draw], ...]] = (
    {f"normal, scale {scale:g}": partial(_normal, scale=scale) for scale in (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3)},
    {
        f"normal, scale {scale:g}, shifted by {shift:g}": partial(_normal, scale=scale, shift=shift)
        for scale in (1.0, 10.0)
        for shift in (-1e4, -1e3, 100.0, 1e3, 1e4)
    },
    {f"equal, scale {scale:g}": partial(_equal, scale=scale) for scale in (0.0, 1.0, 1e3)},
    {"nearly equal": _nearly_equal},
    {f"one above by {by:g}": partial(_dominant, by=by) for by in (3.0, 12.0, 20.0, 40.0, 90.0, 800.0)},
    {f"two levels, {apart:g} apart": partial(_clusters, apart=apart) for apart in (1.0, 10.0, 17.0, 80.0, 700.0)},
    {f"stagnating, spread {spread:g}": partial(_stagnating, spread=spread) for spread in (0.0, 1.0)},
    {"ties at the maximum": _tied},
    {f"ramp of {span:g}": partial(_ramp, span=span) for span in (-700.0, -80.0, -10.0, -1.0, 1.0, 10.0, 80.0, 700.0)},
    {f"{share:.0%} masked by -inf": partial(_masked, share=share) for share in (0.2, 0.9, 1.0)},
    {"underflowing": _underflowing},
    {"powers of two": _powers},
    {"multiples of a half": _grid},
    {"six decades": lambda dice, shape, _: decades(dice, shape, low=-3, high=3)},
    {"normal, scale 1e+30": partial(_normal, scale=1e30)},
)
