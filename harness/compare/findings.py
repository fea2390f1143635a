"""From verdicts to findings: what deserves a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.compare.asked import cotangent_of, kept, result_format
from harness.compare.assessment import Assessment
from harness.compare.laws import of_laws
from harness.compare.naming.name import named
from harness.compare.naming.words import explained_by
from harness.compare.sentences import sentence
from harness.compare.verdict import Finding, Verdict, json_value
from harness.compare.zeros.find import ZeroGradient
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Outcome, Quantity
from reference.formats import Floats

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
_BACKWARD = (Quantity.VJP, Quantity.HVP)


def of_evaluation(
    problem: Problem, assessed: Assessment, *, explained: bool = True, spread: Floats | None = None
) -> Iterator[Finding]:
    """Yield the findings that one verdict calls for; none where the result agrees, or was never to be had.

    Where ``explained``, they name the wrong rule that agrees with the result, which takes longer than the verdict;
    ``spread``: by how much each number of a result may be another one, where it was printed with few digits.

    A law that a result breaks is a finding of its own, whatever the element test says; it is the only one where no
    bound says anything.
    """
    verdict = assessed.verdict
    naming = named(problem, assessed, spread=spread) if explained else None
    yield from (explained_by(naming, finding, verdict) for finding in of_laws(problem, verdict, assessed.broken))
    if verdict.outcome in _BY_OUTCOME and not assessed.by_law:
        kind = kind_of(problem, assessed)
        finding = Finding(
            kind=kind,
            case=problem.case,
            sentence=sentence(kind, problem, verdict),
            problems=(problem.id,),
            adapters=(verdict.adapter,),
            quantity=verdict.quantity,
            evidence=_evidence(verdict) | _under_mask(problem, assessed),
        )
        yield explained_by(naming, finding, verdict)


def of_zero(problem: Problem, quantity: Quantity, zero: ZeroGradient) -> Finding:
    """Return the finding that explains a true zero gradient: a matter of the mathematics, of no adapter."""
    return Finding(
        kind=zero.kind,
        case=problem.case,
        sentence=zero.sentence,
        problems=(problem.id,),
        quantity=quantity,
        evidence=zero.evidence | {"row": zero.row},
    )


def of_degenerate(case: str, problems: Iterable[Problem], probes: Sequence[Problem]) -> Finding:
    """Return the finding for a case whose every cotangent lies in the null space of the transposed Jacobian."""
    asked = tuple(problems)
    names = ", ".join(dict.fromkeys(probe.cotangent_name.removeprefix("probe ") for probe in probes))
    added = (
        f"So the plan added probing cotangents ({names}), which are judged as well."
        if probes
        else "Add a cotangent that is not constant, or check the Jacobian."
    )
    calls = [problem.call for problem in asked]
    zero = not any(cotangent_of(call, result=result_format(call)).any() for call in calls)
    every = "zero" if zero else "constant along the axis"
    return Finding(
        kind=FindingKind.DEGENERATE,
        case=case,
        sentence=(
            f"Every cotangent of this case is {every}, so the true vjp is zero and almost any backward rule passes: "
            f"agreement there proves little about the rule. {added}"
        ),
        problems=tuple(problem.id for problem in asked),
        quantity=Quantity.VJP,
        evidence={"probes": len(probes)},
    )


def kind_of(problem: Problem, assessed: Assessment) -> FindingKind:
    """Return what is to be found about a result that does not agree."""
    call, verdict, oracle = problem.call, assessed.verdict, assessed.oracle
    match verdict.outcome:
        case Outcome.RAISED if verdict.quantity in _BACKWARD and call.cotangent is None and call.output_shape:
            return FindingKind.IMPLICIT_REFUSED
        case Outcome.RAISED if call.x.ndim == 0 or call.x.size == 0:
            return FindingKind.SHAPE_REFUSED
        case Outcome.NONFINITE_PATTERN if assessed.numbers is not None and oracle is not None:
            got, true = assessed.numbers.value, oracle.value.hi
            alike = (np.isfinite(got) & np.isfinite(true)) | (got == true) | (np.isnan(got) & np.isnan(true))
            return FindingKind.UNDEFINED_ROW if bool((alike | oracle.undefined).all()) else FindingKind.NONFINITE
        case Outcome.BEYOND_BOUND if verdict.share is not None and verdict.share <= 1:
            return FindingKind.INCONSISTENT_ROW
        case Outcome.BEYOND_BOUND if verdict.quantity in _BACKWARD and _all_zero(assessed):
            return FindingKind.ZERO_RULE
        case outcome:
            return _BY_OUTCOME[outcome]


def _all_zero(assessed: Assessment) -> bool:
    return assessed.numbers is not None and not assessed.numbers.value.any()


def _evidence(verdict: Verdict) -> dict[str, Any]:
    """Return the numbers of a verdict; floats also in hex, which says their bits."""
    names = ("elements", "exact_elements", "ulps", "share", "row_share", "row_scalar", "got", "want", "error", "bound")
    numbers = {name: getattr(verdict, name) for name in names if getattr(verdict, name) is not None}
    for name in ("got", "want"):
        if name in numbers:
            numbers[f"{name} in hex"] = float(numbers[name]).hex()
    for name in ("at", "row_at"):
        if getattr(verdict, name) is not None:
            numbers[name] = list(getattr(verdict, name))
    written = {name: json_value(value) for name, value in numbers.items()}
    return {"outcome": str(verdict.outcome), "detail": verdict.detail, **written}


def _under_mask(problem: Problem, assessed: Assessment) -> dict[str, Any]:
    """Return the worst share of the bound where a mask keeps the output, if the output has the mask's shape."""
    mask, numbers, oracle = kept(problem.call), assessed.numbers, assessed.oracle
    if mask is None or numbers is None or oracle is None or problem.call.output_shape != mask.shape:
        return {}
    if assessed.verdict.quantity not in (Quantity.FORWARD, Quantity.JVP, Quantity.JACOBIAN) or not mask.any():
        return {}
    got, want = numbers.value[mask], oracle.value.hi[mask]
    excused = oracle.undefined[mask] | (oracle.out_of_range[mask] & ~np.isfinite(got))
    with np.errstate(all="ignore"):
        shares = np.where(np.isfinite(want), oracle.share(numbers.value, of=numbers.dtype)[mask], 0.0)
    alike = (np.isnan(got) & np.isnan(want)) | np.where(np.isfinite(want), np.isfinite(got), got == want)
    worst = float(np.where(excused, 0.0, np.where(np.isnan(shares) | ~alike, np.inf, shares)).max())
    return {"share where kept": json_value(worst)}
