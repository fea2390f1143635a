"""A wrong kernel written step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.selftest.slips.rows import Array, Rows
from harness.vocabulary import DType, Op, Quantity

ROW_SCALAR = "row-scalar"  # what a finding says of elements that agree on a common factor which is off


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A kernel that is right but for one step.

    ``fault``: the name, in the catalogue, of the wrong rule that it follows, or :data:`ROW_SCALAR`; a finding has to
    give it. ``what``: what is wrong in the code. ``compute``: the kernel. ``tempered``: it is wrong only where there
    is a temperature. ``longer``: it is wrong only in rows longer than that. ``dtypes``: those that it is wrong in.
    """

    name: str
    fault: str
    what: str
    ops: tuple[Op, ...]
    quantity: Quantity
    compute: Callable[[Rows], Array]
    tempered: bool = False
    longer: int = 1
    dtypes: tuple[DType, ...] = tuple(dtype for dtype in DType if dtype.floating)

    def __call__(self, at: Rows) -> Array:
        """Return what the kernel returns, in the dtype of the logits."""
        with np.errstate(all="ignore"):
            return np.asarray(self.compute(at), dtype=at.x.dtype)
