"""Every fault, slip and right kernel at every setting, dtype and length: what became of their results."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from harness.adapters.contract import Adapter
from harness.selftest.bench import Bench
from harness.selftest.counts import Count, Counts, Where
from harness.selftest.problems import problems
from harness.selftest.right import RIGHT
from harness.selftest.settings import DTYPES, LENGTHS, SETTINGS, Setting
from harness.selftest.slips import Slip
from harness.selftest.trial import Trial
from harness.vocabulary import DType, Op, Quantity
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
    """What was counted: of the catalogue's wrong adapters, of kernels with a slip, and of right ones."""

    wrong: Counts
    slipped: Counts
    right: Counts


def control(
    faults: Sequence[Fault],
    slips: Sequence[Slip],
    grid: Grid,
    *,
    right: Sequence[Adapter] = RIGHT,
    progress: Callable[[int], None],
) -> Control:
    """Put every fault, slip and right kernel before the judge, bench by bench; ``progress`` is told how many are done.

    The same grid gives the same counts. Where none of them has a place, nothing is computed.
    """
    found = Control(wrong=defaultdict(Count), slipped=defaultdict(Count), right=defaultdict(Count))
    for done, (setting, dtype, n) in enumerate(grid.benches(), start=1):
        concerned = [one for one in Quantity if right or _concern(faults, slips, setting.op, one)]
        if concerned:
            bench = Bench(problems(setting, dtype, n, seed=grid.seed))
            forwards = {kernel.name: bench.forwards(kernel) for kernel in RIGHT}
        for quantity in concerned:
            place = partial(Where, setting=setting.name, dtype=dtype, quantity=quantity)
            trial = Trial(bench=bench, quantity=quantity, forwards=forwards, place=place)
            trial.of_faults(faults, found.wrong)
            trial.of_slips(slips, found.slipped)
            trial.of_right(right, found.right)
        progress(done)
    return found


def _concern(faults: Sequence[Fault], slips: Sequence[Slip], op: Op, quantity: Quantity) -> bool:
    """Say whether a fault or a slip has a place in a quantity of an op."""
    wrong = any(fault.concerns(op.value, quantity.value) for fault in faults)
    return wrong or any(op in slip.ops and slip.quantity is quantity for slip in slips)
