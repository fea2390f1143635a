"""Problems of every op, with the arrays and parameters that it needs: rows of four numbers, two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.call import output_shape
from harness.plan.problem import Problem
from harness.vocabulary import DType, Op, Quantity, Reduction
from tests.compare.bench import problem

X = np.array([[0.5, -1.25, 2.0, 0.75], [1.0, 1.5, -0.5, -2.0]])
W = np.array([[1.0, -0.5, 0.25, 2.0], [0.5, 1.0, -1.0, 0.75]])

PARAMETERS: dict[Op, dict[str, Any]] = {
    Op.SOFTMAX: {"temperature": 0.5},
    Op.LOG_SOFTMAX: {"temperature": 2.0},
    Op.SOFTMIN: {},
    Op.LOGSUMEXP: {},
    Op.MASKED_SOFTMAX: {"mask": [[True, True, False, True], [True, True, True, True]]},
    Op.MASKED_LOG_SOFTMAX: {"lengths": [3, 4]},
    Op.CROSS_ENTROPY: {"targets": [0, 3], "reduction": Reduction.MEAN},
    Op.SOFTMAX_OUTPUT: {"targets": [0, 3], "grad_scale": 2.0},
}


def checks(op: Op) -> tuple[Quantity, ...]:
    """What can be asked of an op."""
    return (Quantity.FORWARD, Quantity.VJP) if op is Op.SOFTMAX_OUTPUT else tuple(Quantity)


def of_op(op: Op, *, x: Any = X, dtype: DType = DType.FLOAT32, seed: int = 0, **changes: Any) -> Problem:
    """A problem of an op, with a cotangent of its output's shape."""
    given = {"check": checks(op), "case": f"case-{op.value.replace('_', '-')}"} | PARAMETERS[op] | changes
    shape = output_shape(op, np.shape(x), axis=-1, reduction=given.get("reduction"))
    cotangent = np.random.default_rng(seed).standard_normal(shape)
    asked: dict[str, Any] = {"cotangent": cotangent, "tangent": np.resize(W, np.shape(x))} | given
    return problem(x, op=op, dtype=dtype, **asked)
