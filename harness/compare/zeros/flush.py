"""Numbers that one adapter returned as zero although the truth is a number of the dtype: what underflow took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from harness.compare.assessment import Assessment
from harness.compare.sentences import what_of
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op
from reference.formats import format_named
from reference.ulp import rounded

_OF_PRODUCTS: Final = (*(op for op in Op if op.gives_probabilities), Op.LOGSUMEXP)  # others subtract, and may absorb


def flushed(problem: Problem, assessed: Assessment) -> Iterator[Finding]:
    """Yield the finding for a derivative that agrees, and is 0 wherever the exact value is a subnormal number."""
    verdict, numbers, oracle = assessed.verdict, assessed.numbers, assessed.oracle
    if numbers is None or oracle is None or not verdict.outcome.agreed:
        return
    target = format_named(numbers.dtype)
    want = np.abs(rounded(oracle.value, target))
    # one spacing may vanish by rounding alone; and a number that is kept says that the others were absorbed in a sum
    subnormal = (want > target.smallest_subnormal) & (want < target.smallest_normal)
    if not subnormal.any() or numbers.value[subnormal].any():
        return
    if problem.call.op not in _OF_PRODUCTS and (want >= target.smallest_normal).any():
        return
    at = np.unravel_index(int(np.where(subnormal, want, 0.0).argmax()), want.shape)
    largest = float(want[at])
    alone = (
        " Nothing is left of it, and this decides that it is zero: the true one is tiny, and not zero."
        if not numbers.value.any()
        else ""
    )
    yield Finding(
        kind=FindingKind.FLUSHED,
        case=problem.case,
        sentence=(
            f"{verdict.adapter}: every number of the {what_of(problem, verdict)} that is subnormal (below "
            f"{target.smallest_normal:.2g}, the smallest normal number of {numbers.dtype}) came back as exactly 0: "
            f"{int(subnormal.sum())} of {want.size} elements, the largest {largest:.2g}.{alone} The kernel "
            "flushes such numbers to zero, as a correct one may. A loss scale keeps them: multiply the loss by a power "
            "of two, and divide the gradient by it."
        ),
        problems=(problem.id,),
        adapters=(verdict.adapter,),
        quantity=verdict.quantity,
        evidence={
            "flushed": int(subnormal.sum()),
            "elements": int(want.size),
            "at": [int(index) for index in at],
            "largest that was flushed": largest,
            "the same in hex": largest.hex(),
            "smallest normal number": target.smallest_normal,
        },
    )
