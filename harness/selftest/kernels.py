"""The wrong adapter that a fault makes. NumPy alone.

It computes the fault's formula, rounds it once to the dtype of the result, and declares what the reference declares;
where the fault does not apply it is right.
"""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description, Precision
from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.vocabulary import Mode, Quantity
from reference.faults import Answer, Evaluation, Fault
from reference.formats import format_named
from reference.ulp import rounded


class InNumpy(Adapter):
    """What all these kernels share: they run in NumPy, and answer what the reference answers."""

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
