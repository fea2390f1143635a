"""What judging says of one problem."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.relation import Pair
from harness.compare.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that judging says of one problem: by quantity, then adapter; nothing has excused the findings yet."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    pairs: tuple[Pair, ...] = ()
