"""Cotangents and tangents of a case: the alternatives it names, and the arrays they become in a space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from harness.plan.carrier import one_hot
from harness.plan.case import Case
from harness.plan.draw import Stream
from harness.plan.faults import Fault, shown
from harness.plan.forms import GivenArray, Rule, given_vector
from harness.plan.grammar import Normal, VectorForm, are_alternatives
from harness.plan.number import WrittenFloat
from harness.plan.source import Source, Where
from harness.vocabulary import DType

EACH_LIMIT = 32  # indices along the axis that ``each`` expands into

_NAMED: dict[str, float | Normal] = {"ones": 1, "zeros": 0, "normal": Normal()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where a vector lives: the outputs of an op, or x. ``axis`` is None where the op has left no such axis."""

    owner: str
    shape: tuple[int, ...]
    axis: int | None

    @property
    def length(self) -> int | None:
        """How many elements lie along the axis."""
        if self.axis is None:
            return None
        return self.shape[self.axis] if self.shape else 1


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
    content: GivenArray | Rule | OneHot | Each | None
    source: Source
    where: Where

    def within(self, space: Space, faults: list[Fault]) -> tuple[Vector, ...]:
        """Return the vectors that this one stands for in ``space``; note where it does not fit."""
        wrong = self._misfit(space)
        if wrong is not None:
            where = self.content.where if isinstance(self.content, GivenArray) else self.where
            faults.append(self.source.fault(where, *wrong))
            return ()
        if isinstance(self.content, Each):
            return tuple(replace(self, name=f"one_hot {k}", content=OneHot(k)) for k in range(space.length or 0))
        return (self,)

    def _misfit(self, space: Space) -> tuple[str, str] | None:
        """Return what is wrong with the vector in ``space``, and what would be right."""
        content, length = self.content, space.length
        if isinstance(content, GivenArray) and content.shape != space.shape:
            instead = f"give one of shape {_text(space.shape)}, as {space.owner} has"
            return f"an array of shape {_text(content.shape)}", instead + ("" if content.shape else ", or {full: ...}")
        if not isinstance(content, Each | OneHot):
            return None
        if length is None:
            word = "each" if isinstance(content, Each) else "one_hot"
            return (
                f"{word!r} counts along the axis, which {space.owner} does not have",
                "give ones, zeros, normal, implicit, or numbers of the shape of the output",
            )
        if isinstance(content, Each) and not 0 < length <= EACH_LIMIT:
            instead = f"lengths from 1 to {EACH_LIMIT} can be expanded; name the ones that matter: {{one_hot: 0}}"
            return f"'each' along an axis of length {length}", instead
        if isinstance(content, OneHot) and content.index >= length:
            instead = f"give an index from 0 to {length - 1}" if length else "an axis without elements has no index"
            return f"one_hot is {content.index}, along an axis of length {length}", instead
        return None

    def key(self, space: Space) -> tuple[str, tuple[int, ...], int | None]:
        """Return what decides the array: where it is alike along every axis, it is made once for all of them."""
        return self.name, space.shape, space.axis if isinstance(self.content, OneHot) else None

    def array(self, space: Space, dtype: DType, stream: Stream, faults: list[Fault]) -> NDArray[Any] | None:
        """Return the array in ``dtype``, read-only; None for the implicit cotangent."""
        if isinstance(self.content, Rule):
            return self.content.shaped(space.shape).rounded_to(dtype, stream, faults)
        if isinstance(self.content, GivenArray):
            return self.content.rounded_to(dtype, stream, faults)
        if not isinstance(self.content, OneHot):
            return None
        array = one_hot(space.shape, axis=space.axis or 0, index=self.content.index, dtype=dtype)
        array.flags.writeable = False
        return array


def cotangents_of(case: Case, source: Source, where: Where, faults: list[Fault]) -> list[Vector]:
    """Return the alternatives of a case's cotangent."""
    where = (*where, "cotangent")
    listed = are_alternatives(source.at(where))
    written = [index for index, form in enumerate(case.cotangent) if _is_written(form)]
    vectors = []
    for index, form in enumerate(case.cotangent):
        number = f" {written.index(index)}" if index in written and len(written) > 1 else ""
        vector = _vector(form, source, (*where, index) if listed else where, faults)
        if vector is not None:
            vectors.append(replace(vector, name=vector.name + number))
    return vectors


def tangent_of(case: Case, source: Source, where: Where, faults: list[Fault]) -> Vector | None:
    """Return a case's tangent; None, with faults, where it is none."""
    return _vector(case.tangent, source, (*where, "tangent"), faults)


def _vector(form: Any, source: Source, where: Where, faults: list[Fault]) -> Vector | None:
    content: GivenArray | Rule | OneHot | Each | None
    if isinstance(form, VectorForm) and form.chosen[0] == "one_hot":
        content = OneHot(form.one_hot)
    elif isinstance(form, VectorForm) or _is_written(form):
        content = given_vector(form, source, where, faults)
        if content is None:
            return None
    elif form in _NAMED:
        content = Rule(content=_NAMED[form], source=source, where=where)
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


def _text(shape: tuple[int, ...]) -> str:
    return str(list(shape)) if shape else "[] (one number)"
