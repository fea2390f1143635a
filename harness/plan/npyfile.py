"""Arrays that a user brings: .npy files, read without pickle, and never believed before they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.plan.number import NotANumber
from harness.plan.scalars import RANK

_MAPPED = 4096  # bytes from which a file is mapped instead of read
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
        array = np.load(path, mmap_mode="r" if path.stat().st_size > _MAPPED else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError, OverflowError) as error:
        raise NotANumber(f"{path.as_posix()} cannot be read: {' '.join(str(error).split())[:160]}", instead) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds or array.dtype.itemsize > 8:
        got = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else "an archive"
        raise NotANumber(f"{path.as_posix()} holds {got}", instead)
    if array.ndim > RANK:
        raise NotANumber(f"{path.as_posix()} holds an array of {array.ndim} axes", f"at most {RANK} are possible")
    return array
