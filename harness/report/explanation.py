"""One case in plain text: why it exists, the mathematics of its first row, what each adapter answered, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np

from harness.compare.comparison import Comparison
from harness.compare.exhibit import Answer, Exhibit
from harness.vocabulary import Level, Quantity


def explanation(comparison: Comparison, case: str) -> str:
    """Return the text that ``harness explain`` prints for ``case``, which is in ``comparison``."""
    record = comparison.cases[case]
    origin = f"source: {record.source}\ndefined at {record.file}:{record.line}"
    parts = [f"{case}\n{_wrapped(record.why)}\n{origin}", _findings(comparison, case)]
    shown = comparison.exhibits.get(case)
    if shown is not None:
        parts += [_mathematics(shown), _answers(shown)]
    parts.append(_verdicts(comparison, case))
    return "\n\n".join(part for part in parts if part)


def _wrapped(text: str, *, indent: str = "") -> str:
    return textwrap.fill(text, width=100, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


def _findings(comparison: Comparison, case: str) -> str:
    found = [finding for finding in comparison.findings if finding.case == case]
    found.sort(key=lambda finding: (not finding.unexpected, finding.level is not Level.EXPLANATION))
    lines = ["What was found"]
    for finding in found:
        lines += [f"  {finding.kind.value}", _wrapped(finding.sentence, indent="    ")]
        if finding.excuse:
            lines.append(_wrapped(f"({finding.excuse})", indent="    "))
    return "\n".join(lines) if found else "Nothing was found that needs a sentence."


def _mathematics(shown: Exhibit) -> str:
    digits = _Digits(shown.dtype)
    lines = [
        f"The exact numbers, rounded once to {shown.dtype} ({shown.op} along axis {shown.axis}, {_row(shown)})",
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


def _row(shown: Exhibit) -> str:
    return f"row {', '.join(map(str, shown.row))}" if any(shown.row) else "first row"


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
    lines = ["How the results stand to the oracle"]
    for run in comparison.adapters:
        own = [verdict for verdict in comparison.verdicts if verdict.case == case and verdict.adapter == run.name]
        agreed = [verdict for verdict in own if verdict.outcome.agreed]
        worst = max((verdict.share or 0.0 for verdict in agreed), default=0.0)
        share = f", the worst with {worst:.2g} of its bound" if agreed else ""
        lines.append(f"  {run.name:<10} {len(agreed)} of {len(own)} agree{share}")
        others = (verdict for verdict in own if not verdict.outcome.agreed)
        lines += [
            f"    {verdict.problem} {verdict.quantity}: {verdict.outcome}: {verdict.detail}" for verdict in others
        ]
    return "\n".join(lines)


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
