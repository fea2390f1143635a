"""The explanation that a page tells at length: the zero gradient of a summed softmax, on the case that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.compare.exhibit import Answer, Exhibit
from harness.compare.verdict import Finding
from harness.plan.plan import CaseRecord
from harness.report.drawing import Drawing, draw
from harness.vocabulary import FindingKind, Quantity

ORIGIN = "discuss.mxnet.io/t/derivative-of-softmax"  # the thread that this project began with
_NO_COTANGENT = "implicit"
_UNSUPPORTED = "unsupported: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One adapter's answer to the cotangent of the case, and its Jacobian where it gave one."""

    asked: Answer
    jacobian: Answer | None

    @property
    def unsupported(self) -> bool:
        """Whether the adapter has no such call, as against a framework that refuses one."""
        return (self.asked.words or "").startswith(_UNSUPPORTED)

    @property
    def words(self) -> str | None:
        """What the adapter said instead of returning numbers."""
        return None if self.asked.words is None else self.asked.words.removeprefix(_UNSUPPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One summed-output finding with its drawing, and what each adapter did with the cotangent of the case."""

    finding: Finding
    record: CaseRecord | None
    drawing: Drawing

    @property
    def implicit(self) -> bool:
        """Whether no cotangent was given, so that each framework did whatever it does then."""
        return self.drawing.exhibit.cotangent_name == _NO_COTANGENT

    @property
    def answers(self) -> tuple[Told, ...]:
        """What each adapter did: first those that returned numbers, then those that refused, then the rest."""
        jacobians = {
            answer.adapter: answer for answer in self.drawing.exhibit.answers if answer.quantity is Quantity.JACOBIAN
        }
        told = (Told(asked=answer, jacobian=jacobians.get(answer.adapter)) for answer in self.drawing.vjps)
        return tuple(sorted(told, key=lambda each: (each.asked.values is None, each.unsupported)))


def feature(comparison: Comparison) -> Feature | None:
    """Return the summed-output finding to tell at length, or None where no case with a drawing has one.

    The founding thread's case comes first, then one in which no cotangent was given, then the first by order.
    """
    candidates = [
        Feature(
            finding=finding,
            record=comparison.cases.get(finding.case),
            drawing=draw(comparison.exhibits[finding.case]),
        )
        for finding in comparison.findings
        if finding.kind is FindingKind.SUMMED_OUTPUT and _shows(comparison.exhibits.get(finding.case), finding)
    ]
    # sorted() is stable: equals keep the order of the comparison
    ordered = sorted(candidates, key=lambda told: (not _founding(told), not told.implicit, len(told.drawing.exhibit.x)))
    return next((told for told in ordered if told.drawing.cancels), None)


def _shows(shown: Exhibit | None, finding: Finding) -> bool:
    """Say whether an exhibit is of what ``finding`` explains: that of a case with wrong numbers is perhaps of those."""
    if shown is None or shown.cotangent is None:
        return False
    return shown.problem in finding.problems and len(set(shown.cotangent)) == 1


def _founding(told: Feature) -> bool:
    return told.record is not None and ORIGIN in told.record.source
