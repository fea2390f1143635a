"""MXNet's calls as a person writes them: the same that :mod:`harness.adapters.mxnet` makes, as text."""

from __future__ import annotations

import math

import numpy as np

from harness.adapters.mxnet_modes import SAFE, needs_np_shape
from harness.adapters.mxnet_ops import beside, is_fused, softmax_keywords, softmax_output_keywords
from harness.call import Call
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.literal import literal
from harness.repeat.script import Script
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction

_BFLOAT16 = 'bfloat16 = np.dtype([("bfloat16", np.uint16)])  # what MXNet calls it'
_OPERANDS = ("lengths", "targets")


def mxnet_script(call: Call, quantity: Quantity) -> Script:
    """Return the script of ``quantity`` of ``call``; raise NotImplementedError for what MXNet lacks."""
    safe = "1" if call.mode is Mode.SAFE_ACCUMULATION else "0"
    names = arrays_of(call, quantity)
    arrays = {name: _array(call, name) for name in names}
    if quantity is Quantity.VJP and call.cotangent is not None and call.output_shape == ():
        arrays["cotangent"] = literal(call.cotangent)  # until the shape that MXNet gives a scalar is known
    return Script(
        environment={"OMP_NUM_THREADS": "1", SAFE: safe},
        imports=(
            "import numpy as np",
            "",
            'if "bool" not in vars(np):',
            "    np.bool = np.bool_  # MXNet 1.9.1 asks for this name, which NumPy 1.24 has not",
            "import mxnet as mx",
        ),
        settings=_settings(call),
        arrays=arrays,
        body=(*_op(call), *_quantity(call, quantity)),
        numbers=_numbers(call, quantity),
    )


def _settings(call: Call) -> list[str]:
    lines = [_BFLOAT16] if call.dtype is DType.BFLOAT16 else []
    if call.mode is Mode.NUMPY:
        return [*lines, "mx.npx.set_np()"]
    if needs_np_shape(call):
        return [*lines, "mx.util.set_np_shape(True)  # arrays without axes or elements exist under it only"]
    return lines


def _array(call: Call, name: str) -> str:
    """Return the expression of an array of MXNet's, of the dtype that the op wants it in."""
    match name:
        case "x":
            array, dtype = call.x, call.dtype
        case "cotangent":
            array, dtype = np.asarray(call.cotangent), cotangent_dtype(call)
        case _:
            ((array, dtype),) = beside(call)
    return _made(call, literal(np.asarray(array)), carrier=array.dtype.name, dtype=dtype)


def _made(call: Call, expression: str, *, carrier: str, dtype: DType) -> str:
    """Return ``expression``, of a NumPy array of the dtype ``carrier``, as an array of MXNet's."""
    module = "mx.np" if call.mode is Mode.NUMPY else "mx.nd"
    if dtype is DType.BFLOAT16 and carrier == dtype.carrier:
        return f"{module}.array({expression}.view(bfloat16), dtype=bfloat16)"
    cast = ""
    if carrier != dtype.value:
        cast = f".astype({'bfloat16' if dtype is DType.BFLOAT16 else repr(dtype.value)})"
    return f'{module}.array({expression}, dtype="{carrier}"){cast}'


def _op(call: Call) -> list[str]:
    """Return the lines that define the op as a function of x alone."""
    operand = next((name for name in _OPERANDS if getattr(call, name) is not None), None)
    given = "x" if operand is None else f"x, {operand}"
    before, value = _value(call, given)
    if call.mode is Mode.JIT:
        return [
            *before,
            "",
            "",
            "class Op(mx.gluon.HybridBlock):",
            f"    def hybrid_forward(self, F, {given}):",
            f"        return {value.format(ops='F')}",
            "",
            "",
            "block = Op()",
            "block.hybridize()",
            "",
            "",
            "def op(x):",
            f"    return block({given})",
            "",
            "",
        ]
    ops = "mx.npx" if call.mode is Mode.NUMPY else "mx.nd"
    return [*before, "", "", "def op(x):", f"    return {value.format(ops=ops)}", "", ""]


def _value(call: Call, given: str) -> tuple[list[str], str]:
    """Return lines to go before, and the expression of the op over the namespace ``{ops}``."""
    match call.op:
        case Op.CROSS_ENTROPY if is_fused(call):
            return [], f"{{ops}}.softmax_cross_entropy({given})"
        case Op.CROSS_ENTROPY:
            axis = call.axis % call.x.ndim
            how = f"axis={axis}, sparse_label={call.index_targets}, batch_axis={0 if axis else 1}"
            reduction = "" if call.reduction in (None, Reduction.NONE) else f".{call.reduction.value}()"
            return [f"loss = mx.gluon.loss.SoftmaxCrossEntropyLoss({how})"], f"loss({given}){reduction}"
        case Op.SOFTMAX_OUTPUT:
            return [], f"{{ops}}.SoftmaxOutput({given}, {_written(softmax_output_keywords(call))})"
        case op:
            name = "softmax" if op.masked else op.value
            return [], f"{{ops}}.{name}({given}, {_written(softmax_keywords(call))})"


def _written(keywords: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in keywords.items())


def _quantity(call: Call, quantity: Quantity) -> list[str]:
    recorded = ["x.attach_grad()", "with mx.autograd.record():", "    y = op(x)"]
    match quantity:
        case Quantity.FORWARD:
            return ["result = op(x)", *_wait(call, "result")]
        case Quantity.VJP:
            return [*recorded, f"y.backward({_head(call)})", "result = x.grad", *_wait(call, "result")]
        case Quantity.JACOBIAN:
            return [*recorded, *_one_by_one(call)]
        case _:
            raise NotImplementedError(quantity)


def _wait(call: Call, result: str) -> list[str]:
    """Return the line that has MXNet finish: of what has no elements asnumpy returns at once, whatever goes wrong."""
    return [f"{result}.wait_to_read()  # asnumpy does not wait for what has no elements"] if not call.x.size else []


def _head(call: Call) -> str:
    if call.cotangent is None:
        return ""
    if call.output_shape:
        return "cotangent"
    dtype = cotangent_dtype(call)
    return _made(call, "cotangent.reshape(y.shape)", carrier=call.cotangent.dtype.name, dtype=dtype)


def _one_by_one(call: Call) -> list[str]:
    """Return the lines that call backward once for each one-hot head: MXNet has no Jacobian of its own."""
    dtype = cotangent_dtype(call)
    one = "0x3f80" if dtype is DType.BFLOAT16 else "1"
    head = _made(call, "head.reshape(y.shape)", carrier=dtype.carrier, dtype=dtype)
    size = math.prod(call.output_shape)
    return [
        "rows = []",
        f"for k in range({size}):",
        f'    head = np.zeros({size}, "{dtype.carrier}")',
        f"    head[k] = {one}",
        f"    y.backward({head}, retain_graph=True)",
        *(f"    {line}" for line in _wait(call, "x.grad")),
        f"    rows.append({_decoded('x.grad', call.dtype)})",
    ]


def _numbers(call: Call, quantity: Quantity) -> str:
    if quantity is Quantity.JACOBIAN:
        return f"np.array(rows).reshape({call.output_shape + call.x.shape})"
    decoded = _decoded("result", call.dtype_of(quantity) or call.dtype)
    return decoded if call.shape_of(quantity) else f"{decoded}.reshape(())"


def _decoded(expression: str, dtype: DType) -> str:
    """Return an array of MXNet's as float64; the bits of bfloat16 are the upper half of those of float32."""
    if dtype is DType.BFLOAT16:
        bits = f"{expression}.asnumpy().view(np.uint16).astype(np.uint32)"
        return f"({bits} << 16).view(np.float32).astype(np.float64)"
    return f"{expression}.asnumpy().astype(np.float64)"
