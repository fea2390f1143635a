"""One case in plain text: why it exists, the mathematics of its first row, what each adapter answered, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from harness.compare.comparison import Comparison
from harness.compare.exhibit import Answer, Exhibit
from harness.vocabulary import Quantity


def explanation(comparison: Comparison, case: str) -> str:
    """Return the text that ``harness explain`` prints for ``case``, which is in ``comparison``."""
    record = comparison.cases[case]
    parts = [f"{case}\n{record.why}\nsource: {record.source}\ndefined at {record.file}:{record.line}"]
    shown = comparison.exhibits.get(case)
    if shown is not None:
        parts.append(_mathematics(shown))
        parts.append(_answers(shown))
    parts.append(_verdicts(comparison, case))
    findings = [finding for finding in comparison.findings if finding.case == case]
    if findings:
        lines = [
            f"* {finding.kind.value}: {finding.sentence}" + (f"\n  ({finding.excuse})" if finding.excuse else "")
            for finding in findings
        ]
        parts.append("\n".join(["What was found", *lines]))
    return "\n\n".join(part for part in parts if part)


def _mathematics(shown: Exhibit) -> str:
    digits = _Digits(shown.dtype)
    lines = [
        f"The exact numbers, rounded once to {shown.dtype} ({shown.op} along axis {shown.axis}, first row)",
        f"  x          {digits.row(shown.x)}",
        f"  {shown.op:<10} {digits.row(shown.output)}",
    ]
    for index, row in enumerate(shown.jacobian):
        label = "Jacobian" if index == 0 else ""
        lines.append(f"  {label:<10} {digits.row(row)}   gradient of output {index}")
    lines.append(f"  {'their sum':<10} {digits.row(shown.column_sums)}   gradient of all outputs added up")
    if shown.gradient is not None and shown.cotangent is not None:
        given = "none given; ones, the sum, is meant" if shown.cotangent_name == "implicit" else shown.cotangent_name
        lines.append(f"  {'cotangent':<10} {digits.row(shown.cotangent)}   {given}")
        lines.append(f"  {'gradient':<10} {digits.row(shown.gradient)}   cotangent times Jacobian")
    return "\n".join(lines)


def _answers(shown: Exhibit) -> str:
    digits = _Digits(shown.dtype)
    lines = [line for answer in shown.answers for line in _answer(answer, digits)]
    return "\n".join(["What each adapter answered", *lines]) if lines else "No adapter has been recorded for this plan."


def _answer(answer: Answer, digits: _Digits) -> Iterable[str]:
    name = f"  {answer.adapter:<10} {answer.quantity:<9}"
    if answer.words is not None:
        yield f"{name} {answer.words}"
    elif answer.quantity is Quantity.JACOBIAN and answer.rows is not None and answer.summed is not None:
        for row in answer.rows:
            yield f"{name} {digits.row(row)}"
        yield f"  {answer.adapter:<10} {'rows sum':<9} {digits.row(answer.summed)}"
    elif answer.values is not None:
        of = f"   ({answer.problem})" if answer.quantity is Quantity.VJP else ""
        yield f"{name} {digits.row(answer.values)}{of}"


def _verdicts(comparison: Comparison, case: str) -> str:
    lines = []
    for verdict in comparison.verdicts:
        if verdict.case == case:
            share = "" if verdict.share is None else f", {verdict.share:.3g} of the bound"
            ulps = "" if verdict.ulps is None else f", {verdict.ulps:.3g} ulp"
            detail = f": {verdict.detail}" if verdict.detail else ""
            where = f"{verdict.problem} {verdict.quantity}"
            lines.append(f"  {verdict.adapter:<10} {where}: {verdict.outcome}{ulps}{share}{detail}")
    return "\n".join(["How each result stands to the oracle", *lines])


class _Digits:
    """Prints numbers as short as the dtype allows: the fewest digits that read back as the same bits."""

    def __init__(self, dtype: str) -> None:
        self._dtype = np.dtype(dtype)

    def row(self, values: Sequence[float]) -> str:
        return "[" + "  ".join(f"{self._number(value):>14}" for value in values) + "]"

    def _number(self, value: float) -> str:
        exact = self._dtype.type(value)
        if exact == 0 or 1e-4 <= abs(exact) < 1e7 or not np.isfinite(exact):
            return np.format_float_positional(exact, trim="0")
        return np.format_float_scientific(exact, trim="0")
