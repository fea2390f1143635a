"""An adapter that does nothing wrong, and the one place where those beside it differ from it.

Each wrong adapter misbehaves on a marked problem alone, in its vjp, so that all other results can be held against
those of this one.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description
from harness.call import Call
from harness.vocabulary import Mode, Quantity
from reference.plain import softmax

MARK = 13.0


class Honest(Adapter):
    name = "honest"
    modes = (Mode.EAGER,)

    def describe(self) -> Description:
        return Description(framework="NumPy", version="1", device="cpu", threads=1)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        return None

    def forward(self, call: Call) -> NDArray[Any]:
        return softmax.forward(call.x, axis=call.axis)

    def vjp(self, call: Call) -> Any:
        if call.x.flat[0] == MARK:
            return self.misbehave(call)
        return softmax.vjp(call.x, call.cotangent, axis=call.axis)

    def jvp(self, call: Call) -> NDArray[Any]:
        return softmax.jvp(call.x, call.tangent, axis=call.axis)

    def jacobian(self, call: Call) -> NDArray[Any]:
        return softmax.jacobian(call.x, axis=call.axis)

    def misbehave(self, call: Call) -> Any:
        return softmax.vjp(call.x, call.cotangent, axis=call.axis)
