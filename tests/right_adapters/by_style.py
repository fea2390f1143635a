"""What the adapters beside this module share: a correct kernel of the tests, called as an adapter is.

They differ in how they compute, and in what they declare; every one of them is right.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import HALF_TYPES, Adapter, Description, Precision
from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.vocabulary import DType, Form, Mode, Op, Quantity
from reference.formats import FLOAT32, FORMATS, FloatFormat, coarser, format_named
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import Machine, Order, pairwise


class ByStyle(Adapter):
    """Works in the coarser format of x and output, with float32 sums for half types; its style is its subclass's."""

    modes = (Mode.EAGER,)
    style: ClassVar[Style] = Style()
    order: ClassVar[Order] = staticmethod(pairwise)
    forms: ClassVar[tuple[Form, ...]] = ()

    def describe(self) -> Description:
        return Description(framework="NumPy", version=np.__version__, device="cpu", threads=1)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        if call.op is Op.SOFTMAX_OUTPUT and quantity not in (Quantity.FORWARD, Quantity.VJP):
            return "its backward is not the derivative of its output"
        return (
            "integers have no derivatives" if call.dtype is DType.INT32 and quantity is not Quantity.FORWARD else None
        )

    def working(self, call: Call) -> FloatFormat:
        """Return the format of the elementwise steps."""
        output = format_named(result_format(call))
        return coarser(FORMATS.get(call.dtype.value, output), output)

    def accumulation(self, call: Call) -> FloatFormat:
        """Return the format of sums."""
        working = self.working(call)
        return FLOAT32 if DType(working.name) in HALF_TYPES else working

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        return Precision(
            working=DType(self.working(call).name),
            accumulation=DType(self.accumulation(call).name),
            forms=self.forms,
        )

    def forward(self, call: Call) -> NDArray[Any]:
        return self._computed(call, Quantity.FORWARD)

    def vjp(self, call: Call) -> NDArray[Any]:
        return self._computed(call, Quantity.VJP)

    def jvp(self, call: Call) -> NDArray[Any]:
        return self._computed(call, Quantity.JVP)

    def jacobian(self, call: Call) -> NDArray[Any]:
        return self._computed(call, Quantity.JACOBIAN)

    def hvp(self, call: Call) -> NDArray[Any]:
        return self._computed(call, Quantity.HVP)

    def _computed(self, call: Call, quantity: Quantity) -> NDArray[Any]:
        asked = Asked([call], result=result_format(call))
        storage = format_named(asked.question.result)
        machine = Machine(
            working=self.working(call),
            accumulation=self.accumulation(call),
            storage=storage,
            entering=FORMATS.get(call.dtype.value, storage),
            order=self.order,
        )
        kernel = Kernel(name=self.name, machine=machine, style=self.style)
        result = kernel(asked.question, quantity.value, **asked.vectors(quantity))
        dtype = call.dtype_of(quantity)
        return np.asarray((storage if dtype is None else format_named(dtype.value)).encode(result))
