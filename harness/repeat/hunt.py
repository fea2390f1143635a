"""Where candidates for smaller inputs are tried: beside the framework, in the surroundings of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.adapters.registry import BUILT_IN
from harness.campaign.chunk import Contender
from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.recorder import Recorder
from harness.campaign.sample import sample
from harness.plan.plan import Plan
from harness.record.origin import Origin
from harness.record.recording import Header
from harness.record.resume import differences
from harness.repeat.shrink import Bench


class CannotRepeat(Exception):
    """An adapter cannot be recorded as it was; the text says why, and what to do."""


def bench_of(
    header: Header,
    plan: Plan,
    *,
    origin: Origin | None,
    work: Path,
    environments: Path,
    environ: Mapping[str, str],
    limits: Sequence[str] = (),
) -> Bench:
    """Return the bench for the adapter that ``header`` is of; ``work`` is a folder for recordings of candidates.

    ``origin`` is where it was found when it was recorded; an adapter from outside is found nowhere else. ``limits`` are
    options of `harness record`. Raise :class:`CannotRepeat` where the adapter is not there, or is another than the one
    that was compared.
    """
    name = header.adapter
    adapter, python = _found(name, origin, environments=environments, environ=environ)
    device = origin.device if origin is not None else None
    options = [*limits, *([] if device is None else ["--device", device])]
    options += [] if header.rows_per_call is None else ["--rows-per-call", str(header.rows_per_call)]
    recorder = Recorder(
        adapter=adapter, python=python, environ=environ, compiled=work / "compiled", options=tuple(options)
    )
    now = recorder.identify(sample(0, [0]), work / "probe" / name)
    if now.not_run is not None:
        raise CannotRepeat(f"{name} is not run: {now.not_run}")
    if changed := differences(replace(now, plan=header.plan), header):
        raise CannotRepeat(
            f"{name} is not what was compared: {'; '.join(changed)}: run `harness record {adapter}` and "
            "`harness compare` again"
        )
    contender = Contender(recorder=recorder, header=now)
    return Bench(contender=contender, folder=work / name, cases=plan.cases, ledger=plan.ledger)


def _found(name: str, origin: Origin | None, *, environments: Path, environ: Mapping[str, str]) -> tuple[str, Path]:
    """Return what `harness record` is to be given, and the Python that has the framework."""
    if name in BUILT_IN:
        try:
            return name, interpreter(name, environ=environ, environments=environments)
        except NoInterpreter as error:
            raise CannotRepeat(f"{name} is not run: {error}") from None
    if origin is None:
        raise CannotRepeat(f"where the file of {name} lies is not on record: run `harness record` with its path again")
    for needed in (origin.adapter, origin.python):
        if not Path(needed).is_file():
            raise CannotRepeat(f"{name} is not run: {needed}, with which it was recorded, is gone")
    return origin.adapter, Path(origin.python)
