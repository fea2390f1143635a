"""The program that shows a finding: a call, of all of its input or of one row, and what is to be seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from harness.adapters.contract import AdapterError
from harness.call import Call
from harness.compare.verdict import Finding
from harness.repeat import shown
from harness.repeat.expected import expected
from harness.repeat.kernel import Kernel
from harness.repeat.smaller import place_alone, row_alone, row_of
from harness.repeat.snippet import snippet
from harness.vocabulary import FindingKind, Quantity


def program(
    adapter: str,
    call: Call,
    quantity: Quantity,
    finding: Finding,
    *,
    title: str,
    instead: Mapping[str, str] = MappingProxyType({}),
    kernel: Kernel | None = None,
) -> str | None:
    """Return the snippet with what it prints, or None where no single call shows the finding.

    ``kernel`` is that of an adapter from outside.
    """
    lines = _shown(call, quantity, finding)
    if lines is None:
        return None
    return snippet(adapter, call, quantity, shown=lines, comments=(title,), instead=instead, kernel=kernel)


def _shown(call: Call, quantity: Quantity, finding: Finding) -> list[str] | None:
    evidence = finding.evidence
    match finding.kind:
        case FindingKind.RAISED if str(evidence.get("detail", "")).startswith(AdapterError.__name__):
            return shown.no_array(str(evidence["detail"]))
        case kind if shown.never_returns(kind):
            return shown.of_nothing(str(evidence.get("detail", "")))
        case FindingKind.WRONG_SHAPE | FindingKind.WRONG_DTYPE:
            return shown.form(call, quantity)
        case FindingKind.INPUT_CHANGED:
            return shown.inputs(call, quantity)
        case FindingKind.PRINTED_VALUE:
            return ["print(got)"]
        case _ if "law" in evidence:
            law = str(evidence["law"])
            return shown.of_law(law, call, int(evidence["row"])) if shown.knows(law) else None
        case FindingKind.INCONSISTENT_ROW if "row_at" in evidence:
            exact = expected(call, quantity, dtype=_dtype(call, quantity))
            return shown.row(call, [int(index) for index in evidence["row_at"]], exact)
        case _ if "at" in evidence and "want" in evidence:
            return shown.element(evidence["at"], float(evidence["want"]), dtype=_dtype(call, quantity))
        case _:
            return ["print(got)"]


def of_its_row(call: Call, quantity: Quantity, finding: Finding) -> tuple[Call, Finding] | None:
    """Return the row that a finding is about as a call of its own, and the finding with its numbers there."""
    evidence = dict(finding.evidence)
    at = tuple(int(index) for index in evidence.get("at", ()))
    if "law" in evidence:
        row = tuple(int(index) for index in np.unravel_index(int(evidence["row"]), call.batch_shape))
        alone, evidence["row"] = row_alone(call, row), 0
    elif "at" in evidence and (found := row_of(call, quantity, at)) is not None:
        alone, place = row_alone(call, found), place_alone(call, at)
        want = expected(alone, quantity, dtype=_dtype(call, quantity))[place]
        evidence |= {"at": list(place), "want": float(want)}
        if "row_at" in evidence and tuple(evidence["row_at"]) == found:
            evidence["row_at"] = [0] * len(found)
        else:
            evidence.pop("row_at", None)
    else:
        return None
    return alone, replace(finding, evidence=evidence)


def _dtype(call: Call, quantity: Quantity) -> str:
    due = call.dtype_of(quantity)
    return "float32" if due is None else due.value
