"""What was tried: op by dtype by quantity, how many problems there are of each, and who answered them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.compare.verdict import Verdict
from harness.vocabulary import DType, Op, Outcome, Quantity

Cell = tuple[str, str, Quantity]  # op, dtype, quantity

_REFERENCE = "reference"  # no framework: the harness's own, which has every call


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One op, dtype and quantity: its problems, and how many results of each adapter were judged."""

    problems: int
    judged: tuple[int, ...]  # in the order of the comparison's adapters
    unanswered: bool  # whether frameworks ran, and none of them has such a call

    @property
    def alike(self) -> bool:
        """Whether every adapter has as many judged results as there are problems."""
        return set(self.judged) == {self.problems}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One op and quantity, a cell per dtype; None where nothing was planned."""

    op: str
    quantity: Quantity
    cells: tuple[Covered | None, ...]  # in the order of DType


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The whole table, and what is missing from it."""

    lines: tuple[Line, ...]
    planned: int  # cells
    possible: int
    never: tuple[Cell, ...]  # that could have been planned
    unanswered: tuple[Cell, ...]


def coverage(comparison: Comparison) -> Coverage:
    """Count problems and judged results by op, dtype and quantity, in the order of the vocabulary."""
    found: dict[Cell, list[Verdict]] = defaultdict(list)
    for verdict in comparison.verdicts:
        found[verdict.op, verdict.dtype, verdict.quantity].append(verdict)
    names = [run.name for run in comparison.adapters]
    cells = {cell: _covered(verdicts, names) for cell, verdicts in found.items()}
    possible = [
        (op.value, dtype.value, quantity)
        for op in Op
        for quantity in Quantity
        for dtype in DType
        if _exists(op, dtype, quantity)
    ]
    every = dict.fromkeys((op, quantity) for op, _, quantity in (*possible, *cells))
    lines = (
        Line(op=op, quantity=quantity, cells=tuple(cells.get((op, dtype.value, quantity)) for dtype in DType))
        for op, quantity in every
    )
    return Coverage(
        lines=tuple(line for line in lines if any(line.cells)),
        planned=len(cells),
        possible=len({*possible, *cells}),
        never=tuple(cell for cell in possible if cell not in cells),
        unanswered=tuple(cell for cell in possible if cell in cells and cells[cell].unanswered),
    )


def _covered(verdicts: list[Verdict], adapters: list[str]) -> Covered:
    judged = dict.fromkeys(adapters, 0)
    for verdict in verdicts:
        judged[verdict.adapter] += verdict.outcome.judged or verdict.outcome is Outcome.OUTSIDE_RANGE
    ran = [v for v in verdicts if v.adapter != _REFERENCE and v.outcome is not Outcome.NOT_RUN]
    return Covered(
        problems=len({verdict.problem for verdict in verdicts}),
        judged=tuple(judged.values()),
        unanswered=bool(ran) and all(verdict.outcome is Outcome.UNSUPPORTED for verdict in ran),
    )


def _exists(op: Op, dtype: DType, quantity: Quantity) -> bool:
    """Say whether there is such a quantity: integers have a forward only, SoftmaxOutput that and a vjp."""
    if quantity is Quantity.FORWARD:
        return True
    return dtype.floating and (op is not Op.SOFTMAX_OUTPUT or quantity is Quantity.VJP)
