"""Arrays as their dtype's carrier holds them: float64 numbers rounded to it once, and back.

NumPy has no bfloat16; its bits travel as uint16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.draw import Stream, normal_blocks
from harness.plan.number import NotANumber, largest
from harness.plan.room import room
from harness.vocabulary import DType
from reference.formats import format_named

_BLOCK = 2**16  # numbers rounded at a time, so that memory goes to the result and not to the steps towards it
_EXACT = 2**53  # up to here a float64 holds every whole number
_BITS = 11  # by which an int64 can be longer than the significand of a float64


def encoded(values: NDArray[np.float64], dtype: DType) -> NDArray[Any]:
    """Return ``values`` rounded to ``dtype``, to nearest, ties to even; infinite where they are too large for it."""
    result = room(values.shape, dtype.carrier)
    flat, rounded = np.ascontiguousarray(values).reshape(-1), result.reshape(-1)
    for first in range(0, flat.size, _BLOCK):
        block = flat[first : first + _BLOCK]
        rounded[first : first + _BLOCK] = format_named(dtype).encode(block) if dtype.floating else np.rint(block)
    return result


def decoded(array: NDArray[Any], dtype: DType) -> NDArray[np.float64]:
    """Return the numbers of an array of ``dtype``, exactly."""
    return format_named(dtype).decode(array) if dtype.floating else array.astype(np.float64)


def one_hot(shape: tuple[int, ...], *, axis: int, index: int, dtype: DType) -> NDArray[Any]:
    """Return an array of ``shape`` with 1 at ``index`` along ``axis``, in every row, and 0 elsewhere."""
    nothing, one = encoded(np.array([0.0, 1.0]), dtype)
    array = room(shape or (1,), dtype.carrier)
    array[...] = nothing
    array[(slice(None),) * (axis % array.ndim) + (index,)] = one
    return array.reshape(shape)


def converted(array: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return an array of floats (at most float64) or integers in ``dtype``, rounded once.

    Raise :class:`~harness.plan.number.NotANumber` where a finite number is too large for ``dtype``; for int32, also
    where one is not whole.
    """
    flat, result = np.ascontiguousarray(array).reshape(-1), room(array.shape, dtype.carrier)
    for first in range(0, flat.size, _BLOCK):
        result.reshape(-1)[first : first + _BLOCK] = _converted(flat[first : first + _BLOCK], dtype)
    return result


def _converted(array: NDArray[Any], dtype: DType) -> NDArray[Any]:
    if dtype is DType.INT32:
        return _int32(array)
    if array.dtype.name == dtype.value:
        return np.array(array, dtype=dtype.value)  # every bit of it, those of a NaN too
    result = encoded(_wide(array, dtype), dtype)
    if bool(np.any(~np.isfinite(decoded(result, dtype)) & np.isfinite(array))):
        raise too_large(dtype)
    return result


def normal_array(
    shape: tuple[int, ...], dtype: DType, *, seed: int, stream: Stream, scale: float = 1.0, shift: float = 0.0
) -> NDArray[Any]:
    """Return ``shift`` + ``scale`` times normal draws, rounded to ``dtype`` block by block.

    Raise :class:`~harness.plan.number.NotANumber` where one is too large for it.
    """
    result = room(shape, dtype.carrier)
    flat, first = result.reshape(-1), 0
    for draws in normal_blocks(flat.size, seed=seed, stream=stream):
        with np.errstate(over="ignore", under="ignore"):
            flat[first : first + draws.size] = _rounded_draws(shift + scale * draws, dtype)
        first += draws.size
    return result


def _rounded_draws(draws: NDArray[np.float64], dtype: DType) -> NDArray[Any]:
    if not dtype.floating and bool(np.any(np.abs(draws) > float(largest(dtype)))):
        raise too_large(dtype)
    result = encoded(draws, dtype)
    if not bool(np.all(np.isfinite(decoded(result, dtype)))):
        raise too_large(dtype)
    return result


def too_large(dtype: DType) -> NotANumber:
    """Return what is to be said of an array with numbers beyond ``dtype``."""
    return NotANumber(f"some of these numbers are too large for {dtype}", f"stay within {largest(dtype)}")


def _int32(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "f" and not bool(np.all(np.isfinite(array) & (np.trunc(array) == array))):
        what = "some of these numbers are not whole, and int32 holds no others"
        raise NotANumber(what, "round them, or ask for a floating dtype")
    if array.size and (int(array.max()) > int(largest(DType.INT32)) or int(array.min()) < -int(largest(DType.INT32))):
        raise too_large(DType.INT32)
    return np.asarray(array.astype(np.int32, order="C"))


def _wide(array: NDArray[Any], dtype: DType) -> NDArray[np.float64]:
    """Return an array as float64, from which rounding to ``dtype`` gives what rounding at once would.

    A whole number beyond 2^53 is rounded to odd for a narrower dtype, as in :func:`harness.plan.number.rounded`: its
    last bits are replaced by one that says whether any of them was set.
    """
    array = np.asarray(array)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and dtype is not DType.FLOAT64:
        bits = array.dtype.type(_BITS)
        cut = array >> bits
        odd = (cut | ((cut << bits) != array).astype(array.dtype)) << bits
        long = (array > _EXACT) | (array < -_EXACT) if array.dtype.kind == "i" else array > _EXACT
        array = np.where(long, odd, array)
    return np.asarray(array.astype(np.float64, order="C"))
