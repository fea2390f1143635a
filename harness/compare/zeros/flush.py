"""Numbers that one adapter returned as zero although the truth is a number of the dtype: what underflow took."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.compare.judge import Assessment
from harness.compare.sentences import what_of
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind
from reference.formats import format_named
from reference.ulp import rounded


def flushed(problem: Problem, assessed: Assessment) -> Iterator[Finding]:
    """Yield the finding for a derivative that agrees, and has zeros where the exact value rounds to a subnormal."""
    verdict, numbers, oracle = assessed.verdict, assessed.numbers, assessed.oracle
    if numbers is None or oracle is None or not verdict.outcome.agreed:
        return
    target = format_named(numbers.dtype)
    want = np.abs(rounded(oracle.value, target))
    lost = (numbers.value == 0) & (want > 0) & (want < target.smallest_normal)
    if not lost.any():
        return
    at = np.unravel_index(int(np.where(lost, want, 0.0).argmax()), want.shape)
    largest = float(want[at])
    alone = " Nothing else is left of it: all of it is zero." if not numbers.value.any() else ""
    yield Finding(
        kind=FindingKind.FLUSHED,
        case=problem.case,
        sentence=(
            f"{verdict.adapter}: {int(lost.sum())} of {want.size} elements of the {what_of(problem, verdict)} came "
            f"back as exactly 0 where the truth is not, but is below {target.smallest_normal:.3g}, the smallest normal "
            f"number of {numbers.dtype}: up to {largest:.3g} in size was flushed to zero, or lost on the way.{alone} A "
            "correct kernel may do so. A loss scale keeps it: multiply the loss by a power of two, and divide the "
            "gradient by it."
        ),
        problems=(problem.id,),
        adapters=(verdict.adapter,),
        quantity=verdict.quantity,
        evidence={
            "flushed": int(lost.sum()),
            "elements": int(want.size),
            "at": [int(index) for index in at],
            "largest that was flushed": largest,
            "the same in hex": largest.hex(),
            "smallest normal number": target.smallest_normal,
        },
    )
