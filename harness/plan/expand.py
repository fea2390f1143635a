"""A case to its problems: every combination of its parameter lists, with arrays rounded once to the problem's dtype."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from numpy.typing import NDArray

from harness.call import Call
from harness.plan.case import Case
from harness.plan.draw import Stream
from harness.plan.faults import Fault
from harness.plan.forms import GivenArray, given_array
from harness.plan.grammar import are_alternatives
from harness.plan.problem import Problem
from harness.plan.source import Source, Where
from harness.plan.vectors import Vector, cotangents_of, tangent_of
from harness.vocabulary import DType, Quantity

JACOBIAN_LIMIT = 512  # elements of x: its Jacobian has the square of that
MEMORY = 2**30  # bytes that the arrays of one case may need
_WIDEST = 8  # bytes of a float64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Setting:
    """A case with everything about it that does not depend on the combination."""

    case: Case
    source: Source
    where: Where
    x: GivenArray
    check: tuple[Quantity, ...]
    cotangents: dict[int, tuple[Vector | None, ...]]  # by axis
    tangent: Vector | None


def expand(
    case: Case, source: Source, where: Where, faults: list[Fault], *, memory: int = MEMORY
) -> tuple[Problem, ...]:
    """Return the problems of ``case``, which stands at ``where`` in ``source``.

    What is wrong with the case goes to ``faults``, and no problems come back then. Shapes are checked, and the memory
    (in bytes) that the arrays will need is estimated, before any array is made.
    """
    found: list[Fault] = []
    setting = _setting(case, source, where, found)
    if setting is not None and not found:
        found += _limits(setting, memory)
    problems = tuple(_problems(setting, found)) if setting is not None and not found else ()
    faults += found
    return () if found else problems


def _setting(case: Case, source: Source, where: Where, faults: list[Fault]) -> _Setting | None:
    check = tuple(quantity for quantity in Quantity if quantity in {Quantity.FORWARD, *case.check})
    for key, quantity in (("cotangent", Quantity.VJP), ("tangent", Quantity.JVP)):
        if key in case.model_fields_set and quantity not in check:
            instead = f"add {quantity} to check, or leave the {key} out"
            faults.append(source.fault((*where, key), f"a {key}, and no {quantity} to check", instead, key=True))
    x = given_array(case.x, source, (*where, "x"), faults)
    if x is None:
        return None
    cotangents = cotangents_of(case, x.shape, source, where, faults) if Quantity.VJP in check else None
    tangent = tangent_of(case, x.shape, source, where, faults) if Quantity.JVP in check else None
    by_axis: dict[int, tuple[Vector | None, ...]] = {}
    for axis in _fitting_axes(case, x.shape, source, where, faults):
        length = x.shape[axis] if x.shape else 1
        if tangent is not None:
            tangent.along(length, faults)
        by_axis[axis] = (None,)
        if cotangents is not None:
            by_axis[axis] = tuple(one for vector in cotangents for one in vector.along(length, faults))
            _distinct_names(by_axis[axis], faults)
    return _Setting(case=case, source=source, where=where, x=x, check=check, cotangents=by_axis, tangent=tangent)


def _fitting_axes(case: Case, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]) -> list[int]:
    rank = max(len(shape), 1)  # a number without axes counts as a row of length one
    where = (*where, "axis")
    for index, axis in enumerate(case.axis):
        if not -rank <= axis < rank:
            place = (*where, index) if isinstance(source.at(where), list) else where
            what = f"axis is {axis}, and x has {len(shape)} axes (shape {list(shape)})"
            faults.append(source.fault(place, what, f"give a whole number from {-rank} to {rank - 1}"))
    return [axis for axis in case.axis if -rank <= axis < rank]


def _distinct_names(vectors: tuple[Vector | None, ...], faults: list[Fault]) -> None:
    names: set[str] = set()
    for vector in vectors:
        if vector is not None and vector.name in names:
            faults.append(
                vector.source.fault(vector.where, f"cotangent {vector.name!r} stands there twice", "keep one")
            )
        names.add(vector.name if vector is not None else "")


def _limits(setting: _Setting, memory: int) -> Iterator[Fault]:
    case, x = setting.case, setting.x
    size = math.prod(x.shape)
    where = (*setting.where, "x")
    if Quantity.JACOBIAN in setting.check and size > JACOBIAN_LIMIT:
        what = f"a jacobian of x with {size} elements, {size}² numbers"
        yield setting.source.fault((*setting.where, "check"), what, f"ask for it where x has at most {JACOBIAN_LIMIT}")
        return
    vectors = sum(len(vectors) for vectors in setting.cotangents.values())
    arrays = 1 + vectors + len(setting.cotangents) * (setting.tangent is not None)
    room = math.prod(max(length, 1) for length in x.shape)  # what a sum along an axis without elements leaves
    jacobian = room * room if Quantity.JACOBIAN in setting.check else 0
    needed = _WIDEST * len(case.dtype) * (room * arrays + jacobian)
    if needed > memory:
        what = f"x of shape {list(x.shape)} makes this case need {_bytes(needed)} for its arrays"
        instead = f"keep to {_bytes(memory)}, by a smaller shape or fewer cotangents; or allow more with --memory"
        yield setting.source.fault(where, what, instead)


def _bytes(count: int) -> str:
    size, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if size >= 1024:
            size, unit = size / 1024, larger
    return f"{size:,.4g} {unit}"


def _problems(setting: _Setting, faults: list[Fault]) -> Iterator[Problem]:
    case = setting.case
    arrays = _Arrays(setting, faults)
    for op, axis, dtype, mode in product(case.op, setting.cotangents, case.dtype, case.mode):
        for vector in setting.cotangents[axis]:
            parts = (
                ("op", op.value),
                ("axis", f"axis={axis}"),
                ("dtype", dtype.value),
                ("mode", mode.value),
                ("cotangent", vector.name if vector is not None else None),
            )
            named = [text for key, text in parts if text is not None and _is_listed(setting, key)]
            yield Problem(
                id=f"{case.id}[{','.join(named)}]" if named else case.id,
                case=case.id,
                call=Call(
                    op=op,
                    axis=axis,
                    dtype=dtype,
                    mode=mode,
                    x=arrays.x(dtype),
                    cotangent=arrays.vector(vector, axis, dtype, Stream.COTANGENT),
                    tangent=arrays.vector(setting.tangent, axis, dtype, Stream.TANGENT),
                ),
                cotangent_name=vector.name if vector is not None else "none",
                check=setting.check,
            )


def _is_listed(setting: _Setting, key: str) -> bool:
    """Say whether a case gives ``key`` as a list, be it of one item: a second item does not rename the first."""
    value = setting.source.at((*setting.where, key))
    if key == "cotangent":
        return are_alternatives(value) or value == "each"
    return isinstance(value, list) or (key == "dtype" and value is None)


class _Arrays:
    """Makes each array of a case once, and hands it to every problem that needs it."""

    def __init__(self, setting: _Setting, faults: list[Fault]) -> None:
        self._setting = setting
        self._faults = faults
        self._made: dict[tuple[Any, ...], NDArray[Any] | None] = {}

    def x(self, dtype: DType) -> NDArray[Any]:
        if ("x", dtype) not in self._made:
            self._made["x", dtype] = self._setting.x.rounded_to(dtype, Stream.X, self._faults)
        array = self._made["x", dtype]
        assert array is not None  # noqa: S101 - x is never the implicit cotangent
        return array

    def vector(self, vector: Vector | None, axis: int, dtype: DType, stream: Stream) -> NDArray[Any] | None:
        if vector is None:
            return None
        key = (stream, vector.name, axis, dtype)
        if key not in self._made:
            self._made[key] = vector.array(self._setting.x.shape, axis, dtype, stream, self._faults)
        return self._made[key]
