"""The denominators: every planned evaluation (adapter x problem x quantity) stands in exactly one place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.compare.verdict import Finding, Verdict
from harness.vocabulary import Level, Outcome, Quantity

Evaluation = tuple[str, str, Quantity]  # adapter, problem, quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many evaluations stand in each place; the counts add up to ``planned``."""

    counts: dict[Place, int]

    @property
    def planned(self) -> int:
        """How many evaluations were planned."""
        return sum(self.counts.values())

    @property
    def ran(self) -> int:
        """How many evaluations were tried: all but those not run and those that a framework has no call for."""
        return self.planned - self.counts[Place.NOT_RUN] - self.counts[Place.UNSUPPORTED]

    @property
    def agreed(self) -> int:
        """How many agree with the oracle, exactly or within the bound."""
        return self.counts[Place.EXACT] + self.counts[Place.WITHIN]


class Accounts:
    """Looks up where an evaluation stands, and which findings speak of it."""

    def __init__(self, comparison: Comparison) -> None:
        self._findings: dict[Evaluation, list[Finding]] = defaultdict(list)
        known = {_key(verdict) for verdict in comparison.verdicts}
        for finding in comparison.findings:
            for evaluation in _evaluations(finding):
                if evaluation in known:
                    self._findings[evaluation].append(finding)
        self._verdicts = comparison.verdicts
        self._places: dict[Evaluation, Place] = {}

    def findings(self, verdict: Verdict) -> list[Finding]:
        """Return the findings that name this evaluation, worst first."""
        return self._findings.get(_key(verdict), [])

    def place(self, verdict: Verdict) -> Place:
        """Return where this evaluation of the comparison stands.

        An unexpected finding weighs more than an outcome that agrees (a digit that somebody printed may differ within
        the bound); a difference, or a broken law, that no finding excuses is flagged whether or not a finding names it.
        """
        key = _key(verdict)
        if key not in self._places:  # every table and the page ask for all of them
            self._places[key] = self._place(verdict)
        return self._places[key]

    def _place(self, verdict: Verdict) -> Place:
        findings = self.findings(verdict)
        if any(finding.unexpected for finding in findings):
            return Place.FLAGGED
        if verdict.outcome in _PLACES and not verdict.invariants:
            return _PLACES[verdict.outcome]
        excused = any(finding.level is not Level.EXPLANATION for finding in findings)
        return Place.EXPECTED if excused else Place.FLAGGED

    def tally(self, verdicts: Iterable[Verdict] | None = None) -> Tally:
        """Count ``verdicts`` by place, or all of the comparison's."""
        found = Counter(self.place(verdict) for verdict in (self._verdicts if verdicts is None else verdicts))
        return Tally(counts={place: found[place] for place in Place})


_PLACES = {
    Outcome.EXACT: Place.EXACT,
    Outcome.WITHIN_BOUND: Place.WITHIN,
    Outcome.OUTSIDE_RANGE: Place.RANGE,
    Outcome.UNSUPPORTED: Place.UNSUPPORTED,
    Outcome.NOT_RUN: Place.NOT_RUN,
}


def _key(verdict: Verdict) -> Evaluation:
    return verdict.adapter, verdict.problem, verdict.quantity


def _evaluations(finding: Finding) -> list[Evaluation]:
    quantities = tuple(Quantity) if finding.quantity is None else (finding.quantity,)
    return [
        (adapter, problem, quantity)
        for adapter in finding.adapters
        for problem in finding.problems
        for quantity in quantities
    ]
