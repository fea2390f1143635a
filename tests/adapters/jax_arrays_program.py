"""Run by the Python that has JAX: the adapter, which hands NumPy's arrays on, beside calls with arrays of JAX's.

Writes what it found as JSON. ``sys.argv[1]`` is "alone" where nothing but plain JAX may be used, for digests.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from harness.adapters.jax import JaxAdapter
from harness.adapters.jax_ops import Parameters
from harness.call import ARRAYS, Call
from harness.plan.carrier import encoded
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction

SHAPES = [(3, 37), (2, 1, 5), (0, 4), (6,)]  # of the last, logsumexp has a result without axes
QUANTITIES = [Quantity.FORWARD, Quantity.VJP]


def _at(array: NDArray[Any], *, offset: int) -> NDArray[Any]:
    room = np.empty(array.nbytes + 64 + offset, np.uint8)
    start = -room.ctypes.data % 64 + offset
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {  # the same numbers, otherwise in memory
    "as they are": np.copy,
    "columns first": lambda array: np.array(array, order="F"),
    "backwards": lambda array: np.flip(np.flip(array).copy()),
    "every other": lambda array: np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array.copy(),
    "not aligned": lambda array: _at(array, offset=1),
    "aligned": lambda array: _at(array, offset=0),
    "not to be written": _frozen,
}


def calls() -> Iterator[Call]:
    """Yield calls of each op, dtype and shape; some of their numbers, and of their results, are subnormal."""
    rng = np.random.default_rng(0)
    for op in Op:
        for dtype in DType:
            for shape in SHAPES:
                if op is Op.SOFTMAX_OUTPUT or not dtype.floating or (op is Op.CROSS_ENTROPY and len(shape) != 2):
                    continue
                x = rng.standard_normal(shape) * 30
                call = Call(op=op, axis=-1, dtype=dtype, mode=Mode.JIT, x=encoded(x, dtype))
                if op.masked:
                    call = replace(call, mask=rng.random(shape) < 0.8)
                if op.has_targets:
                    labels = rng.integers(0, shape[-1], shape[:-1], np.int32)
                    call = replace(call, targets=labels, reduction=Reduction.NONE)
                head = rng.standard_normal(call.output_shape) * 1e-30
                yield replace(call, cotangent=encoded(head, dtype))


def name(call: Call, quantity: Quantity) -> str:
    """Return what tells a call and quantity from others."""
    return f"{quantity.value} of {call.op.value}, {call.dtype.value}, {call.x.shape}"


def digest(array: Any) -> str:
    """Return the digest of dtype, shape and bits."""
    return hashlib.sha256(f"{array.dtype} {array.shape} ".encode() + np.asarray(array).tobytes()).hexdigest()


def alone() -> dict[str, str]:
    """Return digests of what plain ``jax.jit`` of arrays of JAX's returns, JAX being as it comes."""
    jax.config.update("jax_enable_x64", True)
    described = JaxAdapter.__new__(JaxAdapter)  # for its functions; its constructor would change how JAX computes
    described._jax = jax
    found = {}
    for call in calls():
        for quantity in QUANTITIES:
            function = jax.jit(described._function(Parameters.of(call), quantity))
            operand = next((each for each in (call.mask, call.targets) if each is not None), None)
            head = call.cotangent if quantity is Quantity.VJP else None
            given = [None if each is None else _owned(each, call.dtype) for each in (call.x, operand, head)]
            found[name(call, quantity)] = digest(function(*given, None))
    return found


def _owned(array: NDArray[Any], dtype: DType) -> Any:
    bfloat16 = dtype is DType.BFLOAT16 and array.dtype == np.uint16
    return jax.numpy.array(array.view(jax.numpy.bfloat16) if bfloat16 else array)


def beside() -> dict[str, Any]:
    """Return digests of what the adapter returns, and the calls that it, or a layout, does something else to."""
    adapter, found, layouts, changed, shared = JaxAdapter(), {}, [], [], []
    for call in calls():
        for quantity in QUANTITIES:
            method = getattr(adapter, quantity.value)
            given = {field: array for field in ARRAYS if (array := getattr(call, field)) is not None}
            for layout, lay in LAYOUTS.items():
                laid = {field: lay(array) for field, array in given.items()}
                result = method(replace(call, **laid))
                before = digest(result)
                asked = f"{name(call, quantity)}, {layout}"
                if found.setdefault(name(call, quantity), before) != before:
                    layouts.append(asked)
                if any(laid[field].tobytes() != array.tobytes() for field, array in given.items()):
                    changed.append(asked)
                for array in laid.values():
                    if array.flags.writeable:
                        array.fill(1)  # the caller's to overwrite, once the call is over
                if digest(result) != before or any(np.shares_memory(result, array) for array in laid.values()):
                    shared.append(asked)
    return {"digests": found, "layouts": layouts, "changed": changed, "shared": shared, "async": _async()}


def _async() -> bool:
    return bool(jax.config.read("jax_cpu_enable_async_dispatch"))


sys.stdout.write(json.dumps({"digests": alone(), "async": _async()} if sys.argv[1] == "alone" else beside()))
