"""Kinds of logits: what softmax meets in practice, and what is hard on its sums, exponentials, shifts and ranges.

All are drawn in float64, rows along the last axis, and rounded once to the dtype of the problem, whose largest number
takes the place of larger ones. Numbers are made of portable draws by + - * / alone, so that a problem has the same bits
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from harness.campaign.dice import Dice, Floats, Shape
from harness.vocabulary import DType
from reference.formats import FLOAT32, FORMATS, FloatFormat

Draw = Callable[[Dice, Shape, FloatFormat], Floats]

_UNIT: Final = {"float16": -7.62, "bfloat16": -5.55, "float32": -16.64, "float64": -36.74}  # log of the unit roundoff
_TINY: Final = {"float16": -9.7, "bfloat16": -87.34, "float32": -87.34, "float64": -708.4}  # of the smallest normal


def _normal(dice: Dice, shape: Shape, _: FloatFormat, *, scale: float, shift: float = 0.0) -> Floats:
    return dice.normal(shape) * scale + shift


def _equal(dice: Dice, shape: Shape, _: FloatFormat, *, scale: float) -> Floats:
    return np.broadcast_to(dice.normal((shape[0], 1)) * scale, shape).copy()


def _nearly_equal(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    """A few units in the last place apart."""
    unit = 2.0 * of.unit_roundoff
    return _equal(dice, shape, of, scale=8.0) * (1.0 + unit * dice.integers(-8, 8, shape))


def _dominant(dice: Dice, shape: Shape, _: FloatFormat, *, by: float) -> Floats:
    x = dice.normal(shape)
    np.put_along_axis(x, dice.columns(shape), by, axis=1)
    return x


def _clusters(dice: Dice, shape: Shape, _: FloatFormat, *, apart: float) -> Floats:
    return dice.flips(shape) * -apart + dice.normal(shape) * 0.0078125


def _stagnating(dice: Dice, shape: Shape, of: FloatFormat, *, spread: float) -> Floats:
    """Many small terms beside a 1: a running sum loses each of them, or keeps too much of it."""
    x = _UNIT[of.name] + dice.uniform((shape[0], 1)) * 2.0 - 1.0 + dice.uniform(shape) * spread
    np.put_along_axis(x, dice.columns(shape), 0.0, axis=1)
    return x


def _tied(dice: Dice, shape: Shape, _: FloatFormat) -> Floats:
    """A third of the elements share the maximum."""
    x = dice.normal(shape)
    return np.where(dice.uniform(shape) * 3.0 < 1.0, x.max(axis=1, keepdims=True), x)


def _ramp(dice: Dice, shape: Shape, _: FloatFormat, *, span: float) -> Floats:
    start = dice.normal((shape[0], 1))
    return start + np.arange(shape[1]) * (span / max(shape[1] - 1, 1))


def _minus_infinite(dice: Dice, shape: Shape, _: FloatFormat, *, share: float) -> Floats:
    """One element of each row stays finite."""
    x = np.where(dice.uniform(shape) < share, -np.inf, dice.normal(shape) * 3.0)
    np.put_along_axis(x, dice.columns(shape), 0.5, axis=1)
    return x


def _underflowing(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    """Probabilities around the smallest normal number, most of them subnormal or zero."""
    x = _TINY[of.name] + dice.uniform(shape) * 24.0 - 16.0
    np.put_along_axis(x, dice.columns(shape), 0.0, axis=1)
    return x


def _powers(dice: Dice, shape: Shape, _: FloatFormat) -> Floats:
    return np.ldexp(dice.flips(shape) * 2.0 - 1.0, dice.integers(-12, 7, shape))


def _grid(dice: Dice, shape: Shape, _: FloatFormat) -> Floats:
    return dice.integers(-16, 16, shape).astype(np.float64) / 2.0


def _subnormal(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    return dice.normal(shape) * of.smallest_normal


def _huge(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    """Normal, a sixteenth of the largest number in size."""
    return dice.normal(shape) * (of.largest / 16.0)


def _edges(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    """From half the largest number on, of either sign: their differences overflow."""
    return np.asarray((dice.flips(shape) * 2.0 - 1.0) * (0.5 + dice.uniform(shape) / 2.0) * of.largest)


def _at_the_top(dice: Dice, shape: Shape, of: FloatFormat) -> Floats:
    """The largest numbers, a few units in the last place apart."""
    return np.asarray(of.largest * (1.0 - 2.0 * of.unit_roundoff * dice.integers(0, 3, shape)))


def decades(dice: Dice, shape: Shape, *, low: int, high: int) -> Floats:
    """Return normal draws times powers of ten from ``low`` to ``high``."""
    powers = np.array([float(f"1e{k}") for k in range(low, high + 1)])
    each: Floats = powers[dice.integers(0, high - low, shape)]
    return dice.normal(shape) * each


FINITE: Final[tuple[dict[str, Draw], ...]] = (
    {f"normal, scale {scale:g}": partial(_normal, scale=scale) for scale in (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3)},
    {"normal, scale 1": partial(_normal, scale=1.0)},
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
    {"underflowing": _underflowing},
    {"powers of two": _powers, "subnormal numbers": _subnormal},
    {"multiples of a half": _grid},
    {"six decades": lambda dice, shape, _: decades(dice, shape, low=-3, high=3)},
    {"huge": _huge, "at the edges of the range": _edges, "the largest numbers": _at_the_top},
)
WITH_MINUS_INFINITY: Final[dict[str, Draw]] = {
    f"{share:.0%} minus infinity": partial(_minus_infinite, share=share) for share in (0.2, 0.9, 1.0)
}
WHOLE: Final[dict[str, Draw]] = {  # for x of an integer dtype
    "whole, from -8 to 8": lambda dice, shape, _: dice.integers(-8, 8, shape).astype(np.float64),
    "whole, from -1000 to 1000": lambda dice, shape, _: dice.integers(-1000, 1000, shape).astype(np.float64),
}


def drawn(kind: Draw, dice: Dice, shape: Shape, dtype: DType) -> Floats:
    """Return logits of ``kind`` as float64, none of them beyond the range of ``dtype`` but for -inf."""
    of = FORMATS.get(dtype.value, FLOAT32)
    x = kind(dice, shape, of)
    return np.where(np.isneginf(x), -math.inf, np.clip(x, -of.largest, of.largest))
