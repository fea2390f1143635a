"""Which arrays a quantity of a call is made of, whatever the framework."""

from __future__ import annotations

from harness.call import Call
from harness.vocabulary import DType, Quantity

_OPERANDS = ("mask", "lengths", "targets")
_VECTORS = {
    Quantity.VJP: ("cotangent",),
    Quantity.JVP: ("tangent",),
    Quantity.HVP: ("cotangent", "tangent"),
}


def arrays_of(call: Call, quantity: Quantity) -> tuple[str, ...]:
    """Return the names of the arrays that ``quantity`` of ``call`` needs and has, the primal first."""
    names = ("x", *_OPERANDS, *_VECTORS.get(quantity, ()))
    return tuple(name for name in names if getattr(call, name) is not None)


def cotangent_dtype(call: Call) -> DType:
    """Return the dtype of the cotangent, which is that of the output."""
    return call.dtype_of(Quantity.FORWARD) or call.dtype
