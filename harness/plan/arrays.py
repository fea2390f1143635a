"""The arrays of one case: each is made once, and handed to every problem that needs it."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from harness.plan.draw import Stream
from harness.plan.faults import Fault
from harness.plan.forms import GivenArray
from harness.plan.given import Layout
from harness.plan.operands import Operand
from harness.plan.vectors import Space, Vector
from harness.vocabulary import DType


class Arrays:
    """Makes arrays of what a case gives, and notes what is wrong with their numbers in ``faults``."""

    def __init__(self, x: GivenArray, operands: tuple[Operand, ...], faults: list[Fault]) -> None:
        self._x = x
        self._operands = operands
        self._faults = faults
        self._made: dict[tuple[Any, ...], NDArray[Any]] = {}

    def x(self, dtype: DType) -> NDArray[Any]:
        """Return x in ``dtype``."""
        if ("x", dtype) not in self._made:
            self._made["x", dtype] = self._x.rounded_to(dtype, Stream.X, self._faults)
        return self._made["x", dtype]

    def cotangent(self, vector: Vector | None, space: Space, dtype: DType) -> NDArray[Any] | None:
        """Return a cotangent in ``dtype``; None for the implicit one, or where none is needed."""
        return self._vector(vector, space, dtype, Stream.COTANGENT)

    def tangent(self, vector: Vector | None, space: Space, dtype: DType) -> NDArray[Any] | None:
        """Return a tangent in ``dtype``; None where none is needed."""
        return self._vector(vector, space, dtype, Stream.TANGENT)

    def operands(self, layout: Layout, dtype: DType) -> dict[str, NDArray[Any]]:
        """Return mask, lengths and targets, those that the case gives, by the names that a call has for them."""
        for operand in self._operands:
            key = (operand.key, layout, dtype)
            if key not in self._made:
                self._made[key] = operand.array(layout, dtype, self._faults)
                self._made[key].flags.writeable = False
        return {operand.key: self._made[operand.key, layout, dtype] for operand in self._operands}

    def _vector(self, vector: Vector | None, space: Space, dtype: DType, stream: Stream) -> NDArray[Any] | None:
        if vector is None or vector.content is None:
            return None
        key = (stream, *vector.key(space), dtype)
        if key not in self._made:
            array = vector.array(space, dtype, stream, self._faults)
            assert array is not None  # noqa: S101 - only the implicit cotangent is none
            self._made[key] = array
        return self._made[key]
