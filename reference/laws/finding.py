"""What a law has found in each row of a result, and what becomes a violation of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.formats import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A law that a row of a result breaks: by how much it misses, and how much rounding explains.

    ``row``: in C order of the axes that remain; 0 for an output without axes. ``measured`` may be NaN.
    """

    kind: str
    row: int
    measured: float
    allowed: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """How far each row is from a law; arrays are (rows,).

    ``says`` begins the sentence about a row, where {row} and {value} stand for its number and for what was found.
    ``widened``: rows in which the declared accumulator allows everything, so that a wider one is the measure.
    """

    kind: str
    says: str
    value: Floats
    measured: Floats
    allowed: Floats
    applies: NDArray[np.bool_]
    widened: NDArray[np.bool_] | None = None

    def violations(self, *, accumulation: str, excused: NDArray[np.bool_]) -> tuple[Violation, ...]:
        """Return the rows that break the law; NaN breaks every law, but in rows where overflow is ``excused``."""
        broken = self.applies & ~(self.measured <= self.allowed) & ~(excused & ~np.isfinite(self.measured))
        return tuple(self._violation(int(row), accumulation) for row in np.flatnonzero(broken))

    def _violation(self, row: int, accumulation: str) -> Violation:
        measured, allowed = float(self.measured[row]), float(self.allowed[row])
        sentence = self.says.format(row=row, value=f"{float(self.value[row]):.9g}")
        if allowed == 0:
            sentence += ", and no rounding leads there"
        else:
            sentence += f": off by {measured:.3g}, where rounding explains {allowed:.3g}"
        if self.widened is not None and self.widened[row]:
            sentence += f" (with sums in float32; sums in {accumulation} explain everything at this length)"
        return Violation(kind=self.kind, row=row, measured=measured, allowed=allowed, sentence=sentence)
