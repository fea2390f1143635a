"""The NumPy reference, package ``reference``: the formulas as a person would write them."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description
from harness.call import Call
from harness.vocabulary import Mode, Op, Quantity


@final
class ReferenceAdapter(Adapter):
    """NumPy, eager. It has no answer where no cotangent is given: the mathematics knows none by default."""

    name: ClassVar[str] = "reference"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)

    def __init__(self) -> None:
        self._modules: dict[Op, Any] = {op: importlib.import_module(f"reference.{op.value}") for op in Op}

    def describe(self) -> Description:
        """Return NumPy's version: its exp and log decide the last bits."""
        return Description(framework="NumPy reference", version=np.__version__, device="cpu", threads=1)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say that a vjp needs a cotangent, and that NumPy compiles nothing."""
        if quantity is Quantity.VJP and call.cotangent is None:
            return "a vjp is the product of a cotangent and the Jacobian: mathematics has no cotangent by default"
        if call.mode is Mode.JIT:
            return "NumPy has no compiled mode"
        return None

    def forward(self, call: Call) -> NDArray[Any]:
        """Evaluate the op."""
        result: NDArray[Any] = self._modules[call.op].forward(call.x, axis=call.axis)
        return result

    def vjp(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the vjp."""
        result: NDArray[Any] = self._modules[call.op].vjp(call.x, call.cotangent, axis=call.axis)
        return result

    def jvp(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the jvp."""
        result: NDArray[Any] = self._modules[call.op].jvp(call.x, call.tangent, axis=call.axis)
        return result

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the Jacobian."""
        result: NDArray[Any] = self._modules[call.op].jacobian(call.x, axis=call.axis)
        return result

    def jacobian_method(self) -> str:
        """Name the formula."""
        return "the closed formula"
