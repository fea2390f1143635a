"""What a kernel is given: rows along the last axis, in the dtype that it computes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.vocabulary import Op

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The arguments of one call; every array is of the dtype of ``x``, but for ``kept`` and ``target``.

    ``x``: the logits, (rows, n). ``cotangent``: (rows, n), or (rows, 1) of an op that reduces. ``tangent``: (rows, n).
    ``kept``: where the mask keeps an element, (rows, n). ``target``: the class of each row, (rows, 1).
    """

    op: Op
    x: Array
    cotangent: Array
    tangent: Array
    temperature: float | None = None
    kept: Array | None = None
    target: Array | None = None

    @property
    def hot(self) -> Array:
        """The targets as one-hot rows."""
        assert self.target is not None  # noqa: S101 - only kernels of losses ask
        return np.asarray(np.arange(self.x.shape[-1]) == self.target, dtype=self.x.dtype)
