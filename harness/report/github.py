"""GitHub's annotations: a finding shown at the line of its YAML case or ledger entry, in the view of a pull request.

The format is that of GitHub's workflow commands: ``::error file=F,line=N,title=T::message``, in which a per cent sign,
ends of lines, and, in properties, colons and commas are written as per cent codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.report.figures import count
from harness.report.legible import legible
from harness.report.ranking import TITLES, in_order
from harness.report.subject import place, subject

MOST: Final = 10  # GitHub shows no more of one step
_LONGEST: Final = 2000  # characters of a message


def commands(comparison: Comparison) -> Iterator[str]:
    """Yield a workflow command for each finding that fails the run, worst first; the last says how many are left."""
    failing = _failing(comparison)
    for finding in failing[:MOST]:
        found = place(finding, comparison)
        at = f"file={_property(found[0])},line={found[1]}," if found else ""
        title = f"{TITLES[finding.kind]}: {subject(finding)}"
        yield f"::error {at}title={_property(title)}::{_message(finding.sentence[:_LONGEST])}"
    if len(failing) > MOST:
        yield f"::notice title=softmax-harness::and {count(len(failing) - MOST)} more: see the job's summary"
    for run in comparison.not_run:
        yield f"::error title={_property(f'{run.name} did not run')}::{_message(run.why_not or '')}"


def _failing(comparison: Comparison) -> list[Finding]:
    unexpected = list(in_order(comparison.unexpected))
    if comparison.changes is None:
        return unexpected
    new = {(one.adapter, one.problem, one.quantity) for one in comparison.changes.failing}
    return [
        finding
        for finding in unexpected
        if finding.of_no_evaluation
        or any(
            adapter in finding.adapters and problem in finding.problems and finding.quantity in (None, quantity)
            for adapter, problem, quantity in new
        )
    ]


def _message(text: str) -> str:
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
