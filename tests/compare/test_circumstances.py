"""What a ledger entry may ask beside op, dtype and kind: true in the rows that it describes, and in no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.compare.circumstance import holds
from harness.compare.compare import compare
from harness.compare.verdict import Finding
from harness.vocabulary import Circumstance, DType, FindingKind, Mode, Op, Quantity
from tests.compare.bench import TRUE, plan, problem, recording
from tests.compare.everything import of_op
from tests.compare.test_excuses import known


def found(quantity: Quantity = Quantity.VJP, **evidence: Any) -> Finding:
    return Finding(
        kind=FindingKind.BEYOND_BOUND, case="a-case", sentence="It is wrong.", quantity=quantity, evidence=evidence
    )


def of(x: Any, *, op: Op = Op.SOFTMAX, dtype: DType = DType.FLOAT32, **parameters: Any) -> Call:
    return problem(x, op=op, dtype=dtype, check=[Quantity.FORWARD], **parameters).call


ZEROS, ONES = np.zeros((2, 300)), np.zeros((2, 41))
PEAKED = np.where(np.arange(300) > 0, -100.0, ZEROS)


@pytest.mark.parametrize(
    ("circumstance", "there", "elsewhere"),
    [
        (
            Circumstance.SUM_OVERFLOWS,
            of(np.zeros((1, 65536)), dtype=DType.FLOAT16),
            of(np.zeros((1, 65000)), dtype=DType.FLOAT16),
        ),
        (Circumstance.SQUARE_OVERFLOWS, of(ZEROS, dtype=DType.FLOAT16), of(PEAKED, dtype=DType.FLOAT16)),
        (Circumstance.SQUARE_OVERFLOWS, of(ZEROS, dtype=DType.FLOAT16), of(ZEROS, dtype=DType.BFLOAT16)),
        (
            Circumstance.VECTOR_SUM_OVERFLOWS,
            of([0.0, 0.0], dtype=DType.FLOAT16, cotangent=[40000.0, -40000.0]),
            of([0.0, 0.0], dtype=DType.FLOAT16, cotangent=[40000.0, -20000.0]),
        ),
        (Circumstance.CUBE_OVERFLOWS, of(ONES, dtype=DType.FLOAT16), of(ONES[:, :40], dtype=DType.FLOAT16)),
        (Circumstance.QUOTIENT_ROUNDS, of([1e7, 0], temperature=3.0), of([1e5, 0], temperature=3.0)),
        (Circumstance.QUOTIENT_ROUNDS, of([1e7, 0], temperature=3.0), of([1e7, 0], temperature=2.0)),
        (Circumstance.QUOTIENT_ROUNDS, of([1e7, 0], temperature=3.0), of([1e7, 0])),
        (
            Circumstance.QUOTIENT_ROUNDS,
            of([1e7, 0], temperature=3.0),
            of([1e7, 0], temperature=3.0, mode=Mode.EAGER),
        ),
    ],
)
def test_it_is_true_where_it_says_and_nowhere_else(circumstance: Circumstance, there: Call, elsewhere: Call) -> None:
    assert holds(circumstance, found(), there)
    assert not holds(circumstance, found(), elsewhere)


def test_a_row_is_held_to_its_own_logits() -> None:
    call = of([[3e8, 0.0], [0.0, 1.0]], temperature=3.0)
    for evidence, true in (({"row": 0}, True), ({"row": 1}, False), ({"at": [0, 1]}, True), ({"at": [1, 0]}, False)):
        assert holds(Circumstance.QUOTIENT_ROUNDS, found(**evidence), call) is true
    assert holds(Circumstance.QUOTIENT_ROUNDS, found(), call)  # names no row


@pytest.mark.parametrize(("at", "true"), [([0, 1], True), ([1, 1], False)])
def test_a_head_counts_as_under_the_mask_in_its_own_row_alone(at: list[int], true: bool) -> None:
    mask = [[True, False, True], [True, False, True]]
    call = of(
        np.zeros((2, 3)), op=Op.MASKED_LOG_SOFTMAX, mask=mask, cotangent=np.array([[1.0, 2.0, 3.0], [1.0, 0.0, 3.0]])
    )
    assert holds(Circumstance.HEAD_UNDER_MASK, found(at=at), call) is true


@pytest.mark.parametrize("quantity", [Quantity.JVP, Quantity.JACOBIAN])
@pytest.mark.parametrize(("kept_too", "unexpected"), [(False, False), (True, True)])
def test_what_is_wrong_under_the_mask_alone_excuses_nothing_that_is_kept(
    quantity: Quantity, kept_too: bool, unexpected: bool
) -> None:
    asked = of_op(Op.MASKED_LOG_SOFTMAX, check=[Quantity.FORWARD, quantity], case="a-case")

    def wrong(call: Call) -> Any:
        value = np.array(TRUE[quantity](call))
        value[0, 3] += 1.0  # the last of the first row is masked
        value[0, 0] += 1e-3 * kept_too
        return value

    made = replace(plan(asked), ledger=(known(when=Circumstance.ONLY_UNDER_MASK),))
    compared = compare(made, {"kernel": recording(made, TRUE | {quantity: wrong})})
    kinds = {finding.kind for finding in compared.findings if finding.adapters}
    assert FindingKind.BEYOND_BOUND in kinds
    assert any(one.kind is FindingKind.BEYOND_BOUND for one in compared.unexpected) is unexpected


def test_the_error_of_a_gradient_that_ignores_its_head_is_not_divided_by_it() -> None:
    asked = of_op(Op.SOFTMAX_OUTPUT, case="a-case", cotangent=np.full((2, 4), 1e-30))

    def wrong(call: Call) -> Any:
        return np.asarray(TRUE[Quantity.VJP](call)) * (1 + 1e-3)

    made = replace(plan(asked), ledger=(known(largest_error=2e-3),))
    compared = compare(made, {"kernel": recording(made, TRUE | {Quantity.VJP: wrong})})
    assert FindingKind.BEYOND_BOUND in {finding.kind for finding in compared.findings}
    assert FindingKind.BEYOND_BOUND not in {finding.kind for finding in compared.unexpected}
