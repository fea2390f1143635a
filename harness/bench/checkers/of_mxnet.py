"""MXNet's checker of ``mx.sym.softmax``: mxnet.test_utils.check_numeric_gradient."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from harness.adapters.framework import import_framework
from harness.adapters.registry import load

Check = Callable[[NDArray[Any]], bool]


def checks() -> dict[str, Check]:
    """Return MXNet's checker at its defaults; the dtype is that of the logits."""
    os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")  # it says once per check that oneDNN is in use
    load("mxnet")()  # which mends NumPy for it, and leaves it one thread
    mx = import_framework("mxnet", hint="install it with: pip install mxnet==1.9.1")
    test_utils = import_framework("mxnet.test_utils", hint="it comes with mxnet")
    symbol = mx.sym.softmax(mx.sym.Variable("x"), axis=-1)

    def check_numeric_gradient(logits: NDArray[Any]) -> bool:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what it finds
                test_utils.check_numeric_gradient(symbol, {"x": logits}, dtype=logits.dtype.type)
        except AssertionError:
            return False
        return True

    return {"mxnet.test_utils.check_numeric_gradient": check_numeric_gradient}
