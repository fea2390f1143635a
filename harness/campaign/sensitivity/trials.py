"""Correct results with a place for an error in each row: logits N(0, 1), one result by the NumPy reference."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.campaign import heads
from harness.campaign.dice import Dice, Purpose
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named
from reference.truth import truth
from reference.ulp import rounded

HEADS: Final = ("normal", "0 or 2", "one-hot anywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is measured: one quantity of one op and dtype, over rows of length ``n``; a vjp under one kind of head."""

    op: Op
    quantity: Quantity
    head: str  # empty for a forward
    dtype: DType
    n: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """One correct result per problem, each problem a row; all arrays are (rows, n), or (rows,) for the last two."""

    cell: Cell
    problems: tuple[Problem, ...]
    correct: NDArray[Any]  # by the NumPy reference
    own_forward: NDArray[Any]
    exact: NDArray[Any]  # correctly rounded
    at: NDArray[np.int64]
    sign: NDArray[np.float64]


def cells(lengths: tuple[int, ...]) -> list[Cell]:
    """Return all cells for the given row lengths."""
    asked = [(Quantity.FORWARD, ""), *((Quantity.VJP, head) for head in HEADS)]
    return [
        Cell(op=op, quantity=quantity, head=head, dtype=dtype, n=n)
        for op in Op
        for quantity, head in asked
        for dtype in DType
        for n in lengths
    ]


def trials(cell: Cell, *, rows: int, seed: int) -> Trials:
    """Draw ``rows`` rows, compute their correct and exact results, and choose where errors are planted.

    Rows whose exact value is zero at that place are left out: nothing is relative to zero. (The gradient of softmax is
    zero where a head of length 2 is constant.)
    """
    shape = (rows, cell.n)
    dtype = cell.dtype.value
    x = Dice(seed, cell.n, Purpose.X).normal(shape).astype(dtype)
    kind = heads.KINDS[cell.head or HEADS[0]]
    v = kind(Dice(seed, cell.n, Purpose.COTANGENT), x.astype(np.float64)).astype(dtype)
    places = Dice(seed, cell.n, Purpose.CHOICES)
    at, sign = places.columns(shape)[:, 0], places.flips((rows,)) * 2.0 - 1.0
    vector = v if cell.quantity is Quantity.VJP else None
    true = truth(cell.op, cell.quantity, x, axis=-1, vector=vector, working=cell.dtype, accumulation=cell.dtype)
    exact = rounded(true.value, format_named(dtype))
    kernel = importlib.import_module(f"reference.{cell.op.value}")
    own_forward = kernel.forward(x, axis=-1)
    correct = own_forward if vector is None else kernel.vjp(x, v, axis=-1)
    kept = exact[np.arange(rows), at] != 0
    return Trials(
        cell=cell,
        problems=tuple(_problem(cell, int(number), x[number], v[number]) for number in np.flatnonzero(kept)),
        correct=correct[kept],
        own_forward=own_forward[kept],
        exact=exact[kept],
        at=at[kept],
        sign=sign[kept],
    )


def _problem(cell: Cell, number: int, x: NDArray[Any], v: NDArray[Any]) -> Problem:
    call = Call(op=cell.op, axis=-1, dtype=cell.dtype, mode=Mode.DEFAULT, x=x, cotangent=v)
    check = tuple(dict.fromkeys((Quantity.FORWARD, cell.quantity)))
    return Problem(id=f"row-{number}", case="sensitivity", call=call, cotangent_name=cell.head, check=check)
