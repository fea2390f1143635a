"""A log S that is off is named in derivatives and losses as it is in the forward, and only where elements agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, FindingKind, Op, Quantity, Reduction
from tests.compare.bench import TRUE, Kernel, problem, stored
from tests.compare.naming.test_findings_of_faults import V, X, finding, named

OFF = 2e-4


def probabilities(call: Call) -> NDArray[Any]:
    e = np.exp(np.float64(call.x) - np.float64(call.x).max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True) * np.exp(-OFF))


def of_log_softmax(call: Call) -> NDArray[Any]:
    assert call.cotangent is not None
    v = np.float64(call.cotangent)
    return stored(v - probabilities(call) * v.sum(axis=1, keepdims=True), call.dtype)


def off_by(delta: float) -> Kernel:
    """The forward of the same kernel, whose log S is off."""
    return lambda call: stored(np.float64(TRUE[Quantity.FORWARD](call)) - delta, call.dtype)


def of_loss(call: Call) -> NDArray[Any]:
    assert call.cotangent is not None
    hot = np.eye(call.x.shape[1])[call.targets]
    return stored(np.asarray(call.cotangent, dtype=np.float64)[:, np.newaxis] * (probabilities(call) - hot), call.dtype)


@pytest.mark.parametrize("kind", [FindingKind.BEYOND_BOUND, FindingKind.VJP_SUM_NOT_ZERO])
def test_the_vjp_of_log_softmax_says_by_how_much_log_s_is_off(kind: FindingKind) -> None:
    kernels = TRUE | {Quantity.FORWARD: off_by(OFF), Quantity.VJP: of_log_softmax}
    found = finding(problem(X, V, op=Op.LOG_SOFTMAX, check=[Quantity.VJP]), kernels, kind)
    assert named(found) == ["row-scalar"]
    assert "all elements agree on a log S that is off by +0.0002" in found.sentence


def test_the_vjp_of_a_loss_says_it_too() -> None:
    asked = problem(X, op=Op.CROSS_ENTROPY, targets=np.arange(6), cotangent=np.linspace(1, 2, 6))
    found = finding(asked, TRUE | {Quantity.VJP: of_loss}, FindingKind.BEYOND_BOUND)
    assert named(found) == ["row-scalar"]
    assert "all elements agree on a log S that is off by +0.0002" in found.sentence


@pytest.mark.parametrize("reduction", [Reduction.NONE, Reduction.SUM, Reduction.MEAN])
def test_a_loss_is_one_number_and_proves_nothing(reduction: Reduction) -> None:
    asked = problem(X, op=Op.CROSS_ENTROPY, targets=np.arange(6), reduction=reduction, check=[Quantity.FORWARD])
    rows = 6 if reduction is Reduction.SUM else 1

    def kernel(call: Call) -> NDArray[Any]:
        return np.asarray(TRUE[Quantity.FORWARD](call) + np.float32(OFF * rows), dtype=np.float32)

    found = finding(asked, TRUE | {Quantity.FORWARD: kernel}, FindingKind.BEYOND_BOUND)
    assert named(found) == ["row-scalar"]
    assert "may be off: a log S that is off by +0.0002" in found.sentence
    assert "cannot prove" in found.sentence


def test_one_element_proves_nothing_and_is_given_no_factor() -> None:
    kernel: Kernel = lambda call: stored(np.full(call.x.shape, -1.430511474609375e-06), call.dtype)  # noqa: E731
    asked = problem(np.array([[0.3]]), np.array([[1.0]]), op=Op.LOG_SOFTMAX, dtype=DType.FLOAT32, check=[Quantity.VJP])
    kernels = TRUE | {Quantity.FORWARD: off_by(-1.430511474609375e-06), Quantity.VJP: kernel}
    found = finding(asked, kernels, FindingKind.BEYOND_BOUND)
    assert named(found) == ["row-scalar"]
    assert "may be off: a log S that is off by -1.43e-06" in found.sentence
