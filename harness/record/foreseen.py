"""What an evaluation needs at the very least, known before it is tried."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from harness.call import ARRAYS, Call
from harness.parts import parts
from harness.record.evaluate import is_cut
from harness.vocabulary import DType, Quantity

_ITEMSIZE: Final = {dtype: np.dtype(dtype.carrier).itemsize for dtype in DType}  # bytes


def least_memory(call: Call, quantity: Quantity, *, rows_per_call: int | None) -> int:
    """Return the bytes of what exists at once however frugal the framework is: its inputs, and the whole result."""
    result = math.prod(call.shape_of(quantity)) * _ITEMSIZE[call.dtype_of(quantity) or call.dtype]
    one = next(parts(call, rows=rows_per_call or 1)).call if is_cut(call, quantity, rows_per_call) else call
    return result + _given(one)


@lru_cache(maxsize=1)  # the quantities of a problem are asked one after the other
def _given(call: Call) -> int:
    return sum(array.nbytes for name in ARRAYS if (array := getattr(call, name)) is not None)
