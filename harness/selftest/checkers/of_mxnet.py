"""MXNet's checker: mxnet.test_utils.check_numeric_gradient, of a symbol that is a custom op."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from harness.adapters.framework import import_framework
from harness.selftest.checkers.kernel import Kernel

Check = Callable[[], bool]

_OP: Final = "harness_selftest_kernel"
_SERVED: list[Kernel] = []  # the kernel that the op stands for: its class is made by MXNet


def checks(kernel: Kernel) -> dict[str, Check]:
    """Return MXNet's checker of ``kernel`` at its defaults; the dtype is that of the kernel's logits."""
    os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")  # it says once per check that oneDNN is in use
    import_framework("harness.adapters.mxnet", hint="it is part of the harness").MXNetAdapter()  # mends NumPy for it
    mx = import_framework("mxnet", hint="install it with: pip install mxnet==1.9.1")
    if not _SERVED:
        _register(mx)
    _SERVED[:] = [kernel]
    test_utils = import_framework("mxnet.test_utils", hint="it comes with mxnet")

    def check_numeric_gradient() -> bool:
        np.random.seed(0)  # MXNet's checker draws from NumPy's global stream
        symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type=_OP)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what it finds
                test_utils.check_numeric_gradient(symbol, {"x": kernel.x}, dtype=kernel.x.dtype.type)
        except AssertionError:
            return False
        return True

    return {"mxnet.test_utils.check_numeric_gradient": check_numeric_gradient}


def _register(mx: Any) -> None:
    class Op(mx.operator.CustomOp):  # type: ignore[misc] # MXNet is not installed where types are checked
        def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
            kernel = _SERVED[0]
            result = kernel.forward(in_data[0].asnumpy())
            self.assign(out_data[0], req[0], mx.nd.array(result.reshape(out_data[0].shape), dtype=result.dtype))

        def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:  # noqa: PLR0917
            kernel = _SERVED[0]
            result = kernel.backward(in_data[0].asnumpy(), out_grad[0].asnumpy())
            self.assign(in_grad[0], req[0], mx.nd.array(result, dtype=result.dtype))

    @mx.operator.register(_OP)
    class Properties(mx.operator.CustomOpProp):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(need_top_grad=True)

        def infer_shape(self, in_shape: Any) -> Any:
            return in_shape, [list(_SERVED[0].output_shape) or [1]], []  # MXNet's own arrays have an axis at least

        def create_operator(self, ctx: Any, shapes: Any, dtypes: Any) -> Any:
            return Op()
