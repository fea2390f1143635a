"""One case in plain text: why it exists, the mathematics of one row, what each adapter answered, and why."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

from harness.compare.comparison import Comparison
from harness.compare.verdict import Verdict
from harness.report.evidence import proof
from harness.report.figures import plural, size
from harness.report.outcomes import outcome_in_words
from harness.report.rowtext import answers, mathematics
from harness.vocabulary import Level

# what the sentence about a zero says itself, of its evidence
_SAID: Final = ("rows", "of rows", "row", "with", "it is at most", "shape", "axis", "length")


def explanation(comparison: Comparison, case: str) -> str:
    """Return the text that ``harness explain`` prints for ``case``, which is in ``comparison``."""
    record = comparison.cases[case]
    origin = f"source: {record.source}\ndefined at {record.file}:{record.line}"
    parts = [f"{case}\n{_wrapped(record.why)}\n{origin}", _findings(comparison, case)]
    shown = comparison.exhibits.get(case)
    if shown is not None:
        own = next((verdict for verdict in comparison.verdicts if verdict.problem == shown.problem), None)
        alone = own is not None and math.prod(own.shape) == len(shown.x)
        reduction = "" if own is None else own.reduction
        parts += [mathematics(shown, reduction=reduction, alone=alone), answers(shown)]
    parts.append(_verdicts(comparison, case))
    return "\n\n".join(part for part in parts if part)


def proof_of_zero(evidence: Mapping[str, Any]) -> str:
    """Return the numbers that prove why a derivative is zero, in brackets; nothing where the sentence has them all."""
    told = {name: size(value) if isinstance(value, float) else value for name, value in evidence.items()}
    numbers = "; ".join(f"{name}: {value}" for name, value in proof(told) if name not in _SAID)
    return f"({numbers})" if numbers else ""


def _wrapped(text: str, *, indent: str = "") -> str:
    return textwrap.fill(text, width=100, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


def _findings(comparison: Comparison, case: str) -> str:
    found = [finding for finding in comparison.findings if finding.case == case]
    found.sort(key=lambda finding: (not finding.unexpected, finding.level is not Level.EXPLANATION))
    lines = ["What was found"]
    for finding in found:
        lines += [f"  {finding.kind.value}", _wrapped(finding.sentence, indent="    ")]
        if "with" in finding.evidence and (numbers := proof_of_zero(finding.evidence)):
            lines.append(_wrapped(numbers, indent="    "))
        if finding.excuse:
            lines.append(_wrapped(f"({finding.excuse})", indent="    "))
    return "\n".join(lines) if found else "Nothing was found that needs a sentence."


def _verdicts(comparison: Comparison, case: str) -> str:
    lines = ["How the results stand to the oracle"]
    for run in comparison.adapters:
        own = [verdict for verdict in comparison.verdicts if verdict.case == case and verdict.adapter == run.name]
        agreed = [verdict for verdict in own if verdict.outcome.agreed]
        worst = max((verdict.share or 0.0 for verdict in agreed), default=0.0)
        share = f", the worst with {worst:.2g} of its bound" if agreed else ""
        lines.append(f"  {run.name:<10} {len(agreed)} of {len(own)} agree{share}")
        lines += _others(verdict for verdict in own if not verdict.outcome.agreed)
    return "\n".join(lines)


def _others(verdicts: Iterable[Verdict]) -> Iterable[str]:
    """Yield a line for each reason why results do not agree, with the results that share it."""
    reasons: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        reasons.setdefault((outcome_in_words([verdict]), verdict.detail), []).append(verdict)
    for (outcome, detail), alike in reasons.items():
        problems = tuple(dict.fromkeys(verdict.problem for verdict in alike))
        quantities = ", ".join(dict.fromkeys(verdict.quantity.value for verdict in alike))
        which = problems[0] if len(problems) == 1 else plural(len(problems), "problem")
        yield f"    {which} {quantities}: {outcome}" + (f": {detail}" if detail else "")
