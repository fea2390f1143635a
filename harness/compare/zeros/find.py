"""The zero rows of one derivative, each with the cause that decides, its proof, and what would end it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.compare.rowcut import RowCut
from harness.compare.verdict import json_value
from harness.compare.zeros.cause import Cause
from harness.compare.zeros.causes import deciding, holding
from harness.compare.zeros.proof import proof
from harness.compare.zeros.reasons import Told
from harness.compare.zeros.remedy import change
from harness.compare.zeros.rows import Flags, Rows
from harness.compare.zeros.words import paragraph
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Quantity
from reference.truth import Truth, truth

DERIVATIVES = (Quantity.VJP, Quantity.JVP, Quantity.HVP)
_STEPS = 4  # changes that are tried one after the other: causes that hide behind each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Changes that make the first row's derivative other than zero, and how large the oracle says it is then.

    ``call`` is that row alone, with the changes made.
    """

    words: str
    call: Call
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroGradient:
    """Rows whose true derivative is zero, or so small that zero is a correct answer, with one cause and its proof."""

    kind: FindingKind
    sentence: str
    evidence: dict[str, Any]
    row: int = 0  # the first of them, in C order over the axes that are not the problem's
    cause: Cause | None = None  # None: there is nothing to differentiate
    remedy: Remedy | None = None
    stored: float = 0.0  # the largest of these rows once it is rounded to its dtype; NaN counts as none


def zero_gradients(problem: Problem, quantity: Quantity, derivative: Truth) -> Iterator[ZeroGradient]:
    """Yield why rows of the vjp, jvp or hvp of ``problem`` are zero, one cause after the other; nothing where none is.

    ``derivative`` is its oracle. Rows of which nothing is kept are named as well, though nothing is defined there.
    """
    call = problem.call
    if call.x.size == 0:
        yield ZeroGradient(
            kind=FindingKind.EMPTY,
            sentence=f"There is nothing to differentiate: an input of shape {call.x.shape} has an empty gradient.",
            evidence={"shape": list(call.x.shape)},
        )
        return
    rows = Rows(call, quantity, derivative)
    if not rows.zero.any() and not call.op.masked:
        return
    found = holding(rows)
    for cause, holds in deciding(found).items():
        first = int(holds.argmax())
        remedy = _remedy(rows, cause, first)
        beside = tuple(
            other for other, flags in found.items() if other is not cause and _named(cause, other, flags, holds)
        )
        told = Told(rows=rows, cause=cause, holds=holds, beside=beside)
        yield ZeroGradient(
            kind=cause.kind,
            sentence=paragraph(told, None if remedy is None else (remedy.words, remedy.largest)),
            evidence={"rows": int(holds.sum()), "of rows": int(holds.size)}
            | proof(rows, cause, holds)
            | ({} if remedy is None else {"with": remedy.words, "it is at most": json_value(remedy.largest)}),
            row=first,
            cause=cause,
            remedy=remedy,
            stored=float(np.nan_to_num(rows.stored[holds], nan=0.0, posinf=np.inf).max(initial=0.0)),
        )


def _named(cause: Cause, other: Cause, flags: Flags, holds: Flags) -> bool:
    """Say whether another cause holds in all rows in which ``cause`` decides, and does not simply follow from it."""
    return other not in cause.implies and bool(flags[holds].all())


def _remedy(rows: Rows, cause: Cause, row: int) -> Remedy | None:
    """Change the row until its derivative is not zero: one change for each cause that comes to light."""
    alone = RowCut(rows.call, row=row).call
    quantity = rows.quantity
    said: list[str] = []
    now: Rows = _rows_of(alone, quantity)
    for _ in range(_STEPS):
        made = change(now, cause)
        if made is None:
            return None
        said.append(made.words)
        now = _rows_of(made.call, quantity)
        if now.stored.any() and not now.zero.any():
            return Remedy(words=" and ".join(said), call=made.call, largest=float(now.stored.max()))
        left = deciding(holding(now))
        if not left:
            return None  # undefined: nothing is to be had of this row
        cause = next(iter(left))
    return None


def _rows_of(call: Call, quantity: Quantity) -> Rows:
    asked = Asked([call], result=result_format(call))
    dtype = result_format(call) if call.dtype.floating else call.dtype.value
    with np.errstate(all="ignore"):
        found = truth(asked.question, quantity.value, **asked.vectors(quantity), working=dtype, accumulation=dtype)
    return Rows(call, quantity, found)
