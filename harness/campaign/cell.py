"""A cell of the campaign's table: one quantity of one op and dtype by one adapter, over many problems."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.compare.verdict import Finding, Verdict
from harness.vocabulary import Level, Outcome, Quantity

Key = tuple[str, str, str, Quantity]
Question = tuple[str, str, Quantity]  # adapter, problem, quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """The largest share of a bound that was met, and the id of the problem that gave it; 0 and empty if none was."""

    share: float = 0.0
    problem: str = ""

    def met(self, share: float | None, problem: str) -> Extreme:
        """Return the larger of this and another one; NaN is beyond every bound."""
        number = 0.0 if share is None else math.inf if math.isnan(share) else share
        return Extreme(share=number, problem=problem) if number > self.share else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Counts of problems, and the worst shares of the bounds of elements, rows and their scalars.

    ``silent`` problems gave nothing to judge: the framework has no such call, raised, or returned another shape.
    ``beyond`` have a finding that nothing excuses, ``known`` have findings that the ledger knows, all of them.
    ``lawless`` break an invariant, known or not; of ``unbounded`` ones no finite bound exists, and only the invariants
    judge. The worst shares are of all but the known ones, which have their own.
    """

    adapter: str
    op: str
    dtype: str
    quantity: Quantity
    problems: int = 0
    rows: int = 0
    silent: int = 0
    unbounded: int = 0
    lawless: int = 0
    beyond: int = 0
    known: int = 0
    element: Extreme = Extreme()
    row: Extreme = Extreme()
    scalar: Extreme = Extreme()
    known_worst: Extreme = Extreme()

    @property
    def key(self) -> Key:
        """What the cell is of."""
        return self.adapter, self.op, self.dtype, self.quantity

    def joined(self, other: Cell) -> Cell:
        """Return the cell of both cells' problems."""
        return replace(
            self,
            problems=self.problems + other.problems,
            rows=self.rows + other.rows,
            silent=self.silent + other.silent,
            unbounded=self.unbounded + other.unbounded,
            lawless=self.lawless + other.lawless,
            beyond=self.beyond + other.beyond,
            known=self.known + other.known,
            element=self.element.met(other.element.share, other.element.problem),
            row=self.row.met(other.row.share, other.row.problem),
            scalar=self.scalar.met(other.scalar.share, other.scalar.problem),
            known_worst=self.known_worst.met(other.known_worst.share, other.known_worst.problem),
        )


def tally(verdicts: Iterable[Verdict], findings: Iterable[Finding]) -> tuple[Cell, ...]:
    """Return the cells of ``verdicts``; ``findings`` are those on single problems, with their excuses."""
    found: dict[Question, list[Finding]] = {}
    for finding in findings:
        if finding.quantity is not None and finding.level is not Level.EXPLANATION:
            for adapter, problem in itertools.product(finding.adapters, finding.problems):
                found.setdefault((adapter, problem, finding.quantity), []).append(finding)
    return joined(_cell(one, found.get((one.adapter, one.problem, one.quantity), ())) for one in verdicts)


def joined(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return one cell for each key, in the order in which keys first appear."""
    together: dict[Key, Cell] = {}
    for cell in cells:
        together[cell.key] = together[cell.key].joined(cell) if cell.key in together else cell
    return tuple(together.values())


def _cell(verdict: Verdict, findings: Sequence[Finding]) -> Cell:
    problem = verdict.problem
    known = bool(findings) and not any(finding.unexpected for finding in findings)
    cell = Cell(
        adapter=verdict.adapter,
        op=verdict.op,
        dtype=verdict.dtype,
        quantity=verdict.quantity,
        problems=1,
        rows=math.prod(verdict.shape) // verdict.shape[verdict.axis],
        lawless=int(bool(verdict.invariants)),
        beyond=int(bool(findings) and not known),
        known=int(known),
    )
    if not verdict.outcome.judged and verdict.outcome is not Outcome.OUTSIDE_RANGE:
        return replace(cell, silent=1)
    if known:
        worst = max((share for share in _shares(verdict) if share is not None), default=math.inf)
        return replace(cell, known_worst=Extreme().met(worst, problem))
    element, row, scalar = _shares(verdict)
    return replace(
        cell,
        unbounded=int(verdict.outcome is Outcome.OUTSIDE_RANGE),
        element=Extreme().met(element, problem),
        row=Extreme().met(row, problem),
        scalar=Extreme().met(scalar, problem),
    )


def _shares(verdict: Verdict) -> tuple[float | None, float | None, float | None]:
    return verdict.share, verdict.row_share, verdict.row_scalar
