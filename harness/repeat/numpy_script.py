"""Calls of the reference, the package ``reference`` of this project, which needs NumPy and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.adapters.reference import working_of
from harness.call import Call
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.literal import literal
from harness.repeat.script import Script
from harness.vocabulary import DType, Op, Quantity, Reduction


def numpy_script(call: Call, quantity: Quantity) -> Script:
    """Return the script of ``quantity`` of ``call``; it runs where the package ``reference`` is: in a checkout."""
    names = arrays_of(call, quantity)
    arrays = {name: _array(call, name) for name in names}
    if quantity in (Quantity.VJP, Quantity.HVP) and call.cotangent is None:
        arrays["cotangent"] = f"np.ones((), np.{working_of(call).value})"
    of_gradient = call.op is Op.SOFTMAX_OUTPUT and quantity is Quantity.FORWARD  # its forward takes no parameters
    keywords = () if of_gradient else _keywords(call)
    vectors = [name for name in ("cotangent", "tangent") if name in arrays and call.op is not Op.SOFTMAX_OUTPUT]
    given = ", ".join(["x", *vectors, f"axis={call.axis}", *keywords])
    return Script(
        imports=(
            "import numpy as np",
            "",
            "from reference.formats import format_named",
            f"from reference.plain import {call.op.value}",
            *(["from reference.plain.mask import keeping_first"] if call.lengths is not None else []),
        ),
        arrays=arrays,
        body=(f"result = {call.op.value}.{quantity.value}({given})",),
        numbers=_numbers(call, quantity),
    )


def _array(call: Call, name: str) -> str:
    """Return the expression of an array, its numbers in the dtype that the reference computes in."""
    array = np.asarray(getattr(call, name))
    dtype = cotangent_dtype(call) if name == "cotangent" else call.dtype
    if name in ("mask", "lengths") or (name == "targets" and call.index_targets):
        return literal(array)
    working = f".astype(np.{working_of(call).value})"
    if dtype in (working_of(call), DType.INT32):
        return literal(array) + ("" if dtype is working_of(call) else working)
    return f'format_named("{dtype.value}").decode({literal(array)}){working}'


def _keywords(call: Call) -> Iterator[str]:
    if call.op.tempered and call.temperature is not None:
        yield f"temperature={call.temperature!r}"
    if call.mask is not None:
        yield "mask=mask"
    elif call.lengths is not None:
        yield f"mask=keeping_first(lengths, x.shape, axis={call.axis})"
    if call.op.has_targets:
        yield f"targets=targets, ignore_index={call.ignore_index}, label_smoothing={call.label_smoothing!r}"
    if call.op is Op.CROSS_ENTROPY:
        yield f'reduction="{(call.reduction or Reduction.NONE).value}"'
    if call.op is Op.SOFTMAX_OUTPUT:
        yield f'grad_scale={call.grad_scale!r}, normalization="{call.normalization.value}"'


def _numbers(call: Call, quantity: Quantity) -> str:
    """Return the result as it is stored: rounded once to the dtype that is due."""
    due = call.dtype_of(quantity)
    wide = "np.asarray(result).astype(np.float64)"
    return wide if due in (None, working_of(call)) else f'format_named("{due.value}").nearest({wide})'
