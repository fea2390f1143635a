"""What an adapter is asked to compute: one op at one primal, nothing about cases, files or judging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from harness.vocabulary import DType, Mode, Op


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """One op with its arrays, all of dtype ``dtype``.

    ``x`` is the primal, of any shape, with 0 <= rank <= 8. ``cotangent`` has the shape of the output; ``None`` means
    that none is given and the framework does whatever it does then (the ``implicit`` cotangent). ``tangent`` has the
    shape of ``x``; ``None`` where no jvp is asked for.
    """

    op: Op
    axis: int
    dtype: DType
    mode: Mode
    x: NDArray[Any]
    cotangent: NDArray[Any] | None = None
    tangent: NDArray[Any] | None = None
