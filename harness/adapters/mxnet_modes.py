"""What MXNet's modes are made of: switches around a call, and Gluon blocks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Final

from harness.adapters.mxnet_ops import Function
from harness.call import Call
from harness.vocabulary import Mode, Op

SAFE: Final = "MXNET_SAFE_ACCUMULATION"


@contextlib.contextmanager
def surroundings(mx: Any, call: Call) -> Iterator[None]:
    """Run what is within under the semantics of the call's mode; it has to wait there for its results."""
    numpy = call.mode is Mode.NUMPY
    with contextlib.ExitStack() as stack:
        if numpy or needs_np_shape(call):
            stack.enter_context(mx.util.np_shape(True))
        if numpy:
            stack.enter_context(mx.util.np_array(True))
        if call.mode is Mode.SAFE_ACCUMULATION:
            stack.enter_context(_safe_accumulation())
        yield


def needs_np_shape(call: Call) -> bool:
    """Tell whether a call needs NumPy's shape semantics in any mode.

    Arrays without axes or elements, a label without axes among them, exist under these only.
    """
    return call.x.ndim == 0 or call.x.size == 0 or (call.op is Op.SOFTMAX_OUTPUT and call.x.ndim == 1)


def hybridized(mx: Any, op: Function) -> Any:
    """Return ``op`` as a Gluon block that is traced, and run as a graph."""

    class Traced(mx.gluon.HybridBlock):  # type: ignore[misc]
        def hybrid_forward(self, ops: Any, x: Any, *given: Any) -> Any:
            return op(ops, x, *given)

    block = Traced()
    block.hybridize()
    return block


@contextlib.contextmanager
def _safe_accumulation() -> Iterator[None]:
    """Have sums kept in a wider dtype: 1.9.1 reads the variable at every call, in the threads that compute."""
    os.environ[SAFE] = "1"
    try:
        yield
    finally:
        os.environ[SAFE] = "0"
