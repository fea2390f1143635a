"""A call cut down to some of its rows and some elements of them; everything that belongs to those comes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import Quantity

Indices = Sequence[int] | NDArray[np.int64]


def taken(call: Call, keep: Sequence[Indices]) -> Call | None:
    """Return ``call`` with the indices ``keep`` of each axis of x alone; None where a target would name no class.

    Axes stay, of whatever length: a kernel is chosen by rank and axis. Index targets and valid lengths count what is
    left of their rows.
    """
    if not call.x.ndim:
        return call
    along = call.axis % call.x.ndim
    batch = [*keep[:along], *keep[along + 1 :]]
    arrays: dict[str, Any] = {"x": _of(call.x, keep)}
    for name in ("tangent", "mask"):
        array = getattr(call, name)
        arrays[name] = None if array is None else _of(array, keep)
    if call.cotangent is not None:
        outputs = keep if call.output_shape == call.x.shape and not call.op.reduces else batch
        arrays["cotangent"] = call.cotangent if call.output_shape == () else _of(call.cotangent, outputs)
    if call.lengths is not None:
        kept = np.asarray(keep[along])
        arrays["lengths"] = (kept < _of(call.lengths, batch)[..., np.newaxis]).sum(axis=-1, dtype=np.int32)
    if call.targets is not None and not call.index_targets:
        arrays["targets"] = _of(call.targets, keep)
    elif call.targets is not None:
        labels = _renumbered(_of(call.targets, batch), np.asarray(keep[along]), ignored=call.ignore_index)
        if labels is None:
            return None
        arrays["targets"] = labels
    return replace(call, **arrays)


def row_alone(call: Call, row: Sequence[int]) -> Call:
    """Return the row with the index ``row`` over the remaining axes; the axes stay, with length one."""
    if not call.x.ndim:
        return call
    along = call.axis % call.x.ndim
    keep: list[Indices] = [[index] for index in row]
    keep.insert(along, range(call.x.shape[along]))
    alone = taken(call, keep)
    assert alone is not None  # noqa: S101 - every class stays
    return alone


def row_of(call: Call, quantity: Quantity, at: Sequence[int]) -> tuple[int, ...] | None:
    """Return the index, over the remaining axes, of the row that element ``at`` is in; None where it is in all."""
    rank = call.x.ndim
    if len(at) >= rank and (quantity is not Quantity.FORWARD or not call.op.reduces):
        along = call.axis % rank if rank else 0
        inputs = tuple(at[len(at) - rank :])  # of a Jacobian, which input it is the derivative by
        return inputs[:along] + inputs[along + 1 :]
    return tuple(at) if len(at) == len(call.batch_shape) else None


def place_alone(call: Call, at: Sequence[int]) -> tuple[int, ...]:
    """Return where element ``at`` of a result stands in that of its row alone."""
    rank = call.x.ndim
    if not rank:
        return tuple(at)
    along = call.axis % rank
    inputs = [index if axis == along else 0 for axis, index in enumerate(at[len(at) - rank :])]
    if len(at) < rank:  # one number for a row, or for all
        return (0,) * len(at)
    before = at[: len(at) - rank]
    outputs = [index if axis == along else 0 for axis, index in enumerate(before)] if len(before) == rank else ()
    return (*(outputs or (0,) * len(before)), *inputs)


def _of(array: NDArray[Any], keep: Sequence[Indices]) -> NDArray[Any]:
    return np.ascontiguousarray(array[np.ix_(*keep)]) if array.ndim else array


def _renumbered(targets: NDArray[Any], kept: NDArray[Any], *, ignored: int | None) -> NDArray[Any] | None:
    """Return class indices as they count among those that are kept; None where one of them is not."""
    counted = np.ones(targets.shape, bool) if ignored is None else targets != ignored
    if not np.isin(targets[counted], kept).all():
        return None
    return np.where(counted, np.searchsorted(kept, np.where(counted, targets, kept[0])), targets).astype(np.int32)
