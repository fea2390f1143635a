"""Problems that cannot be judged in the memory allowed: what that takes is known before it is tried."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness.compare.assessment import Assessment, unjudged
from harness.compare.comparison import AdapterRun
from harness.compare.large import alone, is_large
from harness.compare.measure import Measured
from harness.compare.refusal import refused
from harness.compare.results import Entries
from harness.parts import AT_ONCE, is_of_rows
from harness.plan.problem import Problem
from harness.vocabulary import Outcome, Quantity

MEMORY: Final = 8 << 30  # bytes that judging one problem may take
_BYTES: Final = 400  # for each element of what is judged in one piece: 350 were measured, with two adapters
_BYTES_OF_ROW: Final = 300  # for each row of what is added up: 260 were measured


def needs(problem: Problem, *, at_once: int = AT_ONCE) -> int:
    """Return about how many bytes judging ``problem`` takes; ``at_once`` is how many elements a part of it has.

    Of what is judged in parts, a part has one row at least; of what all rows add up to, each keeps a few numbers.
    """
    call = problem.call
    of_quantities = [math.prod(call.shape_of(quantity)) for quantity in problem.check if quantity is Quantity.JACOBIAN]
    elements = max(call.x.size, *of_quantities, 0)
    if not is_large(problem, elements=at_once):
        return _BYTES * elements
    added_up = not all(is_of_rows(call, quantity) for quantity in problem.check)
    of_rows = _BYTES_OF_ROW * math.prod(call.batch_shape) if added_up else 0
    return of_rows + _BYTES * max(at_once, int(call.x.shape[call.axis]))


def left_alone(
    problem: Problem, runs: Sequence[AdapterRun], entries: Mapping[str, Entries], *, memory: int, at_once: int
) -> Iterator[Assessment]:
    """Yield the verdicts, by quantity and run, on a problem that takes more than ``memory`` bytes to judge."""
    takes = needs(problem, at_once=at_once) / 2**30
    detail = (
        f"not judged: that takes about {takes:.3g} GiB here, the limit is {memory / 2**30:.3g} GiB; allow more with: "
        "harness compare --memory GIB"
    )
    for quantity in problem.check:
        for run in runs:
            entry = entries[run.name].get((problem.id, quantity)) if run.ran else None
            if entry is None or refused(problem, quantity, entry) is not None:
                yield alone(run, problem, quantity, entries)
            else:
                yield unjudged(run.name, problem, quantity, Measured(Outcome.OUT_OF_MEMORY, detail), entry=entry)
