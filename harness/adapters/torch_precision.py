"""What PyTorch's CPU kernels compute in.

In float32 and float64 that is the dtype itself. In float16 and bfloat16, seen with PyTorch 2.13.0 on AVX-512:

- softmax along the last axis, and its backward from the stored output, are the float32 result rounded once (999 and
  more of 1000 elements). Along another axis the exponentials are stored in the half type, but for as many neighbouring
  rows as fill a vector (32 here): a quarter of the elements differ from the float32 result rounded.
- log_softmax is the other way round: exact along other axes; along the last one S and log S are stored in the half type
  (every second element differs at n = 2, every fourteenth at n = 100; in float16 S is infinite from 65520 equal
  logits on).
- Everything of more than one kernel stores every step: x / T, logsumexp, jvp, double backward, losses.
- Sums are float32 (4096 equal logits, and sums of 4096 ones, come out right), but for one: the losses of index targets
  are added up in the half type, in blocks of 16 (sums and means of 300 losses are off by up to 2.5 u).

The backward of logsumexp is exp(x - y) of the stored y, in every dtype.
"""

from __future__ import annotations

from harness.adapters.contract import HALF_TYPES, Precision, usual_precision
from harness.call import Call
from harness.vocabulary import DType, Form, Op, Quantity, Reduction

_REVERSE = (Quantity.VJP, Quantity.JACOBIAN, Quantity.HVP)


def precision_of(call: Call, quantity: Quantity) -> Precision:
    """Return the precision of the kernels behind ``quantity`` of ``call``."""
    dtype = _computed_in(call)
    forms = (Form.RECOMPUTED,) if call.op is Op.LOGSUMEXP and quantity in _REVERSE else ()
    if dtype not in HALF_TYPES:
        return Precision(working=dtype, accumulation=dtype, forms=forms)
    return Precision(
        working=DType.FLOAT32 if _one_kernel(call, quantity) else dtype,
        accumulation=dtype if _adds_losses(call, quantity) else DType.FLOAT32,
        forms=forms,
    )


def _computed_in(call: Call) -> DType:
    """Return the coarsest dtype on the way: ``dtype=`` converts the input first, but after it was divided by T."""
    if call.temperature is not None:
        return usual_precision(call).working if call.dtype.floating else DType.FLOAT32
    return call.result_dtype or (call.dtype if call.dtype.floating else DType.FLOAT32)


def _one_kernel(call: Call, quantity: Quantity) -> bool:
    """Whether one kernel computes the result, in float32, and rounds it when it stores it, and nothing before."""
    narrowed = call.result_dtype not in (None, call.dtype) and call.result_dtype in HALF_TYPES
    if narrowed or call.temperature is not None or quantity in (Quantity.JVP, Quantity.HVP):
        return False
    last = call.x.ndim == 0 or call.axis % call.x.ndim == call.x.ndim - 1
    match call.op:
        case op if op.gives_probabilities:  # -x and a mask round nothing
            return last
        case op if op.gives_logarithms:
            return not last
        case _:
            return False


def _adds_losses(call: Call, quantity: Quantity) -> bool:
    if call.op is not Op.CROSS_ENTROPY or not call.index_targets or call.reduction in (None, Reduction.NONE):
        return False
    return quantity in (Quantity.FORWARD, Quantity.JVP)
