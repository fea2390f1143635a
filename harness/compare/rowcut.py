"""One row of a call: cut out of its arrays, and out of what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.asked import decoded
from harness.vocabulary import Normalization, Quantity, Reduction


class RowCut:
    """Cuts row number ``row``, in C order over the remaining axes, out of everything about ``call``."""

    def __init__(self, call: Call, *, row: int) -> None:
        self._call = call
        rank = call.x.ndim
        along = call.axis % rank if rank else 0
        batch = call.batch_shape
        self.row = tuple(int(index) for index in np.unravel_index(row, batch)) if batch else ()
        self._inputs: tuple[int | slice, ...] = (*self.row[:along], slice(None), *self.row[along:]) if rank else ()
        if call.output_shape == call.x.shape and not call.op.reduces:
            self._outputs = self._inputs
        else:
            self._outputs = self.row if call.output_shape == batch else ()

    @property
    def call(self) -> Call:
        """The row as a call of its own, with one axis."""
        call = self._call
        given = {name: getattr(call, name) for name in ("x", "mask", "tangent", "cotangent", "lengths", "targets")}
        arrays: dict[str, Any] = {}
        for name, array in given.items():
            if array is not None and name == "cotangent":
                arrays[name] = self._cotangent(array)
            elif array is not None:
                has_axis = array.shape == call.x.shape
                arrays[name] = self.vector(array) if has_axis else array[self.row]
        reduction = None if call.reduction is None else Reduction.NONE
        return replace(call, axis=0, reduction=reduction, normalization=Normalization.NULL, **arrays)

    def _cotangent(self, array: NDArray[Any]) -> NDArray[Any]:
        own = np.asarray(array[self._outputs])
        return own if self._call.op.reduces else np.atleast_1d(own)

    def targets(self) -> tuple[float, ...] | None:
        """Return the row's target: an index, or probabilities."""
        call = self._call
        if call.targets is None:
            return None
        if call.index_targets:
            return (float(call.targets[self.row]),)
        return tuple(float(value) for value in decoded(self.vector(call.targets), call.dtype.value))

    def vector(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the row of an array of the shape of x."""
        return np.atleast_1d(array[self._inputs])

    def output(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the row of an array of the shape of the output: one number where the op leaves one."""
        return np.atleast_1d(array[self._outputs])

    def of(self, array: NDArray[Any], quantity: Quantity) -> NDArray[Any]:
        """Return the row of a quantity that is no Jacobian."""
        return self.output(array) if quantity in (Quantity.FORWARD, Quantity.JVP) else self.vector(array)

    def block(self, jacobian: NDArray[Any]) -> NDArray[Any]:
        """Return the row's block of a Jacobian, a row for each output."""
        return np.atleast_2d(jacobian[self._outputs + self._inputs])
