"""Many arrays in one .npy file: a flat array of bytes, which can be memory-mapped, and a JSON reference for each array.

The file holds nothing but bytes; dtype and shape stand in the reference. So a dtype that NumPy cannot name travels
too, under its own name and as the unsigned integers that carry its bits. No pickle is written or read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 64  # bytes: every array begins where vector loads like it, and where any dtype may be viewed
_READABLE = "fiubc"  # kinds of dtype that are plain bits


class PackError(Exception):
    """A pack, or a reference into it, is not what it should be."""


class PackWriter:
    """Appends arrays to a new pack; the file appears under its name, whole, when :meth:`close` is called."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file: BufferedWriter = self._partial.open("wb")
        self._header_length = _write_header(self._file, 0)
        self._length = 0

    def append(self, array: NDArray[Any]) -> dict[str, Any]:
        """Append one array; return its reference, a JSON value."""
        if array.dtype.kind not in _READABLE:
            raise PackError(f"an array of dtype {array.dtype} is not plain numbers and cannot be stored")
        padding = -self._length % ALIGNMENT
        self._file.write(b"\0" * padding)
        offset = self._length + padding
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        contiguous = np.ascontiguousarray(little).reshape(-1)
        self._file.write(contiguous.view(np.uint8).data if contiguous.size else b"")
        self._length = offset + contiguous.nbytes
        return {"offset": offset, "shape": list(array.shape), "dtype": array.dtype.newbyteorder("=").name}

    def close(self) -> None:
        """Finish the file, on the disk, under its name."""
        self._file.seek(0)
        _write_header(self._file, self._length)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def _write_header(file: BufferedWriter, length: int) -> int:
    """Write the .npy header of a flat uint8 array, padded so that the length may be mended in place."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({length},), }}".ljust(ALIGNMENT * 2 - 11) + "\n"
    header = np.lib.format.magic(1, 0) + len(text).to_bytes(2, "little") + text.encode("latin1")
    file.write(header)
    return len(header)


def open_pack(path: Path) -> NDArray[np.uint8]:
    """Open a pack without reading it into memory. Raise :class:`PackError` where it is not a whole pack."""
    try:
        pack: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        pack = _empty_pack(path)  # NumPy cannot map a file without elements
        if pack is None:
            raise PackError(f"{path}: not a readable .npy file: {error}") from None
    if not isinstance(pack, np.ndarray) or pack.dtype != np.uint8 or pack.ndim != 1:
        raise PackError(f"{path}: not a flat array of bytes")
    return pack


def _empty_pack(path: Path) -> NDArray[np.uint8] | None:
    try:
        pack: Any = np.load(path, allow_pickle=False)
    except (OSError, ValueError, SyntaxError, EOFError):
        return None
    return pack if isinstance(pack, np.ndarray) and pack.size == 0 else None


def unpack(pack: NDArray[np.uint8], reference: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that ``reference`` names, a read-only view into ``pack``; raise :class:`PackError` if bad."""
    try:
        offset, shape, name = reference["offset"], tuple(reference["shape"]), reference["dtype"]
        dtype = np.dtype(name)
        whole = all(isinstance(n, int) and n >= 0 for n in (offset, *shape))
    except (KeyError, TypeError) as error:
        raise PackError(f"not a reference to an array: {dict(reference)!r} ({error})") from None
    if not whole or dtype.kind not in _READABLE:
        raise PackError(f"not a reference to an array: {dict(reference)!r}")
    length = dtype.itemsize
    for n in shape:
        length *= n
    if offset % ALIGNMENT or offset + length > pack.size:
        raise PackError(f"bytes {offset} to {offset + length} are asked of a pack of {pack.size} bytes")
    view: NDArray[Any] = np.asarray(pack[offset : offset + length]).view(dtype.newbyteorder("<")).reshape(shape)
    view.flags.writeable = False
    return view
