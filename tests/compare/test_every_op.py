"""Every op, dtype and quantity is judged: right results agree, and one wrong element is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.compare import compare
from harness.compare.verdict import Verdict
from harness.record.recording import Entry, Recording, Returned
from harness.vocabulary import DType, FindingKind, Mode, Op, Outcome, Quantity, Reduction
from reference.formats import format_named
from tests.compare.bench import FLOATING, TRUE, Kernel, header, plan, problem, read, recording, stored
from tests.compare.everything import PARAMETERS, of_op

CELLS = [(op, quantity) for op in Op for quantity in of_op(op).check]
SINGLE = Precision(working=DType.FLOAT32, accumulation=DType.FLOAT32)


def verdicts(asked: Any, kernels: dict[Quantity, Kernel], **entry: Any) -> dict[Quantity, Verdict]:
    made = plan(asked)
    compared = compare(made, {"kernel": recording(made, TRUE | kernels, **entry)})
    return {verdict.quantity: verdict for verdict in compared.verdicts}


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("op", list(Op))
def test_the_reference_agrees_with_the_oracle(op: Op, dtype: DType) -> None:
    made = plan(of_op(op, dtype=dtype))
    wide = DType.FLOAT64 if dtype is DType.FLOAT64 else DType.FLOAT32
    declared = Precision(working=wide, accumulation=wide)
    compared = compare(made, {"kernel": recording(made, TRUE, precision=declared)})
    assert [verdict for verdict in compared.verdicts if not verdict.outcome.agreed] == []
    assert not compared.unexpected


def _one_off(right: Kernel, quantity: Quantity) -> Callable[[Call], NDArray[Any]]:
    def kernel(call: Call) -> NDArray[Any]:
        dtype = call.dtype_of(quantity)
        assert dtype is not None
        value = np.array(read(right(call), dtype), np.float64)
        at = np.unravel_index(np.where(np.isfinite(value), np.abs(value), 0.0).argmax(), value.shape)
        value[at] *= 1 + (2000 if quantity is Quantity.HVP else 400) * format_named(dtype.value).unit_roundoff
        return stored(value, dtype)

    return kernel


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
@pytest.mark.parametrize(("op", "quantity"), CELLS)
def test_one_wrong_element_is_noticed(op: Op, quantity: Quantity, dtype: DType) -> None:
    wrong = verdicts(of_op(op, dtype=dtype), {quantity: _one_off(TRUE[quantity], quantity)})
    assert wrong[quantity].outcome is Outcome.BEYOND_BOUND
    beside_it = {Quantity.FORWARD, Quantity.VJP} if quantity is Quantity.FORWARD else {quantity}
    assert {q for q, verdict in wrong.items() if not verdict.outcome.agreed} <= beside_it


@pytest.mark.parametrize(("op", "quantity"), CELLS)
def test_a_result_of_another_shape_is_refused(op: Op, quantity: Quantity) -> None:
    def wrong(call: Call) -> NDArray[Any]:
        return np.zeros((*call.shape_of(quantity), 1), np.float32)

    assert verdicts(of_op(op), {quantity: wrong})[quantity].outcome is Outcome.SHAPE


@pytest.mark.parametrize(("returned", "agreed"), [("float32", True), ("float64", True), ("float16", True)])
def test_integers_are_judged_in_the_format_that_the_framework_chooses(returned: str, agreed: bool) -> None:
    asked = problem([1, 2, 4], dtype=DType.INT32, check=[Quantity.FORWARD])
    exact = np.exp([-3.0, -2.0, 0.0]) / np.exp([-3.0, -2.0, 0.0]).sum()
    verdict = verdicts(asked, {Quantity.FORWARD: lambda call: exact.astype(returned)})[Quantity.FORWARD]
    assert (verdict.outcome.agreed, verdict.result_dtype) == (agreed, returned)
    assert verdict.ulps is not None
    assert verdict.ulps <= 1


@pytest.mark.parametrize(
    ("asked", "returned"),
    [
        (problem([1, 2, 4], dtype=DType.INT32, check=[Quantity.FORWARD]), "int32"),
        (problem([1, 2, 4], dtype=DType.INT32, check=[Quantity.FORWARD]), "complex64"),
        (problem([1, 2, 4], dtype=DType.INT32, result_dtype=DType.FLOAT32, check=[Quantity.FORWARD]), "float64"),
        (problem([1.0, 2.0], dtype=DType.FLOAT16, result_dtype=DType.FLOAT32, check=[Quantity.FORWARD]), "float16"),
        (problem([1.0, 2.0], dtype=DType.BFLOAT16, check=[Quantity.FORWARD]), "float32"),
    ],
)
def test_another_dtype_than_the_one_that_is_due_is_refused(asked: Any, returned: str) -> None:
    wrong = verdicts(asked, {Quantity.FORWARD: lambda call: np.ones(call.x.shape, returned)})
    assert wrong[Quantity.FORWARD].outcome is Outcome.DTYPE


def test_bits_of_bfloat16_are_read_as_numbers() -> None:
    asked = plan(problem([1.0, 2.0], dtype=DType.BFLOAT16, check=[Quantity.FORWARD]))
    name = asked.problems[0].id
    bits = np.array(
        [0x3E8A, 0x3F3B], np.uint16
    )  # 0.26953125 and 0.73046875; the exact values are 0.2689... and 0.7310...
    entry = Entry(problem=name, quantity=Quantity.FORWARD, result=Returned(bits, "bfloat16"), mode=Mode.EAGER)
    recorded = Recording(header=header("kernel"), complete=True, entries={(name, Quantity.FORWARD): entry})
    (verdict,) = compare(asked, {"kernel": recorded}).verdicts
    assert verdict.outcome is Outcome.EXACT
    assert (verdict.got, verdict.result_dtype) in {(0.26953125, "bfloat16"), (0.73046875, "bfloat16")}


def test_mixed_precision_is_judged_in_the_format_of_each_result() -> None:
    asked = of_op(Op.SOFTMAX, dtype=DType.FLOAT16, result_dtype=DType.FLOAT32, temperature=None)
    judged = verdicts(asked, {}, precision=SINGLE)
    dtypes = {quantity: verdict.result_dtype for quantity, verdict in judged.items()}
    outputs = {Quantity.FORWARD: "float32", Quantity.JVP: "float32"}
    assert dtypes == dict.fromkeys(Quantity, "float16") | outputs
    assert all(verdict.outcome.agreed for verdict in judged.values())


def test_what_is_under_a_mask_has_no_say() -> None:
    mask = [[True, True, False]]
    asked = plan(
        of_op(Op.MASKED_SOFTMAX, x=[[1.0, 2.0, np.nan]], mask=mask, cotangent=[[1.0, 0.5, np.inf]], case="nan"),
        of_op(Op.MASKED_SOFTMAX, x=[[1.0, 2.0, 1e30]], mask=mask, case="huge"),
    )
    compared = compare(asked, {"kernel": recording(asked, TRUE)})
    assert all(verdict.outcome.agreed for verdict in compared.verdicts)


@pytest.mark.parametrize(
    ("op", "changes", "parameters", "words"),
    [
        (Op.SOFTMAX, {}, "temperature=0.5", "softmax at temperature 0.5"),
        (Op.MASKED_LOG_SOFTMAX, {}, "lengths", "masked_log_softmax with valid lengths"),
        (Op.CROSS_ENTROPY, {}, "targets=indices", "cross_entropy (reduction mean)"),
        (
            Op.CROSS_ENTROPY,
            {"ignore_index": 7, "label_smoothing": 0.25, "reduction": Reduction.SUM},
            "targets=indices ignore_index=7 label_smoothing=0.25",
            "cross_entropy (reduction sum) with label smoothing 0.25 and ignore_index 7",
        ),
        (Op.SOFTMAX_OUTPUT, {}, "targets=indices grad_scale=2", "softmax_output with grad_scale 2"),
    ],
)
def test_parameters_are_in_the_table_and_in_the_sentence(
    op: Op, changes: dict[str, Any], parameters: str, words: str
) -> None:
    made = plan(of_op(op, **changes))
    wrong = TRUE | {Quantity.FORWARD: _one_off(TRUE[Quantity.FORWARD], Quantity.FORWARD)}
    compared = compare(made, {"kernel": recording(made, wrong)})
    assert compared.verdicts[0].parameters == parameters
    found = [finding for finding in compared.findings if finding.kind is FindingKind.BEYOND_BOUND]
    assert f"the forward of {words} is wrong" in found[0].sentence
    assert compared.verdicts[0].reduction == str(
        PARAMETERS[op].get("reduction", "") and made.problems[0].call.reduction
    )
