"""What calls ask of the reference: one question about exact numbers, and the vectors that go with it.

Behind this module every array is float64, which holds the numbers of each format exactly, and the name of the format
stands beside it. Calls of one stack lie along a new first axis; one alone stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.parts import SomeRows
from harness.vocabulary import DType, Quantity, Reduction
from reference.formats import Floats, format_named
from reference.question import Question, kept_by_length


class Vectors(TypedDict, total=False):
    """What the reference takes beside a question, each where the quantity needs it."""

    cotangent: Floats  # of the shape of the output
    tangent: Floats  # of the shape of x


def decoded(array: NDArray[Any], dtype: str) -> Floats:
    """Return the numbers of an array of ``dtype``, bits of bfloat16 among them, as float64.

    Raise ValueError where the array is none of that dtype.
    """
    return array.astype(np.float64) if dtype == DType.INT32.value else format_named(dtype).decode(array)


def result_format(call: Call, *, returned: str | None = None) -> str:
    """Return the format of the output of ``call``; that of what was ``returned`` where the framework chooses."""
    due = call.dtype_of(Quantity.FORWARD)
    return due.value if due is not None else returned or DType.FLOAT32.value


class Asked:
    """What calls that differ in nothing but their arrays ask, with an output of the format ``result``."""

    def __init__(self, calls: Sequence[Call], *, result: str) -> None:
        self._calls = calls
        self._result = result
        self._alone = len(calls) == 1
        call = calls[0]
        self.question = Question(
            op=call.op.value,
            axis=call.axis + (not self._alone and call.axis >= 0),
            x=decoded(self.laid([one.x for one in calls]), call.dtype.value),
            format=call.dtype.value,
            result=result,
            temperature=1.0 if call.temperature is None else call.temperature,
            mask=self._mask(),
            targets=self._targets(),
            reduction=(call.reduction or Reduction.NONE).value,
            ignore_index=call.ignore_index,
            label_smoothing=call.label_smoothing,
            grad_scale=call.grad_scale,
            normalization=call.normalization.value,
            batch=call.batch if self._alone and isinstance(call, SomeRows) else None,
        )

    def laid(self, arrays: Sequence[NDArray[Any]] | NDArray[Any]) -> NDArray[Any]:
        """Return arrays of these calls, which may lie on top of each other already, in the shape of the question."""
        if self._alone:
            first: NDArray[Any] = arrays[0]
            return first
        return arrays if isinstance(arrays, np.ndarray) else np.stack(arrays)

    def vectors(self, quantity: Quantity) -> Vectors:
        """Return the cotangent and the tangent that ``quantity`` needs.

        A cotangent that was not given counts as ones, the sum of the outputs.
        """
        found: Vectors = {}
        if quantity in (Quantity.VJP, Quantity.HVP):
            found["cotangent"] = self._cotangent
        if quantity in (Quantity.JVP, Quantity.HVP):
            found["tangent"] = self._tangent
        return found

    @cached_property
    def _cotangent(self) -> Floats:
        given = [call.cotangent for call in self._calls if call.cotangent is not None]
        if len(given) == len(self._calls):
            return decoded(self.laid(given), self._result)
        return self.laid([cotangent_of(call, result=self._result) for call in self._calls])

    @cached_property
    def _tangent(self) -> Floats:
        given = [call.tangent for call in self._calls if call.tangent is not None]
        return decoded(self.laid(given), self.question.format)

    def _mask(self) -> NDArray[np.bool_] | None:
        masks = [mask for call in self._calls if (mask := kept(call)) is not None]
        return self.laid(masks) if masks else None

    def _targets(self) -> NDArray[Any] | None:
        given = [
            call.targets if call.index_targets else decoded(call.targets, call.dtype.value)
            for call in self._calls
            if call.targets is not None
        ]
        return self.laid(given) if given else None


def kept(call: Call) -> NDArray[np.bool_] | None:
    """Return where the elements of ``x`` have a say, or None where all have."""
    if call.lengths is not None:
        return kept_by_length(call.lengths, call.x.shape, axis=call.axis)
    return call.mask


def cotangent_of(call: Call, *, result: str) -> Floats:
    """Return the cotangent, an array of the output's shape; one that was not given counts as ones."""
    return np.ones(call.output_shape) if call.cotangent is None else decoded(call.cotangent, result)
