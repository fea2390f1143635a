"""The ops as JAX's users write them, as functions of arrays, and what of a call is compiled into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from harness.call import Call
from harness.vocabulary import DType, Op, Reduction

Function = Callable[..., Any]  # of the primal and, where the op has one, its mask, lengths or targets


class Parameters(NamedTuple):  # made and looked up for each call: as a tuple in a fraction of the time
    """What of a call JAX compiles into a function: everything but its arrays."""

    op: Op
    axis: int
    temperature: float | None
    by_length: bool
    index_targets: bool
    reduction: Reduction
    ignore_index: int | None
    label_smoothing: float
    result_dtype: DType | None

    @classmethod
    def of(cls, call: Call) -> Parameters:
        """Return the parameters of ``call``."""
        return cls(
            op=call.op,
            axis=call.axis,
            temperature=call.temperature,
            by_length=call.lengths is not None,
            index_targets=call.index_targets,
            reduction=call.reduction or Reduction.NONE,
            ignore_index=call.ignore_index,
            label_smoothing=call.label_smoothing,
            result_dtype=call.result_dtype,
        )


def op_of(jax: Any, optax: Any, parameters: Parameters) -> Function:
    """Return the op as a function of the primal and its operand: a mask, lengths, targets, or None."""
    plain = _plain(jax, optax, parameters)

    def function(x: Any, operand: Any) -> Any:
        if parameters.result_dtype is not None:
            x = x.astype(parameters.result_dtype.value)
        if parameters.temperature is not None:
            x = x / parameters.temperature
        return plain(x, operand)

    return function


def _plain(jax: Any, optax: Any, parameters: Parameters) -> Function:
    nn, axis = jax.nn, parameters.axis
    match parameters.op:
        case Op.SOFTMAX:
            return lambda x, _: nn.softmax(x, axis=axis)
        case Op.LOG_SOFTMAX:
            return lambda x, _: nn.log_softmax(x, axis=axis)
        case Op.SOFTMIN:
            return lambda x, _: nn.softmax(-x, axis=axis)
        case Op.LOGSUMEXP:
            return lambda x, _: nn.logsumexp(x, axis=axis)
        case Op.MASKED_SOFTMAX:
            return lambda x, kept: nn.softmax(x, axis=axis, where=_mask(jax, x, kept, parameters))
        case Op.MASKED_LOG_SOFTMAX:
            return lambda x, kept: nn.log_softmax(x, axis=axis, where=_mask(jax, x, kept, parameters))
        case Op.CROSS_ENTROPY:
            return lambda x, targets: _cross_entropy(jax, optax, x, targets, parameters)
        case _:
            raise NotImplementedError(parameters.op)


def _mask(jax: Any, x: Any, kept: Any, parameters: Parameters) -> Any:
    """Return which elements are kept; those of valid lengths as ``arange(n) < lengths[..., None]``."""
    if not parameters.by_length:
        return kept
    numpy, axis = jax.numpy, parameters.axis
    by_length = numpy.arange(x.shape[axis] if x.ndim else 1) < kept[..., None]
    return numpy.moveaxis(by_length, -1, axis) if x.ndim else by_length[0]


def _cross_entropy(jax: Any, optax: Any, x: Any, targets: Any, parameters: Parameters) -> Any:
    """Return optax's loss; rows are left out by its ``where``, and smoothed labels are probabilities."""
    axis, smoothing = parameters.axis, parameters.label_smoothing
    counted = None if parameters.ignore_index is None else targets != parameters.ignore_index
    if parameters.index_targets and not smoothing:
        losses = optax.softmax_cross_entropy_with_integer_labels(x, targets, axis=axis, where=counted)
    else:
        if parameters.index_targets:
            targets = jax.nn.one_hot(targets, x.shape[axis], axis=axis)
        targets = targets.astype(x.dtype)
        if smoothing:
            targets = optax.smooth_labels(targets, smoothing, axis=axis)
        losses = optax.softmax_cross_entropy(x, targets, axis=axis, where=counted)
    match parameters.reduction:
        case Reduction.NONE:
            return losses
        case Reduction.SUM:
            return losses.sum()
        case Reduction.MEAN:
            return losses.mean(where=counted)
