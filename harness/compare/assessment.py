"""An evaluation with all that judging made of it, and its row of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.call import Call
from harness.compare.laws import Broken
from harness.compare.measure import Measured
from harness.compare.parameters import parameters
from harness.compare.refusal import refused
from harness.compare.results import Numbers, Results
from harness.compare.verdict import Verdict
from harness.plan.digest import fingerprint, question_of
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import Op, Outcome, Quantity
from reference.truth import Truth

DIGITS = 16  # of a digest, hexadecimal: another result passes for the same one in 1 of 2^64 cases


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """How one of ``results`` was judged; ``by_law``: by laws alone, since no bound proves anything."""

    measured: Measured
    results: Results
    broken: tuple[Broken, ...] = ()
    by_law: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """A verdict with what it was made from; ``numbers`` and ``oracle`` are None where nothing was judged."""

    verdict: Verdict
    entry: Entry | None = None
    numbers: Numbers | None = None
    oracle: Truth | None = None
    broken: tuple[Broken, ...] = ()  # laws that the result breaks
    by_law: bool = False  # whether they alone decided, since no bound proves anything


def assessed(
    adapter: str, problem: Problem, quantity: Quantity, entry: Entry, judged: Judged, *, oracle: Truth
) -> Assessment:
    """Return the assessment of an evaluation whose numbers were ``judged`` by ``oracle``."""
    numbers, broken = judged.results.of(problem.id), judged.broken
    return Assessment(
        verdict=_row(adapter, problem, quantity, judged.measured, entry=entry, dtype=numbers.dtype, broken=broken),
        entry=entry,
        numbers=numbers,
        oracle=oracle,
        broken=broken,
        by_law=judged.by_law,
    )


def unread(adapter: str, problem: Problem, quantity: Quantity, entry: Entry | None) -> Assessment:
    """Return what is said of an evaluation that gave no numbers, or none that may be read."""
    if entry is None:
        absent = "the recording holds no entry for it"
        return unjudged(adapter, problem, quantity, Measured(Outcome.MISSING, absent))
    return unjudged(adapter, problem, quantity, refused(problem, quantity, entry), entry=entry)


def unjudged(
    adapter: str, problem: Problem, quantity: Quantity, why: Measured | None, *, entry: Entry | None = None
) -> Assessment:
    """Return the verdict on an evaluation that gave nothing to hold against the oracle."""
    assert why is not None  # noqa: S101 - where there are no numbers there is a reason
    return Assessment(verdict=_row(adapter, problem, quantity, why, entry=entry, dtype=""), entry=entry)


def _placed(numbers: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return the numbers of a verdict with the row that they name as an index over the remaining axes."""
    if "row_at" not in numbers:
        return numbers
    return numbers | {"row_at": tuple(int(index) for index in np.unravel_index(numbers["row_at"], call.batch_shape))}


def _row(
    adapter: str,
    problem: Problem,
    quantity: Quantity,
    measured: Measured,
    *,
    entry: Entry | None,
    dtype: str,
    broken: tuple[Broken, ...] = (),
) -> Verdict:
    call = problem.call
    due = call.dtype_of(quantity)
    output = call.dtype_of(Quantity.FORWARD)
    declared = None if entry is None else entry.precision
    return Verdict(
        adapter=adapter,
        problem=problem.id,
        case=problem.case,
        op=call.op.value,
        axis=call.axis,
        dtype=call.dtype.value,
        result_dtype=dtype or (due.value if due is not None else ""),
        output_dtype=output.value if output is not None else dtype,
        parameters=parameters(call),
        reduction=call.reduction.value if call.op is Op.CROSS_ENTROPY and call.reduction is not None else "",
        mode=str(entry.mode if entry is not None and entry.mode is not None else call.mode),
        shape=tuple(call.x.shape),
        cotangent=problem.cotangent_name if quantity in (Quantity.VJP, Quantity.HVP) else "",
        quantity=quantity,
        outcome=measured.outcome,
        detail=measured.detail,
        invariants=tuple(dict.fromkeys(law.kind.value for law in broken)),
        working="" if declared is None else declared.working.value,
        accumulation="" if declared is None else declared.accumulation.value,
        forms=() if declared is None else tuple(form.value for form in declared.forms),
        inputs=question_of(call)[:DIGITS],
        result=fingerprint(entry.result.value)[:DIGITS] if entry and isinstance(entry.result, Returned) else "",
        **_placed(measured.numbers, call),
        **measured.accuracy(),
    )
