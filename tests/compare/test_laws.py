"""Laws that need no oracle: each that is broken is a finding of its own, and they judge where no bound can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Op, Outcome, Quantity, Reduction
from tests.compare.bench import TRUE, Kernel, plan, problem, recording
from tests.compare.everything import X, of_op

HALF = Precision(working=DType.FLOAT16, accumulation=DType.FLOAT16)


def compared(*problems: Problem, kernels: dict[Quantity, Kernel], **entry: Any) -> Comparison:
    asked = plan(*problems)
    return compare(asked, {"kernel": recording(asked, TRUE | kernels, **entry)})


def of_kind(comparison: Comparison, kind: FindingKind) -> Finding:
    (finding,) = [finding for finding in comparison.findings if finding.kind is kind]
    return finding


def _changed(quantity: Quantity, change: Any) -> Kernel:
    def kernel(call: Call) -> NDArray[Any]:
        return np.asarray(change(TRUE[quantity](call)), call.dtype.value)

    return kernel


def _tilted(jacobian: NDArray[Any]) -> NDArray[Any]:
    jacobian = jacobian.copy()
    jacobian[0, 1, 0, 2] += 1e-3
    return jacobian


@pytest.mark.parametrize(
    ("op", "quantity", "change", "kind", "law"),
    [
        (Op.SOFTMAX, "forward", lambda s: s * 1.001, FindingKind.SUM_NOT_ONE, "sum-to-one"),
        (Op.SOFTMIN, "forward", lambda s: s * 1.001, FindingKind.SUM_NOT_ONE, "sum-to-one"),
        (Op.SOFTMAX_OUTPUT, "forward", lambda s: s * 1.001, FindingKind.SUM_NOT_ONE, "sum-to-one"),
        (Op.LOG_SOFTMAX, "forward", lambda log: log - 0.001, FindingKind.SUM_NOT_ONE, "exponentials"),
        (Op.LOG_SOFTMAX, "forward", lambda log: log + 2.0, FindingKind.POSITIVE_LOG, "positive-log"),
        (Op.CROSS_ENTROPY, "forward", lambda loss: loss - 9.0, FindingKind.POSITIVE_LOG, "negative-loss"),
        (Op.SOFTMAX, "vjp", lambda g: g + 0.01, FindingKind.VJP_SUM_NOT_ZERO, "vjp-sum"),
        (Op.LOG_SOFTMAX, "vjp", lambda g: g + 0.01, FindingKind.VJP_SUM_NOT_ZERO, "vjp-sum"),
        (Op.CROSS_ENTROPY, "vjp", lambda g: g + 0.01, FindingKind.VJP_SUM_NOT_ZERO, "vjp-sum"),
        (Op.LOGSUMEXP, "vjp", lambda g: g + 0.01, FindingKind.VJP_SUM_NOT_ZERO, "vjp-sum"),
        (Op.SOFTMAX, "jacobian", _tilted, FindingKind.ASYMMETRIC, "jacobian-symmetry"),
    ],
)
def test_a_broken_law_is_a_finding_of_its_own(op: Op, quantity: str, change: Any, kind: FindingKind, law: str) -> None:
    asked = Quantity(quantity)
    found = compared(of_op(op), kernels={asked: _changed(asked, change)})
    finding = of_kind(found, kind)
    assert finding.evidence["law"] == law
    assert finding.evidence["error"] > finding.evidence["bound"]
    assert finding.unexpected
    verdict = next(one for one in found.verdicts if one.quantity is asked)
    assert kind.value in verdict.invariants
    assert verdict.outcome is Outcome.BEYOND_BOUND
    assert FindingKind.BEYOND_BOUND in {finding.kind for finding in found.findings}


def test_rows_that_break_a_law_are_counted_and_the_worst_is_named() -> None:
    x = np.concatenate([X, X, X])
    factors = np.array([1.0, 1.001, 1.0, 1.1, 1.0, 1.01])[:, np.newaxis]
    found = compared(
        of_op(Op.SOFTMAX, x=x), of_op(Op.SOFTMAX, x=x, seed=1, case="right"),
        kernels={Quantity.FORWARD: lambda call: TRUE[Quantity.FORWARD](call) * factors.astype(np.float32)},
    )  # fmt: skip
    worst = [finding for finding in found.findings if finding.kind is FindingKind.SUM_NOT_ONE]
    assert [(one.evidence["row"], one.evidence["rows"]) for one in worst] == [(3, 3), (3, 3)]
    assert "of row 3 add up to 1.1" in worst[0].sentence
    assert "2 more rows of it likewise" in worst[0].sentence


def _stagnating(call: Call) -> NDArray[Any]:
    """Softmax of equal logits by a sum in float16, which stops growing at 2048."""
    return np.full(call.x.shape, 1 / 2048, np.float16)


@pytest.mark.parametrize(
    ("kernel", "outcome", "kinds"),
    [
        (TRUE[Quantity.FORWARD], Outcome.OUTSIDE_RANGE, set()),
        (_stagnating, Outcome.BEYOND_BOUND, {FindingKind.SUM_NOT_ONE}),
    ],
)
def test_what_no_bound_can_judge_is_judged_by_laws(kernel: Kernel, outcome: Outcome, kinds: set[FindingKind]) -> None:
    asked = problem(np.zeros((1, 4096)), dtype=DType.FLOAT16, check=[Quantity.FORWARD])
    found = compared(asked, kernels={Quantity.FORWARD: kernel}, precision=HALF)
    assert found.verdicts[0].outcome is outcome
    assert {finding.kind for finding in found.findings} == kinds
    if kinds:
        assert "add up to 2" in found.verdicts[0].detail


def test_nan_breaks_no_law_beside_its_own_outcome() -> None:
    found = compared(of_op(Op.SOFTMAX), kernels={Quantity.FORWARD: lambda call: np.full_like(call.x, np.nan)})
    assert found.verdicts[0].outcome is Outcome.NONFINITE_PATTERN
    assert found.verdicts[0].invariants == ()


QUARTERS = np.array([[0.0, 0.25, 1.5, -2.0], [1.0, 0.5, 0.75, -1.0]])


def _sees_the_shift(call: Call) -> NDArray[Any]:
    right = TRUE[Quantity.FORWARD](call)
    return right + right.dtype.type(1e-9 * call.x.max())  # as a kernel that does not subtract the maximum first


def _shifted(op: Op, by: Any, **changes: Any) -> list[Problem]:
    at_zero = of_op(op, x=QUARTERS, case="at-zero", **changes)
    return [at_zero, of_op(op, x=QUARTERS + by, case="shifted", **changes)]


@pytest.mark.parametrize("by", [1e4, [[1e4], [-512.0]]])
def test_a_kernel_that_sees_a_common_shift_is_told_by_both_results(by: Any) -> None:
    found = compared(*_shifted(Op.SOFTMIN, by), kernels={Quantity.FORWARD: _sees_the_shift})
    finding = of_kind(found, FindingKind.SHIFT_SEEN)
    assert finding.problems == ("shifted[float32]", "at-zero[float32]")
    assert "for at-zero[float32]" in finding.sentence


@pytest.mark.parametrize("op", [op for op in Op if op is not Op.SOFTMAX_OUTPUT])
def test_a_kernel_that_subtracts_the_maximum_first_sees_no_shift(op: Op) -> None:
    changes = {"reduction": Reduction.NONE} if op is Op.CROSS_ENTROPY else {}
    found = compared(*_shifted(op, 1e4, **changes), kernels={})
    assert not found.unexpected


@pytest.mark.parametrize(
    "other",
    [
        {"x": QUARTERS * 2},
        {"x": QUARTERS + np.array([[0.0, 0.0, 0.0, 1.0]])},
        {"x": QUARTERS + 1e4, "seed": 1},
        {"x": QUARTERS + 1e8},
        {"x": QUARTERS + 1e4, "temperature": 3.0},
    ],
)
def test_problems_that_differ_in_more_than_a_shift_are_not_held_against_each_other(other: dict[str, Any]) -> None:
    asked = [of_op(Op.SOFTMAX, x=QUARTERS, case="one"), of_op(Op.SOFTMAX, **{"case": "other"} | other)]
    found = compared(*asked, kernels={Quantity.FORWARD: _sees_the_shift})
    assert FindingKind.SHIFT_SEEN not in {finding.kind for finding in found.findings}
