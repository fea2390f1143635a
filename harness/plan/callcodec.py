"""Calls as JSON values, and back: the one place that knows the names of a call's fields on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from numpy.typing import NDArray

from harness.arraypack import name_of
from harness.call import ARRAYS, Call, batch_shape, output_shape
from harness.vocabulary import DType, Mode, Normalization, Op, Reduction

Json = dict[str, Any]
Keep = Callable[[NDArray[Any]], Any]  # puts an array away and returns a reference to it
Fetch = Callable[[Mapping[str, Any]], NDArray[Any]]  # the inverse

T = TypeVar("T")


def parameters_to_json(call: Call) -> Json:
    """Return everything of ``call`` but its arrays."""
    return {
        "op": call.op.value,
        "axis": call.axis,
        "dtype": call.dtype.value,
        "mode": call.mode.value,
        "temperature": None if call.temperature is None else float(call.temperature),
        "reduction": None if call.reduction is None else call.reduction.value,
        "ignore_index": call.ignore_index,
        "label_smoothing": float(call.label_smoothing),
        "grad_scale": float(call.grad_scale),
        "normalization": call.normalization.value,
        "result_dtype": None if call.result_dtype is None else call.result_dtype.value,
    }


def call_to_json(call: Call, keep: Keep) -> Json:
    """Return ``call`` as a JSON value, its arrays put away by ``keep``."""
    arrays = {name: getattr(call, name) for name in ARRAYS}
    return parameters_to_json(call) | {name: None if a is None else keep(a) for name, a in arrays.items()}


def call_from_json(value: Json, fetch: Fetch) -> Call:
    """Inverse of :func:`call_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no call.

    An array that has not the shape or the dtype that its call needs is refused.
    """
    arrays = {name: None if value[name] is None else fetch(value[name]) for name in ARRAYS}
    x = arrays.pop("x")
    if x is None:
        raise ValueError("it has no x")
    call = Call(
        op=Op(value["op"]),
        axis=integer(value["axis"]),
        dtype=DType(value["dtype"]),
        mode=Mode(value["mode"]),
        x=x,
        **arrays,
        temperature=_optional(_number, value["temperature"]),
        reduction=_optional(Reduction, value["reduction"]),
        ignore_index=_optional(integer, value["ignore_index"]),
        label_smoothing=_number(value["label_smoothing"]),
        grad_scale=_number(value["grad_scale"]),
        normalization=Normalization(value["normalization"]),
        result_dtype=_optional(DType, value["result_dtype"]),
    )
    _check_arrays(call)
    return call


def _check_arrays(call: Call) -> None:
    shape = call.x.shape
    if not -max(len(shape), 1) <= call.axis < max(len(shape), 1):
        raise ValueError(f"its axis {call.axis} is none of x, of shape {shape}")
    batch = batch_shape(shape, call.axis)
    output = output_shape(call.op, shape, axis=call.axis, reduction=call.reduction)
    carrier = call.dtype.carrier
    kinds: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {  # what each array may be
        "x": ((carrier, shape),),
        "cotangent": (((call.result_dtype or call.dtype).carrier, output),),
        "tangent": ((carrier, shape),),
        "mask": (("bool", shape),),
        "lengths": (("int32", batch),),
        "targets": (("int32", batch), (carrier, shape)),
    }
    for name in ARRAYS:
        array: NDArray[Any] | None = getattr(call, name)
        if array is not None and (name_of(array.dtype), array.shape) not in kinds[name]:
            expected = " or ".join(f"{dtype} {list(of)}" for dtype, of in kinds[name])
            raise ValueError(f"its {name} is {array.dtype.name} {list(array.shape)}, expected {expected}")


def integer(value: Any) -> int:
    """Return ``value``; raise TypeError where it is no integer."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} should be an integer")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, float):
        raise TypeError(f"{value!r} should be a float")
    return value


def _optional(decode: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else decode(value)
