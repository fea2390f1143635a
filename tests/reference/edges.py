"""Questions at the edge of a format, drawn from a seed: logits, vectors and temperatures at which kernels overflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatFormat, format_named
from tests.reference import draws
from tests.reference.draws import Draw

Array = NDArray[Any]
Generator = np.random.Generator
Shape = tuple[int, int]


def _one_at_the_edge(rng: Generator, shape: Shape, of: FloatFormat) -> Array:
    x = rng.standard_normal(shape)
    x[:, rng.integers(0, shape[1])] = rng.choice([-1, -0.5, 0.5, 1]) * of.largest
    return x


def _rounding_reaches_exp(rng: Generator, shape: Shape, of: FloatFormat) -> Array:
    """Numbers of which half a unit in the last place is about the logarithm of the largest number of their format."""
    size = np.log(of.largest) / of.unit_roundoff * 10.0 ** rng.uniform(-3, 1)
    return rng.choice([-1, 1]) * size * rng.uniform(0.5, 1, shape)


def _decades(rng: Generator, shape: Shape, of: FloatFormat) -> Array:
    """Numbers of every size that the format has."""
    exponents = rng.uniform(np.log2(of.smallest_normal), np.log2(of.largest), shape)
    return rng.choice([-1, 1], shape) * np.exp2(exponents)


LOGITS: dict[str, Callable[[Generator, Shape, FloatFormat], Array]] = {
    "largest": lambda rng, shape, of: rng.choice([-1, -0.5, 0, 0.5, 1], shape) * of.largest,
    "all the largest": lambda rng, shape, of: np.full(shape, of.largest) * rng.choice([-1, 1]),
    "next to the largest": lambda rng, shape, of: of.largest * (1 - of.unit_roundoff * rng.integers(0, 9, shape)),
    "a tenth of the largest": lambda rng, shape, of: rng.standard_normal(shape) * (of.largest / 10),
    "one at the edge": _one_at_the_edge,
    "rounding reaches exp": _rounding_reaches_exp,
    "every size": _decades,
    "subnormal": lambda rng, shape, of: rng.standard_normal(shape) * of.smallest_normal / 8,
    "ordinary": lambda rng, shape, _: rng.standard_normal(shape),
    "equal": lambda rng, shape, _: np.zeros(shape),
}

VECTORS: dict[str, Callable[[Generator, Shape, FloatFormat], Array]] = {
    "largest": lambda rng, shape, of: rng.choice([-1, -0.5, 0, 0.5, 1], shape) * of.largest,
    "one at the edge": _one_at_the_edge,
    "sum at the edge": lambda rng, shape, of: of.largest / shape[1] * rng.uniform(0.2, 2) * rng.uniform(0.5, 1, shape),
    "root of the largest": lambda rng, shape, of: np.sqrt(of.largest) * rng.standard_normal(shape) * 3,
    "every size": _decades,
    "subnormal": lambda rng, shape, of: rng.standard_normal(shape) * of.smallest_normal / 8,
    "ordinary": lambda rng, shape, _: rng.standard_normal(shape),
    "zeros": lambda _, shape, __: np.zeros(shape),
}


def draw(rng: Generator, op: str, *, format_name: str, count: int, n: int, result: str | None = None) -> Draw:
    """Draw a question of ``op``, at least one of whose parts is at an edge."""
    of, out = format_named(format_name), format_named(result or format_name)
    base = draws.draw(
        rng, op, format_name=format_name, result=result, count=count, n=n, logits="scale 1", vectors=("ones", "ones")
    )
    logits, heads, tangents = (str(rng.choice(list(kinds))) for kinds in (LOGITS, VECTORS, VECTORS))
    x = _held(LOGITS[logits](rng, (count, n), of), of)
    question = replace(base.question, x=x, **_temperature(rng, op))
    per_row = question.outputs_per_row
    v = VECTORS[heads](rng, (count, n if per_row is None else 1), out)
    v = v[:1, :1].reshape(()) if per_row == 0 else v.reshape(question.output_shape)
    return Draw(
        name=f"{logits}; {heads}; {tangents}; T={question.temperature:.3g}; {base.name}",
        question=question,
        cotangent=_held(v, out),
        tangent=_held(VECTORS[tangents](rng, (count, n), of), of),
    )


def _temperature(rng: Generator, op: str) -> dict[str, float]:
    if op in ("logsumexp", "cross_entropy", "softmax_output") or rng.random() < 0.3:
        return {}
    exponent = rng.uniform(-10, 10)
    return {"temperature": float(np.exp2(np.rint(exponent) if rng.random() < 0.3 else exponent))}


def _held(values: Array, of: FloatFormat) -> Array:
    return np.asarray(np.clip(of.nearest(np.clip(values, -of.largest, of.largest)), -of.largest, of.largest))
