"""Right kernels, which differ in how they compute: none may be flagged."""

from __future__ import annotations

from typing import Any, ClassVar, Final, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.compare.asked import decoded
from harness.plan.carrier import encoded
from harness.selftest.kernels import InNumpy, evaluation_of
from harness.selftest.written import StepByStep
from harness.vocabulary import Op, Quantity
from reference.formats import format_named
from reference.ulp import rounded


@final
class Rounded(InNumpy):
    """The exact value, rounded once: the best that a kernel can be."""

    name: ClassVar[str] = "exact, rounded once"

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        due = call.dtype_of(quantity) or call.dtype
        exact = evaluation_of(call, quantity, self.precision(call, quantity)).truth
        return encoded(np.where(exact.undefined, np.nan, rounded(exact.value, format_named(due))), due)


@final
class Sequential(InNumpy):
    """Sums one element after the other, from the last on, and the vjp of softmax as s v - s t: usual, and rougher."""

    name: ClassVar[str] = "sequential sums, s v - s t"
    _OPS: ClassVar[tuple[Op, ...]] = (Op.SOFTMAX, Op.LOG_SOFTMAX)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say that it is written for softmax and log_softmax alone, their values and vjps."""
        if call.op not in self._OPS or quantity not in (Quantity.FORWARD, Quantity.VJP) or call.temperature is not None:
            return "this kernel is of softmax and log_softmax, forward and vjp, without a temperature"
        return super().unsupported(call, quantity)

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        working = self.precision(call, quantity).working.value
        due = call.dtype_of(quantity) or call.dtype

        def read(array: NDArray[Any]) -> NDArray[Any]:
            return np.moveaxis(decoded(array, call.dtype), call.axis, -1).astype(working)

        x = read(call.x)
        shifted = x - x.max(axis=-1, keepdims=True)
        exponentials = np.exp(shifted)
        total = _summed(exponentials)
        s = exponentials / total
        if quantity is Quantity.FORWARD:
            result = s if call.op is Op.SOFTMAX else shifted - np.log(total)
        else:
            v = read(call.cotangent if call.cotangent is not None else np.ones_like(call.x))
            result = s * v - s * _summed(s * v) if call.op is Op.SOFTMAX else v - s * _summed(v)
        return encoded(np.moveaxis(result, -1, call.axis).astype(np.float64), due)


def _summed(terms: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.cumsum(terms[..., ::-1], axis=-1, dtype=terms.dtype)[..., -1:])


RIGHT: Final[tuple[Adapter, ...]] = (ReferenceAdapter(), Rounded(), Sequential(), StepByStep())
