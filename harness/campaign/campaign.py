"""A campaign: chunk after chunk of random problems, judged for every adapter that takes part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.adapters.registry import BUILT_IN, default_name, is_path, load
from harness.campaign.cell import Cell, joined
from harness.campaign.chunk import Chunk, Contender, Step, run_chunk
from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.kept import Kept
from harness.campaign.recorder import Recorder
from harness.campaign.sample import sample
from harness.compare.compare import NotRun
from harness.compare.kept.judge import judge_digest
from harness.compare.verdict import Finding
from harness.plan.plan import LedgerEntry
from harness.record.recording import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The result: a table, what nothing excuses, who took part, and who did not, with the reason."""

    seed: int
    problems: int
    headers: tuple[Header, ...]
    absent: dict[str, NotRun]
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    seconds: float  # of recording and judging, in this run and in those that it continues


def muster(
    adapters: Iterable[str], *, folder: Path, environments: Path, environ: Mapping[str, str]
) -> tuple[list[Contender], dict[str, NotRun]]:
    """Return the adapters that can be recorded here, and those that cannot with the reason.

    Each records one problem, so that it says who it is. Raise :class:`~harness.adapters.registry.AdapterFault` for a
    name that no adapter has.
    """
    contenders, absent = [], {}
    for adapter in adapters:
        if not is_path(adapter) and adapter not in BUILT_IN:
            load(adapter)  # which says what was meant
        try:
            python = interpreter(adapter, environ=environ, environments=environments)
        except NoInterpreter as error:
            absent[adapter] = NotRun(reason=str(error))
            continue
        recorder = Recorder(adapter=adapter, python=python, environ=environ, compiled=folder / "compiled")
        header = recorder.identify(sample(0, [0]), folder / "probe" / default_name(adapter))
        if header.not_run is not None:
            absent[adapter] = NotRun(reason=header.not_run)
        else:
            contenders.append(Contender(recorder=recorder, header=header))
    return contenders, absent


def chunks(seed: int, count: int, *, size: int) -> Iterator[Chunk]:
    """Cut problems 0 to ``count - 1`` into chunks of ``size``; a larger count continues a smaller one."""
    for first in range(0, count, size):
        yield Chunk(seed=seed, first=first, last=min(first + size, count))


def run_campaign(
    parts: Sequence[Chunk],
    contenders: Sequence[Contender],
    *,
    absent: Mapping[str, NotRun],
    folder: Path,
    ledger: Sequence[LedgerEntry],
    step: Step,
) -> Campaign:
    """Run the chunks ``parts``, or take from ``folder`` what an earlier run has kept of them."""
    judge = judge_digest()
    kept: list[Kept] = []
    for part in parts if contenders else ():
        kept += run_chunk(part, contenders, folder=folder, ledger=ledger, judge=judge, step=step)
    order = [one.name for one in contenders]
    cells = joined(cell for one in kept for cell in one.cells)
    return Campaign(
        seed=parts[0].seed,
        problems=sum(part.last - part.first for part in parts),
        headers=tuple(one.header for one in contenders),
        absent=dict(absent),
        cells=tuple(sorted(cells, key=lambda cell: (order.index(cell.adapter), cell.op, cell.quantity, cell.dtype))),
        findings=tuple(finding for one in kept for finding in one.findings),
        seconds=sum(one.seconds for one in kept),
    )
