"""Arrays written out in a case file, as nested lists of numbers or truth values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.carrier import encoded
from harness.plan.faults import Fault, shown
from harness.plan.number import NotANumber, WrittenFloat, number, rounded
from harness.plan.scalars import RANK
from harness.plan.source import Source, Where
from harness.vocabulary import DType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrittenArray:
    """Numbers or truth values in C order, exact as their author wrote them, each with its place."""

    shape: tuple[int, ...]
    numbers: tuple[float, ...]
    places: tuple[Where, ...]
    source: Source

    def rounded_to(self, dtype: DType, faults: list[Fault]) -> NDArray[Any]:
        """Return the array in ``dtype``, each number rounded once; note those that are too large for it."""
        values = []
        for value, where in zip(self.numbers, self.places, strict=True):
            try:
                values.append(rounded(value, dtype))
            except NotANumber as error:
                faults.append(self.source.fault(where, error.what, error.instead))
                values.append(0.0)
        return encoded(np.array(values, dtype=np.float64), dtype).reshape(self.shape)


def truth_value(value: object) -> bool:
    """Return ``value``, which has to be true or false; raise :class:`~harness.plan.number.NotANumber` otherwise."""
    if not isinstance(value, bool):
        raise NotANumber(f"{shown(value)} is not a truth value", "write true or false")
    return value


def whole_number(value: object) -> int:
    """Return ``value``, a whole number; raise :class:`~harness.plan.number.NotANumber` where it is none of int32."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotANumber(f"{shown(value)} is not a whole number", "write one, as in: 2")
    return int(rounded(value, DType.INT32))


def target(value: object) -> float:
    """Return ``value``: a class index is a whole number, a probability any number from 0 to 1.

    Raise :class:`~harness.plan.number.NotANumber` where it can be neither.
    """
    found = number(value)
    if isinstance(found, int):
        return whole_number(found)
    if not 0 <= found <= 1:
        what = f"{shown(found.text if isinstance(found, WrittenFloat) else found)} is neither a class nor a probability"
        raise NotANumber(what.replace("'", ""), "write a whole number, or a number from 0 to 1")
    return found


def read_written(
    source: Source, where: Where, faults: list[Fault], *, leaf: Callable[[object], float] = number
) -> WrittenArray | None:
    """Return the array written at ``where``, each of its items read by ``leaf``.

    None, and what is wrong with it in ``faults``, where it is none.
    """
    before = len(faults)
    value = source.at(where)
    shape = _shape_of(value)
    if len(shape) > RANK:
        faults.append(source.fault(where, f"an array of {len(shape)} axes", f"at most {RANK} are possible"))
        return None
    numbers: list[float] = []
    places: list[Where] = []

    def walk(value: Any, where: Where, depth: int) -> None:
        if depth < len(shape) and isinstance(value, list) and len(value) == shape[depth]:
            for index, item in enumerate(value):
                walk(item, (*where, index), depth + 1)
        elif depth == len(shape) and not isinstance(value, list):
            try:
                numbers.append(leaf(value))
                places.append(where)
            except NotANumber as error:
                faults.append(source.fault(where, error.what, error.instead))
        else:
            faults.append(source.fault(where, f"ragged: {_described(value)} here", _regular(shape, depth)))

    walk(value, where, 0)
    if len(faults) > before:
        return None
    return WrittenArray(shape=shape, numbers=tuple(numbers), places=tuple(places), source=source)


def _shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape that the first item of each list promises."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _described(value: Any) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else "a single value"


def _regular(shape: tuple[int, ...], depth: int) -> str:
    expected = f"a list of {shape[depth]}" if depth < len(shape) else "a single number"
    return f"{expected} is expected, as in the first place of this depth: every row has the same length"
