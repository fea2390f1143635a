"""From a thousand elements to a hundred million: processor time and memory per element do not grow."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.pace import once
from harness.bench.watched import NotWatched, Used, watched
from harness.campaign.interpreter import NoInterpreter
from harness.record.elsewhere import reachable

LENGTHS: Final = (1000, 50_000)  # of a row
FRAMEWORKS: Final = ("torch", "mxnet", "jax")
_SIZES: Final = {  # elements of the input
    Effort.QUICK: (10**3, 10**4),
    Effort.USUAL: (10**3, 10**5, 10**6, 4 * 10**6),  # the fewest that tell how time grows: it ends in minutes
    Effort.FULL: (10**3, 10**4, 10**5, 10**6, 10**7, 10**8),
}
_BYTES: Final = 4  # of a float32
_LARGE: Final = 10**8  # elements from which memory has a target: below, it is that of parts of a fixed size
_MOST_MEMORY: Final = 2.0  # input arrays
_MOST_TIME: Final = 1.5  # per element, beside ten times fewer elements
_SHORTEST: Final = 1e-3  # seconds, so that nothing is divided by none
_TELLING: Final = 1.5  # seconds beyond its beginning below which a step's time tells of the machine's moods alone
_TWO: Final = 2  # runs that say nothing of time: the first is all beginning
_GIBIBYTES: Final = "64"  # of every --memory: what is measured is not to be refused
_SECONDS: Final = "3600"  # of --timeout, likewise
_CASE: Final = """\
format: 1
theme: time and memory
cases:
  - id: measured
    why: what is measured
    source: harness bench scaling
    op: {op}
    axis: 1
    dtype: float32
    x: {{normal: {{shape: [{rows}, {length}], scale: 3, seed: 1}}}}
    {parameters}
    check: [forward, vjp]
"""
_SOFTMAX: Final = {"op": "softmax", "parameters": "cotangent: normal"}
_LOSS: Final = {  # one number for all rows, and a gradient that is divided by how many there are
    "op": "cross_entropy",
    "parameters": "targets: {random: {seed: 2}}\n    reduction: mean\n    cotangent: ones",
}
_OF_LOSS: Final = "compare (mean loss)"
_BARE: Final = "the bare calls of"
_COMPARED: Final = FRAMEWORKS[0]  # judging is by far the slowest step, and the same for every framework


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """An input of ``elements`` elements in rows of ``length``, and a folder for it."""

    elements: int
    length: int
    folder: Path

    @property
    def words(self) -> str:
        """Which input it is."""
        return f"{_elements(self)} elements, n = {self.length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What each step used, by its name, at one size."""

    size: _Size
    used: Mapping[str, Used]


def _measure(setup: Setup) -> Iterator[Figure]:
    sizes = {length: [size for size in _SIZES[setup.effort] if size >= length] for length in LENGTHS}
    done = 0
    with setup.step("scaling", sum(map(len, sizes.values()))) as progress:
        for length in LENGTHS:
            used: list[_Run] = []
            for elements in sizes[length]:
                size = _Size(elements=elements, length=length, folder=setup.folder / f"{elements}-{length}")
                try:
                    used.append(_Run(size=size, used=_used(setup, size)))
                except NotWatched as error:
                    yield NotMeasured(setting=size.words, reason=str(error))
                    break
                yield from _figures(used)
                done += 1
                progress(done)


def _used(setup: Setup, size: _Size) -> dict[str, Used]:
    """Return what each step used, by its name; a framework that is not there is left out."""
    size.folder.mkdir()
    reports = ("--reports", str(size.folder))
    limit, time = ("--memory", _GIBIBYTES), ("--timeout", _SECONDS)
    with reachable(setup.environ) as environ:

        def run(python: Path | str, *words: str) -> Used:
            return watched([str(Path(python).absolute()), "-m", *words], environ=environ, folder=size.folder)

        found = {"plan": run(sys.executable, "harness", "plan", _case(size, **_SOFTMAX), *limit, *reports)}
        for framework in FRAMEWORKS:
            try:
                python = setup.python(framework)
            except NoInterpreter:
                continue
            question = size.folder / f"{framework}.json"
            question.write_text(json.dumps({"adapter": framework, "plan": str(size.folder / "plan")}), encoding="utf-8")
            program = ("harness.bench.program", "harness.bench.alone", str(question), str(size.folder / "answer.json"))
            found[_bare(framework)] = run(python, *program)
            found[f"record {framework}"] = run(python, "harness", "record", framework, *limit, *time, *reports)
        if _bare(_COMPARED) in found:
            found["compare"] = run(sys.executable, "harness", "compare", "--only", _COMPARED, *limit, *reports)
            found["report"] = run(sys.executable, "harness", "report", *reports)
        if _bare(_COMPARED) in found and size.length == LENGTHS[0]:
            of_loss = ("--reports", str(size.folder / "loss"))
            run(sys.executable, "harness", "plan", _case(size, **_LOSS), *limit, *of_loss)
            run(setup.python(_COMPARED), "harness", "record", _COMPARED, *limit, *time, *of_loss)
            found[_OF_LOSS] = run(sys.executable, "harness", "compare", *limit, *of_loss)
    return found


def _case(size: _Size, *, op: str, parameters: str) -> str:
    """Write a case of this size; return the path of its file."""
    case = size.folder / f"{op}.yaml"
    text = _CASE.format(rows=size.elements // size.length, length=size.length, op=op, parameters=parameters)
    case.write_text(text, encoding="utf-8")
    return str(case)


def _bare(framework: str) -> str:
    return f"{_BARE} {framework}"


def _elements(size: _Size) -> str:
    return f"{size.elements:.0e}".replace("e+0", "e")


def _figures(used: Sequence[_Run]) -> Iterator[Figure]:
    """Yield what the steps of the last run used, beside those of the runs before."""
    for step in used[-1].used if len(used) > 1 else ():
        if not step.startswith(_BARE):
            yield _memory(step, used[-1], first=used[0])
            if len(used) > _TWO:
                yield from _time(step, used[-1], before=used[-2], first=used[0])


def _memory(step: str, run: _Run, *, first: _Run) -> Ratio:
    """Return what a step adds to the bare calls that it makes, or to itself with next to no input."""
    bare = _bare(step.removeprefix("record "))
    less = run.used[bare] if bare in run.used else first.used[step]
    return Ratio(
        setting=run.size.words,
        subject=f"memory of {step}, beyond that of {bare if bare in run.used else f'{_elements(first.size)} elements'}",
        against="the input array",
        of=once((run.used[step].memory - less.memory) / (_BYTES * run.size.elements)),
        at_most=_MOST_MEMORY if run.size.elements >= _LARGE else None,
        cost=run.used[step].memory / 1e6,
        unit="MB",
    )


def _time(step: str, run: _Run, *, before: _Run, first: _Run) -> Iterator[Ratio]:
    """Yield the time that a step takes for an element over that in a run of fewer elements, where that one says it."""
    if step not in before.used:
        return
    beginning = first.used[step].seconds
    now, then = (max(one.used[step].seconds - beginning, _SHORTEST) for one in (run, before))
    if then < _TELLING:
        return
    yield Ratio(
        setting=run.size.words,
        subject=f"processor time of {step} per element, its beginning apart",
        against=f"that at {_elements(before.size)} elements",
        of=once(now / run.size.elements / (then / before.size.elements)),
        at_most=_MOST_TIME,
        cost=run.used[step].seconds,
        unit="s",
    )


BENCHMARK: Final = Benchmark(
    name="scaling",
    compares=(
        "each step of a run at ten times the elements with itself (at most 1.5 times the processor time per element), "
        "and at 1e8 float32 elements the memory that it adds with the input array (at most 2 times): to that of the "
        "bare calls of the framework for `record`, to its own at 1,000 elements for `plan`, `compare` and `report`"
    ),
    measure=_measure,
)
