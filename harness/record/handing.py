"""What an adapter is handed: copies of its own, and a look at them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import ARRAYS, Call

ALIGNMENT = 64  # bytes: the widest vector registers, so that no kernel's choice of path depends on where malloc put x
BLOCK = 1 << 16  # elements that are compared at a time


@contextmanager
def handed(call: Call, changed: set[str]) -> Iterator[Call]:
    """Give out ``call`` with private copies of its arrays; note in ``changed`` those that come back with other bits."""
    private = _private(call)
    try:
        yield private
    finally:
        changed.update(name for name in ARRAYS if not _same_bits(getattr(private, name), getattr(call, name)))


def _private(call: Call) -> Call:
    given = {name: getattr(call, name) for name in ARRAYS}
    copies: dict[str, Any] = {name: _copy(array) for name, array in given.items() if array is not None}
    return replace(call, **copies)


def _copy(array: NDArray[Any]) -> NDArray[Any]:
    """Return a writable copy at an aligned address, in the byte order of this machine."""
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(array.dtype.newbyteorder("=")).reshape(array.shape)
    copy[...] = array
    return copy


def _same_bits(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    """Say whether two arrays hold the same bits, block by block: copies of large ones would cost as much as they do."""
    if one is None or other is None:
        return one is other
    one, other = one.reshape(-1), np.ascontiguousarray(other).reshape(-1)
    return one.nbytes == other.nbytes and all(
        one[start : start + BLOCK].tobytes() == other[start : start + BLOCK].tobytes()
        for start in range(0, one.size, BLOCK)
    )
