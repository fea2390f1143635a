"""What a run did not verify: said on every report, because a pass covers only what was tried."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.report.coverage import Cell, coverage
from harness.report.figures import count, plural
from harness.vocabulary import FindingKind, Mode

REASONS = 6  # of one adapter, the commonest first: comparison.csv has them all
_LAWS = (
    "What was checked there are the laws that need no bound: probabilities sum to one, logarithms of them are not "
    "positive, a gradient sums to what it must, a Jacobian is symmetric"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that this run says nothing about: what, and why or how much."""

    what: str
    why: str


def gaps(comparison: Comparison, accounts: Accounts, *, judge_tried: bool = True) -> tuple[Gap, ...]:
    """Return the gaps of a run: adapters, calls, cells, ranges, declarations, probes, and what was never tried.

    ``judge_tried``: whether there is a score of the self-test.
    """
    return (
        *_judge(tried=judge_tried),
        *_adapters(comparison),
        *_unsupported(comparison, accounts),
        *_cells(comparison),
        *_range(comparison, accounts),
        *_declared(comparison),
        *_degenerate(comparison),
        *_modes(comparison),
        *_devices(comparison),
    )


def _judge(*, tried: bool) -> Iterable[Gap]:
    if not tried:
        why = "no self-test was run in this folder: `harness selftest` puts wrong rules, and right ones, before it"
        yield Gap(what="the judge itself", why=why)


def _adapters(comparison: Comparison) -> Iterable[Gap]:
    for run in comparison.adapters:
        if run.why_not is not None:
            yield Gap(what=f"{run.name} did not run", why=run.why_not)


def _unsupported(comparison: Comparison, accounts: Accounts) -> Iterable[Gap]:
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in comparison.verdicts:
        if accounts.place(verdict) is Place.UNSUPPORTED:
            reasons[verdict.adapter][verdict.detail or "no reason was given"] += 1
    for adapter, counted in reasons.items():
        said = [f"{reason} ({count(number)})" for reason, number in counted.most_common(REASONS)]
        rest = len(counted) - len(said)
        left = counted.total() - sum(number for _, number in counted.most_common(REASONS))
        why = "; ".join([*said, *([f"{plural(rest, 'other reason')} ({count(left)})"] if rest else [])])
        yield Gap(what=f"{adapter}: {plural(counted.total(), 'evaluation')} unsupported", why=why)


def _cells(comparison: Comparison) -> Iterable[Gap]:
    found = coverage(comparison)
    if found.unanswered:
        yield Gap(what="calls that no framework has", why="; ".join(_gathered(found.unanswered)))
    tried = {line.op for line in found.lines}
    untouched = dict.fromkeys(op for op, _, _ in found.never if op not in tried)
    gathered = [*_gathered(cell for cell in found.never if cell[0] in tried)]
    if untouched:
        gathered.append(f"anything of {', '.join(untouched)}")
    if gathered:
        yield Gap(what="calls that no problem asks for", why="; ".join(gathered))


def _gathered(cells: Iterable[Cell]) -> Iterable[str]:
    """Yield cells op by op, quantities that lack the same dtypes together."""
    dtypes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for op, dtype, asked in cells:
        dtypes[op, asked.value].append(dtype)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (op, quantity), without in dtypes.items():
        alike[op, tuple(without)].append(quantity)
    for (op, lacking), quantities in alike.items():
        yield f"{', '.join(quantities)} of {op} in {', '.join(lacking)}"


def _range(comparison: Comparison, accounts: Accounts) -> Iterable[Gap]:
    counted = Counter(v.adapter for v in comparison.verdicts if accounts.place(v) is Place.RANGE)
    if counted:
        yield Gap(
            what=f"{plural(counted.total(), 'evaluation')} outside the bound’s range ({_each(counted)})",
            why=f"{Place.RANGE.meaning}. {_LAWS}",
        )


def _each(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count(number)}" for name, number in counted.items())


def _declared(comparison: Comparison) -> Iterable[Gap]:
    """Yield what kernels declare of themselves: their bounds are made of it, and nobody sees whether it is true."""
    judged = [verdict for verdict in comparison.verdicts if verdict.outcome.judged]
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    precisions: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in judged:
        for form in verdict.forms:
            forms[form][verdict.adapter] += 1
        if verdict.working and (verdict.working, verdict.accumulation) != (verdict.output_dtype,) * 2:
            declared = f"{verdict.output_dtype} computed in {verdict.working}, sums in {verdict.accumulation}"
            precisions[declared][verdict.adapter] += 1
    trusted = "that a kernel computes as its adapter declares is taken on trust; its bounds are made of it"
    for what, found in (("forms", forms), ("precisions", precisions)):
        if found:
            counts = "; ".join(f"{one}: {_each(adapters)}" for one, adapters in found.items())
            yield Gap(what=f"{what} that kernels declare", why=f"{trusted}. {counts}")


def _degenerate(comparison: Comparison) -> Iterable[Gap]:
    findings = [finding for finding in comparison.findings if finding.kind is FindingKind.DEGENERATE]
    cases = sorted({finding.case for finding in findings})
    if cases:
        yield Gap(
            what=f"{plural(len(cases), 'case')} with a cotangent that hides faults",
            why="almost any backward rule passes with a cotangent constant along the axis: " + ", ".join(cases),
        )


def _modes(comparison: Comparison) -> Iterable[Gap]:
    judged = {verdict.mode for verdict in comparison.verdicts if verdict.outcome.judged}
    never = [mode.value for mode in Mode if mode is not Mode.DEFAULT and mode.value not in judged]
    if never:
        yield Gap(what="modes never judged", why=", ".join(never))


def _devices(comparison: Comparison) -> Iterable[Gap]:
    descriptions = [run.header.description for run in comparison.adapters if run.header is not None]
    devices = sorted({description.device for description in descriptions if description is not None})
    if devices:
        yield Gap(what="any other device, thread count or setting", why=f"everything here ran on: {', '.join(devices)}")
