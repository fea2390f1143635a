"""What the items of a session ask: planned, recorded and compared once, when the first of them runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.recorder import Recorder, RecorderFailed
from harness.compare.compare import NotRun, compare
from harness.compare.comparison import Comparison
from harness.layout import Layout
from harness.plan.library import LEDGER, load_library, make_plan
from harness.plan.plan import Plan
from harness.plan.store import write_plan
from harness.pytest_plugin.options import KEPT, OPTIONS, Options
from harness.record.lock import AlreadyLocked, locked
from harness.record.recording import Recording

if TYPE_CHECKING:
    from harness.pytest_plugin.collect import CasesFile

_COMPARED = pytest.StashKey[Comparison]()
_PATIENCE = 1.0  # seconds between two looks at what another worker is recording


class _OfAdapter(Protocol):
    adapter: str


def compared(session: pytest.Session) -> Comparison:
    """Return the comparison of all cases that were selected; the first call records them."""
    if _COMPARED not in session.stash:
        session.stash[_COMPARED] = _compare(session)
    return session.stash[_COMPARED]


def _compare(session: pytest.Session) -> Comparison:
    options = session.config.stash[OPTIONS]
    adapters = [name for name in options.adapters if name in _adapters(session)]
    plan = _plan(session)
    home = options.reports / plan.digest[:16]
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with _alone(home), capture.global_and_fixture_disabled():
        write_plan(plan, Layout(home).plan)
        recordings = _side_by_side(adapters, plan, home, options)
    required = adapters if options.required else []
    return compare(plan, recordings, required=required)


def _adapters(session: pytest.Session) -> set[str]:
    """Return the adapters that items ask for; all, where a case as a whole is asked for."""
    named = {cast("_OfAdapter", item).adapter for item in session.items if hasattr(item, "adapter")}
    whole = any(not hasattr(item, "adapter") and _file(item) is not None for item in session.items)
    return named | set(session.config.stash[OPTIONS].adapters) if whole else named


def _plan(session: pytest.Session) -> Plan:
    """Return the plan of every case that has an item; of all cases, where a folder with its ledger was collected."""
    files = {file.path: file for item in session.items if (file := _file(item)) is not None}
    folders = {path.parent for path in files if path.name == LEDGER}
    whole = {folder for folder in folders if set(_case_files(folder)) <= set(files)}
    library = load_library(
        [near(path, session.config) for path in (*whole, *(p for p in files if p.parent not in whole))],
        kept=session.config.stash[KEPT],
    )
    wanted = {_case(item) for item in session.items} - {""}
    if whole and wanted >= set(library.cases):
        return make_plan(library)
    chosen = {name: case for name, case in library.cases.items() if name in wanted}
    part = replace(library, cases=chosen, problems={name: library.problems[name] for name in chosen})
    return make_plan(part, selection=f"pytest: {len(chosen)} cases")


def _case_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*.y*ml") if path.suffix in (".yaml", ".yml"))


def near(path: Path, config: pytest.Config) -> Path:
    """Return a path as a person would write it, from the folder in which pytest was started."""
    here = config.invocation_params.dir
    return path.relative_to(here) if path.is_relative_to(here) and Path.cwd() == here else path


def _file(item: pytest.Item) -> CasesFile | None:
    from harness.pytest_plugin.collect import CasesFile  # noqa: PLC0415 - which imports this module

    return item.parent if isinstance(item.parent, CasesFile) else None


def _case(item: pytest.Item) -> str:
    if _file(item) is None:
        return ""
    problem = getattr(item, "problem", None)
    return str(getattr(item, "case", "") if problem is None else problem.case)


def _side_by_side(adapters: Sequence[str], plan: Plan, home: Path, options: Options) -> dict[str, Recording | NotRun]:
    """Return what every adapter returned; each is recorded in a process of its own, all at the same time."""
    with ThreadPoolExecutor(max_workers=len(adapters) or 1) as pool:
        recorded = pool.map(lambda name: _recorded(name, plan, home, options), adapters)
        return dict(zip(adapters, recorded, strict=True))


def _recorded(name: str, plan: Plan, home: Path, options: Options) -> Recording | NotRun:
    """Return what an adapter returned, from the disk where it is there, or why it did not run."""
    try:
        adapter = options.adapters[name]
        python = interpreter(adapter, environ=os.environ, environments=options.environments)
        recorder = Recorder(adapter=adapter, python=python, environ=os.environ, compiled=options.reports / "compiled")
        return recorder.record(plan, home, name=name)
    except (NoInterpreter, RecorderFailed) as error:
        return NotRun(reason=str(error))


class _alone:  # noqa: N801 - used like a function
    """Wait until no other worker of pytest-xdist, and no other session, records in the same folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __enter__(self) -> None:
        while True:
            self._lock = locked(self._home)
            try:
                self._lock.__enter__()
            except AlreadyLocked:
                time.sleep(_PATIENCE)
            else:
                return

    def __exit__(self, *raised: object) -> None:
        self._lock.__exit__(None, None, None)
