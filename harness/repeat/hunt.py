"""Where candidates for smaller inputs are tried: beside the framework, in the surroundings of the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.campaign.campaign import muster
from harness.plan.plan import Plan
from harness.record.recording import Header
from harness.record.resume import differences
from harness.repeat.shrink import Bench


class CannotRepeat(Exception):
    """An adapter cannot be recorded as it was; the text says why, and what to do."""


def bench_of(header: Header, plan: Plan, *, work: Path, environments: Path, environ: Mapping[str, str]) -> Bench:
    """Return the bench for the adapter that ``header`` is of; ``work`` is a folder for recordings of candidates.

    Raise :class:`CannotRepeat` where the adapter is not there, or is another than the one that was compared.
    """
    name = header.adapter
    contenders, absent = muster([name], folder=work, environments=environments, environ=environ)
    if name in absent:
        raise CannotRepeat(f"{name} is not run: {absent[name].reason}")
    (contender,) = contenders
    if changed := differences(replace(contender.header, plan=header.plan), header):
        raise CannotRepeat(
            f"{name} is not what was compared: {'; '.join(changed)}: run `harness record {name}` and "
            "`harness compare` again"
        )
    return Bench(contender=contender, folder=work / name, cases=plan.cases, ledger=plan.ledger)
