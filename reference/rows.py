"""An array seen as rows along one axis.

A 0-d array is a row of length one. It is what PyTorch does, and the only convention that keeps every law of the
family: the softmax of one logit is 1 whatever its shape, and its derivative is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How an array of ``shape`` is cut into ``count`` rows of ``length`` along ``axis`` (0 <= axis < rank, or 0)."""

    shape: tuple[int, ...]
    axis: int

    @classmethod
    def of(cls, array: NDArray[Any], axis: int) -> Rows:
        """Return the rows of ``array`` along ``axis`` (negative ones count from the end).

        Raise ValueError where the array has no such axis.
        """
        rank = max(array.ndim, 1)
        if not -rank <= axis < rank:
            raise ValueError(
                f"axis {axis} of an array of shape {array.shape}: expected {-rank} <= axis < {rank} "
                "(a 0-d array counts as one row); the caller's mistake"
            )
        return cls(shape=array.shape, axis=axis % rank)

    @property
    def length(self) -> int:
        """The number of elements in a row."""
        return self.shape[self.axis] if self.shape else 1

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The remaining axes."""
        return self.shape[: self.axis] + self.shape[self.axis + 1 :]

    @property
    def count(self) -> int:
        """The number of rows."""
        return math.prod(self.batch_shape)

    def cut(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return ``array`` as (count, length), rows in C order of the remaining axes, each row contiguous.

        The order in which NumPy adds up a row depends on how it lies in memory: all rows lie alike here, so that the
        same row gives the same bits wherever it comes from. Raise ValueError where the shape is not the one these rows
        were made for.
        """
        if array.shape != self.shape:
            raise ValueError(
                f"an array of shape {array.shape} beside a primal of shape {self.shape}: "
                "both must have one shape; the caller's mistake"
            )
        if not self.shape:
            return array.reshape(1, 1)
        return np.ascontiguousarray(np.moveaxis(array, self.axis, -1).reshape(self.count, self.length))

    def cut_batch(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return ``array``, which has one number per row and the shape :attr:`batch_shape`, as (count, 1).

        Raise ValueError where it has another shape.
        """
        if array.shape != self.batch_shape:
            raise ValueError(
                f"an array of shape {array.shape} beside a primal of shape {self.shape} and axis {self.axis}: "
                f"expected one number per row, shape {self.batch_shape}; the caller's mistake"
            )
        return array.reshape(self.count, 1)

    def join(self, rows: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return what :meth:`cut` cut, in its own shape."""
        return self._join_inputs(rows, outputs=())

    def join_batch(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return what :meth:`cut_batch` cut, in its own shape."""
        return values.reshape(self.batch_shape)

    def join_jacobian(self, blocks: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the Jacobian of shape ``shape + shape`` whose block for each row is given: (count, length, length).

        Rows do not influence each other: every other block is zero. An input row whose own block is all NaN has no
        derivative to give, to any output: its columns are NaN, as one vjp per one-hot cotangent makes them (0 times
        NaN).
        """
        full = np.zeros((self.count, self.length, self.count, self.length), dtype=blocks.dtype)
        own = np.arange(self.count)
        full[:, :, _without_derivative(blocks), :] = np.nan
        full[own, :, own, :] = blocks
        return self.join_square(full)

    def join_square(self, full: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return (count, length, count, length) in the shape ``shape + shape``."""
        if not self.shape:
            return full.reshape(())
        split = full.reshape(*self.batch_shape, self.length, self.count, self.length)
        rank = len(self.shape)
        return self._join_inputs(np.moveaxis(split, rank - 1, self.axis), outputs=self.shape)

    def join_batch_jacobian(self, blocks: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the Jacobian, of shape ``batch_shape + shape``, of one output per row; its rows are (count, length).

        Other rows are as in :meth:`join_jacobian`.
        """
        full = np.zeros((self.count, self.count, self.length), dtype=blocks.dtype)
        own = np.arange(self.count)
        full[:, _without_derivative(blocks), :] = np.nan
        full[own, own, :] = blocks
        return self.join_batch_square(full)

    def join_batch_square(self, full: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return (count, count, length) in the shape ``batch_shape + shape``."""
        return self._join_inputs(full, outputs=self.batch_shape)

    def _join_inputs(self, full: NDArray[Scalar], *, outputs: tuple[int, ...]) -> NDArray[Scalar]:
        """Return an array whose last two axes are (count, length), behind ``outputs``, as ``outputs + shape``."""
        if not self.shape:
            return full.reshape(outputs)
        if self.axis == len(self.shape) - 1:  # nothing has to move: most arrays come so, and most are small
            return full.reshape(outputs + self.shape)
        split = full.reshape(*outputs, *self.batch_shape, self.length)
        return np.ascontiguousarray(np.moveaxis(split, -1, len(outputs) + self.axis))


def _without_derivative(blocks: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows of the batch have a block of nothing but NaN."""
    if blocks.dtype.kind != "f" or not blocks.size:
        return np.zeros(len(blocks), dtype=np.bool_)
    return np.asarray(np.isnan(blocks).all(axis=tuple(range(1, blocks.ndim))))
