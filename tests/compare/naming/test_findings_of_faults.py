"""What findings say of faults: words, evidence, the row's scalar; and that real kernels with a fault are recognised."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.compare import compare
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.selftest.slips.rules import (
    averaged_dot,
    elementwise,
    first_tile_alone,
    later_tiles_wrong,
    logistic,
    one_too_early,
)
from harness.selftest.slips.steps import log_softmax_backward
from harness.vocabulary import DType, FindingKind, Op, Quantity
from tests.compare.bench import FLOATING, RIGHT, TRUE, Kernel, plan, problem, read, recording, softmax, stored, vjp

Array = NDArray[Any]
RNG = np.random.default_rng(2)
X = RNG.normal(size=(6, 40)) * 3
V = RNG.normal(size=(6, 40))


def finding(asked: Problem, kernels: dict[Quantity, Kernel], kind: FindingKind, **entry: Any) -> Finding:
    of = plan(asked)
    compared = compare(of, {"kernel": recording(of, kernels, **entry)})
    (found,) = [one for one in compared.findings if one.kind is kind]
    return found


def named(found: Finding) -> list[str]:
    return [one["name"] for one in found.evidence["faults"]]


def _sum(array: Array) -> Array:
    return np.asarray(array.sum(axis=-1, keepdims=True, dtype=array.dtype))


FORMS: list[tuple[str, Callable[[Array, Array], Array]]] = [
    ("dot-term-missing", elementwise),
    ("diagonal-only", logistic),
    ("diagonal-only", lambda s, v: v * (s - s * s)),
    ("dot-term-added", lambda s, v: s * (v + _sum(s * v))),
    ("mean-for-sum-in-dot", lambda s, v: s * v - s * (s * v).mean(axis=-1, keepdims=True)),
    ("mean-for-sum-in-dot", averaged_dot),
    ("unweighted-mean-for-dot", lambda s, v: s * (v - v.mean(axis=-1, keepdims=True))),
    ("log-softmax-rule", log_softmax_backward),
    ("outer-probability-missing", lambda s, v: v - _sum(s * v)),
    ("squared-probabilities", lambda s, v: s * (s * (v - _sum(s * v)))),
    ("squared-weights-in-dot", lambda s, v: s * (v - _sum(s * (s * v)))),
    ("dot-of-row-before", lambda s, v: s * (v - np.roll(_sum(s * v), 1, axis=0))),
    ("last-element-not-in-dot", one_too_early),
    ("dot-of-first-32", first_tile_alone),
    ("wrong-past-element-32", later_tiles_wrong),
    ("sign", lambda s, v: s * (_sum(s * v) - v)),
    ("accumulated-twice", lambda s, v: s * (v - _sum(s * v)) + s * (v - _sum(s * v))),
    ("identity", lambda _, v: v),
]


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_kernel_that_computes_a_wrong_formula_is_recognised(
    name: str, form: Callable[[Array, Array], Array], dtype: DType
) -> None:
    def kernel(call: Call) -> Array:
        assert call.cotangent is not None
        return stored(form(read(softmax(call), dtype), read(call.cotangent, dtype)), dtype)

    asked = problem(X, V, dtype=dtype)
    found = finding(asked, RIGHT | {Quantity.VJP: kernel}, FindingKind.BEYOND_BOUND)
    assert named(found) == [name]
    assert found.evidence["faults"][0]["share"] <= 1


def _without_dot(call: Call) -> Array:
    assert call.cotangent is not None
    return stored(read(softmax(call), call.dtype) * read(call.cotangent, call.dtype), call.dtype)


def test_the_sentence_says_which_fault_how_well_and_how_far_the_right_rule_is() -> None:
    found = finding(problem(X, V), RIGHT | {Quantity.VJP: _without_dot}, FindingKind.BEYOND_BOUND)
    assert "It agrees with s*v: the dot term <s, v> is missing, to 0." in found.sentence
    assert "of the bound; the right rule is off by " in found.sentence
    (fault,) = found.evidence["faults"]
    assert fault["what"] == "s*v: the dot term <s, v> is missing"
    assert fault["factor"] == 1.0
    assert found.evidence["faults tried"] > 12
    assert json.loads(json.dumps(found.evidence)) == found.evidence


def test_a_factor_is_said_and_written() -> None:
    kernel: Kernel = lambda call: stored(-3.0 * read(_without_dot(call), call.dtype), call.dtype)  # noqa: E731
    found = finding(problem(X, V), RIGHT | {Quantity.VJP: kernel}, FindingKind.BEYOND_BOUND)
    (fault,) = found.evidence["faults"]
    assert (fault["name"], fault["factor"]) == ("dot-term-missing", pytest.approx(-3.0, rel=1e-6))
    assert "times s*v: the dot term <s, v> is missing" in found.sentence


def test_what_nothing_explains_is_said_to_be_unexplained() -> None:
    def kernel(call: Call) -> Array:
        return stored(read(vjp(call), call.dtype) * (1 + 0.1 * np.cos(np.arange(40) ** 2)), call.dtype)

    found = finding(problem(X, V), RIGHT | {Quantity.VJP: kernel}, FindingKind.BEYOND_BOUND)
    assert found.evidence["faults"] == []
    assert (
        f"None of the {found.evidence['faults tried']} faults that have a formula here explains it." in found.sentence
    )


def test_rows_that_are_wrong_are_counted_beside_those_that_are_right() -> None:
    def kernel(call: Call) -> Array:
        return np.where(np.arange(6)[:, np.newaxis] < 2, _without_dot(call), vjp(call))

    found = finding(problem(X, V), RIGHT | {Quantity.VJP: kernel}, FindingKind.BEYOND_BOUND)
    assert named(found) == ["dot-term-missing"]
    assert "in 2 of 6 rows; the others are right" in found.sentence


def test_zeros_are_named_with_what_coincides() -> None:
    kernel: Kernel = lambda call: np.zeros_like(call.x)  # noqa: E731
    found = finding(problem(X, V), RIGHT | {Quantity.VJP: kernel}, FindingKind.ZERO_RULE)
    assert set(named(found)) == {"zeros-returned", "cotangent-ignored"}


@pytest.mark.parametrize("factor", [1.001, 0.9873])
def test_a_sum_that_is_off_is_named_as_the_scalar_of_its_rows(factor: float) -> None:
    def kernel(call: Call) -> Array:
        each = np.where(np.arange(6) % 2, factor, 1.0)[:, np.newaxis] * np.linspace(1.0, factor, 6)[:, np.newaxis]
        return stored(read(softmax(call), call.dtype) / each, call.dtype)

    found = finding(problem(X, V), RIGHT | {Quantity.FORWARD: kernel}, FindingKind.BEYOND_BOUND)
    assert named(found) == ["row-scalar"]
    assert f"all elements agree on a sum S of {factor**2:.6g}" in found.sentence
    law = finding(problem(X, V), RIGHT | {Quantity.FORWARD: kernel}, FindingKind.SUM_NOT_ONE)
    assert named(law) == ["row-scalar"]


def test_a_logarithm_that_is_off_is_named_as_the_scalar_of_its_rows() -> None:
    def kernel(call: Call) -> Array:
        x = call.x.astype(np.float64)
        x = x - x.max(axis=1, keepdims=True)
        return stored(x - np.log(np.exp(x).sum(axis=1, keepdims=True)) - [[1e-3], [2e-3]] * 3, call.dtype)

    kernels = TRUE | {Quantity.FORWARD: kernel}
    found = finding(problem(X, V, op=Op.LOG_SOFTMAX), kernels, FindingKind.BEYOND_BOUND)
    assert named(found) == ["row-scalar"]
    assert "a log S that is off by +0.002" in found.sentence


def test_a_sum_that_stagnates_in_half_is_named_where_only_a_law_judges() -> None:
    half = Precision(working=DType.FLOAT16, accumulation=DType.FLOAT16)
    x = np.zeros((1, 5000))

    def kernel(call: Call) -> Array:
        return np.full(call.x.shape, 1 / 2048, dtype=np.float16)

    asked = problem(x, dtype=DType.FLOAT16, check=[Quantity.FORWARD])
    found = finding(asked, RIGHT | {Quantity.FORWARD: kernel}, FindingKind.SUM_NOT_ONE, precision=half)
    assert named(found) == ["row-scalar"]
    assert "a sum S of 0.4096 times the true one" in found.sentence


@pytest.mark.parametrize("dtype", FLOATING)
def test_right_kernels_are_told_nothing(dtype: DType) -> None:
    of = plan(problem(X, V, dtype=dtype))
    for one in compare(of, {"kernel": recording(of, RIGHT)}).findings:
        assert "faults" not in one.evidence


def test_a_gradient_that_is_averaged_over_the_batch_is_named() -> None:
    asked = problem(X, op=Op.CROSS_ENTROPY, targets=np.arange(6), cotangent=np.ones(6), check=[Quantity.VJP])
    kernel: Kernel = lambda call: TRUE[Quantity.VJP](call) / np.float32(6)  # noqa: E731
    found = finding(asked, TRUE | {Quantity.VJP: kernel}, FindingKind.BEYOND_BOUND)
    assert named(found) == ["batch-mean"]
