"""Arrays of a question: read, rounded once to their dtype, and fitted to the shape that they must have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.explain.pasted import bare
from harness.explain.reading import SPECIAL, Misread, Written, a_number, read_array
from harness.plan.carrier import encoded, one_hot
from harness.plan.number import NotANumber, WrittenFloat, rounded
from harness.vocabulary import DType

_FULL: Final[dict[str, Callable[[int], float]]] = {
    "ones": lambda _: 1.0,
    "zeros": lambda _: 0.0,
    "mean": lambda size: 1.0 / max(size, 1),
}
_ONE_HOT: Final = re.compile(r"one[_-]hot[:= ]([0-9]+)")


def name_of(text: str | None) -> str:
    """Return the name under which a cotangent is shown: as a plan names it, ``implicit`` where none is given."""
    if text is None:
        return "implicit"
    hot = _ONE_HOT.fullmatch(text)
    return f"one_hot {hot[1]}" if hot else text if text in _FULL else "given"


def named(text: str) -> bool:
    """Say whether ``text`` is a word, as cotangents and tangents may be, where numbers could stand."""
    return re.match(r"[a-z]", bare(text)) is not None and text.lower() not in SPECIAL


def stored(written: Written[WrittenFloat], dtype: DType, *, where: str) -> NDArray[Any]:
    """Return numbers in ``dtype``, each rounded once from its text; raise Misread where one is too large for it."""
    values = []
    for value in written.items:
        try:
            values.append(rounded(value, dtype))
        except NotANumber as error:
            raise Misread.of(where, error) from None
    return encoded(np.array(values, dtype=np.float64), dtype).reshape(written.shape)


def numbers(text: str, dtype: DType, *, where: str) -> NDArray[Any]:
    """Return the numbers that ``text`` holds, in ``dtype``; raise Misread where it holds none."""
    return stored(read_array(text, a_number, where=where), dtype, where=where)


def vector(text: str, shape: tuple[int, ...], axis: int | None, dtype: DType, *, where: str, what: str) -> NDArray[Any]:
    """Return a cotangent or a tangent of ``shape``, given as numbers or by a name; ``axis`` is None where none is left.

    Raise Misread where ``text`` is neither, or does not fit.
    """
    if text in _FULL:
        return encoded(np.full(shape, _FULL[text](math.prod(shape))), dtype)
    hot = _ONE_HOT.fullmatch(text)
    if hot is not None:
        length = (shape[axis] if shape else 1) if axis is not None else 0
        if axis is None:
            raise Misread(where, f"{text}, and the output has no such axis left", "give numbers, or ones")
        if not int(hot[1]) < length:
            raise Misread(where, f"{text}, along an axis of length {length}", f"give one_hot:0 to one_hot:{length - 1}")
        return one_hot(shape, axis=axis, index=int(hot[1]), dtype=dtype)
    if named(text):
        raise Misread(where, f"{text!r} is not known", "give numbers, or ones, zeros, mean, one_hot:0")
    array = numbers(text, dtype, where=where)
    fit(array.shape, shape, where=where, what=what)
    return array


def fit(shape: tuple[int, ...], expected: tuple[int, ...], *, where: str, what: str) -> None:
    """Raise Misread where ``shape`` is not the one that is ``expected``, which is ``what`` says."""
    if shape != expected:
        raise Misread(where, f"an array of shape {shape_text(shape)}", f"{shape_text(expected)} is expected: {what}")


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as messages write it."""
    return str(list(shape)) if shape else "[] (one number)"
