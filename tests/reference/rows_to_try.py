"""Rows and vectors that are hard on an oracle: (4, n) numbers of a format as float64, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatFormat, format_named

Array = NDArray[Any]
Generator = np.random.Generator
COUNT = 4


def _stagnating(rng: Generator, n: int, of: FloatFormat) -> Array:
    """Terms of about half a unit roundoff after a first one of 1: a sequential sum loses every one of them."""
    x = np.full((COUNT, n), np.log(of.unit_roundoff) + rng.uniform(-1, 1))
    x[:, 0] = 0
    return x


def _some_infinite(rng: Generator, n: int, _: FloatFormat) -> Array:
    x = rng.standard_normal((COUNT, n)) * 3
    x[rng.random((COUNT, n)) < 0.4] = -np.inf
    x[:, 0] = 0.5
    return x


def _underflowing(rng: Generator, n: int, of: FloatFormat) -> Array:
    """Probabilities around the smallest normal number."""
    x = np.log(of.smallest_normal) + rng.uniform(-12, 12, (COUNT, n))
    x[:, n // 2] = 0
    return x


def _finite_extremes(rng: Generator, n: int, of: FloatFormat) -> Array:
    return rng.choice(np.array([-1, -0.5, 0, 0.5, 1]), (COUNT, n)) * of.largest


ROWS: dict[str, Callable[[Generator, int, FloatFormat], Array]] = {
    "normal, scale 1e-3": lambda rng, n, _: rng.standard_normal((COUNT, n)) * 1e-3,
    "normal": lambda rng, n, _: rng.standard_normal((COUNT, n)),
    "normal, scale 30": lambda rng, n, _: rng.standard_normal((COUNT, n)) * 30,
    "normal, scale 1e3": lambda rng, n, _: rng.standard_normal((COUNT, n)) * 1e3,
    "normal, shifted by 1e4": lambda rng, n, _: rng.standard_normal((COUNT, n)) + 1e4,
    "equal": lambda rng, n, _: np.full((COUNT, n), rng.standard_normal()),
    "peaked": lambda rng, n, _: np.eye(n)[rng.integers(0, n, COUNT)] * 40,
    "two levels": lambda rng, n, _: rng.choice(np.array([0.0, -10.0]), (COUNT, n)),
    "rising": lambda rng, n, _: np.linspace(-5, 0, n)[np.newaxis].repeat(COUNT, axis=0),
    "falling": lambda rng, n, _: np.linspace(0, -80, n)[np.newaxis].repeat(COUNT, axis=0),
    "stagnating": _stagnating,
    "some infinite": _some_infinite,
    "underflowing": _underflowing,
    "subnormal": lambda rng, n, of: rng.standard_normal((COUNT, n)) * of.smallest_normal / 8,
    "finite extremes": _finite_extremes,
}

VECTORS: dict[str, Callable[[Generator, int, FloatFormat], Array]] = {
    "normal": lambda rng, n, _: rng.standard_normal((COUNT, n)),
    "ones": lambda rng, n, _: np.ones((COUNT, n)),
    "one-hot": lambda rng, n, _: np.eye(n)[rng.integers(0, n, COUNT)],
    "0 or 2": lambda rng, n, _: rng.choice(np.array([0.0, 2.0]), (COUNT, n)),
    "large mean": lambda rng, n, _: rng.standard_normal((COUNT, n)) + 1e4,
    "many decades": lambda rng, n, of: (
        rng.standard_normal((COUNT, n)) * np.sqrt(of.largest) ** rng.uniform(-0.9, 0.9, (COUNT, n))
    ),
    "tiny": lambda rng, n, of: rng.standard_normal((COUNT, n)) * 4 * of.smallest_normal,
}


def rows(name: str, *, n: int, of: str, seed: int = 0) -> Array:
    one = format_named(of)
    return one.nearest(ROWS[name](np.random.default_rng((seed, n)), n, one))


def vectors(name: str, *, n: int, of: str, seed: int = 0) -> Array:
    one = format_named(of)
    return one.nearest(VECTORS[name](np.random.default_rng((seed, n, 1)), n, one))
