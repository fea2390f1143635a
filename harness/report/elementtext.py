"""The element that a finding is about in plain text: what came back and what is right, as decimals and as bits."""

from __future__ import annotations

from collections.abc import Iterable

from harness.call import Call
from harness.compare.verdict import Finding, Verdict
from harness.report.figures import hexadecimal
from harness.report.rowtext import decimal
from harness.vocabulary import Quantity


def element_lines(finding: Finding, dtype: str) -> list[str]:
    """Return two lines, got and expected, numbers of ``dtype``; of a law, by how much it is missed; else none."""
    evidence = finding.evidence
    if "law" in evidence:
        off, allowed = float(evidence["error"]), float(evidence["bound"])
        return [f"the law is missed by {off:.3g} ({off.hex()}), where rounding explains {allowed:.3g}"]
    if not all(name in evidence for name in ("at", "got", "want")):
        return []
    got, want = (float(evidence[name]) for name in ("got", "want"))  # NaN and infinities are texts there
    decimals = [decimal(value, dtype) for value in (got, want)]
    wide = max(map(len, decimals))
    place = f"element {evidence['at']}" if evidence["at"] else "the number"
    return [
        f"{label}  {text:>{wide}}  {hexadecimal(value).replace('−', '-')}"
        for label, text, value in (
            (f"{place}: got     ", decimals[0], got),
            (f"{'':{len(place)}}  expected", decimals[1], want),
        )
    ]


def due_dtype(call: Call, quantity: Quantity | None) -> str:
    """Return the dtype that a result of ``call`` must have; the primal's where it is not told which result."""
    due = call.dtype if quantity is None else call.dtype_of(quantity)
    return "float64" if due is None else due.value


def dtype_of(finding: Finding, verdicts: Iterable[Verdict]) -> str:
    """Return the dtype of the result that a finding is about, which one of ``verdicts`` has; float64 where none has."""
    about = {(problem, adapter, finding.quantity) for problem in finding.problems[:1] for adapter in finding.adapters}
    asked = (one for one in verdicts if (one.problem, one.adapter, one.quantity) in about)
    return next((one.result_dtype or one.dtype for one in asked), "float64")
