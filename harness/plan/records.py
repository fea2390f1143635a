"""Cases and known differences as the later stages keep them, and what a case's expectations have to fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.plan.case import Case, FindingByAdapter, KnownDifference, Printed
from harness.plan.faults import Fault
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, PrintedValue
from harness.plan.problem import Problem
from harness.plan.source import Source, Where
from harness.vocabulary import Quantity


def case_record(case: Case, source: Source, where: Where, *, problems: int) -> CaseRecord:
    """Return the record of ``case``, which stands at ``where`` in ``source``."""
    return CaseRecord(
        id=case.id,
        why=" ".join(case.why.split()),
        source=case.source,
        file=source.file,
        line=source.values[where][0],
        text=source.excerpt(where),
        problems=problems,
        tags=tuple(case.tags),
        findings=tuple(
            ExpectedFinding(kind=finding.kind, adapters=tuple(finding.adapter))
            if isinstance(finding, FindingByAdapter)
            else ExpectedFinding(kind=finding)
            for finding in case.expect.findings
        ),
        printed=tuple(
            PrintedValue(
                adapter=printed.adapter,
                quantity=printed.quantity,
                dtype=printed.dtype,
                values=tuple(printed.values),
                summed=printed.summed,
            )
            for printed in case.expect.printed
        ),
    )


def ledger_entry(entry: KnownDifference, source: Source, where: Where) -> LedgerEntry:
    """Return the record of a known difference, which stands at ``where`` in ``source``."""
    return LedgerEntry(
        id=entry.id,
        case=entry.case,
        op=entry.op,
        dtype=entry.dtype,
        adapter=entry.adapter,
        kind=entry.kind,
        quantity=entry.quantity,
        when=entry.when,
        largest_error=None if entry.largest_error is None else float(entry.largest_error),
        largest_error_per_element=(
            None if entry.largest_error_per_element is None else float(entry.largest_error_per_element)
        ),
        owner=entry.owner,
        why=" ".join(entry.why.split()),
        link=entry.link,
        version=entry.version,
        platform=entry.platform,
        expires=entry.expires,
        file=source.file,
        line=source.values[where][0],
    )


def misfits(case: Case, problems: Sequence[Problem], source: Source, where: Where) -> Iterator[Fault]:
    """Yield what is wrong with the printed numbers of ``case``: each set has to belong to one result."""
    if not problems:
        return
    call = problems[0].call
    for index, printed in enumerate(case.expect.printed):
        at = (*where, "expect", "printed", index)
        expected = call.x.size if printed.summed else math.prod(call.shape_of(printed.quantity))
        if printed.quantity not in problems[0].check:
            yield source.fault(
                (*at, "quantity"),
                f"printed {printed.quantity}, which the case does not check",
                f"add {printed.quantity} to check",
            )
        if printed.dtype not in case.dtype:
            yield source.fault(
                (*at, "dtype"),
                f"printed {printed.dtype}, which the case does not have",
                f"add {printed.dtype} to dtype",
            )
        if printed.summed and printed.quantity is not Quantity.JACOBIAN:
            yield source.fault(
                (*at, "summed"),
                f"summed is true for a {printed.quantity}",
                "leave it out: only a jacobian is summed, over the outputs",
            )
        elif len(printed.values) != expected:
            yield source.fault(
                (*at, "values"),
                f"printed values: {len(printed.values)}, where the result has {expected}",
                "give all of them, in C order",
            )
        ambiguous = _ambiguous(case, problems, printed)
        if ambiguous:
            yield source.fault(
                at,
                f"printed numbers in a case with several {ambiguous}",
                "put them into a case of their own: they belong to one result",
            )


def _ambiguous(case: Case, problems: Sequence[Problem], printed: Printed) -> str:
    if len(case.op) > 1 or len(case.axis) > 1:
        return "ops or axes"
    for name, values in (
        ("temperatures", case.temperature),
        ("reductions", case.reduction),
        ("normalizations", case.normalization),
    ):
        if values is not None and len(values) > 1:
            return name
    cotangents = {problem.cotangent_name for problem in problems}
    return "cotangents" if printed.quantity in (Quantity.VJP, Quantity.HVP) and len(cotangents) > 1 else ""
