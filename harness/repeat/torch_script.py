"""PyTorch's calls as a person writes them: the same that :mod:`harness.adapters.torch` makes, as text."""

from __future__ import annotations

import numpy as np

from harness.call import Call
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.literal import literal
from harness.repeat.script import Script
from harness.vocabulary import DType, Op, Quantity, Reduction

_FUNCTIONS = {
    Op.SOFTMAX: "torch.softmax",
    Op.MASKED_SOFTMAX: "torch.softmax",
    Op.LOG_SOFTMAX: "torch.log_softmax",
    Op.MASKED_LOG_SOFTMAX: "torch.log_softmax",
    Op.SOFTMIN: "torch.nn.functional.softmin",
}
_BODIES = {
    Quantity.FORWARD: ("result = op(x)",),
    Quantity.VJP: (
        "x.requires_grad_()",
        "(result,) = torch.autograd.grad(op(x), x, grad_outputs=cotangent)",
    ),
    Quantity.JVP: ("_, result = torch.func.jvp(op, (x,), (tangent,))",),
    Quantity.JACOBIAN: ("result = torch.autograd.functional.jacobian(op, x)",),
    Quantity.HVP: (
        "x.requires_grad_()",
        "(first,) = torch.autograd.grad(op(x), x, grad_outputs=cotangent, create_graph=True)",
        "(result,) = torch.autograd.grad(first, x, grad_outputs=tangent)",
    ),
}
_NO_COTANGENT = ("x.requires_grad_()", "op(x).backward()", "result = x.grad")


def torch_script(call: Call, quantity: Quantity) -> Script:
    """Return the script of ``quantity`` of ``call``; raise NotImplementedError for an op that PyTorch lacks."""
    body = _BODIES[quantity]
    if call.cotangent is None and quantity is Quantity.VJP:
        body = _NO_COTANGENT
    elif call.cotangent is None:
        body = tuple(line.replace(", grad_outputs=cotangent", "") for line in body)
    return Script(
        imports=("import numpy as np", "import torch"),
        settings=("torch.set_num_threads(1)",),
        arrays={name: _tensor(call, name) for name in arrays_of(call, quantity)},
        body=(*_op(call), "", *body),
        numbers="result.detach().double().numpy()",
    )


def _tensor(call: Call, name: str) -> str:
    dtype = cotangent_dtype(call) if name == "cotangent" else call.dtype
    made = f"torch.from_numpy({literal(np.asarray(getattr(call, name)))})"
    if name == "targets" and call.index_targets:
        return f"{made}.long()"
    if dtype is DType.BFLOAT16 and name not in ("mask", "lengths"):
        return f"{made}.view(torch.bfloat16)"
    return made


def _op(call: Call) -> list[str]:
    """Return the lines that define the op as a function of x alone."""
    lines = [*_mask(call), "", "", "def op(x):"]
    if call.temperature is not None:
        lines.append(f"    x = x / {call.temperature!r}")
    if call.op.masked:
        lines.append("    x = x.masked_fill(~mask, -torch.inf)")
    lines += [f"    return {_value(call)}", ""]
    return lines[2:] if lines[0] == "" else lines


def _mask(call: Call) -> list[str]:
    if call.lengths is None:
        return []
    length = call.x.shape[call.axis] if call.x.ndim else 1
    placed = f".movedim(-1, {call.axis})" if call.x.ndim else ".squeeze(-1)"
    return [f"mask = (torch.arange({length}) < lengths.unsqueeze(-1)){placed}"]


def _value(call: Call) -> str:
    dtype = "" if call.result_dtype is None else f", dtype=torch.{call.result_dtype.value}"
    match call.op:
        case Op.LOGSUMEXP:
            return f"torch.logsumexp(x, dim={call.axis})"
        case Op.CROSS_ENTROPY:
            return _cross_entropy(call)
        case op if op in _FUNCTIONS:
            return f"{_FUNCTIONS[op]}(x, dim={call.axis}{dtype})"
        case _:
            raise NotImplementedError(call.op)


def _cross_entropy(call: Call) -> str:
    """Return the loss, whose classes PyTorch wants on axis 1."""
    moved = f".movedim({call.axis}, 1)" if call.x.ndim > 1 and call.axis % call.x.ndim != 1 else ""
    keywords = f'reduction="{(call.reduction or Reduction.NONE).value}"'
    keywords += f", label_smoothing={call.label_smoothing!r}" if call.label_smoothing else ""
    keywords += "" if call.ignore_index is None else f", ignore_index={call.ignore_index}"
    targets = "targets" if call.index_targets else f"targets{moved}"
    return f"torch.nn.functional.cross_entropy(x{moved}, {targets}, {keywords})"
