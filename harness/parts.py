"""A call cut into parts of whole rows: calls of their own, since for most ops rows do not influence each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import Normalization, Op, Quantity

AT_ONCE: Final = 1 << 18  # elements of a part, where arrays become float64 and more: judging that takes some 100 MB
_OF_INPUT: Final = ("x", "tangent", "mask")  # the arrays of a call that have the shape of x


def separable(call: Call) -> bool:
    """Say whether the rows of ``call`` do not influence each other, so that some of them are a call of their own.

    An array without axes or without elements is not to be cut, nor is what is made of all rows of a batch together.
    """
    of_batch = call.op is Op.CROSS_ENTROPY and call.output_shape != call.batch_shape
    divided = call.op is Op.SOFTMAX_OUTPUT and call.normalization is not Normalization.NULL
    return not (call.x.size == 0 or call.x.ndim == 0 or of_batch or divided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a :func:`separable` call, next to each other in C order over the remaining axes.

    ``first``: the number of the first of them. ``box``: where they are, a slice for each of the remaining axes.
    """

    whole: Call
    first: int
    box: tuple[slice, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return math.prod(each.stop - each.start for each in self.box)

    @property
    def call(self) -> Call:
        """These rows as a call of their own; its arrays are views of those of the whole."""
        whole = self.whole
        arrays: dict[str, Any] = {name: getattr(whole, name) for name in _OF_INPUT}
        cut: dict[str, Any] = {name: self._inputs(array) for name, array in arrays.items() if array is not None}
        if whole.cotangent is not None:
            cut["cotangent"] = self.of(whole.cotangent, Quantity.FORWARD)
        if whole.lengths is not None:
            cut["lengths"] = whole.lengths[self.box]
        if whole.targets is not None:
            cut["targets"] = whole.targets[self.box] if whole.index_targets else self._inputs(whole.targets)
        return replace(whole, **cut)

    def of(self, result: NDArray[Any], quantity: Quantity) -> NDArray[Any]:
        """Return the part of a result of the whole, a view; a Jacobian has none."""
        if quantity is Quantity.JACOBIAN:
            raise ValueError("the Jacobian of some rows is no part of that of all of them; the caller's mistake")
        one_output = quantity in (Quantity.FORWARD, Quantity.JVP) and self.whole.op.reduces
        return result[self.box] if one_output else self._inputs(result)

    def place(self, at: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index in the whole of an element, or of a row, that is at ``at`` in the part."""
        starts = [each.start for each in self.box]
        if len(at) > len(starts):
            starts.insert(self._axis, 0)
        return tuple(index + start for index, start in zip(at, starts, strict=True))

    @property
    def _axis(self) -> int:
        return self.whole.axis % self.whole.x.ndim

    def _inputs(self, array: NDArray[Any]) -> NDArray[Any]:
        return array[(*self.box[: self._axis], slice(None), *self.box[self._axis :])]


def parts(call: Call, *, rows: int) -> Iterator[Part]:
    """Yield all rows of a :func:`separable` call, in order, in parts of at most ``rows`` rows."""
    batch = call.batch_shape
    axis, inner = len(batch), 1  # all axes from this one on fit into a part together
    while axis and inner * batch[axis - 1] <= rows:
        axis -= 1
        inner *= batch[axis]
    whole = tuple(slice(0, length) for length in batch[axis:])
    if not axis:
        yield Part(whole=call, first=0, box=whole)
        return
    cut, step = batch[axis - 1], max(1, rows // inner)
    for number, index in enumerate(itertools.product(*map(range, batch[: axis - 1]))):
        fixed = tuple(slice(at, at + 1) for at in index)
        for start in range(0, cut, step):
            box = (*fixed, slice(start, min(start + step, cut)), *whole)
            yield Part(whole=call, first=(number * cut + start) * inner, box=box)


def rows_within(call: Call, elements: int) -> int:
    """Return how many rows of ``call`` have at most ``elements`` elements together, one at least."""
    return max(1, elements // max(1, call.x.shape[call.axis] if call.x.ndim else 1))


def in_parts(call: Call, *, elements: int) -> Iterator[Call]:
    """Yield ``call`` itself, or, where that is larger and its rows allow it, calls of at most ``elements`` elements."""
    if call.x.size <= elements or not separable(call):
        yield call
        return
    for part in parts(call, rows=rows_within(call, elements)):
        yield part.call
