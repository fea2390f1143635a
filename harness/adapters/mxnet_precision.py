"""What MXNet 1.9.1's CPU kernels work and sum in.

Seen by experiment, and in the source of the tag 1.9.1 (``src/operator/nn/softmax-inl.h``):

- float16, no switch: the sum of 4096 equal exponentials stagnates at 2048, forwards on any axis, and backwards; an
  emulation in which the difference from the maximum, its quotient by the temperature, each partial sum and each step
  of the backward are rounded to half reproduces more than 99.9 % of the bits. exp itself is evaluated in float32.
- MXNET_SAFE_ACCUMULATION, read at every call, widens these sums and nothing else: float16 to float32, float32 to
  float64. It reaches neither oneDNN's kernels nor SoftmaxOutput and softmax_cross_entropy, whose sums still stagnate.
- oneDNN has float32 along the last axis of at most 4, without a temperature, lengths or another dtype for the result.
- ``sum`` and ``mean`` of 4096 halves are exact with and without the switch: those after a Gluon loss cost nothing.
- Another dtype for the result changes what is stored, forwards; backwards every step is rounded to the coarser of both
  dtypes, and the sum is kept in the dtype of the primal (with the switch: in one wider than that of the result).
- bfloat16: softmax and log_softmax are computed in float32 and rounded once, to nearest; their vjp, too, of the stored
  output. The kernels around them in a Gluon loss store every step (and cut it off instead of rounding it), and
  oneDNN's bfloat16 softmax in SoftmaxOutput stores its exponentials.
"""

from __future__ import annotations

from typing import Final

from harness.adapters.contract import Precision, usual_precision
from harness.adapters.mxnet_ops import is_fused
from harness.call import Call
from harness.vocabulary import DType, Mode, Op, Quantity

_WIDER: Final = {DType.FLOAT16: DType.FLOAT32, DType.FLOAT32: DType.FLOAT64, DType.FLOAT64: DType.FLOAT64}


def precision_of(call: Call, quantity: Quantity) -> Precision:
    """Return what the kernel behind ``quantity`` of ``call`` works and sums in."""
    usual = usual_precision(call)
    if not call.dtype.floating:
        return usual
    if call.dtype is DType.BFLOAT16:
        alone = call.op in (Op.SOFTMAX, Op.LOG_SOFTMAX)
        return Precision(working=DType.FLOAT32 if alone else DType.BFLOAT16, accumulation=DType.FLOAT32)
    forward = quantity is Quantity.FORWARD
    summed: DType = call.dtype
    if call.mode is Mode.SAFE_ACCUMULATION and _is_widened(call):
        summed = _WIDER[call.dtype if forward else call.result_dtype or call.dtype]
    return Precision(working=call.dtype if forward else usual.working, accumulation=summed)


def _is_widened(call: Call) -> bool:
    """Tell whether the switch for safe accumulation reaches the kernel of ``call``."""
    return not (call.op is Op.SOFTMAX_OUTPUT or is_fused(call) or _is_one_dnn(call))


def _is_one_dnn(call: Call) -> bool:
    return (
        call.op in (Op.SOFTMAX, Op.LOG_SOFTMAX, Op.CROSS_ENTROPY)
        and call.dtype is DType.FLOAT32
        and call.temperature is None
        and call.result_dtype in (None, DType.FLOAT32)
        and 1 <= call.x.ndim <= 4
        and call.axis % call.x.ndim == call.x.ndim - 1
    )
