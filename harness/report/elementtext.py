"""The element that a finding is about in plain text: what came back and what is right, as decimals and as bits."""

from __future__ import annotations

from collections.abc import Iterable

from harness.compare.verdict import Finding, Verdict
from harness.report.figures import hexadecimal
from harness.report.rowtext import decimal


def element_lines(finding: Finding, dtype: str) -> list[str]:
    """Return two lines, got and expected, numbers of ``dtype``; none where a finding is about no single element."""
    evidence = finding.evidence
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


def dtype_of(finding: Finding, verdicts: Iterable[Verdict]) -> str:
    """Return the dtype of the result that a finding is about, which one of ``verdicts`` has; float64 where none has."""
    about = {(problem, adapter, finding.quantity) for problem in finding.problems[:1] for adapter in finding.adapters}
    asked = (one for one in verdicts if (one.problem, one.adapter, one.quantity) in about)
    return next((one.result_dtype or one.dtype for one in asked), "float64")
