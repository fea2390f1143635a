"""Arrays that a user brings: .npy files, read without pickle, and never believed before they are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.plan.number import NotANumber
from harness.plan.scalars import RANK

_MAPPED = 4096  # bytes from which a file is mapped instead of read
_ADVICE = re.compile(r"\.? If you trust| when allow_pickle")
NUMBERS: Final[Mapping[str, str]] = {"f": "floats", "i": "integers", "u": "integers"}
TRUTHS: Final[Mapping[str, str]] = {"b": "truth values", "i": "zeros and ones", "u": "zeros and ones"}
WHOLES: Final[Mapping[str, str]] = {"i": "integers", "u": "integers"}


def read_npy(path: Path, kinds: Mapping[str, str] = NUMBERS) -> NDArray[Any]:
    """Return the array in a .npy file; ``kinds`` are the kinds of dtypes that it may have, with their names.

    Raise :class:`~harness.plan.number.NotANumber` where it is none: where it is not there, holds objects, promises more
    than it holds, has an unfit dtype (also longdouble, which is another one on each platform) or too many axes.
    """
    words = " or ".join(dict.fromkeys(kinds.values()))
    instead = f"give a .npy file of {words}, written with numpy.save; its path is relative to the case file"
    if not path.is_file():
        raise NotANumber(f"there is no file {path.as_posix()}", instead)
    try:
        with path.open("rb") as file:
            beginning = file.read(6)
        if beginning and not beginning.startswith((b"\x93NUMPY", b"PK")):  # NumPy would take it for pickled objects
            raise NotANumber(f"{path.as_posix()} is no .npy file", instead)
        array = np.load(path, mmap_mode="r" if path.stat().st_size > _MAPPED else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError, OverflowError) as error:
        raise NotANumber(f"{path.as_posix()} cannot be read: {_reason(error)}", instead) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds or array.dtype.itemsize > 8:
        got = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else "an archive"
        raise NotANumber(f"{path.as_posix()} holds {got}", instead)
    if array.ndim > RANK:
        raise NotANumber(f"{path.as_posix()} holds an array of {array.ndim} axes", f"at most {RANK} are possible")
    return array


def _reason(error: Exception) -> str:
    """Return what NumPy says of a file, without its advice to load it unsafely."""
    said = " ".join(str(error).split())
    return _ADVICE.split(said)[0][:160]
