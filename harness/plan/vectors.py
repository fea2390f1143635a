"""Cotangents and tangents of a case: the alternatives it names, and the arrays they become at an axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.case import Case
from harness.plan.draw import Stream
from harness.plan.faults import Fault, shown
from harness.plan.forms import GivenArray, given_vector
from harness.plan.grammar import Normal, VectorForm, are_alternatives
from harness.plan.number import WrittenFloat
from harness.plan.source import Source, Where
from harness.vocabulary import DType

EACH_LIMIT = 32  # indices along the axis that ``each`` expands into

_NAMED: dict[str, float | Normal] = {"ones": 1, "zeros": 0, "normal": Normal()}


@dataclass(frozen=True, slots=True)
class OneHot:
    """1 at an index along the axis, in every row, and 0 elsewhere."""

    index: int


@dataclass(frozen=True, slots=True)
class Each:
    """A one-hot for each index along the axis."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vector:
    """One alternative, with the name under which it is filed; no content is the implicit cotangent."""

    name: str
    content: GivenArray | OneHot | Each | None
    source: Source
    where: Where

    def along(self, length: int, faults: list[Fault]) -> tuple[Vector, ...]:
        """Return the vectors that this one stands for at an axis of ``length``; note an index beyond it."""
        if isinstance(self.content, Each):
            if not 0 < length <= EACH_LIMIT:
                what = f"'each' along an axis of length {length}"
                instead = f"lengths from 1 to {EACH_LIMIT} can be expanded; name the ones that matter: {{one_hot: 0}}"
                faults.append(self.source.fault(self.where, what, instead))
                return ()
            return tuple(self._hot(index) for index in range(length))
        if isinstance(self.content, OneHot) and self.content.index >= length:
            what = f"one_hot is {self.content.index}, along an axis of length {length}"
            instead = f"give an index from 0 to {length - 1}" if length else "an axis without elements has no index"
            faults.append(self.source.fault(self.where, what, instead))
            return ()
        return (self,)

    def _hot(self, index: int) -> Vector:
        return Vector(name=f"one_hot {index}", content=OneHot(index), source=self.source, where=self.where)

    def array(
        self, shape: tuple[int, ...], axis: int, dtype: DType, stream: Stream, faults: list[Fault]
    ) -> NDArray[Any] | None:
        """Return the array in ``dtype``, read-only; None for the implicit cotangent."""
        if isinstance(self.content, GivenArray):
            return self.content.rounded_to(dtype, stream, faults)
        if not isinstance(self.content, OneHot):
            return None
        array = np.zeros(shape or (1,), dtype=dtype.value)
        array[(slice(None),) * (axis % array.ndim) + (self.content.index,)] = 1
        array = array.reshape(shape)
        array.flags.writeable = False
        return array


def cotangents_of(
    case: Case, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]
) -> list[Vector]:
    """Return the alternatives of a case's cotangent."""
    where = (*where, "cotangent")
    listed = are_alternatives(source.at(where))
    written = [index for index, form in enumerate(case.cotangent) if _is_written(form)]
    vectors = []
    for index, form in enumerate(case.cotangent):
        number = f" {written.index(index)}" if index in written and len(written) > 1 else ""
        vector = _vector(form, shape, source, (*where, index) if listed else where, faults)
        if vector is not None:
            vectors.append(replace(vector, name=vector.name + number))
    return vectors


def tangent_of(case: Case, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]) -> Vector | None:
    """Return a case's tangent; None, with faults, where it is none."""
    return _vector(case.tangent, shape, source, (*where, "tangent"), faults)


def _vector(form: Any, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]) -> Vector | None:
    content: GivenArray | OneHot | Each | None
    if isinstance(form, VectorForm) and form.chosen[0] == "one_hot":
        content = OneHot(form.one_hot)
    elif isinstance(form, VectorForm) or _is_written(form):
        content = given_vector(form, shape, source, where, faults)
        if content is None:
            return None
    elif form in _NAMED:
        content = GivenArray(shape=shape, content=_NAMED[form], source=source, where=where)
    else:
        content = Each() if form == "each" else None
    return Vector(name=_name(form), content=content, source=source, where=where)


def _is_written(form: Any) -> bool:
    return not isinstance(form, VectorForm) and form not in (*_NAMED, "each", "implicit")


def _name(form: Any) -> str:
    """Return the name under which a cotangent is filed: its form, and what sets it apart from others of that form."""
    if not isinstance(form, VectorForm):
        return "given" if _is_written(form) else str(form)
    kind, value = form.chosen
    if isinstance(value, Normal):
        parts = [
            f"{key}={_number(getattr(value, key))}"
            for key in ("scale", "shift", "seed")
            if key in value.model_fields_set
        ]
        return " ".join([kind, *parts])
    return f"{kind} {_number(value)}"


def _number(value: Any) -> str:
    return shown(value.text if isinstance(value, WrittenFloat) else value).strip("'")
