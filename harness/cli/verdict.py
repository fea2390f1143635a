"""What ``harness verify`` says at its end: what was asked and what was not, how it ended, and the first findings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.adapters.registry import BUILT_IN
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.verdict import Finding, Verdict
from harness.report.elementtext import dtype_of, element_lines
from harness.report.figures import count, plural, share
from harness.report.legible import legible
from harness.report.ranking import TITLES
from harness.vocabulary import FindingKind, Op, Outcome

SHOWN = 5  # findings that are told in full: one of each kind, the worst first
REASONS = 12  # reasons for which something was not asked


_OWN_TITLES = {  # of a file of one's own: there may be no framework
    FindingKind.RAISED: "The adapter's file raised an exception",
    FindingKind.IMPLICIT_REFUSED: "No cotangent given: the adapter refuses",
    FindingKind.SHAPE_REFUSED: "The adapter refuses the shape",
}


def verdict_lines(comparison: Comparison, name: str, *, left_out: Sequence[Op]) -> Iterator[str]:
    """Yield what is to be said of the adapter ``name``, line by line; the ops ``left_out`` were not planned."""
    run = next((each for each in comparison.adapters if each.name == name), None)
    verdicts = [verdict for verdict in comparison.verdicts if verdict.adapter == name]
    if run is None or not run.ran:
        why = "there is no recording" if run is None else run.why_not or ""
        yield f"{name} did not run: {_plain(why)}"
        yield "nothing was judged: this run proves nothing"
        return
    yield _who(run)
    yield from _denominators(verdicts, unexpected=len(comparison.unexpected))
    yield _worst(verdicts, found=bool(comparison.unexpected))
    yield from _not_asked(verdicts, left_out)
    yield from _findings(comparison.unexpected, verdicts, titles=TITLES | ({} if name in BUILT_IN else _OWN_TITLES))


def _who(run: AdapterRun) -> str:
    described = run.header.description if run.header else None
    if described is None:
        return run.name
    framework = "" if described.framework == run.name else f": {_plain(described.framework)}"
    return f"{run.name}{framework} {_plain(described.version)}, on {_plain(described.device)}"


def _denominators(verdicts: Sequence[Verdict], *, unexpected: int) -> Iterator[str]:
    problems = plural(len({each.problem for each in verdicts}), "problem")
    cases = plural(len({each.case for each in verdicts}), "case")
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    asked = len(verdicts) - outcomes[Outcome.UNSUPPORTED]
    judged = sum(number for outcome, number in outcomes.items() if outcome.judged)
    agreed = sum(number for outcome, number in outcomes.items() if outcome.agreed)
    others = [
        f"{count(outcomes[outcome])} {outcome.value}"
        for outcome in Outcome
        if outcomes[outcome] and not outcome.agreed and outcome is not Outcome.UNSUPPORTED
    ]
    yield f"planned: {plural(len(verdicts), 'evaluation')} of {problems} from {cases}; {count(asked)} asked"
    yield (
        f"judged: {count(judged)}, of them {count(agreed)} agreed"
        + (f"; {', '.join(others)}" if others else "")
        + f"; {plural(unexpected, 'unexpected finding')}"
    )


def _worst(verdicts: Iterable[Verdict], *, found: bool) -> str:
    judged = [(_share(verdict), verdict) for verdict in verdicts if verdict.share is not None]
    if not judged:
        why = "the findings below say why" if found else "this run proves nothing"
        return f"nothing was judged: {why}"
    worst, verdict = max(judged, key=lambda pair: pair[0])
    where = f"{verdict.quantity.value} of {verdict.op} in {verdict.dtype}, {verdict.problem}"
    meaning = "rounding explains all" if worst <= 1 else "above 1 is no rounding"
    return f"worst share of the bound: {share(worst)} ({meaning}), {where}"


def _share(verdict: Verdict) -> float:
    shares = (verdict.share, verdict.row_share, verdict.row_scalar)
    found = [value for value in shares if value is not None]
    return math.inf if any(math.isnan(value) for value in found) else max(found)


def _not_asked(verdicts: Iterable[Verdict], left_out: Sequence[Op]) -> Iterator[str]:
    reasons = Counter(_plain(verdict.detail) for verdict in verdicts if verdict.outcome is Outcome.UNSUPPORTED)
    if not reasons and not left_out:
        return
    yield f"not asked: {plural(reasons.total(), 'evaluation')} that the kernel lacks"
    for reason, number in reasons.most_common(REASONS):
        yield f"  {count(number):>6}  {reason}"
    if len(reasons) > REASONS:
        yield f"          and {plural(len(reasons) - REASONS, 'further reason')}: see the page"
    if left_out:
        yield f"  not planned, since the kernel has none of them: {', '.join(op.value for op in left_out)}"


def _findings(
    unexpected: Sequence[Finding], verdicts: Sequence[Verdict], *, titles: Mapping[FindingKind, str]
) -> Iterator[str]:
    if not unexpected:
        return
    kinds: dict[FindingKind, list[Finding]] = {}
    for finding in unexpected:
        kinds.setdefault(finding.kind, []).append(finding)
    yield from _cause(unexpected)
    yield "findings, the worst first:"
    for kind, found in list(kinds.items())[:SHOWN]:
        shown = _clearest(found)
        yield f"  {titles[kind]} ({count(len(found))}), as in {_plain(shown.case)}:"
        yield f"    {_plain(shown.sentence)}"
        yield from (f"      {line}" for line in element_lines(shown, dtype_of(shown, verdicts)))
    if len(kinds) > SHOWN:
        yield f"  and {plural(len(kinds) - SHOWN, 'other kind')} of finding: see the page"


def _cause(unexpected: Iterable[Finding]) -> Iterator[str]:
    """Yield which wrong rule of the catalogue agrees with most of the results that are wrong, and with how many."""
    judged = (each for each in unexpected if "faults" in each.evidence and "law" not in each.evidence)  # not twice
    named = [_faults(finding) for finding in judged]
    rules = Counter(rule for rules in named for rule in dict.fromkeys(rules))
    if rules:
        rule, number = rules.most_common(1)[0]
        yield f"cause: {count(number)} of {plural(len(named), 'finding')} of wrong numbers agree with {_plain(rule)}"


def _clearest(found: Sequence[Finding]) -> Finding:
    """Return the worst finding of those that one wrong rule alone explains; where there is none, the worst."""
    return next((finding for finding in found if len(_faults(finding)) == 1), found[0])


def _faults(finding: Finding) -> list[str]:
    """Return the wrong rules that a finding names, with the factor by which they are off too."""
    faults = finding.evidence.get("faults", [])
    return [fault["what"] if fault["factor"] == 1 else f"{fault['factor']:g} times {fault['what']}" for fault in faults]


def _plain(text: str) -> str:
    """Return a text that may hold what a framework said, so that it moves no cursor and starts no line."""
    return " ".join(legible(text).split())
