"""Every fault and every right kernel at every setting, dtype and length: what became of their results, counted."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from numpy.typing import NDArray

from harness.adapters.reference import ReferenceAdapter
from harness.selftest.bench import Bench, Fate, answer
from harness.selftest.kernels import Wrong, evaluation_of, right_kernels
from harness.selftest.problems import asks, problems
from harness.selftest.settings import DTYPES, LENGTHS, SETTINGS, VARIATION_LENGTHS, Setting
from harness.vocabulary import DType, Quantity
from reference.faults import Fault

_SHOWN: Final = 3  # problems that a person is given to repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What everything is tried at."""

    settings: tuple[Setting, ...] = SETTINGS
    dtypes: tuple[DType, ...] = DTYPES
    lengths: tuple[int, ...] = LENGTHS
    seed: int = 0

    def benches(self) -> Iterator[tuple[Setting, DType, int]]:
        """Yield each setting, dtype and length; the shorter list of lengths for settings that are variations."""
        for setting in self.settings:
            few = [n for n in self.lengths if n in VARIATION_LENGTHS]
            for dtype, n in itertools.product(self.dtypes, few if setting.variation else self.lengths):
                yield setting, dtype, n

    def __len__(self) -> int:
        """Count the benches."""
        return sum(1 for _ in self.benches())


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a count is of: one kernel, the name of its fault or of itself, at a setting, dtype and quantity."""

    kernel: str
    setting: str
    dtype: DType
    quantity: Quantity


@dataclass(slots=True, kw_only=True)
class Count:
    """Results, and what became of them.

    ``changed``: not the correctly rounded truth. ``due``: changed by more than the bound, or obviously
    (:mod:`harness.selftest.change`): these have to be found. ``caught`` and ``named`` are of those. ``flagged`` are all
    that are found, also by the row test and the laws below the bound. ``missed`` and ``unnamed`` name the first few
    problems, ``flags`` those of ``flagged``.
    """

    tried: int = 0
    changed: int = 0
    due: int = 0
    caught: int = 0
    named: int = 0
    flagged: int = 0
    missed: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def below(self) -> int:
        """Changes that no bound on single elements can see."""
        return self.changed - self.due

    def add(self, problem: str, fate: Fate, *, fault: str) -> None:
        """Count one result for ``problem``; its findings should name ``fault``."""
        self.tried += 1
        self.changed += fate.changed
        self.flagged += fate.caught
        if fate.caught:
            self.flags = (*self.flags, problem)[:_SHOWN]
        if not (fate.beyond or fate.obvious):
            return
        self.due += 1
        self.caught += fate.caught
        self.named += fault in fate.names
        if not fate.caught:
            self.missed = (*self.missed, problem)[:_SHOWN]
        elif fault not in fate.names:
            self.unnamed = (*self.unnamed, problem)[:_SHOWN]

    def __add__(self, other: Count) -> Count:
        """Return both together."""
        return Count(
            tried=self.tried + other.tried,
            changed=self.changed + other.changed,
            due=self.due + other.due,
            caught=self.caught + other.caught,
            named=self.named + other.named,
            flagged=self.flagged + other.flagged,
            missed=(*self.missed, *other.missed)[:_SHOWN],
            unnamed=(*self.unnamed, *other.unnamed)[:_SHOWN],
            flags=(*self.flags, *other.flags)[:_SHOWN],
        )


Counts = dict[Where, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What was counted: of wrong adapters, and of right ones."""

    wrong: Counts
    right: Counts


def control(faults: Sequence[Fault], grid: Grid, *, progress: Callable[[int], None]) -> Control:
    """Put every fault and every right kernel before the judge, bench by bench; ``progress`` is told how many are done.

    The same grid gives the same counts.
    """
    wrong: Counts = defaultdict(Count)
    right: Counts = defaultdict(Count)
    reference, others = ReferenceAdapter(), right_kernels()
    for done, (setting, dtype, n) in enumerate(grid.benches(), start=1):
        bench = Bench(problems(setting, dtype, n, seed=grid.seed))
        forwards = {kernel.name: bench.forwards(kernel) for kernel in (reference, *others)}
        for quantity in Quantity:
            asked = [problem for problem in bench.problems if asks(problem, quantity)]
            place = partial(Where, setting=setting.name, dtype=dtype, quantity=quantity)
            shared = {
                one.id: evaluation_of(one.call, quantity, reference.precision(one.call, quantity)) for one in asked
            }
            for kernel in map(Wrong, faults):
                results = {one.id: kernel.wrong(one.call, quantity, evaluation=shared[one.id]) for one in asked}
                fates = bench.fates(kernel, quantity, _answers(results), forwards=forwards[reference.name])
                _count(fates, wrong, place(kernel=kernel.fault.name))
            for other in others:
                results = {one.id: answer(other, one, quantity) for one in asked}
                fates = bench.fates(other, quantity, _answers(results), forwards=forwards[other.name])
                _count(fates, right, place(kernel=other.name))
        progress(done)
    return Control(wrong=dict(wrong), right=dict(right))


def _answers(results: Mapping[str, NDArray[Any] | None]) -> dict[str, NDArray[Any]]:
    return {problem: result for problem, result in results.items() if result is not None}


def _count(fates: Mapping[str, Fate], into: Counts, where: Where) -> None:
    for problem, fate in fates.items():
        into[where].add(problem, fate, fault=where.kernel)


def by_kernel(counts: Counts) -> dict[str, Count]:
    """Return the counts of each kernel, over all it was tried at."""
    total: dict[str, Count] = defaultdict(Count)
    for where, count in counts.items():
        total[where.kernel] += count
    return dict(total)
