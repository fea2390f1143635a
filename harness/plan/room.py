"""Room for the arrays of a plan: large ones lie in a file without a name, which the system writes out when it must.

Until a plan is written all of its arrays are there at once; in memory they would be what limits its size.
"""

from __future__ import annotations

import math
import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

IN_MEMORY = 1 << 24  # bytes of an array up to which it is worth no file


def room(shape: tuple[int, ...], dtype: DTypeLike, *, in_memory: int = IN_MEMORY) -> NDArray[Any]:
    """Return an array to be filled: on the disk, where temporary files lie, if it has more than ``in_memory`` bytes.

    The disk is asked for all of it at once, since a write into a mapped file that finds none left ends the process.
    Where there is no room on it, the array is in memory.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > in_memory and hasattr(os, "posix_fallocate"):
        try:
            with tempfile.TemporaryFile(prefix="harness-plan-") as file:
                os.posix_fallocate(file.fileno(), 0, size)
                return np.memmap(file, np.dtype(dtype), "r+", shape=shape).view(np.ndarray)
        except OSError:
            return np.empty(shape, dtype)
    return np.empty(shape, dtype)
