"""What ``harness verify`` says at its end of the whole: what was asked and what was not, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from harness.cli.titles import titles_of
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.verdict import Finding, Verdict
from harness.report.causes import rules_of
from harness.report.figures import count, plural, share
from harness.report.legible import legible
from harness.report.ranking import severest
from harness.vocabulary import FindingKind, Op, Outcome

REASONS = 12  # reasons for which something was not asked


def verdict_lines(comparison: Comparison, name: str, *, left_out: Sequence[Op]) -> Iterator[str]:
    """Yield what is to be said of the adapter ``name``, line by line; the ops ``left_out`` were not planned."""
    run = next((each for each in comparison.adapters if each.name == name), None)
    verdicts = [verdict for verdict in comparison.verdicts if verdict.adapter == name]
    if run is None or not run.ran:
        why = "there is no recording" if run is None else run.why_not or ""
        yield f"{name} did not run: {plain(why)}"
        yield "nothing was judged: this run proves nothing"
        return
    yield _who(run)
    yield from _denominators(verdicts, unexpected=len(comparison.unexpected))
    yield _worst(verdicts, found=bool(comparison.unexpected))
    yield from _not_asked(verdicts, left_out)
    yield from _findings(comparison.unexpected, titles_of(name))
    yield from _cause(comparison.unexpected)


def _who(run: AdapterRun) -> str:
    described = run.header.description if run.header else None
    if described is None:
        return run.name
    framework = "" if described.framework == run.name else f": {plain(described.framework)}"
    return f"{run.name}{framework} {plain(described.version)}, on {plain(described.device)}"


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
    judged = [(severest(partial(getattr, verdict)), verdict) for verdict in verdicts if verdict.share is not None]
    if not judged:
        why = "the findings below say why" if found else "this run proves nothing"
        return f"nothing was judged: {why}"
    (worst, whose), verdict = max(judged, key=lambda one: one[0][0])
    where = f"{verdict.quantity.value} of {verdict.op} in {verdict.dtype}, {verdict.problem}"
    meaning = "rounding explains all" if worst <= 1 else "above 1 is no rounding"
    return f"worst share of the bound: {share(worst)}, of {whose} ({meaning}), {where}"


def _not_asked(verdicts: Iterable[Verdict], left_out: Sequence[Op]) -> Iterator[str]:
    reasons = Counter(plain(verdict.detail) for verdict in verdicts if verdict.outcome is Outcome.UNSUPPORTED)
    if not reasons and not left_out:
        return
    if reasons:
        yield f"not asked: {plural(reasons.total(), 'evaluation')} that the kernel lacks"
    for reason, number in reasons.most_common(REASONS):
        yield f"  {count(number):>6}  {reason}"
    if len(reasons) > REASONS:
        yield f"          and {plural(len(reasons) - REASONS, 'further reason')}: see the page"
    if left_out:
        indent = "  " if reasons else ""
        yield f"{indent}not planned, since the kernel has none of them: {', '.join(op.value for op in left_out)}"


def _findings(unexpected: Sequence[Finding], titles: Mapping[FindingKind, str]) -> Iterator[str]:
    """Yield what several findings are counted by, since one result can make several of them, and several make one."""
    if len(unexpected) <= 1:
        return
    wrong, laws = (sum(map(of, unexpected)) for of in (_of_wrong_numbers, _of_a_law))
    others = Counter(titles[one.kind] for one in unexpected if not (_of_wrong_numbers(one) or _of_a_law(one)))
    law = "a broken law" if laws == 1 else "broken laws"
    kinds = {"wrong numbers": wrong, law: laws} | {f'"{title}"': number for title, number in others.most_common()}
    parts = [f"{count(number)} of {what}" for what, number in kinds.items() if number]
    problems = {name for finding in unexpected for name in finding.problems}
    about = f", about {plural(len(problems), 'problem')}" if problems else ""
    each = "one for each case, quantity and kind" + (", where a broken law is a kind of its own" if laws else "")
    yield f"findings: {', '.join(parts)}{about}: {each}"


def _of_wrong_numbers(finding: Finding) -> bool:
    return "faults" in finding.evidence and not _of_a_law(finding)


def _of_a_law(finding: Finding) -> bool:
    return "law" in finding.evidence


def _cause(unexpected: Iterable[Finding]) -> Iterator[str]:
    """Yield which wrong rule of the catalogue agrees with most of the results that are wrong, and with how many."""
    named = [rules_of(finding) for finding in unexpected if _of_wrong_numbers(finding)]  # not again for each law
    rules = Counter(rule for rules in named for rule in dict.fromkeys(rules))
    if rules:
        rule, number = rules.most_common(1)[0]
        which = f"{count(number)} of {count(len(named))} findings" if len(named) > 1 else "the finding"
        says = ("shows that", "show that") if rule.startswith("a row scalar") else ("agrees with", "agree with")
        yield f"cause: {which} of wrong numbers {says[number > 1]} {plain(rule)}"


def plain(text: str) -> str:
    """Return a text that may hold what a framework said, so that it moves no cursor and starts no line."""
    return " ".join(legible(text).split())
