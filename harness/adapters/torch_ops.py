"""The ops as PyTorch's users write them, as functions of the primal alone, and arrays as tensors and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, Op, Reduction

Function = Callable[[Any], Any]


def lacking(call: Call) -> str | None:
    """Return why PyTorch has no such call, or None where it has."""
    if call.op is Op.SOFTMAX_OUTPUT:
        return "PyTorch has no op whose gradient ignores the cotangent: SoftmaxOutput is MXNet's alone"
    if call.result_dtype is not None and call.op in (Op.LOGSUMEXP, Op.CROSS_ENTROPY):
        return f"torch's {call.op.value} takes no dtype: it returns that of its input"
    return None


def op_of(torch: Any, call: Call) -> Function:
    """Return the op of ``call`` as a function of a tensor."""
    plain = _plain(torch, call)
    mask = None if not call.op.masked else _mask(torch, call)

    def function(x: Any) -> Any:
        if call.temperature is not None:
            x = x / call.temperature
        if mask is not None:
            x = x.masked_fill(~mask, -math.inf)
        return plain(x)

    return function


def _plain(torch: Any, call: Call) -> Function:
    functional, axis = torch.nn.functional, call.axis
    dtype = None if call.result_dtype is None else _dtype(torch, call.result_dtype)
    match call.op:
        case Op.SOFTMAX | Op.MASKED_SOFTMAX:
            return lambda x: torch.softmax(x, dim=axis, dtype=dtype)
        case Op.LOG_SOFTMAX | Op.MASKED_LOG_SOFTMAX:
            return lambda x: torch.log_softmax(x, dim=axis, dtype=dtype)
        case Op.SOFTMIN:
            return lambda x: functional.softmin(x, dim=axis, dtype=dtype)
        case Op.LOGSUMEXP:
            return lambda x: torch.logsumexp(x, dim=axis)
        case Op.CROSS_ENTROPY:
            return _cross_entropy(torch, call)
        case _:
            raise NotImplementedError(call.op)


def _mask(torch: Any, call: Call) -> Any:
    """Return which elements are kept; those of valid lengths as ``arange(n) < lengths[..., None]``."""
    if call.mask is not None:
        return tensor_of(torch, call.mask, DType.INT32)
    length = call.x.shape[call.axis] if call.x.ndim else 1
    kept = torch.arange(length) < tensor_of(torch, call.lengths, DType.INT32).unsqueeze(-1)
    return kept.movedim(-1, call.axis) if call.x.ndim else kept.squeeze(-1)


def _cross_entropy(torch: Any, call: Call) -> Function:
    """Return ``cross_entropy``, whose classes are on axis 1 (of a single row, 0): its users move theirs there.

    Index targets have to be 64-bit integers.
    """
    moved = call.x.ndim > 1 and call.axis % call.x.ndim != 1

    def placed(tensor: Any) -> Any:
        return tensor.movedim(call.axis, 1) if moved else tensor

    targets = tensor_of(torch, call.targets, DType.INT32 if call.index_targets else call.dtype)
    targets = targets.long() if call.index_targets else placed(targets)
    how = {
        "reduction": (call.reduction or Reduction.NONE).value,
        "label_smoothing": call.label_smoothing,
        **({} if call.ignore_index is None else {"ignore_index": call.ignore_index}),
    }
    return lambda x: torch.nn.functional.cross_entropy(placed(x), targets, **how)


def tensor_of(torch: Any, array: NDArray[Any] | None, dtype: DType) -> Any:
    """Return an array of ``dtype`` as a tensor on PyTorch's default device; raise TypeError for None.

    On the CPU it is over the same memory.
    """
    tensor = torch.from_numpy(array).to(torch.get_default_device())
    return tensor.view(torch.bfloat16) if dtype is DType.BFLOAT16 else tensor


def array_of(torch: Any, tensor: Any) -> NDArray[Any]:
    """Return a tensor as an array, one of bfloat16 as its bits."""
    tensor = tensor.detach().cpu()
    carried = tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor
    return np.asarray(carried.numpy())


def _dtype(torch: Any, dtype: DType) -> Any:
    return getattr(torch, dtype.value)
