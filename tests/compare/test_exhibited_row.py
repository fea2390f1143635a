"""Which problem and row of a case are laid out: those of its worst wrong numbers, one that nobody knows of first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.exhibit import LARGEST_ROW
from harness.compare.exhibits import exhibits
from harness.compare.verdict import Finding
from harness.plan.plan import LedgerEntry
from harness.plan.problem import Problem
from harness.report.explanation import explanation
from harness.vocabulary import DType, FindingKind, Op, Quantity, Reduction
from tests.compare.bench import TRUE, plan, problem, recording, vjp

X = [[0.5, -1.0, 2.0], [1.0, 0.25, -0.75], [0.0, 1.0, 0.5]]
HEADS = [[1.0, 0.0, 0.5], [0.25, 1.0, 0.0], [1.0, 0.5, 0.0]]
SINGLE, DOUBLE = (problem(X, HEADS, dtype=dtype) for dtype in (DType.FLOAT32, DType.FLOAT64))
KNOWN = LedgerEntry(
    id="known",
    case="a-case",
    op=None,
    dtype=DType.FLOAT64,
    adapter="kernel",
    kind=FindingKind.BEYOND_BOUND,
    quantity=Quantity.VJP,
    largest_error=None,
    owner="upstream",
    why="a test",
    link="https://example.org",
    version="1.0",
    platform="linux-x86_64",
    file="cases/ledger.yaml",
    line=7,
)

Off = Mapping[DType, Mapping[tuple[int, ...], float]]


def compared(*asked: Problem, off: Off, ledger: Sequence[LedgerEntry] = ()) -> Comparison:
    """Compare a kernel whose vjp is right but for some elements, each a factor off; they keep the sum of their row."""

    def wrong(call: Call) -> NDArray[np.float64]:
        value = vjp(call).copy()
        for at, factor in off.get(call.dtype, {}).items():
            change = value[at] * (factor - 1)
            value[at] += change
            value[(*at[:-1], (at[-1] + 1) % 3)] -= change
        return value

    made = plan(*asked, ledger=ledger)
    return compare(made, {"kernel": recording(made, TRUE | {Quantity.VJP: wrong})})


@pytest.mark.parametrize(
    ("off", "of", "row"),
    [
        ({DType.FLOAT64: {(2, 0): 1.001}}, DOUBLE, 2),
        ({DType.FLOAT64: {(2, 0): 1.001, (1, 1): 1.5}}, DOUBLE, 1),
        ({DType.FLOAT32: {(1, 1): 1.001}, DType.FLOAT64: {(2, 0): 1.001}}, DOUBLE, 2),
        ({DType.FLOAT32: {(1, 1): 1.001}}, SINGLE, 1),
    ],
    ids=str,
)
def test_the_row_of_the_worst_numbers_is_laid_out_with_what_came_back(off: Off, of: Problem, row: int) -> None:
    shown = compared(SINGLE, DOUBLE, off=off).exhibits["a-case"]
    assert (shown.problem, shown.dtype, shown.row, shown.worst) == (of.id, of.call.dtype, (row,), True)
    assert shown.x == tuple(X[row])
    (answer,) = (answer for answer in shown.answers if answer.quantity is Quantity.VJP)
    assert answer.problem == of.id
    assert answer.values is not None
    assert shown.gradient is not None
    assert not np.allclose(answer.values, shown.gradient, rtol=1e-4, atol=0)


def test_a_worse_one_that_the_ledger_knows_comes_behind_one_that_nobody_expected() -> None:
    off = {DType.FLOAT32: {(1, 1): 1.001}, DType.FLOAT64: {(2, 0): 1.001}}
    shown = compared(SINGLE, DOUBLE, off=off, ledger=[KNOWN]).exhibits["a-case"]
    assert (shown.problem, shown.row) == (SINGLE.id, (1,))


def test_a_known_one_alone_is_laid_out() -> None:
    shown = compared(SINGLE, DOUBLE, off={DType.FLOAT64: {(2, 0): 1.001}}, ledger=[KNOWN]).exhibits["a-case"]
    assert (shown.problem, shown.row, shown.worst) == (DOUBLE.id, (2,), True)


def test_where_nothing_is_wrong_the_first_row_is_laid_out_and_no_finding_is_claimed() -> None:
    shown = compared(SINGLE, DOUBLE, off={}).exhibits["a-case"]
    assert (shown.problem, shown.row, shown.worst) == (SINGLE.id, (0,), False)


def test_a_row_that_is_too_long_gives_way_to_one_that_has_room() -> None:
    long = problem(np.zeros((1, LARGEST_ROW + 1)), np.eye(1, LARGEST_ROW + 1), dtype=DType.FLOAT64, name="long")
    found = compared(SINGLE, long, off={DType.FLOAT64: {(0, 0): 1.5}})
    shown = found.exhibits["a-case"]
    assert (shown.problem, shown.row, shown.worst) == (SINGLE.id, (0,), False)
    words = f"Shown is the first row of the problem {SINGLE.id}; no row with wrong numbers is short enough to be shown."
    assert words in " ".join(explanation(found, "a-case").split())


def test_of_each_adapter_the_answers_for_the_problem_that_is_laid_out_come_first() -> None:
    other = problem(X, np.ones((3, 3)), dtype=DType.FLOAT64, name="before")
    shown = compared(other, DOUBLE, off={DType.FLOAT64: {(2, 0): 1.001}}).exhibits["a-case"]
    assert shown.problem == DOUBLE.id
    first, *_, last = shown.answers
    assert (first.problem, last.problem) == (shown.problem, "before")


@pytest.mark.parametrize(("row_share", "row"), [(3.0, (1,)), (0.5, (0,))])
def test_the_row_that_agrees_least_is_laid_out_where_no_element_is_farther_off(
    row_share: float, row: tuple[int, ...]
) -> None:
    numbers = {"share": 0.6, "at": [0, 2], "row_share": row_share, "row_at": [1]}
    found = Finding(
        kind=FindingKind.INCONSISTENT_ROW,
        case="a-case",
        sentence="A row disagrees.",
        problems=(SINGLE.id,),
        adapters=("kernel",),
        quantity=Quantity.VJP,
        evidence=numbers,
    )
    assert exhibits({"a-case": [SINGLE]}, {}, [found], None)["a-case"].row == row


def test_a_wrong_number_made_of_all_rows_shows_its_problem() -> None:
    asked = [
        problem(
            X,
            1.0,
            op=Op.CROSS_ENTROPY,
            dtype=dtype,
            targets=[0, 1, 2],
            reduction=Reduction.MEAN,
            check=[Quantity.FORWARD],
        )
        for dtype in (DType.FLOAT32, DType.FLOAT64)
    ]

    def wrong(call: Call) -> NDArray[np.float64]:
        right: NDArray[np.float64] = np.asarray(TRUE[Quantity.FORWARD](call))
        return np.asarray(right * (2.0 if call.dtype is DType.FLOAT64 else 1.0), right.dtype)

    made = plan(*asked)
    shown = compare(made, {"kernel": recording(made, {Quantity.FORWARD: wrong})}).exhibits["a-case"]
    assert (shown.problem, shown.row, shown.worst) == (asked[1].id, (0,), True)


def test_the_text_names_the_problem_and_the_row_and_why_it_is_these() -> None:
    wrong = explanation(compared(SINGLE, DOUBLE, off={DType.FLOAT64: {(2, 0): 1.001}}), "a-case")
    assert f"Shown is row 2 of the problem {DOUBLE.id}, which the worst finding of wrong numbers is about." in " ".join(
        wrong.split()
    )
    assert "The exact numbers, rounded once to float64" in wrong
    right = explanation(compared(SINGLE, DOUBLE, off={}), "a-case")
    assert f"\nShown is the first row of the problem {SINGLE.id}.\n" in right
    alone = problem(X[0], HEADS[0])
    assert "Shown is" not in explanation(compared(alone, off={}), "a-case")
