"""PyTorch, eager, through ``torch.softmax`` and ``torch.log_softmax``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description
from harness.adapters.framework import import_framework
from harness.call import Call
from harness.vocabulary import Mode, Quantity


@final
class TorchAdapter(Adapter):
    """PyTorch on the CPU.

    One thread: the number of threads decides how PyTorch splits its sums, and so their last bits, and small arrays
    are faster without a pool.
    """

    name: ClassVar[str] = "torch"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)

    def __init__(self) -> None:
        self._torch: Any = import_framework("torch", hint="install it with: pip install torch==2.13.0")
        self._torch.set_num_threads(1)

    def describe(self) -> Description:
        """Return PyTorch's version, and the instruction set that its kernels were chosen for."""
        torch = self._torch
        return Description(
            framework="PyTorch",
            version=torch.__version__,
            device="cpu",
            threads=torch.get_num_threads(),
            settings={
                "threads": "set to 1 by the adapter: their number decides the order of sums",
                "cpu capability": torch.backends.cpu.get_cpu_capability(),
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return None, but for compiled calls."""
        if call.mode is Mode.JIT:
            return "this adapter runs PyTorch eagerly, as its users do by default; torch.compile is not asked"
        return None

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        return _array(self._op(call)(self._torch.from_numpy(call.x)))

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``torch.autograd.grad`` with the cotangent, or ``backward()`` where none is given."""
        x = self._torch.from_numpy(call.x).requires_grad_()
        y = self._op(call)(x)
        if call.cotangent is None:
            y.backward()
            return _array(x.grad)
        (gradient,) = self._torch.autograd.grad(y, x, grad_outputs=self._torch.from_numpy(call.cotangent))
        return _array(gradient)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Call ``torch.func.jvp``, forward mode."""
        primal, tangent = (self._torch.from_numpy(array) for array in (call.x, call.tangent))
        _, result = self._torch.func.jvp(self._op(call), (primal,), (tangent,))
        return _array(result)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Call ``torch.autograd.functional.jacobian``."""
        return _array(self._torch.autograd.functional.jacobian(self._op(call), self._torch.from_numpy(call.x)))

    def jacobian_method(self) -> str:
        """Name PyTorch's transformation."""
        return "torch.autograd.functional.jacobian (reverse mode)"

    def _op(self, call: Call) -> Callable[[Any], Any]:
        op = getattr(self._torch, call.op.value)
        return lambda x: op(x, dim=call.axis)


def _array(tensor: Any) -> NDArray[Any]:
    result: NDArray[Any] = np.asarray(tensor.detach().numpy())
    return result
