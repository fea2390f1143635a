"""How accurate the elements of one result are, as numbers that can be added up over many results."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FLOAT16, FloatFormat, Floats
from reference.scale import in_eps


def accuracy(
    got: Floats,
    want: Floats,
    *,
    errors: Floats,
    ulps: Floats,
    scale: Floats,
    judged: NDArray[np.bool_],
    of: FloatFormat,
) -> dict[str, Any]:
    """Return fields of :class:`~harness.compare.verdict.Verdict`, from ``computed`` to ``eps_at``.

    All arrays have one shape; ``judged`` says which elements count, ``scale`` is the natural one. Elements for which
    nothing is computed, those of scale 0 (masked, or of another row's inputs), are left out: they would make everybody
    look accurate, and whoever is wrong there is told so by the bound. So are, of ulps, numbers that may be flushed.
    """
    computed = judged & (scale > 0)
    may_flush = (np.abs(want) < of.smallest_normal) & (of != FLOAT16)  # which nobody flushes
    normal = computed & ~may_flush
    in_scale = np.where(computed, in_eps(errors, scale, of=of), 0.0)
    in_ulps = np.where(normal, ulps, 0.0)
    numbers: dict[str, Any] = {
        "computed": int(computed.sum()),
        "rounded": int((computed & (got == want)).sum()),
        "flushed": int((computed & may_flush & (want != 0) & (got == 0)).sum()),
        "normal": int(normal.sum()),
    }
    for name, values, counted in (("normal_ulps", in_ulps, normal), ("eps", in_scale, computed)):
        if counted.any():
            at = np.unravel_index(int(values.argmax()), values.shape)
            place = tuple(int(index) for index in at)
            numbers |= {name: float(values[at]), f"{name}_sum": float(values.sum()), f"{name}_at": place}
    return numbers
