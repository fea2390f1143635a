"""The wrong adapter that a fault makes, and right ones beside it. NumPy alone.

The wrong one computes the fault's formula, rounds it once to the dtype of the result, and declares what the reference
declares; where the fault does not apply it is right. The right ones differ in how they compute.
"""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description, Precision
from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.compare.asked import Asked, decoded, result_format
from harness.plan.carrier import encoded
from harness.vocabulary import Mode, Op, Quantity
from reference.faults import Answer, Evaluation, Fault
from reference.formats import format_named
from reference.ulp import rounded


class InNumpy(Adapter):
    """What the kernels share: they run in NumPy, and answer what the reference answers."""

    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)

    def __init__(self) -> None:
        self._right = ReferenceAdapter()

    def describe(self) -> Description:
        """Return NumPy's version."""
        return Description(framework="NumPy", version=np.__version__, device="cpu", threads=1)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say what the reference says."""
        return self._right.unsupported(call, quantity)

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return what the reference declares."""
        return self._right.precision(call, quantity)

    def forward(self, call: Call) -> NDArray[Any]:
        """Return the op's output by this kernel."""
        return self._answer(call, Quantity.FORWARD)

    def vjp(self, call: Call) -> NDArray[Any]:
        """Return the vjp by this kernel."""
        return self._answer(call, Quantity.VJP)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Return the jvp by this kernel."""
        return self._answer(call, Quantity.JVP)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Return the Jacobian by this kernel."""
        return self._answer(call, Quantity.JACOBIAN)

    def hvp(self, call: Call) -> NDArray[Any]:
        """Return the Hessian times the tangent by this kernel."""
        return self._answer(call, Quantity.HVP)

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        raise NotImplementedError


def evaluation_of(call: Call, quantity: Quantity, precision: Precision) -> Evaluation:
    """Return what ``call`` asks of the mathematics, and of a kernel of this precision."""
    asked = Asked((call,), result=result_format(call))
    return Evaluation.of(
        asked.question,
        quantity.value,
        **asked.vectors(quantity),
        working=precision.working.value,
        accumulation=precision.accumulation.value,
    )


def stored(wrong: Answer, call: Call, quantity: Quantity) -> NDArray[Any]:
    """Return a wrong answer as a kernel does that computes it exactly: rounded once, to the dtype of ``quantity``."""
    due = format_named(call.dtype_of(quantity) or call.dtype)
    return due.encode(rounded(wrong.value, due))


@final
class Wrong(InNumpy):
    """A kernel with one fault of the catalogue."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.name = f"wrong-{fault.name}"  # type: ignore[misc] # one class serves every fault
        self.fault = fault

    def _answer(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        found = self.fault.answer(evaluation_of(call, quantity, self.precision(call, quantity)))
        if found is not None:
            return stored(found, call, quantity)
        right: NDArray[Any] = getattr(self._right, quantity.value)(call)
        return right


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


def right_kernels() -> tuple[Adapter, ...]:
    """Return correct kernels, none of which may be flagged."""
    return (ReferenceAdapter(), Rounded(), Sequential())
