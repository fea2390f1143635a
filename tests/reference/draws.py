"""Questions that are hard on a kernel of any op, in any format, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatFormat, format_named
from reference.question import Question

Array = NDArray[Any]
Generator = np.random.Generator
Shape = tuple[int, int]


def _stagnating(rng: Generator, shape: Shape, of: FloatFormat) -> Array:
    """Terms of about half a unit roundoff after a first one of 1: a sequential sum loses every one of them."""
    x = np.full(shape, np.log(of.unit_roundoff) + rng.uniform(-1, 1))
    x[:, 0] = 0
    return x


def _gone(rng: Generator, shape: Shape, _: FloatFormat) -> Array:
    x = rng.standard_normal(shape) * 3
    x[rng.random(shape) < 0.4] = -np.inf
    x[:, 0] = 0.5
    return x


def _underflowing(rng: Generator, shape: Shape, of: FloatFormat) -> Array:
    """Probabilities around the smallest normal number."""
    x = np.log(of.smallest_normal) + rng.uniform(-12, 12, shape)
    x[:, shape[1] // 2] = 0
    return x


def _ties(rng: Generator, shape: Shape, _: FloatFormat) -> Array:
    return rng.integers(-2, 3, shape) / 1.0


def _one_hot(rng: Generator, shape: Shape, _: FloatFormat) -> Array:
    return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]


LOGITS: dict[str, Callable[[Generator, Shape, FloatFormat], Array]] = {
    "scale 1e-3": lambda rng, shape, _: rng.standard_normal(shape) * 1e-3,
    "scale 1": lambda rng, shape, _: rng.standard_normal(shape),
    "scale 8": lambda rng, shape, _: rng.standard_normal(shape) * 8,
    "scale 100": lambda rng, shape, _: rng.standard_normal(shape) * 100,
    "shifted": lambda rng, shape, _: rng.standard_normal(shape) + rng.choice([-1e4, 300.0, 1e4]),
    "equal": lambda rng, shape, _: np.full(shape, rng.standard_normal()),
    "peaked": lambda rng, shape, of: _one_hot(rng, shape, of) * rng.choice([4.0, 12.0, 40.0]),
    "two levels": lambda rng, shape, _: rng.choice([0.0, -rng.uniform(1, 12)], shape),
    "rising": lambda rng, shape, _: np.linspace(-rng.uniform(1, 80), 0, shape[1])[np.newaxis].repeat(shape[0], 0),
    "rising by steps": lambda rng, shape, _: (np.arange(shape[1]) * rng.uniform(1e-3, 0.7))[np.newaxis].repeat(
        shape[0], 0
    ),
    "falling": lambda rng, shape, _: np.linspace(0, -rng.uniform(1, 80), shape[1])[np.newaxis].repeat(shape[0], 0),
    "stagnating": _stagnating,
    "gone": _gone,
    "ties": _ties,
    "underflowing": _underflowing,
    "subnormal": lambda rng, shape, of: rng.standard_normal(shape) * of.smallest_normal / 8,
    "extremes": lambda rng, shape, of: rng.choice([-1, -0.5, 0, 0.5, 1], shape) * of.largest,
}

VECTORS: dict[str, Callable[[Generator, Shape, FloatFormat], Array]] = {
    "normal": lambda rng, shape, _: rng.standard_normal(shape),
    "ones": lambda rng, shape, _: np.ones(shape),
    "constant": lambda rng, shape, _: np.full(shape, rng.standard_normal()),
    "one-hot": _one_hot,
    "0 or 2": lambda rng, shape, _: rng.choice([0.0, 2.0], shape),
    "large mean": lambda rng, shape, _: rng.standard_normal(shape) + rng.choice([50.0, 1e3]),
    "decades": lambda rng, shape, of: rng.standard_normal(shape) * 10.0 ** rng.uniform(-4, 2, shape),
    "tiny": lambda rng, shape, of: rng.standard_normal(shape) * 8 * of.smallest_normal,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """A question with a cotangent and a tangent of its own."""

    name: str
    question: Question
    cotangent: Array
    tangent: Array


def draw(
    rng: Generator,
    op: str,
    *,
    format_name: str,
    count: int,
    n: int,
    logits: str,
    vectors: tuple[str, str],
    result: str | None = None,
) -> Draw:
    """Draw a question of ``op`` with what parameters the op has."""
    of = format_named(result or format_name) if format_name == "int32" else format_named(format_name)
    x = LOGITS[logits](rng, (count, n), of)
    if format_name == "int32":
        x = np.rint(np.clip(np.where(np.isfinite(x), x, -9.0), -(2.0**31), 2.0**31 - 1))
    else:
        x = np.where(np.isfinite(x), np.clip(of.nearest(x), -of.largest, of.largest), x)
    parameters, said = _parameters(rng, op, of, (count, n))
    question = Question(op=op, axis=1, x=x, format=format_name, result=result or format_name, **parameters)
    out = format_named(question.result)
    per_row = question.outputs_per_row
    v = VECTORS[vectors[0]](rng, (count, n if per_row is None else 1), out)
    v = v[:1, :1].reshape(()) if per_row == 0 else v.reshape(question.output_shape)
    w = VECTORS[vectors[1]](rng, (count, n), of)
    return Draw(
        name=f"{logits}; {vectors[0]}; {vectors[1]}; n={n}{said}",
        question=question,
        cotangent=np.clip(out.nearest(np.asarray(v)), -out.largest, out.largest),
        tangent=np.clip(of.nearest(w), -of.largest, of.largest),
    )


def _parameters(rng: Generator, op: str, of: FloatFormat, shape: Shape) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = {}
    if op in ("softmax", "log_softmax", "softmin", "masked_softmax", "masked_log_softmax") and rng.random() < 0.4:
        found["temperature"] = float(rng.choice([0.5, 2.0, 0.1, 0.7, 3.0, 10.0, 1.1]))
    if op.startswith("masked"):
        found["mask"] = rng.random(shape) < rng.choice([0.2, 0.7])
        found["mask"][:, rng.integers(0, shape[1])] = True
    if op in ("cross_entropy", "softmax_output"):
        found |= _targets(rng, op, of, shape)
    said = {k: v for k, v in found.items() if k not in ("mask", "targets")}
    return found, "".join(f"; {k}={v}" for k, v in said.items())


def _targets(rng: Generator, op: str, of: FloatFormat, shape: Shape) -> dict[str, Any]:
    indices = rng.random() < 0.6
    found: dict[str, Any] = {}
    if indices:
        found["targets"] = rng.integers(0, shape[1], shape[0])
        if rng.random() < 0.3:
            found["ignore_index"] = int(rng.integers(0, shape[1]))
    else:
        q = rng.random(shape) ** rng.choice([1, 6])
        found["targets"] = of.nearest(q / q.sum(axis=1, keepdims=True))
    if rng.random() < 0.4:
        found["label_smoothing"] = float(rng.choice([0.1, 0.25, 0.9]))
    if op == "cross_entropy":
        found["reduction"] = str(rng.choice(["none", "sum", "mean"]))
    else:
        found["grad_scale"] = float(rng.choice([1.0, 2.0, 0.3]))
        found["normalization"] = str(rng.choice(["null", "batch", "valid"])) if indices else "null"
        if not indices:
            found.pop("label_smoothing", None)
    return found
