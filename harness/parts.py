"""A call cut into parts of whole rows: calls of their own, since for most ops rows do not influence each other.

Where a loss or a gradient is divided by the size of its batch, a part is a call that says what this is; a loss that is
one number for all rows is no result of a part.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import Normalization, Op, Quantity
from reference.batch import Batch

AT_ONCE: Final = 1 << 18  # elements of a part, where arrays become float64 and more: judging that takes 100 to 300 MB
_OF_INPUT: Final = ("x", "tangent", "mask")  # the arrays of a call that have the shape of x


def separable(call: Call) -> bool:
    """Say whether the rows of ``call`` do not influence each other, so that some of them are a call of their own.

    What is made of all rows of a batch together, or divided by their number, has no such calls.
    """
    of_batch = call.op is Op.CROSS_ENTROPY and call.output_shape != call.batch_shape
    divided = call.op is Op.SOFTMAX_OUTPUT and call.normalization is not Normalization.NULL
    return has_rows(call) and not (of_batch or divided)


def has_rows(call: Call) -> bool:
    """Say whether there are rows to be cut: an array without axes or without elements has none."""
    return call.x.size > 0 and call.x.ndim > 0


def is_of_rows(call: Call, quantity: Quantity) -> bool:
    """Say whether each number of ``quantity`` is the result of one row, though others may decide what divides it."""
    added_up = call.op is Op.CROSS_ENTROPY and call.output_shape != call.batch_shape
    return quantity is not Quantity.JACOBIAN and not (added_up and quantity in (Quantity.FORWARD, Quantity.JVP))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SomeRows(Call):
    """Some rows of a call that is not :func:`separable`: what is divided by the size of ``batch`` is so here, too.

    It is asked of the reference alone: no framework has such a call.
    """

    batch: Batch


def batch_of(call: Call) -> Batch:
    """Return the batch that the rows of a call are, or are some of."""
    if isinstance(call, SomeRows):
        return call.batch
    rows = math.prod(call.batch_shape)
    ignoring = call.index_targets and call.ignore_index is not None
    counted = int(np.count_nonzero(call.targets != call.ignore_index)) if ignoring else rows
    return Batch(rows=rows, counted=counted, first_axis=call.x.shape[0] if call.x.ndim else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a call that :func:`has_rows`, next to each other in C order over the remaining axes.

    ``first``: the number of the first of them. ``box``: where they are, a slice for each of the remaining axes.
    ``batch``: what they have to know of the others, None where the call is :func:`separable`.
    """

    whole: Call
    first: int
    box: tuple[slice, ...]
    batch: Batch | None = None

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
            of_rows = is_of_rows(whole, Quantity.FORWARD)  # that of a loss of all rows is each row's
            cut["cotangent"] = self.of(whole.cotangent, Quantity.FORWARD) if of_rows else whole.cotangent
        if whole.lengths is not None:
            cut["lengths"] = whole.lengths[self.box]
        if whole.targets is not None:
            cut["targets"] = whole.targets[self.box] if whole.index_targets else self._inputs(whole.targets)
        if self.batch is None:
            return replace(whole, **cut)
        given = {field.name: getattr(whole, field.name) for field in fields(whole)}
        return SomeRows(**given | cut | {"batch": self.batch})

    def of(self, result: NDArray[Any], quantity: Quantity) -> NDArray[Any]:
        """Return the part of a result of the whole, a view; a Jacobian has none, nor has what all rows add up to."""
        if not is_of_rows(self.whole, quantity):
            raise ValueError(f"the {quantity} of some rows is no part of that of all of them; the caller's mistake")
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
    """Yield all rows of a call that :func:`has_rows`, in order, in parts of at most ``rows`` rows."""
    of_batch = None if separable(call) else batch_of(call)
    batch = call.batch_shape
    axis, inner = len(batch), 1  # all axes from this one on fit into a part together
    while axis and inner * batch[axis - 1] <= rows:
        axis -= 1
        inner *= batch[axis]
    whole = tuple(slice(0, length) for length in batch[axis:])
    if not axis:
        yield Part(whole=call, first=0, box=whole, batch=of_batch)
        return
    cut, step = batch[axis - 1], max(1, rows // inner)
    for number, index in enumerate(itertools.product(*map(range, batch[: axis - 1]))):
        fixed = tuple(slice(at, at + 1) for at in index)
        for start in range(0, cut, step):
            box = (*fixed, slice(start, min(start + step, cut)), *whole)
            yield Part(whole=call, first=(number * cut + start) * inner, box=box, batch=of_batch)


def rows_within(call: Call, elements: int) -> int:
    """Return how many rows of ``call`` have at most ``elements`` elements together, one at least."""
    return max(1, elements // max(1, call.x.shape[call.axis] if call.x.ndim else 1))


def in_parts(call: Call, *, elements: int) -> Iterator[Call]:
    """Yield ``call`` itself, or, where that is larger and has rows, calls of at most ``elements`` elements."""
    if call.x.size <= elements or not has_rows(call):
        yield call
        return
    for part in parts(call, rows=rows_within(call, elements)):
        yield part.call
