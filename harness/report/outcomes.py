"""The outcome of an evaluation as a reader meets it: which law it breaks, where no bound says anything against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.compare.verdict import Verdict
from harness.vocabulary import FindingKind, Outcome

LAWS: Final = {
    FindingKind.SUM_NOT_ONE: "sum of one",
    FindingKind.POSITIVE_LOG: "sign of a logarithm",
    FindingKind.VJP_SUM_NOT_ZERO: "sum of a derivative",
    FindingKind.ASYMMETRIC: "symmetry",
    FindingKind.BEYOND_EXTREMES: "extremes of a row",
    FindingKind.SHIFT_SEEN: "shift of all logits",
}
_OF_NUMBERS: Final = (Outcome.BEYOND_BOUND, Outcome.OUTSIDE_RANGE, Outcome.WITHIN_BOUND, Outcome.EXACT)


def by_law(verdict: Verdict) -> bool:
    """Return whether a law is all that a result is against: none of its shares of a bound is above 1."""
    shares = [share for share in (verdict.share, verdict.row_share, verdict.row_scalar) if share is not None]
    return bool(verdict.invariants) and verdict.outcome in _OF_NUMBERS and all(share <= 1 for share in shares)


def outcome_in_words(verdicts: Iterable[Verdict]) -> str:
    """Return the outcome of results that share one, or the laws that they break where it is by these alone."""
    several = tuple(verdicts)
    if not all(map(by_law, several)):
        return several[0].outcome.value
    broken = {FindingKind(law) for verdict in several for law in verdict.invariants}
    return f"law broken: {', '.join(name for law, name in LAWS.items() if law in broken)}"
