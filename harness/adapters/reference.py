"""The NumPy reference, package ``reference``: the formulas as a person would write them."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description, Precision
from harness.call import Call
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named
from reference.plain.mask import keeping_first


@final
class ReferenceAdapter(Adapter):
    """NumPy, eager. It has no answer where no cotangent is given: the mathematics knows none by default.

    Half types are computed in float32 and integers in float64, or in the dtype asked for the result if that is wider,
    and rounded once, when the result is stored.
    """

    name: ClassVar[str] = "reference"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)

    def __init__(self) -> None:
        self._modules: dict[Op, Any] = {op: importlib.import_module(f"reference.plain.{op.value}") for op in Op}

    def describe(self) -> Description:
        """Return NumPy's version: its exp and log decide the last bits."""
        return Description(framework="NumPy reference", version=np.__version__, device="cpu", threads=1)

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say where mathematics has no answer, and that NumPy compiles nothing."""
        if call.mode is Mode.JIT:
            return "NumPy has no compiled mode"
        if quantity is Quantity.FORWARD:
            return None
        if not call.dtype.floating:
            return f"a function of {call.dtype.value} numbers has no derivative"
        if call.op is Op.SOFTMAX_OUTPUT:
            return _without_derivative(call, quantity)
        if quantity in (Quantity.VJP, Quantity.HVP) and call.cotangent is None and call.output_shape:
            return "a vjp is the product of a cotangent and the Jacobian: mathematics has no cotangent by default"
        return None

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return the dtype of every step: the widest of float32 and the dtypes of input and output."""
        working = working_of(call)
        return Precision(working=working, accumulation=working)

    def forward(self, call: Call) -> NDArray[Any]:
        """Evaluate the op."""
        x, parameters = _widened(call, call.x, call.dtype), _parameters(call)
        if call.op is Op.SOFTMAX_OUTPUT:
            parameters = {}  # they are those of its gradient
        result = self._modules[call.op].forward(x, axis=call.axis, **parameters)
        return _stored(result, call.dtype_of(Quantity.FORWARD))

    def vjp(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the vjp."""
        vectors = () if call.op is Op.SOFTMAX_OUTPUT else (_cotangent(call),)
        return self._derivative(call, Quantity.VJP, *vectors)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the jvp."""
        return self._derivative(call, Quantity.JVP, _tangent(call))

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the Jacobian."""
        return self._derivative(call, Quantity.JACOBIAN)

    def hvp(self, call: Call) -> NDArray[Any]:
        """Evaluate the closed formula of the Hessian times the tangent."""
        return self._derivative(call, Quantity.HVP, _cotangent(call), _tangent(call))

    def method(self, quantity: Quantity) -> str | None:
        """Name the formula."""
        return "the closed formula" if quantity in (Quantity.JACOBIAN, Quantity.HVP) else None

    def _derivative(self, call: Call, quantity: Quantity, *vectors: NDArray[Any]) -> NDArray[Any]:
        x, rule = _widened(call, call.x, call.dtype), getattr(self._modules[call.op], quantity.value)
        return _stored(rule(x, *vectors, axis=call.axis, **_parameters(call)), call.dtype_of(quantity))


def _without_derivative(call: Call, quantity: Quantity) -> str | None:
    if quantity is not Quantity.VJP:
        return f"no function has the gradient that SoftmaxOutput returns: it has no {quantity.value}"
    if call.label_smoothing and not call.index_targets:
        return "SoftmaxOutput smooths class indices only: what it would make of probabilities is not defined"
    return None


def _parameters(call: Call) -> dict[str, Any]:
    """Return what the functions of this op take beside arrays of numbers and the axis."""
    parameters: dict[str, Any] = {}
    if call.op.tempered:
        parameters["temperature"] = 1.0 if call.temperature is None else call.temperature
    if call.op.masked:
        kept = call.mask
        if kept is None and call.lengths is not None:
            kept = keeping_first(call.lengths, call.x.shape, axis=call.axis)
        parameters["mask"] = kept
    if call.op.has_targets and call.targets is not None:
        targets = call.targets if call.index_targets else _widened(call, call.targets, call.dtype)
        smoothing = call.label_smoothing
        parameters |= {"targets": targets, "ignore_index": call.ignore_index, "label_smoothing": smoothing}
    if call.op is Op.CROSS_ENTROPY:
        parameters["reduction"] = "none" if call.reduction is None else call.reduction.value
    if call.op is Op.SOFTMAX_OUTPUT:
        parameters |= {"grad_scale": call.grad_scale, "normalization": call.normalization.value}
    return parameters


def working_of(call: Call) -> DType:
    """Return the dtype of every step of ``call``."""
    dtypes = (call.dtype, call.result_dtype)
    return DType.FLOAT64 if DType.FLOAT64 in dtypes or DType.INT32 in dtypes else DType.FLOAT32


def _cotangent(call: Call) -> NDArray[Any]:
    """Return the cotangent; a scalar output that was given none has a gradient, its vjp for 1."""
    if call.cotangent is None:
        return np.ones((), dtype=working_of(call).value)
    return _widened(call, call.cotangent, call.result_dtype or call.dtype)


def _tangent(call: Call) -> NDArray[Any]:
    if call.tangent is None:
        raise ValueError("a jvp or an hvp without a tangent; the caller's mistake")
    return _widened(call, call.tangent, call.dtype)


def _widened(call: Call, array: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return an array of ``dtype`` in the working dtype of the call, in which each of its numbers is exact."""
    working = working_of(call)
    if dtype in (working, DType.INT32):
        return array.astype(working.value, copy=False)
    return format_named(dtype.value).decode(array).astype(working.value)


def _stored(result: NDArray[Any], dtype: DType | None) -> NDArray[Any]:
    """Return a result rounded to ``dtype``, or as it is where none is asked for; bfloat16 as its bits."""
    if dtype is None or result.dtype.name == dtype.value:
        return result
    return format_named(dtype.value).encode(result.astype(np.float64))
