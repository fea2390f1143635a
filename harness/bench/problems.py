"""What a problem costs among few and among many: planning, comparing and the report are linear in their number."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from harness.bench.contract import Benchmark, Effort, Figure, Ratio, Setup
from harness.bench.manycases import write_cases
from harness.bench.pace import ratio
from harness.vocabulary import Exit

_NONE: Final = 10  # problems: what a verb costs that has next to nothing to do
_AGAINST: Final = {  # what each number of problems is held against
    Effort.QUICK: {100: 50},
    Effort.USUAL: {1000: 100},
    Effort.FULL: {1000: 100, 20_000: 1000},
}
_REPETITIONS: Final = {Effort.QUICK: 1, Effort.USUAL: 3, Effort.FULL: 1}
_AT_MOST: Final = 1.2
_VERBS: Final = ("plan", "record", "compare", "compare again", "report")


def _measure(setup: Setup) -> Iterator[Figure]:
    against = _AGAINST[setup.effort]
    sizes = sorted({_NONE, *against, *against.values()})
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
    for many, few in against.items():
        for verb in _VERBS:
            each = {str(size): _beyond(times, verb, size) for size in (many, few)}
            yield _figure(verb, each, f"a problem among {many:,}", f"a problem among {few:,}", at_most=_AT_MOST)
    each = {verb: _beyond(times, verb, max(sizes)) for verb in ("compare again", "compare")}
    yield _figure(f"{max(sizes):,} problems", each, "one judged before", "one judged", at_most=None)


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


def _figure(
    setting: str, each: Mapping[str, Sequence[float]], subject: str, against: str, *, at_most: float | None
) -> Ratio:
    """Return the first of two costs over the second."""
    first, second = each
    spread = ratio(each, first, second)
    return Ratio(
        setting=setting,
        subject=subject,
        against=against,
        ratio=spread.median,
        lowest=spread.lowest,
        highest=spread.highest,
        repetitions=len(each[first]),
        at_most=at_most,
        cost=1e3 * median(each[first]),
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
        "what a problem costs among 1,000 (with --effort full, among 20,000) with what it costs among 100 (1,000): "
        "planning, recording, comparing and the report are linear in the number of problems (at most 1.2 times)"
    ),
    measure=_measure,
)
