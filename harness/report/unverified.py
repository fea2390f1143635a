"""What a run did not verify: said on every report, because a pass covers only what was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.report.accounts import Accounts, Place
from harness.report.figures import plural
from harness.vocabulary import DType, FindingKind, Op, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that this run says nothing about: what, and why or how much."""

    what: str
    why: str


def gaps(comparison: Comparison, accounts: Accounts) -> tuple[Gap, ...]:
    """Return the gaps of a run: adapters, calls, ranges, probes, and the words never judged."""
    return (
        *_adapters(comparison),
        *_unsupported(comparison, accounts),
        *_range(comparison, accounts),
        *_degenerate(comparison),
        *_words(comparison),
        *_devices(comparison),
    )


def _adapters(comparison: Comparison) -> Iterable[Gap]:
    for run in comparison.adapters:
        if run.why_not is not None:
            yield Gap(what=f"{run.name} did not run", why=run.why_not)


def _unsupported(comparison: Comparison, accounts: Accounts) -> Iterable[Gap]:
    reasons = Counter(
        (verdict.adapter, verdict.detail)
        for verdict in comparison.verdicts
        if accounts.place(verdict) is Place.UNSUPPORTED
    )
    for (adapter, reason), number in reasons.items():
        yield Gap(what=f"{adapter}: {plural(number, 'evaluation')} unsupported", why=reason or "no reason was given")


def _range(comparison: Comparison, accounts: Accounts) -> Iterable[Gap]:
    counted = Counter(v.adapter for v in comparison.verdicts if accounts.place(v) is Place.RANGE)
    for adapter, number in counted.items():
        yield Gap(
            what=f"{adapter}: {plural(number, 'evaluation')} outside the bound’s range",
            why=Place.RANGE.meaning,
        )


def _degenerate(comparison: Comparison) -> Iterable[Gap]:
    findings = [finding for finding in comparison.findings if finding.kind is FindingKind.DEGENERATE]
    cases = sorted({finding.case for finding in findings})
    if cases:
        yield Gap(
            what=f"{plural(len(cases), 'case')} with a cotangent that hides faults",
            why="almost any backward rule passes with a cotangent constant along the axis: " + ", ".join(cases),
        )


def _words(comparison: Comparison) -> Iterable[Gap]:
    judged = [verdict for verdict in comparison.verdicts if verdict.outcome.judged]
    for title, words, seen in (
        ("ops", tuple(Op), {verdict.op for verdict in judged}),
        ("dtypes", tuple(DType), {verdict.dtype for verdict in judged}),
        ("quantities", tuple(Quantity), {str(verdict.quantity) for verdict in judged}),
    ):
        never = [str(word) for word in words if str(word) not in seen]
        if never:
            yield Gap(what=f"{title} never judged", why=", ".join(never))


def _devices(comparison: Comparison) -> Iterable[Gap]:
    descriptions = [run.header.description for run in comparison.adapters if run.header is not None]
    devices = sorted({description.device for description in descriptions if description is not None})
    if devices:
        yield Gap(what="any other device, thread count or setting", why=f"everything here ran on: {', '.join(devices)}")
