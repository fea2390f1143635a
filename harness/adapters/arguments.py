"""A call as the arguments of a plain function: each handed by its name, to a function that has a parameter for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from harness.call import Call
from harness.vocabulary import DType, Normalization, Op, Quantity, Reduction

ARGUMENTS: Final = (
    *("x", "axis", "cotangent", "tangent", "temperature", "mask", "lengths", "targets", "reduction", "ignore_index"),
    *("label_smoothing", "grad_scale", "normalization", "result_dtype", "dtype", "device", "saved"),
)
_NONE_IS_A_VALUE: Final = ("ignore_index", "result_dtype")  # a parameter without default is then handed None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters by which a function of an adapter's file, of this name, is handed a call."""

    name: str
    taken: frozenset[str]
    needed: frozenset[str]  # those of them that have no default


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Parameters):
    """A function of an adapter's file: what it computes, and what it is handed."""

    op: Op
    quantity: Quantity
    code: Callable[..., Any]


def function_of(name: str, code: Callable[..., Any], *, op: Op, quantity: Quantity) -> Function:
    """Return ``code`` as a function that can be handed calls; raise ValueError, saying why, where it cannot be one."""
    try:
        parameters = inspect.signature(code).parameters.values()
    except (TypeError, ValueError):
        raise ValueError(f"{name} does not tell its parameters: wrap it in a function that names them") from None
    named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    unknown = [each for each in named if each.name not in ARGUMENTS and each.default is each.empty]
    if unknown:
        raise ValueError(
            f"{name} has a parameter {unknown[0].name!r}, which no call has: there are {', '.join(ARGUMENTS)}; "
            "one of its own needs a default"
        )
    if hidden := [each.name for each in named if each.kind is each.POSITIONAL_ONLY]:
        raise ValueError(f"{name} takes {hidden[0]!r} by its position alone: arguments are handed by name")
    taken = frozenset(each.name for each in named if each.name in ARGUMENTS)
    if missing := [word for word in _due(op, quantity) if word not in taken and not (word == "x" and "saved" in taken)]:
        raise ValueError(f"{name} has no parameter {missing[0]!r}, without which nobody can compute it")
    needed = frozenset(each.name for each in named if each.default is each.empty)
    return Function(name=name, op=op, quantity=quantity, code=code, taken=taken, needed=needed)


def _due(op: Op, quantity: Quantity) -> tuple[str, ...]:
    vectors = {
        Quantity.VJP: () if op is Op.SOFTMAX_OUTPUT else ("cotangent",),  # its gradient ignores the cotangent
        Quantity.JVP: ("tangent",),
        Quantity.HVP: ("cotangent", "tangent"),
    }
    return ("x", *vectors.get(quantity, ()), *(("targets",) if op.has_targets and quantity is Quantity.FORWARD else ()))


def lacking(function: Function, call: Call) -> str | None:
    """Return why ``function`` cannot be handed ``call``, or None where it can."""
    asked = [name for name, usual in _usual(call).items() if _differs(getattr(call, name), usual)]
    for name in asked:
        if name not in function.taken:
            return f"{function.name} takes no {name.replace('_', ' ')}"
    if "axis" not in function.taken and call.x.ndim > 1 and call.axis % call.x.ndim != call.x.ndim - 1:
        return f"{function.name} takes no axis: it can be asked along the last one only"
    handed = _given(call)
    for name in sorted(function.needed - {"saved", "device"}):
        if handed[name] is None and name not in _NONE_IS_A_VALUE:
            return f"{function.name} takes {name}, of which the case gives none"
    return None


def _usual(call: Call) -> dict[str, Any]:
    """Return the parameters that a function need not take, with the value at which it need not."""
    usual: dict[str, Any] = {"temperature": None, "mask": None, "lengths": None, "reduction": None}
    usual |= {"ignore_index": None, "label_smoothing": 0.0, "result_dtype": None}
    if call.op is Op.SOFTMAX_OUTPUT:
        usual |= {"grad_scale": 1.0, "normalization": Normalization.NULL}
    return usual


def _differs(value: Any, usual: Any) -> bool:
    return value is not None and value is not Reduction.NONE and (usual is None or value != usual)


def _given(call: Call) -> dict[str, Any]:
    names = [name for name in ARGUMENTS if name not in ("saved", "device")]
    given = {name: getattr(call, name) for name in names}
    return given | {
        "temperature": 1.0 if call.temperature is None else call.temperature,
        "reduction": "none" if call.reduction is None else call.reduction.value,
        "normalization": call.normalization.value,
        "result_dtype": None if call.result_dtype is None else call.result_dtype.value,
        "dtype": call.dtype.value,
    }


Hand = Callable[[Any, DType], Any]  # an array of a dtype as the arrays of the kernel's framework


def arguments(function: Parameters, call: Call, *, device: str, hand: Hand) -> dict[str, Any]:
    """Return what ``function`` is handed of ``call``, but for what a forward has saved."""
    output = call.dtype_of(Quantity.FORWARD) or call.dtype
    # a mask holds bools, which travel as they are, like whole numbers
    dtypes = {"x": call.dtype, "tangent": call.dtype, "cotangent": output, "lengths": DType.INT32, "mask": DType.INT32}
    dtypes["targets"] = DType.INT32 if call.index_targets else call.dtype
    given = {"device": device, **_given(call)}
    given |= {name: hand(given[name], dtype) for name, dtype in dtypes.items() if given[name] is not None}
    return {
        name: value
        for name, value in given.items()
        if name in function.taken and (value is not None or name in function.needed)
    }
