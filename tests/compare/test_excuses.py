from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.printed import summed_rows
from harness.plan.plan import ExpectedFinding, LedgerEntry, Plan, PrintedValue
from harness.vocabulary import Circumstance, DType, FindingKind, Op, Quantity
from tests.compare.bench import RIGHT, TRUE, changed, plan, problem, recording, softmax, vjp
from tests.compare.everything import of_op

ASKED = problem([0.1, 2.0], [1.0, 0.0])


def _wrong(call: Call) -> Any:
    return 2 * vjp(call)


def known(**changes: Any) -> LedgerEntry:
    stated: dict[str, Any] = {
        "id": "known-1",
        "case": "a-case",
        "adapter": "kernel",
        "kind": FindingKind.BEYOND_BOUND,
        "quantity": None,
        "op": None,
        "dtype": None,
        "largest_error": None,
        "owner": "upstream",
        "why": "accumulated twice",
        "link": "a link",
        "version": "1.0",
        "platform": "linux-x86_64",
        "file": "cases/ledger.yaml",
        "line": 7,
    }
    return LedgerEntry(**stated | changes)


def run(asked: Plan, *, wrong: bool) -> Comparison:
    kernels = RIGHT | ({Quantity.VJP: _wrong} if wrong else {})
    return compare(asked, {"kernel": recording(asked, kernels)})


def test_a_known_difference_does_not_fail_the_run() -> None:
    compared = run(plan(ASKED, ledger=[known()]), wrong=True)
    assert not compared.unexpected
    assert "known-1" in str(compared.findings[0].excuse)


@pytest.mark.parametrize(
    "other",
    [
        {"case": "another-case"},
        {"adapter": "another"},
        {"kind": FindingKind.WRONG_SHAPE},
        {"quantity": Quantity.FORWARD},
        {"op": Op.LOG_SOFTMAX},
        {"dtype": DType.FLOAT64},
        {"largest_error": 1e-6},
        {"largest_error_per_element": 5e-7},
        {"when": Circumstance.SUM_OVERFLOWS},
        {"version": "1.1"},
        {"platform": "darwin-arm64"},
    ],
)
def test_an_entry_excuses_nothing_but_what_it_names(other: dict[str, Any]) -> None:
    compared = run(plan(ASKED, ledger=[known(**other)]), wrong=True)
    assert FindingKind.BEYOND_BOUND in {finding.kind for finding in compared.unexpected}


@pytest.mark.parametrize("scope", [{}, {"case": None}, {"case": None, "op": Op.SOFTMAX, "dtype": DType.FLOAT32}])
@pytest.mark.parametrize("limit", [{}, {"largest_error": 0.2}, {"largest_error_per_element": 0.1}])
def test_an_entry_may_speak_of_any_case_of_an_op_and_dtype(scope: dict[str, Any], limit: dict[str, Any]) -> None:
    assert not run(plan(ASKED, ledger=[known(**scope | limit)]), wrong=True).unexpected


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
@pytest.mark.parametrize(("limit", "known_by"), [(0.12, "known-1"), (0.11, None)])
def test_the_largest_error_of_a_gradient_grows_with_its_cotangent(
    scale: float, limit: float, known_by: str | None
) -> None:
    asked = problem([[0.1, 2.0], [0.5, 0.5]], [[scale, 0.0], [scale / 9, scale / 9]])  # the first row's error is 0.1132
    compared = run(plan(asked, ledger=[known(largest_error=limit)]), wrong=True)
    found = [finding for finding in compared.findings if finding.kind is FindingKind.BEYOND_BOUND]
    assert [finding.ledger for finding in found] == [known_by]


@pytest.mark.parametrize("scale", [1e-10, 1.0, 1e10])
@pytest.mark.parametrize(
    ("op", "quantity", "powers"),
    [
        (Op.LOGSUMEXP, Quantity.VJP, (1, 0)),
        (Op.LOGSUMEXP, Quantity.JVP, (0, 1)),
        (Op.CROSS_ENTROPY, Quantity.VJP, (1, 0)),
        (Op.CROSS_ENTROPY, Quantity.JVP, (0, 1)),
        (Op.SOFTMAX, Quantity.HVP, (1, 1)),
        (Op.LOGSUMEXP, Quantity.HVP, (1, 1)),
    ],
)
def test_the_largest_error_of_a_derivative_grows_with_every_vector_that_it_is_linear_in(
    op: Op, quantity: Quantity, powers: tuple[int, int], scale: float
) -> None:
    def asked(size: float) -> Plan:
        one = of_op(op, check=[Quantity.FORWARD, quantity], case="a-case")
        call = one.call
        assert call.cotangent is not None
        assert call.tangent is not None
        scaled = {"cotangent": size ** powers[0] * call.cotangent, "tangent": size ** powers[1] * call.tangent}
        arrays = {name: np.asarray(array, np.float32) for name, array in scaled.items()}
        return plan(changed(one, **arrays))

    def wrong(call: Call) -> Any:
        return np.asarray(2 * TRUE[quantity](call))

    def known_at(size: float, limit: float) -> bool:
        made = replace(asked(size), ledger=(known(largest_error=limit),))
        compared = compare(made, {"kernel": recording(made, TRUE | {quantity: wrong})})
        found = [finding for finding in compared.findings if finding.kind is FindingKind.BEYOND_BOUND]
        return all(finding.ledger is not None for finding in found)

    limits = 10.0 ** np.arange(-4, 2, 0.25)
    smallest = next(limit for limit in limits if known_at(1.0, limit))
    assert known_at(scale, smallest)
    assert not known_at(scale, smallest / 10**0.5)


@pytest.mark.parametrize("scope", [{}, {"case": None}])
def test_an_entry_that_no_longer_happens_is_itself_a_finding(scope: dict[str, Any]) -> None:
    compared = run(plan(ASKED, ledger=[known(**scope)]), wrong=False)
    assert [finding.kind for finding in compared.unexpected] == [FindingKind.LEDGER_STALE]
    assert "cases/ledger.yaml:7" in compared.unexpected[0].sentence
    assert compared.unexpected[0].evidence == {"entry": "known-1", "file": "cases/ledger.yaml", "line": 7}


@pytest.mark.parametrize("elsewhere", [{"version": "1.1"}, {"platform": "darwin-arm64"}, {"adapter": "absent"}])
def test_an_entry_is_judged_only_where_it_was_seen(elsewhere: dict[str, Any]) -> None:
    assert not run(plan(ASKED, ledger=[known(**elsewhere)]), wrong=False).unexpected


def test_a_finding_that_the_case_expects_does_not_fail_the_run() -> None:
    expected = ExpectedFinding(kind=FindingKind.BEYOND_BOUND, adapters=("kernel",))
    assert not run(plan(ASKED, findings=[expected]), wrong=True).unexpected


@pytest.mark.parametrize(
    "expected",
    [
        ExpectedFinding(kind=FindingKind.BEYOND_BOUND),
        ExpectedFinding(kind=FindingKind.BEYOND_BOUND, adapters=("kernel",)),
        ExpectedFinding(kind=FindingKind.SUMMED_OUTPUT),
    ],
)
def test_an_expected_finding_that_does_not_appear_is_a_finding(expected: ExpectedFinding) -> None:
    compared = run(plan(ASKED, findings=[expected]), wrong=False)
    assert [finding.kind for finding in compared.unexpected] == [FindingKind.EXPECTED_ABSENT]


def test_an_adapter_that_did_not_run_owes_no_expected_finding() -> None:
    expected = ExpectedFinding(kind=FindingKind.IMPLICIT_REFUSED, adapters=("absent",))
    assert not run(plan(ASKED, findings=[expected]), wrong=False).unexpected


def _printed(*values: str, quantity: Quantity = Quantity.FORWARD, summed: bool = False) -> PrintedValue:
    return PrintedValue(adapter="kernel", quantity=quantity, dtype=DType.FLOAT32, values=values, summed=summed)


def test_printed_digits_are_met() -> None:
    assert not run(plan(ASKED, printed=[_printed("0.13010848", "0.8698915")]), wrong=False).unexpected


@pytest.mark.parametrize("values", [("0.13010850", "0.8698915"), ("0.13010848",), ("0.13010848", "0.8698915", "0")])
def test_a_printed_digit_that_differs_is_a_finding(values: tuple[str, ...]) -> None:
    compared = run(plan(ASKED, printed=[_printed(*values)]), wrong=False)
    assert [finding.kind for finding in compared.unexpected] == [FindingKind.PRINTED_VALUE]


def test_a_printed_zero_is_met_by_zero_alone() -> None:
    asked = problem([0.1, 2.0], [1.0, 0.0], check=(Quantity.FORWARD,))
    for value, met in ((np.float32(0), True), (np.float32(1e-12), False)):
        stated = plan(asked, printed=[_printed("0.", "0.")])
        kernels = RIGHT | {Quantity.FORWARD: lambda call, value=value: np.full_like(call.x, value)}
        compared = compare(stated, {"kernel": recording(stated, kernels)})
        differs = FindingKind.PRINTED_VALUE in {finding.kind for finding in compared.findings}
        assert differs is not met


def test_printed_sums_are_the_jacobians_rows_added_in_the_dtype() -> None:
    rows = np.float32([[0.11318026, -0.11318026], [-0.11318026, 0.11318021]])
    asked = problem([0.1, 2.0], [1.0, 0.0], check=(Quantity.FORWARD, Quantity.JACOBIAN))
    values = [f"{value}" for value in rows.sum(axis=0)]
    stated = plan(asked, printed=[_printed(*values, quantity=Quantity.JACOBIAN, summed=True)])
    kernels = RIGHT | {Quantity.JACOBIAN: lambda call: rows, Quantity.FORWARD: softmax}
    compared = compare(stated, {"kernel": recording(stated, kernels)})
    assert FindingKind.PRINTED_VALUE not in {finding.kind for finding in compared.findings}


@pytest.mark.parametrize(
    ("step", "total"),
    [
        (0.0078125, 1.015625),
        (0.00390625, 1.0),
    ],  # a last place of bfloat16 at 1, and half of one: rounded to even, twice
)
def test_printed_sums_are_rounded_after_each_row(step: float, total: float) -> None:
    assert summed_rows(np.array([[1.0], [step], [step]]), (1,), dtype="bfloat16").tolist() == [total]


@pytest.mark.parametrize(("values", "met"), [(("0.26953", "0.73047"), True), (("0.2689", "0.7311"), False)])
def test_printed_digits_of_bfloat16_are_those_of_its_numbers(values: tuple[str, ...], met: bool) -> None:
    asked = problem([1.0, 2.0], [1.0, 0.0], dtype=DType.BFLOAT16)
    printed = PrintedValue(adapter="kernel", quantity=Quantity.FORWARD, dtype=DType.BFLOAT16, values=values)
    differs = FindingKind.PRINTED_VALUE in {
        found.kind for found in run(plan(asked, printed=[printed]), wrong=False).findings
    }
    assert differs is not met
