"""Correct results with a place for an error in each row: logits N(0, 1), one result by the NumPy reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.campaign import heads
from harness.campaign.dice import Dice, Floats, Purpose
from harness.campaign.sensitivity.checks import ARRAYS
from harness.compare.judge import Judge
from harness.compare.stacking import stacks
from harness.plan.carrier import decoded, encoded
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction
from reference.formats import format_named
from reference.ulp import rounded

HEADS: Final = ("normal", "0 or 2", "one-hot anywhere")
DTYPES: Final = (DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)
_PROMISED: Final = (Op.SOFTMAX, Op.LOG_SOFTMAX)
_PRINTED: Final = (  # what is measured as well, and promised to nobody
    (Op.SOFTMAX, (Quantity.JVP, Quantity.HVP)),
    (Op.LOG_SOFTMAX, (Quantity.JVP, Quantity.HVP)),
    (Op.LOGSUMEXP, (Quantity.FORWARD, Quantity.VJP, Quantity.JVP, Quantity.HVP)),
    (Op.CROSS_ENTROPY, (Quantity.FORWARD, Quantity.VJP, Quantity.JVP, Quantity.HVP)),
)
_WITH_HEAD: Final = (Quantity.VJP, Quantity.HVP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is measured: one quantity of one op and dtype, over rows of length ``n``; a vjp or hvp under one head."""

    op: Op
    quantity: Quantity
    head: str  # empty for a forward or jvp
    dtype: DType
    n: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """Correct results, one per row, and where an error is planted in each; numbers of the dtype as float64.

    ``correct`` and ``exact`` are (rows, m), where m is n, or 1 of an output without the axis; ``at`` and ``sign`` are
    (rows,).
    """

    cell: Cell
    correct: Floats  # by the NumPy reference
    exact: Floats  # correctly rounded
    at: NDArray[np.int64]
    sign: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Rows that are judged together, each a problem; the judge knows what is true of them, and forgets nothing.

    ``own_forward`` has one row for each problem; ``precision`` is what the reference declares.
    """

    trials: Trials
    problems: tuple[Problem, ...]
    own_forward: Floats
    precision: Precision
    judge: Judge


def cells(lengths: tuple[int, ...]) -> list[Cell]:
    """Return all cells for the given row lengths."""
    asked = [(op, Quantity.FORWARD, "") for op in _PROMISED]
    asked += [(op, Quantity.VJP, head) for op in _PROMISED for head in HEADS]
    asked += [
        (op, quantity, HEADS[0] if quantity in _WITH_HEAD else "")
        for op, quantities in _PRINTED
        for quantity in quantities
    ]
    return [
        Cell(op=op, quantity=quantity, head=head, dtype=dtype, n=n)
        for op, quantity, head in asked
        for dtype in DTYPES
        for n in lengths
    ]


def stacked(cell: Cell, *, rows: int, seed: int) -> Iterator[Stack]:
    """Draw ``rows`` rows, compute their correct and exact results, and choose where errors are planted.

    Rows whose exact value is zero at that place are left out: nothing is relative to zero. (The gradient of softmax is
    zero where a head of length 2 is constant.) There is one stack at least, be it without rows.
    """
    call, reference = _call(cell, rows=rows, seed=seed), ReferenceAdapter()
    precision = reference.precision(call, cell.quantity)
    forward = decoded(reference.forward(call), cell.dtype)
    correct = decoded(getattr(reference, cell.quantity.value)(call), cell.dtype).reshape(rows, -1)
    places = Dice(seed, cell.n, Purpose.CHOICES)
    at, sign = places.columns(correct.shape)[:, 0], places.flips((rows,)) * 2.0 - 1.0
    numbered = {f"row-{k}": k for k in range(rows)}
    for stack in stacks([_problem(cell, name, _row(call, k)) for name, k in numbered.items()]):
        judge = Judge(stack)
        each = [judge.truth(problem, cell.quantity, precision).value for problem in stack]
        exact = np.stack([rounded(value, format_named(cell.dtype)).reshape(-1) for value in each])
        members = np.array([numbered[problem.id] for problem in stack])
        kept = exact[np.arange(len(stack)), at[members]] != 0
        yield Stack(
            trials=Trials(
                cell=cell,
                correct=correct[members][kept],
                exact=exact[kept],
                at=at[members][kept],
                sign=sign[members][kept],
            ),
            problems=tuple(problem for problem, keep in zip(stack, kept, strict=True) if keep),
            own_forward=forward[members][kept],
            precision=precision,
            judge=judge,
        )


def together(trials: Sequence[Trials]) -> Trials:
    """Return the rows of all stacks of a cell."""
    arrays = {name: np.concatenate([getattr(one, name) for one in trials]) for name in ARRAYS}
    return Trials(cell=trials[0].cell, **arrays)


def _call(cell: Cell, *, rows: int, seed: int) -> Call:
    shape, dtype = (rows, cell.n), cell.dtype

    def dice(purpose: Purpose) -> Dice:
        return Dice(seed, cell.n, purpose)

    x = encoded(dice(Purpose.X).normal(shape), dtype)
    loss = cell.op is Op.CROSS_ENTROPY
    call = Call(
        op=cell.op,
        axis=-1,
        dtype=dtype,
        mode=Mode.DEFAULT,
        x=x,
        targets=dice(Purpose.TARGETS).columns(shape)[:, 0].astype(np.int32) if loss else None,
        reduction=Reduction.NONE if loss else None,
    )
    like = decoded(x, dtype) if call.output_shape == shape else np.zeros((rows, 1))
    kind = heads.KINDS[cell.head or HEADS[0]]
    cotangent = heads.drawn(kind, dice(Purpose.COTANGENT), like, dtype).reshape(call.output_shape)
    tangent = dice(Purpose.TANGENT).normal(shape)
    return replace(call, cotangent=encoded(cotangent, dtype), tangent=encoded(tangent, dtype))


def _row(call: Call, number: int) -> Call:
    arrays: dict[str, Any] = {
        name: np.asarray(array[number])
        for name in ("x", "cotangent", "tangent", "targets")
        if (array := getattr(call, name)) is not None
    }
    return replace(call, **arrays)


def _problem(cell: Cell, name: str, call: Call) -> Problem:
    check = tuple(dict.fromkeys((Quantity.FORWARD, cell.quantity)))
    return Problem(id=name, case="sensitivity", call=call, cotangent_name=cell.head, check=check)
