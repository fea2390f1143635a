"""Many arrays in one .npy file: a flat array of bytes, which can be memory-mapped, and a JSON reference for each array.

The file holds nothing but bytes; dtype and shape stand in the reference. So a dtype that NumPy cannot name travels
too, under its own name and as the unsigned integers that carry its bits. No pickle is written or read.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 64  # bytes: every array begins where vector loads like it, and where any dtype may be viewed
BUFFER = 1 << 17  # bytes: a call of the system for each few arrays would cost more than they do
_CODES = "?" + np.typecodes["AllInteger"] + np.typecodes["AllFloat"]
_DTYPES = {np.dtype(code).name: np.dtype(code) for code in _CODES}  # those whose bits are numbers and nothing else
_LITTLE = {name: dtype.newbyteorder("<") for name, dtype in _DTYPES.items()}


class PackError(Exception):
    """A pack, or a reference into it, is not what it should be."""


@functools.cache
def name_of(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy puts together every time that it is asked."""
    return dtype.name


class PackWriter:
    """Appends arrays to a new pack; the file appears under its name, whole, when :meth:`close` is called."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file = self._partial.open("wb", buffering=BUFFER)
        self._file.write(_header(0))
        self._length = 0

    def append(self, array: NDArray[Any]) -> dict[str, Any]:
        """Append one array; return its reference, a JSON value."""
        name = name_of(array.dtype)
        if name not in _DTYPES:
            raise PackError(f"an array of dtype {array.dtype} is not plain numbers and cannot be stored")
        padding = -self._length % ALIGNMENT
        if padding:
            self._file.write(b"\0" * padding)
        offset = self._length + padding
        contiguous = np.ascontiguousarray(array, dtype=_LITTLE[name]).reshape(-1)
        if contiguous.size:  # as bytes: of extended precision there is no buffer in another order than the machine's
            self._file.write(contiguous.view(np.uint8).data)
        self._length = offset + array.nbytes
        return {"offset": offset, "shape": list(array.shape), "dtype": name}

    def close(self) -> None:
        """Finish the file, on the disk, under its name."""
        self._file.seek(0)
        self._file.write(_header(self._length))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def _header(length: int) -> bytes:
    """Return the .npy header of ``length`` bytes, padded to one size so that it may be mended in place."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({length},), }}".ljust(ALIGNMENT * 2 - 11) + "\n"
    return np.lib.format.magic(1, 0) + len(text).to_bytes(2, "little") + text.encode("latin1")


def open_pack(path: Path) -> NDArray[np.uint8]:
    """Open a pack without reading it into memory. Raise :class:`PackError` where it is not a whole pack."""
    beginning = len(_header(0))
    try:
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size - beginning
            if length < 0 or file.read(beginning) != _header(length):
                raise PackError(f"{path}: not a whole pack of arrays: cut short, added to, or something else")
            if not length:
                return np.empty(0, np.uint8)  # a file without elements cannot be mapped
            mapped = np.memmap(file, np.uint8, "r", offset=beginning, shape=(length,))
            return np.asarray(mapped)  # of the plain kind, which is cut into arrays faster
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error}") from None


def unpack(pack: NDArray[np.uint8], reference: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that ``reference`` names, a read-only view into ``pack``; raise :class:`PackError` if bad."""
    match reference:
        case {"offset": offset, "shape": [*shape], "dtype": str(name)} if name in _DTYPES:
            dtype = _LITTLE[name]
        case _:
            raise PackError(f"not a reference to an array: {reference!r}")
    if not all(type(n) is int and n >= 0 for n in (offset, *shape)):
        raise PackError(f"not a reference to an array: {reference!r}")
    end = offset + math.prod(shape) * dtype.itemsize
    if offset % ALIGNMENT or end > pack.size:
        raise PackError(f"bytes {offset} to {end} are asked of a pack of {pack.size} bytes")
    try:
        view: NDArray[Any] = pack[offset:end].view(dtype).reshape(shape)
    except ValueError as error:  # NumPy has limits on shapes, also on those without elements
        raise PackError(f"not a reference to an array: {reference!r}: {error}") from None
    view.flags.writeable = False
    return view
