"""Findings in the order in which a person should read them, in plain words, gathered where they say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from harness.compare.verdict import Finding
from harness.vocabulary import FindingKind, Level


class Rank(StrEnum):
    """The groups of findings, worst first."""

    FAULT = "Faults"
    POLICY = "Differences of policy"
    KNOWN = "Expected and known"
    EXPLANATION = "Explanations"

    @property
    def meaning(self) -> str:
        """What stands in this group, in a sentence."""
        return _MEANINGS[self]

    @property
    def fails(self) -> bool:
        """Whether findings of this group fail the run."""
        return self in (Rank.FAULT, Rank.POLICY)

    @property
    def slug(self) -> str:
        """The name in style sheets and anchors."""
        return self.name.lower()


_MEANINGS = {
    Rank.FAULT: "Somebody’s result is wrong, or a result that was asked for did not come; nobody expected it.",
    Rank.POLICY: "Frameworks answer differently where no answer is the true one, and neither case nor ledger says so.",
    Rank.KNOWN: "Differences that a case expects or the ledger records, with the reason. They do not fail the run.",
    Rank.EXPLANATION: "Correct, and surprising enough to need a sentence.",
}

TITLES = {
    FindingKind.SUMMED_OUTPUT: "Zero, because the cotangent is constant along the axis",
    FindingKind.ZERO_COTANGENT: "Zero, because the cotangent is zero",
    FindingKind.LENGTH_ONE_AXIS: "Zero, because the axis has length one",
    FindingKind.SATURATED: "Zero, because the softmax is saturated",
    FindingKind.STATIONARY: "Zero, because the primal is a stationary point",
    FindingKind.EMPTY: "Nothing to differentiate",
    FindingKind.ALL_MASKED: "Zero, because everything is masked",
    FindingKind.UNDERFLOW: "Zero, because the gradient is below the smallest normal number",
    FindingKind.WITHIN_ROUNDING: "Zero is within rounding: the gradient is too small to tell",
    FindingKind.FLUSHED: "Subnormal numbers returned as zero",
    FindingKind.COTANGENT_IGNORED: "The gradient is the same whatever the cotangent is",
    FindingKind.DEGENERATE: "The cotangent can hardly tell a wrong rule from a right one",
    FindingKind.IMPLICIT_REFUSED: "No cotangent given: the framework refuses",
    FindingKind.SHAPE_REFUSED: "The framework refuses the shape",
    FindingKind.UNDEFINED_ROW: "A row without a true answer",
    FindingKind.BEYOND_BOUND: "Error beyond the rounding bound",
    FindingKind.INCONSISTENT_ROW: "The elements of a row do not agree on their common factor",
    FindingKind.SUM_NOT_ONE: "Probabilities that do not sum to one",
    FindingKind.POSITIVE_LOG: "The logarithm of a probability above one, or a loss below zero",
    FindingKind.VJP_SUM_NOT_ZERO: "A derivative that does not sum to what it must",
    FindingKind.ASYMMETRIC: "A Jacobian that is not symmetric",
    FindingKind.BEYOND_EXTREMES: "A logsumexp or a mean beyond what the extremes of its row allow",
    FindingKind.SHIFT_SEEN: "A shift of all logits changes the result",
    FindingKind.NONFINITE: "NaN or infinity in the wrong place",
    FindingKind.INFINITY_SIGN: "An infinity of the wrong sign",
    FindingKind.ZERO_RULE: "Zero returned for a gradient that is not zero",
    FindingKind.WRONG_SHAPE: "A result of the wrong shape",
    FindingKind.WRONG_DTYPE: "A result of the wrong dtype",
    FindingKind.INPUT_CHANGED: "The adapter changed its input",
    FindingKind.RAISED: "An exception instead of a result",
    FindingKind.CRASHED: "The recording process died",
    FindingKind.TIMED_OUT: "Nothing came back in time",
    FindingKind.OUT_OF_MEMORY: "Out of memory",
    FindingKind.MISSING: "A planned result is missing",
    FindingKind.PRINTED_VALUE: "Not the digits that somebody printed",
    FindingKind.EXPECTED_ABSENT: "An expected finding did not appear",
    FindingKind.LEDGER_STALE: "A ledger entry no longer happens",
}


# what weighs more than a wrong number, in this order; wrong numbers are told apart by how wrong they are
_GRAVEST: Final = (
    FindingKind.CRASHED,
    FindingKind.TIMED_OUT,
    FindingKind.OUT_OF_MEMORY,
    FindingKind.MISSING,
    FindingKind.INPUT_CHANGED,
    FindingKind.RAISED,
    FindingKind.WRONG_SHAPE,
    FindingKind.WRONG_DTYPE,
    FindingKind.NONFINITE,
    FindingKind.INFINITY_SIGN,
    FindingKind.ZERO_RULE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All findings of one rank and kind, in the order of the comparison; those the ledger knows, entry by entry."""

    kind: FindingKind
    findings: tuple[Finding, ...]
    ledger: str | None = None  # the id of the entry that knows all of them

    @property
    def title(self) -> str:
        """What the findings of this kind are, in a few plain words."""
        return TITLES[self.kind]

    @property
    def adapters(self) -> str:
        """The adapters that these findings are about; none where they are a matter of the mathematics."""
        return ", ".join(dict.fromkeys(name for finding in self.findings for name in finding.adapters))


_SHARES = {  # whose share of its bound it is, by its name in a verdict, or in the evidence of a finding
    "share": "an element",
    "row_share": "the agreement within a row",
    "row_scalar": "the common factor of a row",
}


def severest(numbers: Callable[[str], Any]) -> tuple[float, str]:
    """Return the largest share of a bound among ``numbers``, asked for by name, and in words whose share it is.

    It is the number by which findings are ranked (:func:`harness.compare.grouping.severity`); NaN counts as infinite.
    """
    shares = {name: float(value) for name in _SHARES if (value := numbers(name)) is not None}
    found = {name: math.inf if math.isnan(share) else share for name, share in shares.items()}
    name = max(found, key=found.__getitem__, default="share")
    return found.get(name, 0.0), _SHARES[name]


def rank(finding: Finding) -> Rank:
    """Return the group of a finding."""
    if finding.level is Level.EXPLANATION:
        return Rank.EXPLANATION
    if not finding.unexpected:
        return Rank.KNOWN
    return Rank.FAULT if finding.level is Level.FAULT else Rank.POLICY


def ranked(findings: Iterable[Finding]) -> dict[Rank, tuple[Gathered, ...]]:
    """Return every finding in its rank, gathered by kind; ranks worst first, also those that are empty.

    Within a rank what gave no number comes first, then numbers that are none or not finite, then wrong ones by their
    share of what rounding explains, as the comparison has them, and differences of policy last. Of one kind the
    differences that the ledger knows come first: each is somebody's defect, found in many cases.
    """
    groups: dict[Rank, dict[tuple[FindingKind, str | None], list[Finding]]] = {each: {} for each in Rank}
    for finding in findings:
        groups[rank(finding)].setdefault((finding.kind, finding.ledger), []).append(finding)
    return {
        each: tuple(
            Gathered(kind=kind, findings=tuple(members), ledger=entry)
            for (kind, entry), members in sorted(kinds.items(), key=lambda item: _gravity(*item[0]))
        )
        for each, kinds in groups.items()
    }


def _gravity(kind: FindingKind, entry: str | None) -> tuple[bool, int, bool]:
    grave = _GRAVEST.index(kind) if kind in _GRAVEST else len(_GRAVEST)
    return kind.level is Level.POLICY, grave, entry is None


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings worst first; within a rank as :func:`ranked` gathers them."""
    return tuple(finding for kinds in ranked(findings).values() for kind in kinds for finding in kind.findings)
