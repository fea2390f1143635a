"""What cannot be asked of MXNet 1.9.1, with the reason; each was tried."""

from __future__ import annotations

from harness.adapters.mxnet_ops import is_fused
from harness.call import Call
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction


def lacking(call: Call, quantity: Quantity) -> str | None:
    """Return why MXNet cannot be asked for ``quantity`` of ``call``, or None where it can."""
    return _op(call) or _quantity(call, quantity) or _dtype(call, quantity)


def _op(call: Call) -> str | None:
    match call.op:
        case Op.LOGSUMEXP:
            return "MXNet 1.9.1 has no logsumexp, neither in mx.nd nor in mx.np and mx.npx"
        case Op.MASKED_LOG_SOFTMAX:
            return "MXNet 1.9.1 has no masked log_softmax: its log_softmax takes neither a mask nor lengths"
        case Op.MASKED_SOFTMAX if call.mask is not None:
            return "MXNet 1.9.1 has no softmax with a mask: its softmax takes the valid lengths of rows only"
        case Op.SOFTMIN | Op.SOFTMAX_OUTPUT if call.mode is Mode.NUMPY:
            return f"mx.npx has no {'softmin' if call.op is Op.SOFTMIN else 'SoftmaxOutput'}, only mx.nd has"
        case Op.CROSS_ENTROPY:
            return _cross_entropy(call)
        case Op.SOFTMAX_OUTPUT:
            return _softmax_output(call)
        case _:
            return None


def _cross_entropy(call: Call) -> str | None:
    if call.result_dtype is not None:
        return "no cross entropy of MXNet takes a dtype: it returns that of its input"
    if call.ignore_index is not None:
        return "neither SoftmaxCrossEntropyLoss nor softmax_cross_entropy of MXNet ignores a label"
    if call.label_smoothing:
        return "neither SoftmaxCrossEntropyLoss nor softmax_cross_entropy of MXNet smooths labels"
    if call.x.ndim < 2:
        return "SoftmaxCrossEntropyLoss wants a batch: an axis beside that of the classes"
    if call.x.ndim > 2 and call.reduction is not Reduction.MEAN:
        return (
            "SoftmaxCrossEntropyLoss averages over every axis but the batch's: single losses, and their sum, are lost"
        )
    return None


def _softmax_output(call: Call) -> str | None:
    if call.result_dtype is not None:
        return "SoftmaxOutput takes no dtype: it returns that of its input"
    if call.x.ndim == 0:
        return "SoftmaxOutput takes a label of the shape of x for probabilities: without axes it cannot be an index"
    if call.axis % call.x.ndim not in (1, call.x.ndim - 1):
        return "SoftmaxOutput runs along the last axis (preserve_shape) or along axis 1 (multi_output)"
    if not call.index_targets and call.normalization is not Normalization.NULL:
        return "SoftmaxOutput normalizes by index labels only, as is documented"
    if not call.index_targets and call.label_smoothing:
        return "SoftmaxOutput smooths index labels only, as is documented"
    return None


def _dtype(call: Call, quantity: Quantity) -> str | None:
    if call.result_dtype is DType.BFLOAT16:
        return "the argument dtype of MXNet's softmax is one of float16, float32 and float64"
    if call.dtype is not DType.BFLOAT16:
        return None
    if call.mode is Mode.NUMPY:
        return "mx.np has no bfloat16 arrays: mx.np.array raises KeyError"
    if call.op in (Op.SOFTMIN, Op.MASKED_SOFTMAX):
        return f"the kernel of MXNet's {call.op.value.replace('_', ' ')} knows no bfloat16: Unknown type enum 12"
    if quantity is not Quantity.FORWARD and (call.op is Op.SOFTMAX_OUTPUT or call.result_dtype is not None):
        return "this backward kernel of MXNet knows no bfloat16: Unknown type enum 12"
    return None


def _quantity(call: Call, quantity: Quantity) -> str | None:
    if quantity is Quantity.JVP:
        return "MXNet has no forward-mode differentiation"
    if quantity is Quantity.JACOBIAN and call.op is Op.SOFTMAX_OUTPUT:
        return "the backward of SoftmaxOutput is the gradient of a loss, whatever its head: no Jacobian is made of it"
    if quantity is Quantity.HVP:
        return f"MXNet has no second derivative here: its operator {_backward(call)} registers no gradient"
    return None


def _backward(call: Call) -> str:
    """Return the operator that the framework's own error names."""
    match call.op:
        case Op.CROSS_ENTROPY:
            return "_backward_softmax_cross_entropy" if is_fused(call) else "_backward_log_softmax"
        case Op.SOFTMAX_OUTPUT:
            return "_backward_SoftmaxOutput"
        case Op.MASKED_SOFTMAX:
            return "_backward_softmax"
        case _:
            return f"_backward_{call.op.value}"
