"""What a problem costs among few and among many: planning, comparing and the report are linear in their number."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.manycases import write_cases
from harness.bench.pace import once, ratio
from harness.bench.watched import NotWatched, Used, watched
from harness.record.elsewhere import reachable

_NONE: Final = 10  # problems: what a verb costs that has next to nothing to do
_AGAINST: Final = {  # what each number of problems is held against
    Effort.QUICK: {100: 50},
    Effort.USUAL: {2000: 500},
    Effort.FULL: {20_000: 2000},
}
_REPETITIONS: Final = {Effort.QUICK: 1, Effort.USUAL: 3, Effort.FULL: 1}
_AT_MOST: Final = 1.2
_TELLING: Final = 0.5  # seconds beyond the beginning of a verb from which its time is more than the machine's moods
_PAGE: Final = "index.html"
_PAGE_AT_MOST: Final = 2.0  # what it shows case by case is bounded; the counts and the matrix are not
_LEAST: Final = 1e5  # bytes, so that nothing is divided by none
_NOTE: Final = f"beyond what the verb costs for {_NONE} problems; the reference alone, four rows of eight logits"
_VERBS: Final = ("plan", "record", "compare", "compare again", "report")


def _measure(setup: Setup) -> Iterator[Figure]:
    against = _AGAINST[setup.effort]
    sizes = sorted({_NONE, *against, *against.values()})
    repetitions = _REPETITIONS[setup.effort]
    used: dict[tuple[str, int], list[Used]] = {(verb, size): [] for verb in _VERBS for size in sizes}
    pages: dict[int, int] = {}
    for size in sizes:
        write_cases(setup.folder / f"cases-{size}", size)
    try:
        with setup.step("problems", repetitions * len(sizes)) as progress:
            for repetition in range(repetitions):
                for done, size in enumerate(sizes, start=1):
                    reports = setup.folder / f"reports-{size}-{repetition}"
                    for verb, one in _run(setup, size, reports):
                        used[verb, size].append(one)
                    (page,) = reports.rglob(_PAGE)
                    pages[size] = page.stat().st_size
                    progress(repetition * len(sizes) + done)
    except NotWatched as error:
        yield NotMeasured(setting="many problems", reason=str(error))
        return
    times = {at: [one.seconds for one in each] for at, each in used.items()}
    for many, few in against.items():
        for verb in _VERBS:
            each = {str(size): _beyond(times, verb, size) for size in (many, few)}
            at_most = _AT_MOST if few * median(each[str(few)]) >= _TELLING else None
            yield _figure(verb, each, f"a problem among {many:,}", f"a problem among {few:,}", at_most=at_most)
        yield _page(pages, many, few)
    many, few = max(sizes), against[max(sizes)]
    for verb in _VERBS:
        yield _memory(verb, used, many, few)
    each = {verb: _beyond(times, verb, many) for verb in ("compare again", "compare")}
    yield _figure(f"{many:,} problems", each, "one judged before", "one judged", at_most=None)


def _run(setup: Setup, size: int, reports: Path) -> Iterator[tuple[str, Used]]:
    """Run the pipeline over ``size`` problems; yield what each verb used."""
    lines = {
        "plan": ["plan", str(setup.folder / f"cases-{size}")],
        "record": ["record", "reference"],
        "compare": ["compare"],
        "compare again": ["compare", "--require", "reference"],  # another question, of the same judgements
        "report": ["report"],
    }
    with reachable(setup.environ) as environ:
        for verb in _VERBS:
            line = [sys.executable, "-m", "harness", *lines[verb], "--reports", str(reports)]
            yield verb, watched(line, environ=environ, folder=setup.folder)


def _figure(
    setting: str, each: Mapping[str, Sequence[float]], subject: str, against: str, *, at_most: float | None
) -> Ratio:
    """Return the first of two costs over the second."""
    first, second = each
    return Ratio(
        setting=setting,
        subject=subject,
        against=against,
        of=ratio(each, first, second),
        at_most=at_most,
        cost=1e3 * median(each[first]),
        unit="ms of CPU",
        note=_NOTE,
    )


def _page(pages: Mapping[int, int], many: int, few: int) -> Ratio:
    """Return the size of the page on ``many`` problems over that of the page on ``few``."""
    return Ratio(
        setting="the page",
        subject=f"its size with {many:,} problems",
        against=f"that with {few:,}",
        of=once(pages[many] / pages[few]),
        at_most=_PAGE_AT_MOST,
        cost=pages[many] / 1e6,
        unit="MB",
        note=_NOTE,
    )


def _memory(verb: str, used: Mapping[tuple[str, int], Sequence[Used]], many: int, few: int) -> Ratio:
    """Return what memory a problem among ``many`` takes at the peak, over that of one among ``few``."""
    peak = {size: max(one.memory for one in used[verb, size]) for size in (_NONE, few, many)}
    each = {size: max(peak[size] - peak[_NONE], _LEAST) / (size - _NONE) for size in (few, many)}
    return Ratio(
        setting=verb,
        subject=f"memory of a problem among {many:,}",
        against=f"that of one among {few:,}",
        of=once(each[many] / each[few]),
        cost=peak[many] / 1e6,
        unit="MB",
        note=_NOTE,
    )


def _beyond(times: dict[tuple[str, int], list[float]], verb: str, size: int) -> list[float]:
    """Return, for each repetition, the seconds of a problem beyond the first few."""
    pairs = zip(times[verb, size], times[verb, _NONE], strict=True)
    return [(one - start) / (size - _NONE) for one, start in pairs]


BENCHMARK: Final = Benchmark(
    name="problems",
    compares=(
        "what a problem costs among 2,000 (with --effort full, among 20,000) with what it costs among 500 (2,000): "
        "planning, recording, comparing and the report are linear in the number of problems (at most 1.2 times the "
        "processor time), and the page is bounded"
    ),
    measure=_measure,
)
