"""Which accumulator a row is judged by: the one declared, unless that explains everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reference.formats import FLOAT32, Floats
from reference.laws.rounding import Rounding


def judged(
    rounding: Rounding, allowance: Callable[[Rounding], Floats], *, relative: Callable[[Rounding], Floats] | None = None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what each row is allowed, (rows,), and in which rows a float32 accumulator is the measure of it.

    A long sum in float16 or bfloat16 may stagnate so far that nothing is left of a law. Such a row is held to what the
    law allows a kernel that adds in float32: that its declared sums do not is what there is to say of it.
    ``relative`` is what must stay below 1 for the declared accumulator to be the measure; by default the allowance.
    """
    measure = relative or allowance
    allowed = allowance(rounding)[:, 0]
    if rounding.arithmetic.accumulation.precision >= FLOAT32.precision:
        return allowed, np.zeros(len(allowed), dtype=np.bool_)
    widened = np.asarray(~(measure(rounding)[:, 0] < 1.0))
    if not widened.any():
        return allowed, widened
    wider = replace(rounding, arithmetic=replace(rounding.arithmetic, accumulation=FLOAT32))
    return np.where(widened, allowance(wider)[:, 0], allowed), widened
