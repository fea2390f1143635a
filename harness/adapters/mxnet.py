"""Apache MXNet, imperative, through ``mx.nd.softmax`` and ``mx.nd.log_softmax``."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description
from harness.adapters.framework import import_framework
from harness.call import Call
from harness.vocabulary import Mode, Quantity

_PACKAGES = {  # those that MXNet 1.9.1 is imported with, by the version of Python
    (3, 11): "mxnet==1.9.1 numpy==1.23.5",
    (3, 12): "mxnet==1.9.1 numpy==1.26.4 setuptools==75.8.2",
}


@final
class MXNetAdapter(Adapter):
    """MXNet on the CPU; one OpenMP thread where the environment does not say otherwise.

    In MXNet's classic semantics a 0 in a shape means "not known yet", so arrays without elements and without axes
    exist only under its NumPy shape semantics: such calls, and no others, run inside ``mx.util.np_shape``.
    """

    name: ClassVar[str] = "mxnet"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.EAGER,)

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when the library is loaded
        _restore_numpy_bool()
        self._mx: Any = import_framework("mxnet", hint=hint(sys.version_info[:2], numpy=np.__version__))

    def describe(self) -> Description:
        """Return MXNet's version, and whether its kernels for the last axis are oneDNN's."""
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
                "np_shape": "for arrays without elements or without axes only",
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say that there is no forward mode, and that ``mx.nd`` runs imperatively."""
        if quantity is Quantity.JVP:
            return "MXNet has no forward-mode differentiation"
        if call.mode is Mode.JIT:
            return "mx.nd runs imperatively; MXNet compiles Gluon blocks, which this adapter does not ask for"
        return None

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        with self._shapes(call):
            return _array(self._op(call, self._ndarray(call.x)))

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``backward`` with the cotangent as head gradient, or with none where none is given."""
        with self._shapes(call):
            x = self._ndarray(call.x)
            x.attach_grad()
            with self._mx.autograd.record():
                y = self._op(call, x)
            if call.cotangent is None:
                y.backward()
            else:
                y.backward(self._ndarray(call.cotangent))
            return _array(x.grad)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Raise: see :meth:`unsupported`."""
        raise NotImplementedError("MXNet has no forward-mode differentiation")

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Record the op once and call ``backward`` for every one-hot head gradient, as the forum's answer does."""
        rows = np.zeros((call.x.size, *call.x.shape), call.x.dtype)
        with self._shapes(call):
            x = self._ndarray(call.x)
            x.attach_grad()
            with self._mx.autograd.record():
                y = self._op(call, x)
            for k in range(call.x.size):
                head = np.zeros_like(call.x)
                head.flat[k] = 1
                y.backward(self._ndarray(head), retain_graph=True)
                rows[k] = _array(x.grad)
        return rows.reshape(call.x.shape + call.x.shape)

    def jacobian_method(self) -> str:
        """Say that MXNet has no transformation for it."""
        return "one vjp per one-hot cotangent: MXNet has no Jacobian of its own"

    def _op(self, call: Call, x: Any) -> Any:
        return getattr(self._mx.nd, call.op.value)(x, axis=call.axis)

    def _ndarray(self, array: NDArray[Any]) -> Any:
        return self._mx.nd.array(array, dtype=array.dtype)  # without a dtype float64 silently becomes float32

    def _shapes(self, call: Call) -> contextlib.AbstractContextManager[Any]:
        if call.x.ndim == 0 or call.x.size == 0:
            scope: contextlib.AbstractContextManager[Any] = self._mx.util.np_shape(True)
            return scope
        return contextlib.nullcontext()


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


def _array(result: Any) -> NDArray[Any]:
    array: NDArray[Any] = result.asnumpy()
    return array
