"""Apache MXNet 1.9.1: ``mx.nd``, ``mx.npx``, Gluon's losses and hybrid blocks, and MXNet's autograd."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Final, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description, Precision
from harness.adapters.framework import import_framework
from harness.adapters.mxnet_lacks import lacking
from harness.adapters.mxnet_modes import SAFE, hybridized, surroundings
from harness.adapters.mxnet_ops import beside, op_of
from harness.adapters.mxnet_precision import precision_of
from harness.call import Call
from harness.vocabulary import DType, Mode, Quantity

_PACKAGES = {  # those that MXNet 1.9.1 is imported with, by the version of Python
    (3, 11): "mxnet==1.9.1 numpy==1.23.5",
    (3, 12): "mxnet==1.9.1 numpy==1.26.4 setuptools==75.8.2",
}
_BFLOAT16: Final = np.dtype([("bfloat16", np.uint16)])  # MXNet's own name for it
_ONE: Final = {DType.BFLOAT16: 0x3F80}  # the bits of 1, where an array holds bits
_ENVIRONMENT: Final = ("MXNET_MKLDNN_ENABLED", "DNNL_MAX_CPU_ISA", "MXNET_ENGINE_TYPE")  # may decide kernels


@final
class MXNetAdapter(Adapter):
    """MXNet on the CPU; one OpenMP thread where the environment does not say otherwise.

    In MXNet's classic semantics a 0 in a shape means "not known yet", so arrays without elements and without axes
    exist only under its NumPy shape semantics: such calls, and no others, run inside ``mx.util.np_shape``. A scalar
    that a classic op returns is an array of one element on one axis, and comes back without that axis.
    """

    name: ClassVar[str] = "mxnet"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER, Mode.NUMPY, Mode.SAFE_ACCUMULATION, Mode.JIT)
    copies_inputs: ClassVar[bool] = True  # ``mx.nd.array`` and ``mx.np.array`` have copied when they return

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when the library is loaded
        os.environ[SAFE] = "0"  # from here on, it is the mode that decides
        _restore_numpy_bool()
        self._mx: Any = import_framework("mxnet", hint=hint(sys.version_info[:2], numpy=np.__version__))

    def describe(self) -> Description:
        """Return MXNet's version, whether its kernels for the last axis are oneDNN's, and what each mode sets."""
        features = self._mx.runtime.Features()
        threads = os.environ["OMP_NUM_THREADS"]
        return Description(
            framework="MXNet",
            version=self._mx.__version__,
            device="cpu",
            threads=int(threads) if threads.isdecimal() else None,
            settings={
                "threads": f"OMP_NUM_THREADS={threads}",
                "oneDNN": "on" if "MKLDNN" in features and features.is_enabled("MKLDNN") else "off",
                "np_shape": "for arrays without elements or without axes, and in the mode numpy",
                "safe accumulation": f"{SAFE}=1 around each call in that mode, 0 in every other",
                "jit": "a Gluon HybridBlock, hybridized",
                **{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return why MXNet has no such call, or no such derivative of it."""
        return lacking(call, quantity)

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return what was seen of the kernels."""
        return precision_of(call, quantity)

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        with surroundings(self._mx, call):
            return self._output(call, self._op(call)(self._array(call, call.x, call.dtype)))

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``backward`` with the cotangent as head gradient, or with none where none is given."""
        with surroundings(self._mx, call):
            x, y = self._record(call)
            if call.cotangent is None:
                y.backward()
            else:
                y.backward(self._head(call, call.cotangent, y))
            return _bits(x.grad)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Record the op once and call ``backward`` for every one-hot head gradient, as the forum's answer does."""
        carrier = (call.dtype_of(Quantity.FORWARD) or call.dtype).carrier
        one = _ONE.get(call.result_dtype or call.dtype, 1)
        shape = call.output_shape
        rows = np.zeros((int(np.prod(shape)), *call.x.shape), call.x.dtype)
        with surroundings(self._mx, call):
            x, y = self._record(call)
            for k in range(len(rows)):
                head = np.zeros(shape, carrier)
                head.flat[k] = one
                y.backward(self._head(call, head, y), retain_graph=True)
                rows[k] = _bits(x.grad)
        return rows.reshape(shape + call.x.shape)

    def method(self, quantity: Quantity) -> str | None:
        """Say that MXNet has no transformation for a Jacobian."""
        if quantity is Quantity.JACOBIAN:
            return "one vjp per one-hot cotangent: MXNet has no Jacobian of its own"
        return None

    def _record(self, call: Call) -> tuple[Any, Any]:
        x = self._array(call, call.x, call.dtype)
        x.attach_grad()
        op = self._op(call)
        with self._mx.autograd.record():
            return x, op(x)

    def _op(self, call: Call) -> Callable[[Any], Any]:
        op = op_of(self._mx, call)
        given = [self._array(call, array, dtype) for array, dtype in beside(call)]
        if call.mode is Mode.JIT:
            block = hybridized(self._mx, op)
            return lambda x: block(x, *given)
        ops = self._mx.npx if call.mode is Mode.NUMPY else self._mx.nd
        return lambda x: op(ops, x, *given)

    def _array(self, call: Call, array: NDArray[Any], dtype: DType) -> Any:
        """Return an array of MXNet's, of ``dtype``, which has to be named: without, float64 becomes float32."""
        if dtype is DType.BFLOAT16 and array.dtype.name == dtype.carrier:
            array = array.view(_BFLOAT16)
        made = (self._mx.np if call.mode is Mode.NUMPY else self._mx.nd).array(array, dtype=array.dtype)
        wanted = _BFLOAT16 if dtype is DType.BFLOAT16 else np.dtype(dtype.value)
        return made if array.dtype == wanted else made.astype(wanted)

    def _head(self, call: Call, cotangent: NDArray[Any], y: Any) -> Any:
        head = cotangent.reshape(y.shape) if cotangent.ndim == 0 else cotangent
        return self._array(call, head, call.dtype_of(Quantity.FORWARD) or call.dtype)

    def _output(self, call: Call, y: Any) -> NDArray[Any]:
        array = _bits(y)
        return array.reshape(()) if call.output_shape == () and array.shape == (1,) else array


def hint(python: tuple[int, int], *, numpy: str) -> str:
    """Say how to get MXNet in this version of Python, beside this version of NumPy, or that there is no way."""
    here = f"(here: Python {python[0]}.{python[1]}, numpy {numpy})"
    if python not in _PACKAGES:
        return (
            "MXNet 1.9.1 needs numpy below 2, of which there is none for Python 3.13 and later: "
            f"record it with Python 3.11 or 3.12 {here}"
        )
    return f"MXNet 1.9.1 needs numpy below 2: pip install {_PACKAGES[python]} {here}"


def _restore_numpy_bool() -> None:
    """Give NumPy 1.24 and later the alias ``np.bool`` back, which MXNet 1.9.1 uses when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy 1.20 to 1.23 warn that the alias is going away
        missing = not hasattr(np, "bool")
    if missing:
        np.bool = np.bool_  # type: ignore[misc]


def _bits(result: Any) -> NDArray[Any]:
    """Wait for an array of MXNet's and return it as NumPy's, one of bfloat16 as its bits."""
    result.wait_to_read()  # asnumpy does not wait for what has no elements: a crash would be that of the next call
    array: NDArray[Any] = result.asnumpy()
    return array.view(np.uint16) if array.dtype == _BFLOAT16 else array
