"""What an adapter is handed: copies of its own and a look at them afterwards, or arrays that nobody can write."""

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
def handed(call: Call, changed: set[str], *, copied_there: bool) -> Iterator[Call]:
    """Give out ``call`` with arrays of its own; note in ``changed`` which come back with other bits.

    Where they are ``copied_there``, by whom they are given to, those that cannot be written are given out themselves:
    the arrays of a plan that was read lie in memory that is mapped for reading alone.
    """
    arrays = {name: array for name in ARRAYS if (array := getattr(call, name)) is not None}
    given = {name: array for name, array in arrays.items() if not (copied_there and _is_as_it_was_read(array))}
    if not given:
        yield call
        return
    copies: dict[str, Any] = {name: _copy(array) for name, array in given.items()}
    own = replace(call, **copies)
    try:
        yield own
    finally:
        changed.update(name for name, array in given.items() if not _same_bits(getattr(own, name), array))


def _is_as_it_was_read(array: NDArray[Any]) -> bool:
    """Say whether ``array`` cannot be written, and is in the byte order of this machine."""
    return not array.flags.writeable and array.dtype.isnative


def _copy(array: NDArray[Any]) -> NDArray[Any]:
    """Return a writable copy at an aligned address, in the byte order of this machine."""
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.__array_interface__["data"][0] % ALIGNMENT  # room.ctypes takes as long as all the rest
    copy = room[start : start + array.nbytes].view(array.dtype.newbyteorder("=")).reshape(array.shape)
    copy[...] = array
    return copy


def _same_bits(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Say whether two arrays hold the same bits; large ones block by block: copies cost as much again."""
    if other.size <= BLOCK:
        return one.tobytes() == other.tobytes()
    one, other = one.reshape(-1), np.ascontiguousarray(other).reshape(-1)
    return one.nbytes == other.nbytes and all(
        one[start : start + BLOCK].tobytes() == other[start : start + BLOCK].tobytes()
        for start in range(0, one.size, BLOCK)
    )
