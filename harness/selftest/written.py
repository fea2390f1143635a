"""Kernels written step by step as adapters: the wrong ones, and the right one that they leave at one step.

They compute in the dtype's own arithmetic, each step rounded; for bfloat16, which NumPy has not, in float32, and round
what they return.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.asked import decoded
from harness.plan.carrier import encoded
from harness.selftest.kernels import InNumpy
from harness.selftest.slips import Rows, Slip, steps
from harness.vocabulary import DType, Op, Quantity, Reduction

_WRITTEN: Final = {Quantity.FORWARD: steps.forward, Quantity.VJP: steps.vjp}


class _Written(InNumpy):
    """What these kernels share: the dtype that they compute in, and what they are written for."""

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return the dtype of every step."""
        return Precision(working=_working(call), accumulation=_working(call))

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say where they are not written."""
        plain = call.reduction in (None, Reduction.NONE) and not call.label_smoothing and call.ignore_index is None
        if call.op is Op.SOFTMAX_OUTPUT or not plain:
            return "these kernels are of rows that have nothing to do with each other, and of one class in a loss"
        return super().unsupported(call, quantity)


@final
class StepByStep(_Written):
    """The right steps."""

    name: ClassVar[str] = "step by step"

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say that it is written for outputs and gradients alone."""
        return super().unsupported(call, quantity) if quantity in _WRITTEN else "it is a forward and its backward"

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        return placed(_WRITTEN[quantity](rows_of(call)), call, quantity)


@final
class Slipped(_Written):
    """A kernel with one slip; where that is in a derivative, the output beside it is that of :class:`StepByStep`."""

    def __init__(self, slip: Slip) -> None:
        super().__init__()
        self.name = slip.name  # type: ignore[misc] # one class serves every slip
        self.slip = slip

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say where the slip has no place, and what it is not written for."""
        slip = self.slip
        here = call.op in slip.ops and quantity is slip.quantity and call.dtype in slip.dtypes
        here = here and call.x.shape[call.axis] > slip.longer and (call.temperature is not None or not slip.tempered)
        return super().unsupported(call, quantity) if here else "there is no such slip to make"

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        return placed(self.slip(rows_of(call)), call, quantity)


def rows_of(call: Call) -> Rows:
    """Return what a kernel is given."""
    working = np.dtype(_working(call).value)

    def read(array: NDArray[Any]) -> NDArray[Any]:
        numbers = decoded(array, call.dtype).astype(working)
        return np.moveaxis(numbers, call.axis, -1) if array.shape == call.x.shape else numbers[..., np.newaxis]

    n = call.x.shape[call.axis]
    kept = None if call.mask is None else np.moveaxis(call.mask, call.axis, -1)
    return Rows(
        op=call.op,
        x=read(call.x),
        cotangent=read(np.ones_like(call.x) if call.cotangent is None else call.cotangent),
        tangent=read(np.ones_like(call.x) if call.tangent is None else call.tangent),
        temperature=call.temperature,
        kept=kept if call.lengths is None else np.arange(n) < call.lengths[..., np.newaxis],
        target=None if call.targets is None else call.targets[..., np.newaxis],
    )


def placed(rows: NDArray[Any], call: Call, quantity: Quantity) -> NDArray[Any]:
    """Return rows where the call wants them, rounded to the dtype of ``quantity``."""
    of_output = quantity in (Quantity.FORWARD, Quantity.JVP) and call.op.reduces
    result = rows[..., 0] if of_output else np.moveaxis(rows, -1, call.axis)
    return encoded(result.astype(np.float64), call.dtype_of(quantity) or call.dtype)


def _working(call: Call) -> DType:
    return DType.FLOAT32 if call.dtype is DType.BFLOAT16 else call.dtype
