"""Calls that are smaller than a given one, and may still show what it shows: fewer rows, elements, digits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.plan.carrier import decoded, encoded
from harness.repeat.given import cotangent_dtype
from harness.repeat.smaller import Indices, row_alone, taken
from harness.vocabulary import DType, Quantity

LARGEST: Final = 1 << 20  # elements of a call that is cut, or shortened, in all ways: all candidates are there at once
_BLOCK: Final = 1 << 16  # elements that are looked at together, where they become float64 and more
_PARTS: Final = (2, 4)  # into which a row is cut, to keep one of them or to leave one out
_ENDS: Final = (8, 16, 32)  # parts of which the last is left out: what counts elements needs almost all of them
_BITS: Final = (1, 2, 3, 5, 8, 12)  # significant bits that numbers are rounded to
_NUMBERS: Final = ("x", "cotangent", "tangent", "targets")
_SIGNIFICAND: Final = 53
_INT32: Final = (-(2.0**31), 2.0**31 - 1)


def size_of(call: Call) -> tuple[int, int]:
    """Return how large a call is: the elements of its primal, then the significant bits of all its numbers."""
    bits = (_bits(block) for name in _NUMBERS if _holds_numbers(call, name) for block in _blocks(call, name))
    return call.x.size, sum(bits)


def cuts(call: Call, row: Sequence[int], culprit: int | None) -> Iterator[Call]:
    """Yield calls with fewer rows, then with fewer elements of each; what is kept stays in its order.

    ``row`` is the index, over the remaining axes, of the row that shows it, and ``culprit`` the element there, if it
    is one. That element, the largest and the target are always kept.
    """
    if not call.x.ndim or not call.x.size:
        return
    bases = [row_alone(call, row)] if len(call.x.reshape(-1)) > call.x.shape[call.axis] else []
    yield from bases
    if call.x.size <= LARGEST or not bases:
        bases.append(call)
    for base in bases:
        for kept in _along(base, _indispensable(base, culprit)):
            along = base.axis % base.x.ndim
            keep: list[Indices] = [range(length) for length in base.x.shape]
            keep[along] = kept
            if (less := taken(base, keep)) is not None:
                yield less
    yield from _fewer_rows(call, row)


def plainer(call: Call, quantity: Quantity) -> Iterator[Call]:
    """Yield calls whose numbers have fewer digits: all of them at once, then one array at a time.

    Of more numbers than a person looks at, none.
    """
    if call.x.size > LARGEST:
        return
    names = [name for name in _NUMBERS if _holds_numbers(call, name) and name in _used(quantity)]
    for bits in _BITS:
        yield _rounded(call, names, bits)
    for name in names:
        values = _values(call, name)
        flat = (np.zeros_like(values), np.ones_like(values))
        for constant in flat if name == "x" else flat[1:]:
            yield _with(call, name, constant)
        for bits in _BITS:
            yield _rounded(call, [name], bits)


def _used(quantity: Quantity) -> tuple[str, ...]:
    vectors = {Quantity.VJP: ("cotangent",), Quantity.JVP: ("tangent",), Quantity.HVP: ("cotangent", "tangent")}
    return ("x", "targets", *vectors.get(quantity, ()))


def _fewer_rows(call: Call, row: Sequence[int]) -> Iterator[Call]:
    """Yield the halves of the remaining axes that the row lies in; of a large call, that of the longest of them."""
    along = call.axis % call.x.ndim
    where = [*row[:along], 0, *row[along:]]
    longest = max((length for axis, length in enumerate(call.x.shape) if axis != along), default=0)
    least = longest if call.x.size > LARGEST else 2
    for axis, length in enumerate(call.x.shape):
        if axis != along and length >= max(least, 2):
            keep: list[Indices] = [range(length) for length in call.x.shape]
            half = length // 2
            keep[axis] = range(half) if where[axis] < half else range(half, length)
            if (less := taken(call, keep)) is not None:
                yield less


def _along(call: Call, always: set[int]) -> Iterator[Indices]:
    """Yield fewer indices along the axis, the fewest first; of a long one, one part of it at a time."""
    length = call.x.shape[call.axis]
    if length > LARGEST:
        indispensable = np.array(sorted(always), np.int64)
        yield indispensable
        for parts in _PARTS:
            for begin, end in pairwise(np.linspace(0, length, parts + 1).astype(int)):
                before, behind = indispensable[indispensable < begin], indispensable[indispensable >= end]
                yield np.concatenate([before, np.arange(begin, end), behind])
        return
    every = set(range(length))
    found = [always, always | {min(every - always, default=0)}]
    for parts in _PARTS:
        edges = np.linspace(0, length, parts + 1).astype(int)
        for begin, end in pairwise(edges):
            part = set(range(int(begin), int(end)))
            found += [part | always, (every - part) | always]
    found += [set(range(length - length // parts)) | always for parts in _ENDS]
    for kept in _distinct(found):
        if 0 < len(kept) < length:
            yield sorted(kept)


def _distinct(sets: Iterable[set[int]]) -> list[frozenset[int]]:
    return sorted(dict.fromkeys(frozenset(one) for one in sets), key=len)


def _indispensable(call: Call, culprit: int | None) -> set[int]:
    always = _largest(call)
    always |= set() if culprit is None else {culprit}
    if call.index_targets and call.targets is not None:
        always |= {int(label) for label in call.targets.reshape(-1) if label != call.ignore_index}
    return always


def _largest(call: Call) -> set[int]:
    """Return where along the axis the largest elements of rows are; of a large call, which is one row, by blocks."""
    if call.x.size > LARGEST:
        tops = []
        for number, block in enumerate(_blocks(call, "x")):
            at = int(np.argmax(np.where(np.isnan(block), -np.inf, block)))
            tops.append((float(block[at]), number * _BLOCK + at))
        return {max(tops, key=lambda top: -np.inf if np.isnan(top[0]) else top[0])[1]}
    values = np.moveaxis(decoded(call.x, call.dtype), call.axis, -1).reshape(-1, call.x.shape[call.axis])
    return {int(index) for index in np.argmax(np.where(np.isnan(values), -np.inf, values), axis=-1)}


def _rounded(call: Call, names: Iterable[str], bits: int) -> Call:
    for name in names:
        fraction, exponent = np.frexp(_values(call, name))
        finite = np.isfinite(fraction)
        shortened = np.where(finite, np.rint(np.where(finite, fraction, 0) * 2.0**bits) / 2.0**bits, fraction)
        call = _with(call, name, np.ldexp(shortened, exponent))
    return call


def _with(call: Call, name: str, values: NDArray[np.float64]) -> Call:
    dtype = _dtype(call, name)
    if dtype is DType.INT32:
        values = np.clip(values, *_INT32)
    changed: dict[str, Any] = {name: encoded(np.asarray(values, np.float64), dtype)}
    return replace(call, **changed)


def _holds_numbers(call: Call, name: str) -> bool:
    return getattr(call, name) is not None and not (name == "targets" and call.index_targets)


def _values(call: Call, name: str) -> NDArray[np.float64]:
    return decoded(getattr(call, name), _dtype(call, name))


def _blocks(call: Call, name: str) -> Iterator[NDArray[np.float64]]:
    """Yield the numbers of an array in C order, some at a time."""
    flat = getattr(call, name).reshape(-1)
    for first in range(0, flat.size, _BLOCK):
        yield decoded(flat[first : first + _BLOCK], _dtype(call, name))


def _dtype(call: Call, name: str) -> DType:
    return cotangent_dtype(call) if name == "cotangent" else call.dtype


def _bits(values: NDArray[np.float64]) -> int:
    """Return how many significant bits numbers have together; a zero has none."""
    finite = values[np.isfinite(values)]
    whole = (np.frexp(finite)[0] * 2.0**_SIGNIFICAND).astype(np.int64)
    lowest = (whole & -whole).astype(np.float64)
    trailing = np.frexp(lowest)[1] - 1
    return int(np.where(whole == 0, 0, _SIGNIFICAND - trailing).sum()) + int(values.size - finite.size)
