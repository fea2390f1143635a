"""GitHub's annotations: a finding shown at the line of its YAML case or ledger entry, in the view of a pull request.

The format is that of GitHub's workflow commands: ``::error file=F,line=N,title=T::message``, in which a per cent sign,
ends of lines, and, in properties, colons and commas are written as per cent codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.compare.comparison import Comparison
from harness.report.figures import count, plural
from harness.report.legible import legible
from harness.report.ranking import TITLES, in_order
from harness.report.since import lost
from harness.report.subject import place, subject

MOST: Final = 10  # GitHub shows no more of one step
_LONGEST: Final = 2000  # characters of a message


def commands(comparison: Comparison) -> Iterator[str]:
    """Yield a workflow command for each finding that fails the run, worst first; the last says how many are left."""
    failing = list(in_order(comparison.failing))
    for finding in failing[:MOST]:
        found = place(finding, comparison)
        at = f"file={_property(found[0])},line={found[1]}," if found else ""
        title = f"{TITLES[finding.kind]}: {subject(finding)}"
        yield f"::error {at}title={_property(title)}::{_message(finding.sentence[:_LONGEST])}"
    if len(failing) > MOST:
        yield f"::notice title=softmax-harness::and {count(len(failing) - MOST)} more: see the job's summary"
    gone = () if comparison.changes is None else lost(comparison.changes)
    if gone:
        more = f"; and {count(len(gone) - 1)} more: see the job's summary" if len(gone) > 1 else ""
        yield f"::error title={_property(plural(len(gone), 'result'))} lost::{_message(gone[0] + more)}"
    for run in comparison.not_run:
        yield f"::error title={_property(f'{run.name} did not run')}::{_message(run.why_not or '')}"


def _message(text: str) -> str:
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
