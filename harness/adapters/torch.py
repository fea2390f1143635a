"""PyTorch, eager: ``torch.softmax`` and its kin, ``torch.nn.functional.cross_entropy``, and PyTorch's autograd."""

from __future__ import annotations

from typing import Any, ClassVar, final

from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description, Precision
from harness.adapters.exchange import use_torch_device
from harness.adapters.framework import import_framework
from harness.adapters.torch_ops import Function, array_of, lacking, op_of, tensor_of
from harness.adapters.torch_precision import precision_of
from harness.call import Call
from harness.vocabulary import DType, Mode, Quantity


@final
class TorchAdapter(Adapter):
    """PyTorch on the CPU, or on the device asked for.

    One thread: the number of threads decides how PyTorch splits its sums, and so their last bits, and small arrays
    are faster without a pool.
    """

    name: ClassVar[str] = "torch"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")

    def __init__(self, device: str = "cpu") -> None:
        self._torch: Any = import_framework("torch", hint="install it with: pip install torch==2.13.0")
        self._torch.set_num_threads(1)
        self._device = device
        use_torch_device(self._torch, device)

    def describe(self) -> Description:
        """Return PyTorch's version, and the instruction set that its kernels were chosen for."""
        torch = self._torch
        return Description(
            framework="PyTorch",
            version=torch.__version__,
            device=self._device,
            threads=torch.get_num_threads(),
            settings={
                "threads": "set to 1 by the adapter: their number decides the order of sums",
                "cpu capability": torch.backends.cpu.get_cpu_capability(),
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return why PyTorch has no such call; compiled ones are not asked for."""
        if call.mode is Mode.JIT:
            return "this adapter runs PyTorch eagerly, as its users do by default; torch.compile is not asked"
        return lacking(call)

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return what was seen of the kernels."""
        return precision_of(call, quantity)

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        return self._array(self._op(call)(self._tensor(call.x, call.dtype)))

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``torch.autograd.grad`` with the cotangent, or ``backward()`` where none is given."""
        x = self._tensor(call.x, call.dtype).requires_grad_()
        y = self._op(call)(x)
        if call.cotangent is None:
            y.backward()
            return self._array(x.grad)
        (gradient,) = self._torch.autograd.grad(y, x, grad_outputs=self._cotangent(call))
        return self._array(gradient)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Call ``torch.func.jvp``, forward mode."""
        primal, tangent = (self._tensor(array, call.dtype) for array in (call.x, call.tangent))
        _, result = self._torch.func.jvp(self._op(call), (primal,), (tangent,))
        return self._array(result)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Call ``torch.autograd.functional.jacobian``."""
        x = self._tensor(call.x, call.dtype)
        return self._array(self._torch.autograd.functional.jacobian(self._op(call), x))

    def hvp(self, call: Call) -> NDArray[Any]:
        """Call ``torch.autograd.grad`` twice."""
        grad = self._torch.autograd.grad
        x = self._tensor(call.x, call.dtype).requires_grad_()
        (first,) = grad(self._op(call)(x), x, grad_outputs=self._cotangent(call), create_graph=True)
        (second,) = grad(first, x, grad_outputs=self._tensor(call.tangent, call.dtype))
        return self._array(second)

    def method(self, quantity: Quantity) -> str | None:
        """Name PyTorch's transformations."""
        return _METHODS.get(quantity)

    def _op(self, call: Call) -> Function:
        return op_of(self._torch, call)

    def _cotangent(self, call: Call) -> Any:
        output = call.dtype_of(Quantity.FORWARD) or call.dtype
        return None if call.cotangent is None else self._tensor(call.cotangent, output)

    def _tensor(self, array: NDArray[Any] | None, dtype: DType) -> Any:
        return tensor_of(self._torch, array, dtype)

    def _array(self, tensor: Any) -> NDArray[Any]:
        return array_of(self._torch, tensor)


_METHODS = {
    Quantity.JACOBIAN: "torch.autograd.functional.jacobian (reverse mode)",
    Quantity.HVP: "reverse over reverse: torch.autograd.grad of torch.autograd.grad(create_graph=True)",
}
