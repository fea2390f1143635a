"""JAX's calls as a person writes them: the same that :mod:`harness.adapters.jax` makes, as text.

Under ``jit`` every array is an argument: one that a compiled function closes over is a constant to XLA, which may
compute with it before it runs, by other means.
"""

from __future__ import annotations

import numpy as np

from harness.call import Call
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.literal import literal
from harness.repeat.script import Script
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction

_OPERANDS = ("mask", "lengths", "targets")
_RESULTS = {
    Quantity.FORWARD: "{f}(x)",
    Quantity.VJP: "jax.vjp({f}, x)[1](cotangent)[0]",
    Quantity.JVP: "jax.jvp({f}, (x,), (tangent,))[1]",
    Quantity.JACOBIAN: "jax.jacrev({f})(x)",
    Quantity.HVP: "jax.vjp(lambda x: jax.vjp({f}, x)[1](cotangent)[0], x)[1](tangent)[0]",
}
_WITHOUT_COTANGENT = {
    Quantity.VJP: "jax.grad({f})(x)",
    Quantity.HVP: "jax.vjp(jax.grad({f}), x)[1](tangent)[0]",
}


def jax_script(call: Call, quantity: Quantity) -> Script:
    """Return the script of ``quantity`` of ``call``; raise NotImplementedError for an op that JAX lacks."""
    names = arrays_of(call, quantity)
    operand = next((name for name in names if name in _OPERANDS), None)
    given = "x" if operand is None else f"x, {operand}"
    result = (_WITHOUT_COTANGENT if call.cotangent is None else {}).get(quantity, _RESULTS[quantity])
    compute = "compute" if call.mode is Mode.EAGER else "jax.jit(compute)"
    return Script(
        imports=(
            "import jax",
            "import jax.numpy as jnp",
            "import numpy as np",
            *(["import optax"] if call.op is Op.CROSS_ENTROPY else []),
        ),
        settings=('jax.config.update("jax_enable_x64", True)',),
        arrays={name: _array(call, name) for name in names},
        body=(
            "",
            f"def op({given}):",
            *(f"    {line}" for line in _op(call)),
            "",
            "",
            f"def compute({', '.join(names)}):",
            *([] if operand is None else ["    def f(x):", f"        return op({given})", ""]),
            f"    return {result.format(f='op' if operand is None else 'f')}",
            "",
            "",
            f"result = {compute}({', '.join(names)})",
        ),
        numbers="np.asarray(result).astype(np.float64)",
    )


def _array(call: Call, name: str) -> str:
    dtype = cotangent_dtype(call) if name == "cotangent" else call.dtype
    array = literal(np.asarray(getattr(call, name)))
    numbers = name not in ("mask", "lengths") and not (name == "targets" and call.index_targets)
    return f"jnp.asarray({array}{'.view(jnp.bfloat16)' if dtype is DType.BFLOAT16 and numbers else ''})"


def _op(call: Call) -> list[str]:
    """Return the lines of the op's body."""
    lines = []
    if call.result_dtype is not None:
        lines.append(f'x = x.astype("{call.result_dtype.value}")')
    if call.temperature is not None:
        lines.append(f"x = x / {call.temperature!r}")
    axis = call.axis
    match call.op:
        case Op.SOFTMAX | Op.LOG_SOFTMAX | Op.LOGSUMEXP:
            return [*lines, f"return jax.nn.{call.op.value}(x, axis={axis})"]
        case Op.SOFTMIN:
            return [*lines, f"return jax.nn.softmax(-x, axis={axis})"]
        case Op.MASKED_SOFTMAX | Op.MASKED_LOG_SOFTMAX:
            name = call.op.value.removeprefix("masked_")
            return [*lines, *_mask(call), f"return jax.nn.{name}(x, axis={axis}, where=mask)"]
        case Op.CROSS_ENTROPY:
            return [*lines, *_cross_entropy(call)]
        case _:
            raise NotImplementedError(call.op)


def _mask(call: Call) -> list[str]:
    if call.lengths is None:
        return []
    length = call.x.shape[call.axis] if call.x.ndim else 1
    kept = f"jnp.arange({length}) < lengths[..., None]"
    return [f"mask = jnp.moveaxis({kept}, -1, {call.axis})" if call.x.ndim else f"mask = ({kept})[0]"]


def _cross_entropy(call: Call) -> list[str]:
    axis, smoothing = call.axis, call.label_smoothing
    where = "" if call.ignore_index is None else ", where=counted"
    lines = [] if call.ignore_index is None else [f"counted = targets != {call.ignore_index}"]
    if call.index_targets and not smoothing:
        losses = "softmax_cross_entropy_with_integer_labels"
    else:
        losses = "softmax_cross_entropy"
        if call.index_targets:
            lines.append(f"targets = jax.nn.one_hot(targets, x.shape[{axis}], axis={axis})")
        lines.append("targets = targets.astype(x.dtype)")
        if smoothing:
            lines.append(f"targets = optax.smooth_labels(targets, {smoothing!r}, axis={axis})")
    lines.append(f"losses = optax.{losses}(x, targets, axis={axis}{where})")
    match call.reduction or Reduction.NONE:
        case Reduction.NONE:
            return [*lines, "return losses"]
        case Reduction.SUM:
            return [*lines, "return losses.sum()"]
        case Reduction.MEAN:
            return [*lines, f"return losses.mean({where.removeprefix(', ')})"]
