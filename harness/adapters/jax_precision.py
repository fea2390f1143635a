"""What JAX computes in on the CPU.

In float32 and float64 that is the dtype itself. In float16 and bfloat16, seen in the HLO of JAX 0.10.2, compiled and
eager alike, and in results (two thirds of softmax, a quarter of log_softmax differ from the float32 result rounded):
every operation rounds to the half type. ``jnp.sum`` adds up in float32 and rounds the sum, so values and forward mode
do. Reverse mode turns a broadcast into a plain ``reduce_sum``, which adds up in the half type (XLA in blocks of 32):
so do the derivatives of softmax and of log_softmax, and second ones. Those of logsumexp, and of optax's loss of
indices, which is built of it, have no such sum.

optax computes the loss of an index as logsumexp(x) - x_k, which rounds logsumexp before it cancels.

The derivatives of softmax divide by S * S, which in float16 is infinite from S = 256 on: jvp and vjp then lose their
term <s, v>.
"""

from __future__ import annotations

from harness.adapters.contract import HALF_TYPES, Precision
from harness.call import Call
from harness.vocabulary import DType, Form, Op, Quantity


def precision_of(call: Call, quantity: Quantity) -> Precision:
    """Return the precision of what JAX compiles for ``quantity`` of ``call``; ``astype`` comes before anything else."""
    dtype = call.result_dtype or (call.dtype if call.dtype.floating else DType.FLOAT32)
    wide = dtype in HALF_TYPES and not _sums_in_reverse(call, quantity)
    cancels = _is_loss_of_indices(call) and quantity is Quantity.FORWARD
    return Precision(
        working=dtype,
        accumulation=DType.FLOAT32 if wide else dtype,
        forms=(Form.LOG_SUM_EXP,) if cancels else (),
    )


def _sums_in_reverse(call: Call, quantity: Quantity) -> bool:
    if quantity in (Quantity.FORWARD, Quantity.JVP):
        return False
    return quantity is Quantity.HVP or not (call.op is Op.LOGSUMEXP or _is_loss_of_indices(call))


def _is_loss_of_indices(call: Call) -> bool:
    """Whether optax takes the indices themselves: smoothed ones are probabilities to it."""
    return call.op is Op.CROSS_ENTROPY and call.index_targets and not call.label_smoothing
