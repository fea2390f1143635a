"""Rows and vectors that are hard on a softmax: (4, n) in a dtype, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Generator = np.random.Generator
COUNT = 4


def _stagnating(rng: Generator, n: int, dtype: str) -> Array:
    """Terms of about half a unit roundoff after a first one of 1: a sequential sum loses every one of them."""
    x = np.full((COUNT, n), np.log(np.finfo(dtype).eps / 2) + rng.uniform(-1, 1))
    x[:, 0] = 0
    return x


def _masked(rng: Generator, n: int, _: str) -> Array:
    x = rng.standard_normal((COUNT, n)) * 3
    x[rng.random((COUNT, n)) < 0.4] = -np.inf
    x[:, 0] = 0.5
    return x


def _underflowing(rng: Generator, n: int, dtype: str) -> Array:
    """Probabilities around the smallest normal number."""
    x = np.log(np.finfo(dtype).tiny) + rng.uniform(-12, 12, (COUNT, n))
    x[:, n // 2] = 0
    return x


def _finite_extremes(rng: Generator, n: int, dtype: str) -> Array:
    return rng.choice(np.array([-1, -0.5, 0, 0.5, 1]), (COUNT, n)) * float(np.finfo(dtype).max)


ROWS: dict[str, Callable[[Generator, int, str], Array]] = {
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
    "masked": _masked,
    "underflowing": _underflowing,
    "subnormal": lambda rng, n, dtype: rng.standard_normal((COUNT, n)) * float(np.finfo(dtype).tiny) / 8,
    "finite extremes": _finite_extremes,
}

VECTORS: dict[str, Callable[[Generator, int, str], Array]] = {
    "normal": lambda rng, n, _: rng.standard_normal((COUNT, n)),
    "ones": lambda rng, n, _: np.ones((COUNT, n)),
    "one-hot": lambda rng, n, _: np.eye(n)[rng.integers(0, n, COUNT)],
    "0 or 2": lambda rng, n, _: rng.choice(np.array([0.0, 2.0]), (COUNT, n)),
    "large mean": lambda rng, n, _: rng.standard_normal((COUNT, n)) + 1e4,
    "many decades": lambda rng, n, _: rng.standard_normal((COUNT, n)) * 10.0 ** rng.uniform(-30, 30, (COUNT, n)),
    "tiny": lambda rng, n, dtype: rng.standard_normal((COUNT, n)) * 4 * float(np.finfo(dtype).tiny),
}


def rows(name: str, *, n: int, dtype: str, seed: int = 0) -> Array:
    return ROWS[name](np.random.default_rng((seed, n)), n, dtype).astype(dtype)


def vectors(name: str, *, n: int, dtype: str, seed: int = 0) -> Array:
    return VECTORS[name](np.random.default_rng((seed, n, 1)), n, dtype).astype(dtype)
