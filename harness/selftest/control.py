"""Every fault and every right kernel at every setting, dtype and length: what became of their results."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from harness.adapters.reference import ReferenceAdapter
from harness.selftest.bench import Bench, answer
from harness.selftest.change import told_apart
from harness.selftest.counts import Count, Counts, Where
from harness.selftest.kernels import Wrong, evaluation_of, right_kernels, stored
from harness.selftest.problems import asks, problems
from harness.selftest.settings import DTYPES, LENGTHS, SETTINGS, Setting
from harness.vocabulary import DType, Quantity
from reference.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What everything is tried at."""

    settings: tuple[Setting, ...] = SETTINGS
    dtypes: tuple[DType, ...] = DTYPES
    lengths: tuple[int, ...] = LENGTHS
    seed: int = 0

    def benches(self) -> Iterator[tuple[Setting, DType, int]]:
        """Yield each setting with the dtypes and lengths that it is tried at."""
        for setting in self.settings:
            dtypes = [dtype for dtype in self.dtypes if dtype in setting.dtypes]
            lengths = [n for n in self.lengths if n in setting.lengths]
            for dtype, n in itertools.product(dtypes, lengths):
                yield setting, dtype, n

    def __len__(self) -> int:
        """Count the benches."""
        return sum(1 for _ in self.benches())


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
            for fault in faults:
                answers = {one: found for one in asked if (found := fault.answer(shared[one.id])) is not None}
                results = {one.id: stored(found, one.call, quantity) for one, found in answers.items()}
                fates = bench.fates(Wrong(fault), quantity, results, forwards=forwards[reference.name])
                for one, found in answers.items():
                    tellable = told_apart(found, shared[one.id].truth, of=shared[one.id].result_format)
                    wrong[place(kernel=fault.name)].add(one.id, fates[one.id], fault=fault.name, tellable=tellable)
            for other in others:
                results = {one.id: got for one in asked if (got := answer(other, one, quantity)) is not None}
                for name, fate in bench.fates(other, quantity, results, forwards=forwards[other.name]).items():
                    right[place(kernel=other.name)].add(name, fate)
        progress(done)
    return Control(wrong=dict(wrong), right=dict(right))
