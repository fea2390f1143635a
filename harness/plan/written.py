"""Arrays written out in a case file, as nested lists of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.faults import Fault
from harness.plan.grammar import RANK
from harness.plan.number import NotANumber, number, rounded
from harness.plan.source import Source, Where
from harness.vocabulary import DType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrittenArray:
    """Numbers in C order, exact as their author wrote them, each with its place."""

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
        return np.array(values, dtype=dtype.value).reshape(self.shape)


def read_written(source: Source, where: Where, faults: list[Fault]) -> WrittenArray | None:
    """Return the array written at ``where``; None, and what is wrong with it in ``faults``, where it is none."""
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
                numbers.append(number(value))
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
