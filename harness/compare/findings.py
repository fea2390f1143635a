"""From verdicts to findings: what deserves a sentence, grouped so that one cause is said once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.adapters.registry import BUILT_IN
from harness.compare.verdict import Finding, Verdict
from harness.compare.zero import ZeroGradient
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import FindingKind, Level, Outcome, Quantity
from reference.truth import Truth

_BY_OUTCOME = {
    Outcome.MISSING: FindingKind.MISSING,
    Outcome.CRASHED: FindingKind.CRASHED,
    Outcome.TIMED_OUT: FindingKind.TIMED_OUT,
    Outcome.OUT_OF_MEMORY: FindingKind.OUT_OF_MEMORY,
    Outcome.RAISED: FindingKind.RAISED,
    Outcome.SHAPE: FindingKind.WRONG_SHAPE,
    Outcome.DTYPE: FindingKind.WRONG_DTYPE,
    Outcome.INPUT_CHANGED: FindingKind.INPUT_CHANGED,
    Outcome.NONFINITE_PATTERN: FindingKind.NONFINITE,
    Outcome.SIGN_OF_INFINITY: FindingKind.INFINITY_SIGN,
    Outcome.BEYOND_BOUND: FindingKind.BEYOND_BOUND,
}
_AGAIN = {  # what to add to the command that tries once more
    FindingKind.CRASHED: "",
    FindingKind.TIMED_OUT: " --timeout SECONDS",
    FindingKind.OUT_OF_MEMORY: " --memory GIB",
}
_LEVELS = {Level.FAULT: 0, Level.POLICY: 1, Level.EXPLANATION: 2}


def of_evaluation(problem: Problem, verdict: Verdict, entry: Entry | None, oracle: Truth | None) -> Finding | None:
    """Return the finding that one verdict calls for, or None where the result agrees, or was never to be had."""
    if verdict.outcome not in _BY_OUTCOME:
        return None
    kind = _kind(problem, verdict, entry, oracle)
    return Finding(
        kind=kind,
        case=problem.case,
        sentence=_sentence(kind, verdict),
        problems=(problem.id,),
        adapters=(verdict.adapter,),
        quantity=verdict.quantity,
        evidence=_evidence(verdict),
    )


def of_zero(problem: Problem, zero: ZeroGradient) -> Finding:
    """Return the finding that explains a true zero gradient: a matter of the mathematics, of no adapter."""
    return Finding(
        kind=zero.kind,
        case=problem.case,
        sentence=zero.sentence,
        problems=(problem.id,),
        quantity=Quantity.VJP,
        evidence=zero.evidence | {"row": zero.row},
    )


def of_degenerate(case: str, problems: Iterable[Problem], probes: Sequence[Problem]) -> Finding:
    """Return the finding for a case whose every cotangent lies in the null space of the transposed Jacobian."""
    names = ", ".join(dict.fromkeys(probe.cotangent_name.removeprefix("probe ") for probe in probes))
    added = (
        f"So the plan added probing cotangents ({names}), which are judged as well."
        if probes
        else "Add a cotangent that is not constant, or check the Jacobian."
    )
    return Finding(
        kind=FindingKind.DEGENERATE,
        case=case,
        sentence=(
            "Every cotangent of this case is constant along the axis, so the true vjp is zero and almost any backward "
            f"rule passes: agreement there proves little about the rule. {added}"
        ),
        problems=tuple(problem.id for problem in problems),
        quantity=Quantity.VJP,
        evidence={"probes": len(probes)},
    )


def _kind(problem: Problem, verdict: Verdict, entry: Entry | None, oracle: Truth | None) -> FindingKind:
    call = problem.call
    match verdict.outcome:
        case Outcome.RAISED if verdict.quantity is Quantity.VJP and call.cotangent is None:
            return FindingKind.IMPLICIT_REFUSED
        case Outcome.RAISED if call.x.ndim == 0 or call.x.size == 0:
            return FindingKind.SHAPE_REFUSED
        case Outcome.NONFINITE_PATTERN if entry is not None and oracle is not None:
            assert isinstance(entry.result, Returned)  # noqa: S101 - a pattern was compared, so an array came back
            elsewhere = np.isfinite(entry.result.value) == np.isfinite(oracle.value.hi)
            return FindingKind.UNDEFINED_ROW if bool((elsewhere | oracle.undefined).all()) else FindingKind.NONFINITE
        case Outcome.BEYOND_BOUND if verdict.share is not None and verdict.share <= 1:
            return FindingKind.INCONSISTENT_ROW
        case Outcome.BEYOND_BOUND if verdict.quantity is Quantity.VJP and _all_zero(entry):
            return FindingKind.ZERO_RULE
        case outcome:
            return _BY_OUTCOME[outcome]


def _all_zero(entry: Entry | None) -> bool:
    return entry is not None and isinstance(entry.result, Returned) and not entry.result.value.any()


def _sentence(kind: FindingKind, verdict: Verdict) -> str:
    who, what = verdict.adapter, f"{verdict.quantity} of {verdict.op}"
    match kind:
        case FindingKind.BEYOND_BOUND:
            return (
                f"{who}: the {what} is wrong by {_times(verdict.share)} what rounding can explain: element "
                f"{_index(verdict)} is {verdict.got!r}, the exact value rounds to {verdict.want!r}."
            )
        case FindingKind.INCONSISTENT_ROW:
            return (
                f"{who}: each element of the {what} is within its bound, but {verdict.detail} "
                f"({_times(max(verdict.row_share or 0.0, verdict.row_scalar or 0.0))} what rounding can explain)."
            )
        case FindingKind.ZERO_RULE:
            return (
                f"{who}: the {what} came back as zeros although the true gradient is not zero: element "
                f"{_index(verdict)} should be {verdict.want!r}. A backward rule that returns zeros is a fault, not "
                "rounding."
            )
        case FindingKind.IMPLICIT_REFUSED:
            return f"{who} refuses to differentiate a non-scalar output when no cotangent is given: {verdict.detail}"
        case FindingKind.SHAPE_REFUSED:
            return f"{who} refuses the {what} for an input of shape {verdict.shape}: {verdict.detail}"
        case FindingKind.UNDEFINED_ROW:
            return (
                f"{who}: a row for which softmax is not defined (it holds NaN or +inf, or nothing but -inf) is "
                f"answered differently from the convention of this harness, which is NaN: {verdict.detail}."
            )
        case FindingKind.RAISED:
            return f"{who}: the {what} raised {verdict.detail}"
        case FindingKind.CRASHED | FindingKind.TIMED_OUT | FindingKind.OUT_OF_MEMORY:
            spec = who if who in BUILT_IN else "FILE.py"  # where an outside adapter lies is not on record
            again = f"try again with: harness record {spec} --fresh{_AGAIN[kind]}"
            return f"{who}: the {what}: {verdict.outcome}: {verdict.detail}; {again}"
        case _:
            return f"{who}: the {what}: {verdict.outcome}: {verdict.detail}"


def _times(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return "infinitely many times"
    return f"{share:.3g} times"


def _index(verdict: Verdict) -> str:
    return str(list(verdict.at or ()))


def _evidence(verdict: Verdict) -> dict[str, Any]:
    """Return the numbers of a verdict; floats also in hex, which says their bits."""
    names = ("elements", "exact_elements", "ulps", "share", "row_share", "row_scalar", "got", "want", "error", "bound")
    numbers = {name: getattr(verdict, name) for name in names if getattr(verdict, name) is not None}
    for name in ("got", "want"):
        if name in numbers:
            numbers[f"{name} in hex"] = float(numbers[name]).hex()
    if verdict.at is not None:
        numbers["at"] = list(verdict.at)
    written = {name: _json_value(value) for name, value in numbers.items()}
    return {"outcome": str(verdict.outcome), "detail": verdict.detail, **written}


def _json_value(value: Any) -> Any:
    """Return a value that JSON has: an infinity or NaN becomes its text."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def grouped(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding per kind, case, adapter, quantity and excuse, led by its worst problem."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        # without a problem of its own, or an adapter, each sentence is a cause of its own (a scalar, a row)
        sentence = "" if finding.adapters and finding.problems else finding.sentence
        key = (finding.kind, finding.case, finding.adapters, finding.quantity, finding.excuse, sentence)
        groups.setdefault(key, []).append(finding)
    for group in groups.values():
        yield _merge(group)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first: what fails the run, then by level, then by how far beyond the bound."""
    return tuple(sorted(findings, key=lambda found: (not found.unexpected, _LEVELS[found.level], -severity(found))))


def severity(finding: Finding) -> float:
    """Return the largest share of a bound among the finding's numbers; 0 where it has none."""
    shares = [float(finding.evidence.get(name, 0.0)) for name in ("share", "row_share", "row_scalar")]
    return max(math.inf if math.isnan(share) else share for share in shares)


def _merge(group: list[Finding]) -> Finding:
    worst = max(group, key=severity)
    if len(group) == 1:
        return worst
    others = len({finding.problems for finding in group}) - 1
    more = f" The same in {others} more problem{'s' if others > 1 else ''} of this case." if others else ""
    stop = "" if worst.sentence.endswith((".", "!", "?")) else "."
    problems = tuple(dict.fromkeys([*worst.problems, *(name for finding in group for name in finding.problems)]))
    return replace(worst, problems=problems, sentence=worst.sentence + stop + more)
