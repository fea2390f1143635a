"""The ops as MXNet's users write them, for ``mx.nd``, ``mx.npx`` and ``mx.sym`` alike, and their further arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, Mode, Op, Reduction

Function = Callable[..., Any]  # of the namespace of the ops, the primal and what stands beside it


def op_of(mx: Any, call: Call) -> Function:
    """Return the op of ``call``."""
    match call.op:
        case Op.CROSS_ENTROPY:
            return _cross_entropy(mx, call)
        case Op.SOFTMAX_OUTPUT:
            keywords = softmax_output_keywords(call)
            return lambda ops, x, labels: ops.SoftmaxOutput(x, labels, **keywords)
        case _:
            name = "softmax" if call.op.masked else call.op.value
            keywords = softmax_keywords(call)
            return lambda ops, x, *lengths: getattr(ops, name)(x, *lengths, **keywords)


def beside(call: Call) -> tuple[tuple[NDArray[Any], DType], ...]:
    """Return the arrays that are handed over after the primal, each with the dtype that the op wants it in.

    The length of a single row is an array of one element. ``SoftmaxOutput`` and ``softmax_cross_entropy`` want labels
    in the dtype of the primal, and float16 holds every whole number up to 2048 only, bfloat16 up to 256.
    """
    if call.lengths is not None:
        return ((np.atleast_1d(call.lengths), DType.INT32),)
    if call.targets is None:
        return ()
    indices = call.index_targets and call.op is Op.CROSS_ENTROPY and not is_fused(call)
    return ((call.targets, DType.INT32 if indices else call.dtype),)


def is_fused(call: Call) -> bool:
    """Tell whether a cross entropy is that of ``softmax_cross_entropy``, which sums over a batch, and no Gluon loss.

    It takes rows of logits and indices; ``mx.npx`` lacks it, and it knows no bfloat16.
    """
    return (
        call.op is Op.CROSS_ENTROPY
        and call.reduction is Reduction.SUM
        and call.index_targets
        and call.x.ndim == 2
        and call.axis % 2 == 1
        and call.mode is not Mode.NUMPY
        and call.dtype is not DType.BFLOAT16
    )


def softmax_keywords(call: Call) -> dict[str, Any]:
    """Return the parameters of softmax and its kin; a temperature of 1 is another kernel than none."""
    return {
        "axis": call.axis,
        **({} if call.temperature is None else {"temperature": call.temperature}),
        **({} if call.result_dtype is None else {"dtype": call.result_dtype.value}),
        **({} if call.lengths is None else {"use_length": True}),
    }


def _cross_entropy(mx: Any, call: Call) -> Function:
    if is_fused(call):
        return lambda ops, x, labels: ops.softmax_cross_entropy(x, labels)
    axis = call.axis % call.x.ndim
    loss = mx.gluon.loss.SoftmaxCrossEntropyLoss(
        axis=axis, sparse_label=call.index_targets, batch_axis=0 if axis else 1
    )
    match call.reduction:
        case Reduction.SUM:
            return lambda _, x, labels: loss(x, labels).sum()
        case Reduction.MEAN:
            return lambda _, x, labels: loss(x, labels).mean()
        case _:
            return lambda _, x, labels: loss(x, labels)


def softmax_output_keywords(call: Call) -> dict[str, Any]:
    """Return the parameters of ``SoftmaxOutput``, which has no axis but three layouts.

    By default each element of the first axis is one row, whatever its shape: rows and columns need nothing else.
    """
    layout = {}
    if call.x.ndim != 2:
        layout = {"preserve_shape" if call.axis % call.x.ndim == call.x.ndim - 1 else "multi_output": True}
    ignored = {} if call.ignore_index is None else {"use_ignore": True, "ignore_label": call.ignore_index}
    return {
        "grad_scale": call.grad_scale,
        "normalization": call.normalization.value,
        "smooth_alpha": call.label_smoothing,
        **layout,
        **ignored,
    }
