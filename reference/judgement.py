"""Exact values and bounds of rows: the rules of the family, at one of the two readings of x - max x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds.arithmetic import Arithmetic, Store
from reference.bounds.bounded import Bounded
from reference.bounds.overflow import may_be_infinite
from reference.bounds.reading import Shift, reading_of
from reference.bounds.shift import Temper, quotient
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.formats import FORMATS
from reference.question import Question
from reference.rules import limits
from reference.rules.table import RULES, Given
from reference.rules.vector import ALONE, IN_PAIRS, Vector
from reference.undefined import infinite_sums, unanswered_rows

_ORDERS = {"forward": 0, "vjp": 1, "jvp": 1, "jacobian": 1, "hvp": 2}  # how often x has been differentiated by


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What holds for rows by one reading: (rows, outputs) of a forward or a jvp, (rows, n) of a vjp or an hvp.

    A Jacobian is (rows, n, n), outputs first, or (rows, n) where a row has one output. ``undefined`` and ``infinite``
    are (rows,): rows that have no answer, and other rows of which a result may leave the range of a format it passes
    through.
    """

    bounded: Bounded
    vacuous: NDArray[np.bool_]
    undefined: NDArray[np.bool_]
    infinite: NDArray[np.bool_]

    @classmethod
    def together(cls, parts: list[Judgement]) -> Judgement:
        """Return what holds for the rows of all parts."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            bounded=Bounded.together([part.bounded for part in parts]),
            vacuous=np.concatenate([part.vacuous for part in parts]),
            undefined=np.concatenate([part.undefined for part in parts]),
            infinite=np.concatenate([part.infinite for part in parts]),
        )


def judge(question: Question, quantity: str, block: Block, shift: Shift, *, arithmetic: Arithmetic) -> Judgement:
    """Judge ``quantity`` of some rows of a question, read at ``shift``."""
    endless = infinite_sums(question, quantity, block.x)
    unanswered = unanswered_rows(block)
    undefined = unanswered & np.isnan(endless[:, 0])
    if not block.x.size:
        return _nothing(question, quantity, block, undefined)
    absent = (unanswered | block.ignored)[:, np.newaxis]
    x = np.where(absent, 0.0, block.x) if absent.any() else block.x
    temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
    of_v, of_w = temper.given(arithmetic, quantity)
    given = Given(
        cotangent=_scaled(_cotangents(question, quantity, block), absent, quantity, of_v),
        tangent=_scaled(block.tangent, absent, quantity, of_w),
        targets=block.targets,
    )
    wide = x[:, np.newaxis, :] if quantity == "jacobian" and question.outputs_per_row is None else x
    reading = reading_of(wide, shift, temper=temper, arithmetic=arithmetic)
    bounded = _finished(
        limits.bounded(RULES[question.op][quantity](reading, given), reading),
        question,
        quantity,
        block,
        temper=temper,
        arithmetic=arithmetic,
        endless=endless,
    )
    vacuous = limits.vacuous(reading, question, quantity, given, bound=bounded.bound)
    infinite = may_be_infinite(bounded.sure(~vacuous), quantity, arithmetic=arithmetic)
    return Judgement(
        bounded=bounded,
        vacuous=vacuous,
        undefined=undefined,
        infinite=_any_of_row(infinite) & ~(undefined | block.ignored),
    )


def _any_of_row(results: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(results.reshape(len(results), -1).any(axis=-1))


def _cotangents(question: Question, quantity: str, block: Block) -> Floats | None:
    """Return the cotangent; for a Jacobian, one-hots (rows, outputs, n), or a one for each row's one output."""
    if quantity != "jacobian":
        return block.cotangent
    rows, length = block.x.shape
    if question.outputs_per_row is not None:
        return np.ones((rows, 1))
    every = np.broadcast_to(np.eye(length), (rows, length, length))
    return every if block.kept is None else every * block.kept[:, :, np.newaxis]  # a masked output is a constant


def _scaled(values: Floats | None, absent: NDArray[np.bool_], quantity: str, known: Store) -> Vector | None:
    """Return vectors scaled row by row, 0 in rows that are not asked; a kernel knows their elements up to ``known``."""
    if values is None:
        return None
    clean = np.where(absent.reshape(-1, *[1] * (values.ndim - 1)), 0.0, values) if absent.any() else values
    exponent = IN_PAIRS if quantity == "hvp" else ALONE
    return Vector.of(clean, exponent=exponent, rounding=known.u, lost=known.omega)


def _finished(
    ruled: Bounded,
    question: Question,
    quantity: str,
    block: Block,
    *,
    temper: Temper,
    arithmetic: Arithmetic,
    endless: Floats,
) -> Bounded:
    """Return what the rule gives once sign, temperature, what has no say, and storage have been seen to."""
    orders = _ORDERS[quantity]
    result = -ruled if question.negated and orders == 1 else ruled
    if not np.isfinite(result.value.hi).all():
        result = result.where(~np.isinf(result.value.hi), result.value.hi)  # an infinity has no error
    if question.temperature != 1.0 and orders:
        result = _over_temperature(result, temper, arithmetic, orders=orders)
    if block.kept is not None and orders:
        kept = block.kept[:, np.newaxis, :] if quantity == "jacobian" else block.kept
        result = result.where(np.broadcast_to(kept, result.bound.shape), 0.0)
    if block.ignored.any():
        result = result.where(~block.ignored[:, np.newaxis], 0.0)
    if not np.isnan(endless).all():
        result = result.where(np.isnan(endless), endless)
    if question.outputs_per_row == 0 and quantity in ("forward", "jvp"):
        return result  # one loss for all rows: it is stored once they have been added up
    store = arithmetic.stored_output if quantity in ("forward", "jvp") else arithmetic.stored_gradient
    return result.stored(store)


def _over_temperature(result: Bounded, temper: Temper, arithmetic: Arithmetic, *, orders: int) -> Bounded:
    """Divide a derivative by the temperature, once for each order; it may be an array of its own before and after."""
    relative, lost = temper.rounding(arithmetic), temper.lost(arithmetic)
    for _ in range(orders):
        value, bound = quotient(result.value, temper.temperature), (result.bound + lost) / temper.temperature
        zero = (result.bound == 0) & (result.value.hi == 0)
        bound = bound * (1.0 + relative) + relative * np.abs(value.hi) + lost
        result = Bounded(value=value, bound=np.where(zero | np.isinf(value.hi), 0.0, bound))
    return result


def _nothing(question: Question, quantity: str, block: Block, undefined: NDArray[np.bool_]) -> Judgement:
    """Return the judgement of rows without elements, or of no rows: a sum of nothing is 0, and its logarithm -inf."""
    rows, length = block.x.shape
    outputs = length if question.outputs_per_row is None else 1
    full = (rows, outputs, length) if question.outputs_per_row is None else (rows, length)
    shapes = {"forward": (rows, outputs), "jvp": (rows, outputs), "jacobian": full}
    value = np.full(shapes.get(quantity, (rows, length)), 0.0)
    if question.op == "logsumexp" and quantity == "forward":
        value = infinite_sums(question, quantity, block.x)
    bounded = Bounded(value=DoubleDouble.exactly(value), bound=np.zeros_like(value))
    flags = np.zeros(value.shape, dtype=np.bool_)
    return Judgement(bounded=bounded, vacuous=flags, undefined=undefined, infinite=np.zeros_like(undefined))
