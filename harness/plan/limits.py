"""What a case may ask for, known from its shapes before any array is made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from harness.plan.case import Case
from harness.plan.faults import Fault
from harness.plan.source import Source, Where
from harness.vocabulary import Quantity

JACOBIAN_LIMIT = 512 * 512  # numbers of a Jacobian: outputs times inputs
MEMORY = 2**30  # bytes that the arrays of one case may need
_WIDEST = 8  # bytes of a float64

Shape = tuple[int, ...]


def excess(
    case: Case,
    source: Source,
    where: Where,
    *,
    shape: Shape,
    outputs: Iterable[Shape],
    arrays: Iterable[Shape],
    memory: int,
) -> Iterator[Fault]:
    """Yield what is above a limit: a Jacobian of x of ``shape`` by one of ``outputs``, or ``memory`` in bytes.

    ``arrays`` are the shapes of all arrays that are made for each dtype. An axis without elements counts as one of
    length one, since a sum along it leaves as much as that.
    """
    jacobians = [math.prod(output) * math.prod(shape) for output in outputs if Quantity.JACOBIAN in case.check]
    if max(jacobians, default=0) > JACOBIAN_LIMIT:
        what = f"a jacobian of x with {math.prod(shape):,} elements, {max(jacobians):,} numbers"
        instead = f"ask for it where it has at most {JACOBIAN_LIMIT:,}, as that of softmax of 512 elements has"
        yield source.fault((*where, "check"), what, instead)
        return
    needed = _WIDEST * len(case.dtype) * (sum(_room(array) for array in arrays) + max(jacobians, default=0))
    if needed > memory:
        what = f"x of shape {list(shape)} makes this case need {_bytes(needed)} for its arrays"
        instead = f"keep to {_bytes(memory)}, by a smaller shape or fewer cotangents; or allow more with --memory"
        yield source.fault((*where, "x"), what, instead)


def _room(shape: Shape) -> int:
    return math.prod(max(length, 1) for length in shape)


def _bytes(count: int) -> str:
    size, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if size >= 1024:
            size, unit = size / 1024, larger
    return f"{size:,.4g} {unit}"
