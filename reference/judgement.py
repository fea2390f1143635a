"""Exact values and bounds of whole rows: the rules of the family, read at x and at the rounded x - max x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.arithmetic import Arithmetic
from reference.bounded import Bounded
from reference.doubledouble import DoubleDouble, Floats
from reference.exact_targets import Targets
from reference.formats import FORMATS, coarser
from reference.question import Question
from reference.reading import Reading, Temper, readings
from reference.rules import cross_entropy, log_softmax, logsumexp, softmax, softmax_output
from reference.rules.vector import ALONE, IN_PAIRS, Vector

_LIKE_SOFTMAX = ("softmax", "softmin", "masked_softmax", "softmax_output")
_LIKE_LOG_SOFTMAX = ("log_softmax", "masked_log_softmax")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What holds for a block of rows: (rows, outputs), (rows, n), or a Jacobian (rows, outputs, n); flags (rows,)."""

    exact: Bounded
    shifted: Bounded
    vacuous: NDArray[np.bool_]
    shifted_vacuous: NDArray[np.bool_]
    undefined: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some rows of a question, with what else is asked of them."""

    x: Floats  # (rows, n): negated, or masked by -inf
    kept: NDArray[np.bool_] | None  # (rows, n): where a mask keeps an element
    cotangent: Floats | None  # (rows, outputs)
    tangent: Floats | None  # (rows, n)
    targets: Targets | None


def judge(question: Question, quantity: str, block: Block, *, arithmetic: Arithmetic) -> Judgement:
    """Judge ``quantity`` of some rows of a question."""
    undefined = undefined_rows(block.x) | _undefined_beside(block)
    x = np.where(undefined[:, np.newaxis], 0.0, block.x)
    if not x.size:
        return _nothing(question, quantity, block, undefined)
    temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
    vectors = _Vectors.of(question, quantity, block, undefined)
    wide = x[:, np.newaxis, :] if quantity == "jacobian" and question.outputs_per_row is None else x
    pair = readings(wide, temper=temper, arithmetic=arithmetic)
    exact, shifted = (
        _finished(_ruled(question, quantity, reading, vectors, block.targets), question, quantity, block, arithmetic)
        for reading in pair
    )
    vacuous, shifted_vacuous = (_vacuous(reading, question, quantity, shape=exact.bound.shape) for reading in pair)
    return Judgement(
        exact=exact,
        shifted=shifted,
        vacuous=vacuous,
        shifted_vacuous=shifted_vacuous,
        undefined=undefined,
        out_of_range=may_overflow(block, temper, arithmetic) & ~undefined,
    )


def undefined_rows(x: Floats) -> NDArray[np.bool_]:
    """Return which rows hold NaN or +inf, or are nothing but -inf; an empty row is none of these."""
    if not x.shape[-1]:
        return np.zeros(x.shape[:-1], dtype=np.bool_)
    largest = x.max(axis=-1)  # NaN where the row holds one
    return np.asarray(~np.isfinite(largest))


def _undefined_beside(block: Block) -> NDArray[np.bool_]:
    """Return which rows have a vector or a target that is not finite, or ask for 0 times the logarithm of 0."""
    found = np.zeros(len(block.x), dtype=np.bool_)
    for vector in (block.cotangent, block.tangent):
        if vector is not None:
            found |= ~np.isfinite(vector).all(axis=-1)
    if block.targets is not None:
        q = block.targets.q.hi
        found |= ~np.isfinite(q).all(axis=-1)
        if not block.targets.exact_total:
            found |= (np.isneginf(block.x) & (q == 0)).any(axis=-1)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Vectors:
    """The vectors of a quantity, scaled; a Jacobian's cotangents are one-hots."""

    cotangent: Vector | None
    tangent: Vector | None

    @classmethod
    def of(cls, question: Question, quantity: str, block: Block, undefined: NDArray[np.bool_]) -> _Vectors:
        exponent = IN_PAIRS if quantity == "hvp" else ALONE

        def scaled(values: Floats | None) -> Vector | None:
            if values is None:
                return None
            clean = np.where(undefined.reshape(-1, *[1] * (values.ndim - 1)), 0.0, values)
            return Vector.of(clean, exponent=exponent)

        cotangent = block.cotangent
        if quantity == "jacobian":
            cotangent = _one_hots(question, block)
        return cls(cotangent=scaled(cotangent), tangent=scaled(block.tangent))


def _one_hots(question: Question, block: Block) -> Floats:
    rows, length = block.x.shape
    if question.outputs_per_row is not None:
        return np.ones((rows, 1))
    every = np.broadcast_to(np.eye(length), (rows, length, length))
    return every if block.kept is None else every * block.kept[:, :, np.newaxis]  # a masked output is a constant


def _ruled(question: Question, quantity: str, reading: Reading, vectors: _Vectors, targets: Targets | None) -> Bounded:
    """Apply the rule of an op and quantity."""
    v, w = vectors.cotangent, vectors.tangent
    if question.op in _LIKE_SOFTMAX:
        return _softmax_rule(question.op, quantity, reading, v, w, targets)
    if question.op in _LIKE_LOG_SOFTMAX:
        return _log_softmax_rule(quantity, reading, v, w)
    if question.op == "logsumexp":
        return _logsumexp_rule(quantity, reading, v, w)
    assert targets is not None  # noqa: S101 - a question about a loss has them
    return _cross_entropy_rule(quantity, reading, v, w, targets)


def _softmax_rule(
    op: str, quantity: str, reading: Reading, v: Vector | None, w: Vector | None, targets: Targets | None
) -> Bounded:
    match quantity, v, w:
        case "vjp", _, _ if op == "softmax_output" and targets is not None:
            return softmax_output.vjp(reading, targets)
        case "hvp", Vector(), Vector():
            return softmax.hvp(reading, v, w)
        case "jvp", _, Vector():
            return softmax.derivative(reading, w)
        case (("vjp" | "jacobian"), Vector(), _):
            return softmax.derivative(reading, v)
        case _:
            return softmax.forward(reading)


def _log_softmax_rule(quantity: str, reading: Reading, v: Vector | None, w: Vector | None) -> Bounded:
    match quantity, v, w:
        case "hvp", Vector(), Vector():
            return log_softmax.hvp(reading, v, w)
        case "jvp", _, Vector():
            return log_softmax.jvp(reading, w)
        case (("vjp" | "jacobian"), Vector(), _):
            return log_softmax.vjp(reading, v)
        case _:
            return log_softmax.forward(reading)


def _logsumexp_rule(quantity: str, reading: Reading, v: Vector | None, w: Vector | None) -> Bounded:
    match quantity, v, w:
        case "hvp", Vector(), Vector():
            return logsumexp.hvp(reading, v, w)
        case "jvp", _, Vector():
            return logsumexp.jvp(reading, w)
        case (("vjp" | "jacobian"), Vector(), _):
            return logsumexp.vjp(reading, v)
        case _:
            return logsumexp.forward(reading)


def _cross_entropy_rule(
    quantity: str, reading: Reading, v: Vector | None, w: Vector | None, targets: Targets
) -> Bounded:
    match quantity, v, w:
        case "hvp", Vector(), Vector():
            return cross_entropy.hvp(reading, targets, v, w)
        case "jvp", _, Vector():
            return cross_entropy.jvp(reading, targets, w)
        case (("vjp" | "jacobian"), Vector(), _):
            return cross_entropy.vjp(reading, targets, v)
        case _:
            return cross_entropy.forward(reading, targets)


def _finished(ruled: Bounded, question: Question, quantity: str, block: Block, arithmetic: Arithmetic) -> Bounded:
    """Return what the rule gives once sign, temperature, mask and storage have been seen to."""
    odd = quantity in ("vjp", "jvp", "jacobian")
    result = -ruled if question.op == "softmin" and odd else ruled
    orders = 2 if quantity == "hvp" else int(odd)
    if question.temperature != 1.0 and orders:
        result = _over_temperature(result, question, arithmetic, orders=orders)
    if block.kept is not None and quantity != "forward":
        kept = block.kept[:, np.newaxis, :] if quantity == "jacobian" else block.kept
        result = result.where(np.broadcast_to(kept, result.bound.shape), 0.0)
    if question.outputs_per_row is not None and quantity == "jacobian":
        result = Bounded(
            value=DoubleDouble(hi=result.value.hi[:, np.newaxis, :], lo=result.value.lo[:, np.newaxis, :]),
            bound=result.bound[:, np.newaxis, :],
        )
    if question.outputs_per_row == 0 and quantity in ("forward", "jvp"):
        return result  # one loss for all rows: it is stored once they have been added up
    store = arithmetic.stored_output if quantity in ("forward", "jvp") else arithmetic.stored_gradient
    return result.stored(store)


def _over_temperature(result: Bounded, question: Question, arithmetic: Arithmetic, *, orders: int) -> Bounded:
    """Divide a derivative by the temperature, once for each order."""
    u = coarser(FORMATS.get(question.format, arithmetic.working), arithmetic.working).unit_roundoff
    for _ in range(orders):
        shape = result.bound.shape
        reciprocal = DoubleDouble.exactly(np.ones(shape)) / DoubleDouble.exactly(np.full(shape, question.temperature))
        zero = (result.bound == 0) & (result.value.hi == 0)
        result = result.times(reciprocal, relative=3.0 * u)
        result = Bounded(value=result.value, bound=np.where(zero, 0.0, result.bound + arithmetic.omega))
    return result


def _vacuous(reading: Reading, question: Question, quantity: str, *, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where the bound proves nothing, since the relative error of a row's sum may reach 1."""
    nothing = reading.perturbation.vacuous
    if question.op not in _LIKE_SOFTMAX:
        nothing = nothing | (reading.perturbation.log_sum(reading.log_total) >= 1.0)
    of_row = nothing.any(axis=-1, keepdims=True)
    return np.broadcast_to(of_row if of_row.ndim == len(shape) else of_row[..., np.newaxis], shape)


def may_overflow(block: Block, temper: Temper, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows what a kernel computes on its way may leave the range of its formats.

    Logits converted to a narrower format, or divided by a small temperature; the sum S; sums and products of the
    vectors, of which no intermediate of any usual form exceeds four times the sum of |v|, taken with one spare bit.
    """
    formats = [arithmetic.working, arithmetic.accumulation, arithmetic.output]
    formats += [] if temper.entering is None else [temper.entering]
    largest = min(one.largest for one in formats)
    length = block.x.shape[-1]
    with np.errstate(all="ignore"):
        finite = np.where(np.isfinite(block.x), np.abs(block.x), 0.0)
        tempered = finite / min(temper.temperature, 1.0)
        found = (
            (tempered >= largest).any(axis=-1)
            if largest < arithmetic.working.largest or temper.temperature < 1
            else (np.zeros(len(block.x), dtype=np.bool_))
        )
        found = found | (length >= largest)
        sizes = np.ones(len(block.x)) / 8.0
        for vector in (block.cotangent, block.tangent):
            if vector is not None:
                sizes = sizes * (np.abs(vector) / 8.0).sum(axis=-1) * 8.0
        if block.cotangent is not None or block.tangent is not None:
            found = found | (sizes > largest / 64.0)
    return np.asarray(found)


def _nothing(question: Question, quantity: str, block: Block, undefined: NDArray[np.bool_]) -> Judgement:
    """Return the judgement of rows without elements."""
    rows, length = block.x.shape
    outputs = length if question.outputs_per_row is None else 1
    shapes = {"forward": (rows, outputs), "jvp": (rows, outputs), "jacobian": (rows, outputs, length)}
    empty = np.zeros(shapes.get(quantity, (rows, length)))
    bounded = Bounded(value=DoubleDouble(hi=empty, lo=empty), bound=empty)
    flags = np.zeros(empty.shape, dtype=np.bool_)
    return Judgement(
        exact=bounded,
        shifted=bounded,
        vacuous=flags,
        shifted_vacuous=flags,
        undefined=undefined | (length == 0 and outputs == 1),
        out_of_range=np.zeros_like(undefined),
    )
