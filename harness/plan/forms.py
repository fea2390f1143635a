"""The forms that x, a cotangent or a tangent can be given in, with their shapes known before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.carrier import converted, encoded, normal_array
from harness.plan.draw import Stream
from harness.plan.faults import Fault
from harness.plan.grammar import ArrayForm, Normal, VectorForm
from harness.plan.npyfile import read_npy
from harness.plan.number import NotANumber, rounded
from harness.plan.room import room
from harness.plan.source import Source, Where
from harness.plan.written import WrittenArray, read_written
from harness.vocabulary import DType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GivenArray:
    """An array as its author gave it, at a place of a case file: not yet of any dtype."""

    shape: tuple[int, ...]
    content: WrittenArray | Normal | float | NDArray[Any]
    source: Source
    where: Where

    def rounded_to(self, dtype: DType, stream: Stream, faults: list[Fault]) -> NDArray[Any]:
        """Return the array in ``dtype``, read-only, its numbers rounded once; note what does not fit ``dtype``.

        Draws are rounded to whole numbers for int32; numbers that somebody gave have to be whole.
        """
        if isinstance(self.content, WrittenArray):
            array = self.content.rounded_to(dtype, faults)
        else:
            try:
                array = self._made(dtype, stream)
            except NotANumber as error:
                faults.append(self.source.fault(self.where, error.what, error.instead))
                array = np.zeros(self.shape, dtype=dtype.carrier)
        array.flags.writeable = False
        return array

    def _made(self, dtype: DType, stream: Stream) -> NDArray[Any]:
        if isinstance(self.content, Normal):
            scale, shift = (rounded(number, DType.FLOAT64) for number in (self.content.scale, self.content.shift))
            return normal_array(self.shape, dtype, seed=self.content.seed, stream=stream, scale=scale, shift=shift)
        if isinstance(self.content, np.ndarray):
            return converted(self.content, dtype)
        assert not isinstance(self.content, WrittenArray)  # noqa: S101 - what is written knows the place of each number
        array = room(self.shape, dtype.carrier)
        array[...] = encoded(np.array(rounded(self.content, dtype)), dtype)
        return array


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Draws, or one number in every element, for whatever shape is needed."""

    content: Normal | float
    source: Source
    where: Where

    def shaped(self, shape: tuple[int, ...]) -> GivenArray:
        """Return the array of ``shape`` that this rule makes."""
        return GivenArray(shape=shape, content=self.content, source=self.source, where=self.where)


def given_array(form: Any, source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    """Return what the ``x`` of a case gives: written numbers, or a form with a shape of its own."""
    if not isinstance(form, ArrayForm):
        return _written(source, where, faults)
    kind, value = form.chosen
    where = (*where, kind)
    if kind == "file":
        return _from_file(value, source, where, faults)
    content = value.value if kind == "full" else value
    return GivenArray(shape=tuple(value.shape), content=content, source=source, where=where)


def given_vector(form: VectorForm | Any, source: Source, where: Where, faults: list[Fault]) -> GivenArray | Rule | None:
    """Return what a cotangent or tangent gives; not for ``one_hot``."""
    if not isinstance(form, VectorForm):
        return _written(source, where, faults)
    kind, value = form.chosen
    where = (*where, kind)
    if kind == "file":
        return _from_file(value, source, where, faults)
    return Rule(content=value, source=source, where=where)


def _written(source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    written = read_written(source, where, faults)
    if written is None:
        return None
    return GivenArray(shape=written.shape, content=written, source=source, where=where)


def _from_file(name: str, source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    try:
        array = read_npy(source.folder / name)
    except NotANumber as error:
        faults.append(source.fault(where, error.what, error.instead))
        return None
    return GivenArray(shape=array.shape, content=array, source=source, where=where)
