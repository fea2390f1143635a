"""``harness record`` beside the bare loop: the same framework functions, on the same inputs, in one process.

Both are counted from where the framework is imported: reading the plan, and every call as a user writes it, arrays made
of NumPy's and turned into them again. What a framework imports or compiles when a function is first called is a part of
that call, on both sides. The recorder has two processes, a private copy of every input that the framework does not copy
itself, a look at it afterwards, and files that are whole at any time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Final

from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.elsewhere import BenchmarkFailed, asked_there
from harness.bench.pace import ratio
from harness.bench.watched import computed_by_others
from harness.campaign.interpreter import NoInterpreter
from harness.layout import Layout
from harness.plan.digest import digest_of
from harness.plan.store import read_plan, write_plan
from harness.record.recording import Crashed, OutOfMemory, TimedOut
from harness.record.store import read_recording

FRAMEWORKS: Final = ("torch", "mxnet", "jax")
_RECORD, _BARE = "harness record", "the bare loop"
_AT_MOST: Final = 1.3
_REPETITIONS: Final = {Effort.QUICK: 1, Effort.USUAL: 3, Effort.FULL: 7}
_SELECTED: Final = {Effort.QUICK: ("-k", "forum")}  # the whole library otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds: of processor time, all processes together, and on a clock."""

    computed: float
    elapsed: float


def _measure(setup: Setup) -> Iterator[Figure]:
    _run([sys.executable, "-m", "harness", "plan", *_SELECTED.get(setup.effort, ())], setup.folder, setup.environ)
    for framework in FRAMEWORKS:
        try:
            python = setup.python(framework)
        except NoInterpreter as error:
            yield NotMeasured(setting=framework, reason=str(error))
            continue
        yield from _figures(framework, python, setup)


def _figures(framework: str, python: Path, setup: Setup) -> Iterator[Ratio]:
    repetitions = _REPETITIONS[setup.effort]
    environ = {  # what JAX compiles is there for both, after the first recording, or where a person has it already
        "JAX_COMPILATION_CACHE_DIR": str(setup.folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        **setup.environ,
    }
    _recorded(framework, python, setup.folder, environ)
    reports, left_out = _survived(framework, setup.folder)
    parts: dict[str, Callable[[], Spent]] = {
        _RECORD: lambda: _recorded(framework, python, reports, environ),
        _BARE: lambda: _looped(framework, python, reports, environ)[0],
    }
    parts[_RECORD]()
    _, note = _looped(framework, python, reports, environ)
    if left_out:
        note += f", without {left_out} problems that end its process"
    found: dict[str, list[Spent]] = {name: [] for name in parts}
    with setup.step(f"overhead: {framework}", repetitions) as progress:
        for done in range(repetitions):
            for name in sorted(parts, reverse=done % 2 == 0):
                found[name].append(parts[name]())
            progress(done + 1)
    for unit, seconds in (("s of CPU", attrgetter("computed")), ("s", attrgetter("elapsed"))):
        times = {name: [seconds(spent) for spent in each] for name, each in found.items()}
        yield Ratio(
            setting=framework,
            subject=_RECORD,
            against=_BARE,
            of=ratio(times, _RECORD, _BARE),
            at_most=_AT_MOST,
            cost=median(times[_RECORD]),
            unit=unit,
            note=note,
        )


def _survived(framework: str, reports: Path) -> tuple[Path, int]:
    """Return where a plan is without the problems that end the process, which no bare loop gets past, and their number.

    What those cost, a process each, is no part of the comparison.
    """
    plan = read_plan(reports / "plan")
    (folder,) = _recordings(framework, reports)
    entries = read_recording(folder, plan=plan.digest).entries.values()
    deadly = {entry.problem for entry in entries if isinstance(entry.result, Crashed | TimedOut | OutOfMemory)}
    if not deadly:
        return reports, 0
    rest = tuple(problem for problem in plan.problems if problem.id not in deadly)
    home = reports / f"without-{framework}"
    write_plan(replace(plan, digest=digest_of(rest), problems=rest), home / "plan")
    return home, len(deadly)


def _recorded(framework: str, python: Path, reports: Path, environ: Mapping[str, str]) -> Spent:
    """Return what recording everything costs, imports apart: those of the verb, and of its recording process."""
    line = [str(python), "-m", "harness", "record", framework]
    verb = _run([*line, "--help"], None, environ)
    opened = asked_there("harness.bench.opened", framework, python=python, environ=environ, progress=lambda _done: None)
    whole = _run([*line, "--fresh"], reports, environ)
    (recording,) = _recordings(framework, reports)
    waited: float = json.loads((recording / "run.json").read_text(encoding="utf-8"))["opening"]
    return Spent(
        computed=whole.computed - verb.computed - opened,
        elapsed=whole.elapsed - verb.elapsed - waited,
    )


def _looped(framework: str, python: Path, reports: Path, environ: Mapping[str, str]) -> tuple[Spent, str]:
    """Return what the bare loop costs, and the versions that it ran with."""
    (recording,) = _recordings(framework, reports)
    question = {"framework": framework, "plan": str(reports / "plan"), "recording": str(recording)}
    said = asked_there("harness.bench.bare", question, python=python, environ=environ, progress=lambda _done: None)
    return Spent(computed=said["computed"], elapsed=said["elapsed"]), said["version"]


def _recordings(framework: str, reports: Path) -> list[Path]:
    """Return the folder of the one recording, which is of the whole library or of a selection."""
    homes = (Layout(reports).recordings(selected=selected) / framework for selected in (False, True))
    return [home for home in homes if home.exists()]


def _run(line: list[str], reports: Path | None, environ: Mapping[str, str]) -> Spent:
    """Run a verb to its end, and return what it cost, with all that it started."""
    computed, began = computed_by_others(), time.perf_counter()
    line = line if reports is None else [*line, "--reports", str(reports)]
    done = subprocess.run(line, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own verbs
    if done.returncode:
        raise BenchmarkFailed(f"{' '.join(line)}: it ended with exit code {done.returncode}: {done.stderr}")
    return Spent(computed=computed_by_others() - computed, elapsed=time.perf_counter() - began)


BENCHMARK: Final = Benchmark(
    name="overhead",
    compares=(
        "harness record over the case library, imports apart, with the bare loop that reads the same inputs and calls "
        "the same functions of the framework in one process (at most 1.3 times)"
    ),
    measure=_measure,
)
