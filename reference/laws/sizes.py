"""How the probabilities of each row are spread: in plain float64, since only the size of errors is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reference.bounds.shift import records_behind
from reference.formats import Floats
from reference.question import Question
from reference.rowwise import row_maxima, row_sums


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sizes:
    """Sizes in each row: arrays (rows, n), or (rows, 1) for what is one number per row; 0 where s is."""

    s: Floats  # probabilities
    d: Floats  # |x - max x| / T
    log: Floats  # |log s|
    logit: Floats  # |x| / T
    top: Floats  # |max x| / T, (rows, 1)
    total: Floats  # S, (rows, 1)
    x: Floats  # the logits, 0 in rows of which no law speaks
    log_sum_exp: Floats  # |max x / T + log S|, (rows, 1)
    undefined: NDArray[np.bool_]  # (rows,): rows of which no law speaks

    @classmethod
    def of(cls, question: Question) -> Sizes:
        """Return the sizes of a question whose rows are not empty."""
        x, temperature = question.logits, question.temperature
        with np.errstate(all="ignore"):
            top = row_maxima(x)  # NaN where the row holds one
            undefined = ~np.isfinite(top)
            x, top = np.where(undefined, 0.0, x), np.where(undefined, 0.0, top)
            d = (x - top) / temperature
            e = np.exp(d)
            total = row_sums(e)
            s, log_total = e / total, np.log(total)
            present = e > 0

            def size(values: Floats) -> Floats:
                return np.where(present, np.abs(values), 0.0)

            return cls(
                s=s,
                d=size(d),
                log=size(d - log_total),
                logit=size(x / temperature),
                top=np.abs(top / temperature),
                total=total,
                x=x,
                log_sum_exp=np.abs(top / temperature + log_total),
                undefined=undefined[:, 0],
            )

    @property
    def steps(self) -> Floats:
        """How often one pass along the row may rescale an element, (rows, n)."""
        return np.where(self.s > 0, records_behind(self.x), 0.0)

    def beside(self, found: Floats) -> Sizes:
        """Return the sizes for a kernel that has found these probabilities, (rows, n), where they are larger than s.

        The kernel's own are the true weights of the errors in their sum. A wrong one may be of any size, and 2 is
        enough for a sum of one.
        """
        own = np.where(np.isfinite(found), np.clip(found, 0.0, 2.0), 0.0)
        return replace(self, s=np.where(self.s > 0, np.maximum(self.s, own), self.s))
