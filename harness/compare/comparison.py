"""The outcome of comparing: what ran, a verdict for every planned evaluation, and the findings."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.compare.change import Changes
from harness.compare.exhibit import Exhibit
from harness.compare.relation import Pairs
from harness.compare.verdict import Finding, Verdict
from harness.plan.plan import CaseRecord, LedgerEntry
from harness.record.recording import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterRun:
    """One column of the comparison: an adapter that ran, or one that did not and why.

    ``header`` is what its recording says of versions, platform and device; None where there is no readable recording.
    """

    name: str
    required: bool
    why_not: str | None = None
    header: Header | None = None

    @property
    def ran(self) -> bool:
        """Whether its recording is complete, of this plan, and was compared."""
        return self.why_not is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything the report shows, in a fixed order: the same recordings give the same comparison."""

    plan: str  # digest
    selection: str | None
    adapters: tuple[AdapterRun, ...]
    verdicts: tuple[Verdict, ...]  # by problem as planned, then quantity, then adapter
    findings: tuple[Finding, ...]  # worst first
    ledger: dict[str, LedgerEntry] = field(default_factory=dict)  # by id: the known differences that were met
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    themes: dict[str, str] = field(default_factory=dict)
    exhibits: dict[str, Exhibit] = field(default_factory=dict)  # by case, where one is small enough to draw
    pairs: Pairs = field(default_factory=Pairs)  # two adapters at a time, and equivalent calls
    changes: Changes | None = None  # since an earlier run, where one was given

    @property
    def unexpected(self) -> tuple[Finding, ...]:
        """The findings that nobody expected: without an earlier run, those that fail this one."""
        return tuple(finding for finding in self.findings if finding.unexpected)

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the run: of the unexpected ones those that an earlier run, if given, had not."""
        if self.changes is None:
            return self.unexpected
        of = {(one.adapter, one.problem, one.quantity) for one in self.changes.failing}
        return tuple(
            finding
            for finding in self.unexpected
            if finding.of_no_evaluation
            or any(
                adapter in finding.adapters and problem in finding.problems and finding.quantity in (None, quantity)
                for adapter, problem, quantity in of
            )
        )

    @property
    def fails(self) -> bool:
        """Whether anything was found that fails the run; with an earlier run beside it, what :class:`Changes` says."""
        if self.changes is None:
            return bool(self.unexpected)
        return bool(self.changes.failing) or any(finding.of_no_evaluation for finding in self.unexpected)

    @property
    def not_run(self) -> tuple[AdapterRun, ...]:
        """The required adapters that did not run."""
        return tuple(run for run in self.adapters if run.required and not run.ran)

    @property
    def judged(self) -> int:
        """How many evaluations were held against the oracle."""
        return sum(verdict.outcome.judged for verdict in self.verdicts)
