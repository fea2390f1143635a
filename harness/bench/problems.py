"""What a problem costs among few and among many: planning, comparing and the report are linear in their number."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.bench.contract import Benchmark, Effort, Figure, Ratio, Setup
from harness.bench.manycases import write_cases
from harness.bench.pace import ratio
from harness.vocabulary import Exit

_NONE: Final = 10  # problems: what a verb costs that has next to nothing to do
_SIZES: Final = {Effort.QUICK: (100,), Effort.USUAL: (100, 1000), Effort.FULL: (100, 1000, 20_000)}
_AGAINST: Final = {100: 100, 1000: 100, 20_000: 1000}  # the number of problems that each is held against
_REPETITIONS: Final = {Effort.QUICK: 1, Effort.USUAL: 3, Effort.FULL: 1}
_AT_MOST: Final = 1.2
_VERBS: Final = ("plan", "record", "compare", "compare again", "report")


def _measure(setup: Setup) -> Iterator[Figure]:
    sizes = (_NONE, *_SIZES[setup.effort])
    repetitions = _REPETITIONS[setup.effort]
    times: dict[tuple[str, int], list[float]] = {(verb, size): [] for verb in _VERBS for size in sizes}
    for size in sizes:
        write_cases(setup.folder / f"cases-{size}", size)
    with setup.step("problems", repetitions * len(sizes)) as progress:
        for repetition in range(repetitions):
            for done, size in enumerate(sizes, start=1):
                for verb, seconds in _run(setup.folder, size, repetition):
                    times[verb, size].append(seconds)
                progress(repetition * len(sizes) + done)
    for size in sizes[1:]:
        against = _AGAINST[size]
        for verb in _VERBS:
            yield _figure(verb, size, against, times)


def _run(folder: Path, size: int, repetition: int) -> Iterator[tuple[str, float]]:
    """Run the pipeline over ``size`` problems; yield the seconds of each verb."""
    reports = folder / f"reports-{size}-{repetition}"
    lines = {
        "plan": ["plan", str(folder / f"cases-{size}")],
        "record": ["record", "reference"],
        "compare": ["compare"],
        "compare again": ["compare", "--require", "reference"],  # another question, of the same judgements
        "report": ["report"],
    }
    for verb in _VERBS:
        line = [sys.executable, "-m", "harness", *lines[verb], "--reports", str(reports)]
        began = time.perf_counter()
        done = subprocess.run(line, check=False, capture_output=True, text=True)  # noqa: S603 - our own interpreter
        seconds = time.perf_counter() - began
        if done.returncode != Exit.AGREED:
            raise RuntimeError(f"{' '.join(line)}: exit code {done.returncode}: {done.stderr}")
        yield verb, seconds


def _figure(verb: str, size: int, against: int, times: dict[tuple[str, int], list[float]]) -> Ratio:
    """Return what each further problem costs among ``size``, over what it costs among ``against``."""
    each = {name: _beyond(times, verb, number) for name, number in (("many", size), ("few", against))}
    spread = ratio(each, "many", "few")
    return Ratio(
        setting=verb,
        subject=f"a problem among {size:,}",
        against=f"a problem among {against:,}",
        ratio=spread.median,
        lowest=spread.lowest,
        highest=spread.highest,
        repetitions=len(each["many"]),
        at_most=None if size == against else _AT_MOST,
        cost=1e3 * sorted(each["many"])[len(each["many"]) // 2],
        unit="ms",
        note=f"beyond what the verb costs for {_NONE} problems; the reference alone, four rows of eight logits",
    )


def _beyond(times: dict[tuple[str, int], list[float]], verb: str, size: int) -> list[float]:
    """Return, for each repetition, the seconds of a problem beyond the first few."""
    pairs = zip(times[verb, size], times[verb, _NONE], strict=True)
    return [(one - start) / (size - _NONE) for one, start in pairs]


BENCHMARK: Final = Benchmark(
    name="problems",
    compares=(
        "what a problem costs among 1,000, and among 20,000, with what it costs among 100 and 1,000: planning, "
        "recording, comparing and the report are linear in the number of problems (at most 1.2 times)"
    ),
    measure=_measure,
)
