"""A small plan with a problem for every op, dtype and parameter, and what each of its quantities is, in float64.

Derivatives are those of the forward function here, by complex steps, which are exact to the last digits; second ones
are differences of first ones. Nothing of ``reference`` is used but how bfloat16 is encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from reference.formats import format_named
from tests.record.bench import numbers, problem

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
CUBE = np.sin(np.arange(24.0)).reshape(2, 4, 3) * 2
WHOLE = np.array([[1, -2, 3], [0, 2, 2]])
MASK = np.array([[True, False, True], [True, True, False]])
LENGTHS = np.int32([2, 3])
INDICES = np.int32([2, 0])
PROBABILITIES = np.array([[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])
IGNORED = {"targets": np.int32([-100, 1]), "ignore_index": -100}
COTANGENTS = [1.0, -0.5, 0.25, -2.0]  # of sizes and signs at which little cancels, so that half types can be compared
TANGENTS = [-0.5, 1.0, 0.25, 1.5, -1.0]
FLOATING = tuple(dtype for dtype in DType if dtype.floating)
VARIANTS: dict[str, dict[str, Any]] = {
    "softmax": {"op": Op.SOFTMAX},
    "log_softmax": {"op": Op.LOG_SOFTMAX},
    "softmin": {"op": Op.SOFTMIN},
    "logsumexp": {"op": Op.LOGSUMEXP},
    "softmax by a temperature": {"op": Op.SOFTMAX, "temperature": 0.75},
    "masked_softmax by mask": {"op": Op.MASKED_SOFTMAX, "mask": MASK},
    "masked_softmax by length": {"op": Op.MASKED_SOFTMAX, "lengths": LENGTHS},
    "masked_log_softmax by mask": {"op": Op.MASKED_LOG_SOFTMAX, "mask": MASK},
    "cross_entropy of indices": {"op": Op.CROSS_ENTROPY, "targets": INDICES, "reduction": Reduction.MEAN},
    "cross_entropy of probabilities": {
        "op": Op.CROSS_ENTROPY,
        "targets": PROBABILITIES,
        "reduction": Reduction.NONE,
    },
    "softmax_output": {"op": Op.SOFTMAX_OUTPUT, "targets": INDICES},
}
FEATURES: dict[str, dict[str, Any]] = {  # for float32, value and vjp: what differs from the variants is the call alone
    "a temperature of log_softmax": {"op": Op.LOG_SOFTMAX, "temperature": 2.5},
    "a temperature of softmin": {"op": Op.SOFTMIN, "temperature": 2.5},
    "a temperature under a mask": {"op": Op.MASKED_SOFTMAX, "mask": MASK, "temperature": 2.5},
    "masked_log_softmax by length": {"op": Op.MASKED_LOG_SOFTMAX, "lengths": LENGTHS},
    "lengths along axis 0": {"op": Op.MASKED_SOFTMAX, "axis": 0, "lengths": np.int32([1, 2, 2])},
    "lengths along axis 1 of 3": {
        "x": CUBE,
        "axis": 1,
        "op": Op.MASKED_SOFTMAX,
        "lengths": np.int32([[1, 2, 3], [4, 3, 2]]),
    },
    "losses of indices": {"op": Op.CROSS_ENTROPY, "targets": INDICES, "reduction": Reduction.NONE},
    "the sum of losses of indices": {"op": Op.CROSS_ENTROPY, "targets": INDICES, "reduction": Reduction.SUM},
    "the sum of losses of probabilities": {
        "op": Op.CROSS_ENTROPY,
        "targets": PROBABILITIES,
        "reduction": Reduction.SUM,
    },
    "the mean of losses of probabilities": {
        "op": Op.CROSS_ENTROPY,
        "targets": PROBABILITIES,
        "reduction": Reduction.MEAN,
    },
    "losses of an ignored row": {"op": Op.CROSS_ENTROPY, "reduction": Reduction.NONE, **IGNORED},
    "the mean over rows that count": {"op": Op.CROSS_ENTROPY, "reduction": Reduction.MEAN, **IGNORED},
    "smoothed indices": {
        "op": Op.CROSS_ENTROPY,
        "targets": INDICES,
        "reduction": Reduction.SUM,
        "label_smoothing": 0.3,
    },
    "smoothed indices of rows that count": {
        "op": Op.CROSS_ENTROPY,
        "reduction": Reduction.MEAN,
        "label_smoothing": 0.3,
        **IGNORED,
    },
    "smoothed probabilities": {
        "op": Op.CROSS_ENTROPY,
        "targets": PROBABILITIES,
        "reduction": Reduction.MEAN,
        "label_smoothing": 0.3,
    },
    "losses along axis 0": {
        "op": Op.CROSS_ENTROPY,
        "axis": 0,
        "targets": np.int32([1, 0, 1]),
        "reduction": Reduction.MEAN,
    },
    "losses along axis 1 of 3": {
        "x": CUBE,
        "op": Op.CROSS_ENTROPY,
        "axis": 1,
        "targets": np.int32([[1, 2, 3], [3, 0, 1]]),
        "reduction": Reduction.MEAN,
    },
    "losses along the last axis of 3": {
        "x": CUBE,
        "op": Op.CROSS_ENTROPY,
        "targets": np.int32([[1, 2, 0, 2], [0, 0, 1, 2]]),
        "reduction": Reduction.NONE,
    },
    "losses of probabilities along the last axis of 3": {
        "x": CUBE,
        "op": Op.CROSS_ENTROPY,
        "targets": np.full((2, 4, 3), [0.25, 0.5, 0.25]),
        "reduction": Reduction.MEAN,
    },
    "the loss of one row": {
        "x": X[0],
        "op": Op.CROSS_ENTROPY,
        "targets": np.int32(1),
        "reduction": Reduction.MEAN,
    },
    "a scaled softmax_output": {"op": Op.SOFTMAX_OUTPUT, "targets": INDICES, "grad_scale": 2.5},
    "softmax_output over its batch": {
        "op": Op.SOFTMAX_OUTPUT,
        "targets": INDICES,
        "normalization": Normalization.BATCH,
    },
    "softmax_output over rows that count": {
        "op": Op.SOFTMAX_OUTPUT,
        "normalization": Normalization.VALID,
        **IGNORED,
    },
    "float64 of float32": {"op": Op.SOFTMAX, "result_dtype": DType.FLOAT64},
}
MIXED = [(DType.FLOAT16, DType.FLOAT32), (DType.BFLOAT16, DType.FLOAT32), (DType.INT32, DType.FLOAT32)]


def problems() -> list[Problem]:
    """Return a problem for every variant and dtype, whose id is both, and for every feature."""
    made = [
        _problem(f"{name}, {dtype.value}", {"dtype": dtype, **variant})
        for name, variant in VARIANTS.items()
        for dtype in (DType if "probabilities" not in name else FLOATING)  # which are numbers of the dtype of x
    ]
    made += [
        _problem(name, {**feature}, quantities=(Quantity.FORWARD, Quantity.VJP)) for name, feature in FEATURES.items()
    ]
    made += [
        _problem(f"{op.value} of {dtype.value} in {result.value}", {"op": op, "dtype": dtype, "result_dtype": result})
        for op in (Op.SOFTMAX, Op.LOG_SOFTMAX, Op.SOFTMIN)
        for dtype, result in MIXED
    ]
    made += [_problem(f"{name}, eager", {"mode": Mode.EAGER, **VARIANTS[name]}) for name in ("softmax", "logsumexp")]
    made += [_problem("cross_entropy, eager", {"mode": Mode.EAGER, **VARIANTS["cross_entropy of indices"]})]
    return made


def _problem(name: str, parameters: dict[str, Any], *, quantities: Sequence[Quantity] = tuple(Quantity)) -> Problem:
    dtype = parameters.setdefault("dtype", DType.FLOAT32)
    x = parameters.pop("x", X if dtype.floating else WHOLE)
    if np.asarray(parameters.get("targets", 0)).dtype.kind == "f":
        parameters["targets"] = numbers(parameters["targets"], dtype)
    asked = [quantity for quantity in quantities if dtype.floating or quantity is Quantity.FORWARD]
    if parameters["op"] is Op.SOFTMAX_OUTPUT:
        asked = asked[:2]
    output = problem(name, x, **parameters).call.output_shape
    cotangent, tangent = np.resize(COTANGENTS, output), np.resize(TANGENTS, np.shape(x))
    return problem(name, x, check=asked, cotangent=cotangent, tangent=tangent, **parameters)


def expected(call: Call, quantity: Quantity, *, masked_moves: bool = False) -> NDArray[np.float64]:
    """Return ``quantity`` of ``call`` in float64.

    ``masked_moves``: a masked log-probability is not the constant -inf, but -inf minus the logarithm of the sum, and
    moves with that.
    """
    x, tangent = values(call.x, call.dtype), values(call.tangent, call.dtype)
    cotangent = values(call.cotangent, call.result_dtype or call.dtype)
    match quantity:
        case Quantity.FORWARD:
            return _forward(call, x).real
        case Quantity.VJP:
            return _gradient(call, x, cotangent, masked_moves=masked_moves)
        case Quantity.JVP:
            return np.tensordot(_jacobian(call, x, masked_moves=masked_moves), tangent, x.ndim)
        case Quantity.JACOBIAN:
            return _jacobian(call, x, masked_moves=masked_moves)
        case Quantity.HVP:
            ends = (_gradient(call, x + 1e-5 * k * tangent, cotangent, masked_moves=masked_moves) for k in (1, -1))
            return np.subtract(*ends) / 2e-5


def values(array: NDArray[Any] | None, dtype: DType) -> Any:
    """Return the numbers of an array of ``dtype``."""
    if array is None:
        return None
    return format_named(dtype.value).decode(array) if dtype.floating else array.astype(np.float64)


def _gradient(
    call: Call, x: NDArray[np.float64], cotangent: NDArray[np.float64], *, masked_moves: bool
) -> NDArray[np.float64]:
    if call.op is not Op.SOFTMAX_OUTPUT:
        return np.tensordot(cotangent, _jacobian(call, x, masked_moves=masked_moves), cotangent.ndim)
    counted = np.expand_dims(call.targets != call.ignore_index, call.axis)
    over = {Normalization.NULL: 1, Normalization.BATCH: len(x), Normalization.VALID: counted.sum()}
    losses = np.where(counted, _forward(call, x).real - _distribution(call), 0)
    return losses * call.grad_scale / over[call.normalization]


def _jacobian(call: Call, x: NDArray[np.float64], *, masked_moves: bool) -> NDArray[np.float64]:
    columns = []
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = 1e-30
        columns.append(_forward(call, x + 1j * step.reshape(x.shape), masked_moves=masked_moves).imag / 1e-30)
    return np.stack(columns, axis=-1).reshape(call.output_shape + x.shape)


def _forward(call: Call, x: NDArray[Any], *, masked_moves: bool = False) -> NDArray[Any]:
    logits = x.astype(complex) / (call.temperature or 1) * (-1 if call.op.negated else 1)
    kept = _kept(call)
    weights = np.where(kept, np.exp(np.where(kept, logits, 0)), 0)
    total = weights.sum(axis=call.axis, keepdims=True)
    match call.op:
        case Op.LOGSUMEXP:
            return np.log(total).squeeze(call.axis)
        case op if op.gives_logarithms:
            return np.where(kept, logits - np.log(total), -np.inf - masked_moves * np.log(total))
        case Op.CROSS_ENTROPY:
            losses = -(_distribution(call) * (logits - np.log(total))).sum(axis=call.axis)
            counted = np.asarray(call.targets != call.ignore_index) if call.index_targets else np.ones(losses.shape)
            losses = np.where(counted, losses, 0)
            if call.reduction is Reduction.NONE:
                return losses
            return losses.sum() / (counted.sum() if call.reduction is Reduction.MEAN else 1)
        case _:
            return weights / total


def _kept(call: Call) -> NDArray[np.bool_]:
    if call.mask is not None:
        return call.mask
    if call.lengths is None:
        return np.ones(call.x.shape, bool)
    along = np.moveaxis(np.empty(call.x.shape), call.axis, -1).shape
    return np.moveaxis(np.broadcast_to(np.arange(along[-1]), along) < call.lengths[..., None], -1, call.axis)


def _distribution(call: Call) -> NDArray[np.float64]:
    classes = call.x.shape[call.axis]
    if call.index_targets:
        targets = np.moveaxis(
            np.eye(classes)[np.where(call.targets == call.ignore_index, 0, call.targets)], -1, call.axis
        )
    else:
        targets = values(call.targets, call.dtype)
    return (1 - call.label_smoothing) * targets + call.label_smoothing / classes
