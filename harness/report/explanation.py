"""One case in plain text: why it exists, the mathematics of one row, what each adapter answered, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from harness.compare.comparison import Comparison
from harness.compare.exhibit import Exhibit
from harness.compare.verdict import Verdict
from harness.repeat.repeats import Key, Smaller
from harness.report.figures import plural
from harness.report.findingtext import findings_text, wrapped
from harness.report.outcomes import outcome_in_words
from harness.report.rowtext import answers, mathematics, row_name
from harness.vocabulary import Level


def explanation(comparison: Comparison, case: str, smaller: Mapping[Key, Smaller] = MappingProxyType({})) -> str:
    """Return the text that ``harness explain`` prints for ``case``, which is in ``comparison``.

    ``smaller`` holds what is known of smaller inputs, by :func:`~harness.repeat.repeats.key_of`.
    """
    record = comparison.cases[case]
    origin = f"source: {record.source}\ndefined at {record.file}:{record.line}"
    parts = [f"{case}\n{wrapped(record.why)}\n{origin}", findings_text(comparison, case, smaller)]
    shown = comparison.exhibits.get(case)
    if shown is not None:
        own = next((verdict for verdict in comparison.verdicts if verdict.problem == shown.problem), None)
        alone = own is not None and math.prod(own.shape) == len(shown.x)
        reduction = "" if own is None else own.reduction
        parts += [_shown(comparison, shown, alone=alone), mathematics(shown, reduction=reduction, alone=alone)]
        parts.append(answers(shown))
    parts.append(_verdicts(comparison, case))
    return "\n\n".join(part for part in parts if part)


def _shown(comparison: Comparison, shown: Exhibit, *, alone: bool) -> str:
    """Say which problem and row of a case follow, and why these; nothing where the case has but one of each."""
    problems = {verdict.problem for verdict in comparison.verdicts if verdict.case == shown.case}
    if alone and len(problems) == 1:
        return ""
    placed = (one for one in comparison.findings if one.case == shown.case and {"at", "row"} & one.evidence.keys())
    wrong = any(one.level is Level.FAULT for one in placed)
    row = "" if alone else f"the {row_name(shown)} of " if not any(shown.row) else f"{row_name(shown)} of "
    if shown.worst:
        why = ", which the worst finding of wrong numbers is about"
    else:
        why = "; no row with wrong numbers is short enough to be shown" if wrong else ""
    return wrapped(f"Shown is {row}the problem {shown.problem}{why}.")


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
        said = f"{which} {quantities}: {outcome}" + (f": {detail}" if detail else "")
        yield wrapped(said, indent="    ", hanging="  ")
