"""Laws that a result breaks, as findings: what holds whatever the logits are, and needs no oracle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.compare.sentences import what_of
from harness.compare.verdict import Finding, Verdict, json_value
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind
from reference.invariants import Violation

FINDINGS: Final = {
    "sum-to-one": FindingKind.SUM_NOT_ONE,
    "exponentials": FindingKind.SUM_NOT_ONE,
    "positive-log": FindingKind.POSITIVE_LOG,
    "negative-loss": FindingKind.POSITIVE_LOG,
    "vjp-sum": FindingKind.VJP_SUM_NOT_ZERO,
    "jvp-sum": FindingKind.VJP_SUM_NOT_ZERO,  # a jvp of softmax is its vjp of the tangent, an hvp the vjp of a vjp
    "hvp-sum": FindingKind.VJP_SUM_NOT_ZERO,
    "jacobian-symmetry": FindingKind.ASYMMETRIC,
    "log-sum-exp-limits": FindingKind.BEYOND_EXTREMES,
    "mean-limits": FindingKind.BEYOND_EXTREMES,
    "shift": FindingKind.SHIFT_SEEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A law that a result breaks in ``rows`` rows; ``worst`` is the one that is farthest beyond what is allowed.

    ``beside``: the problem, at shifted logits, whose result it was held against; empty for laws of one result.
    """

    worst: Violation
    rows: int
    beside: str = ""

    @property
    def kind(self) -> FindingKind:
        """The kind of finding that it is."""
        return FINDINGS[self.worst.kind]

    @property
    def share(self) -> float:
        """What is missed, as a share of what rounding explains."""
        return self.worst.measured / self.worst.allowed if self.worst.allowed > 0 else math.inf


def broken_laws(violations: Iterable[Violation], *, beside: str = "") -> tuple[Broken, ...]:
    """Return each law that ``violations`` of one result break.

    What is no number has been judged by where it stands: NaN adds up to NaN, which says nothing new.
    """
    by_law: dict[str, list[Violation]] = {}
    for violation in violations:
        if math.isfinite(violation.measured):
            by_law.setdefault(violation.kind, []).append(violation)
    return tuple(
        Broken(worst=max(found, key=lambda one: one.measured - one.allowed), rows=len(found), beside=beside)
        for found in by_law.values()
    )


def of_laws(problem: Problem, verdict: Verdict, broken: Iterable[Broken]) -> Iterator[Finding]:
    """Yield a finding for each law that the result of ``verdict`` breaks."""
    for law in broken:
        worst = law.worst
        held = f" Held against the same adapter's result for {law.beside}." if law.beside else ""
        others = f" {law.rows - 1} more row{'s' if law.rows > 2 else ''} of it likewise." if law.rows > 1 else ""
        numbers = {"row": worst.row, "rows": law.rows, "error": worst.measured, "bound": worst.allowed}
        yield Finding(
            kind=law.kind,
            case=problem.case,
            sentence=(
                f"{verdict.adapter}: the {what_of(problem, verdict)} breaks a law that holds whatever the logits are: "
                f"{worst.sentence}.{held}{others}"
            ),
            problems=(problem.id, law.beside) if law.beside else (problem.id,),
            adapters=(verdict.adapter,),
            quantity=verdict.quantity,
            evidence={"law": worst.kind, **numbers, "share": json_value(law.share)},
        )
