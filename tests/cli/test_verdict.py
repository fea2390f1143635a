"""What ``harness verify`` says at its end: how findings are counted, and what was not asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.call import Call
from harness.cli.verdict import verdict_lines
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.plan.plan import ExpectedFinding
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Op, Quantity
from tests.compare.bench import RIGHT, Kernel, plan, problem, recording, softmax

RULE = "s*v: the dot term <s, v> is missing"


def _dot_term_missing(call: Call) -> NDArray[np.float64]:
    assert call.cotangent is not None
    return np.asarray(softmax(call) * call.cotangent)


def _none(call: Call) -> NDArray[np.float64]:
    raise NotImplementedError("the kernel has none")


def asked(case: str, *dtypes: DType) -> list[Problem]:
    cotangent = [[1.0, 0.0, 0.5], [0.0, 2.0, 1.0]]
    return [problem([[0.1, 2.0, -1.0], [1.0, 0.0, 3.0]], cotangent, case=case, dtype=dtype) for dtype in dtypes]


def said(problems: Sequence[Problem], *, left_out: Sequence[Op] = (), **vjp: Kernel) -> list[str]:
    return list(verdict_lines(wrong(problems, **vjp), "kernel", left_out=left_out))


def wrong(problems: Sequence[Problem], vjp: Kernel = _dot_term_missing) -> Comparison:
    made = plan(*problems)
    kernels = RIGHT | {Quantity.VJP: vjp}
    return compare(made, {"kernel": recording(made, kernels)})


def line(lines: Sequence[str], beginning: str) -> str:
    (found,) = [line for line in lines if line.startswith(beginning)]
    return found


def test_findings_are_counted_by_kind_and_by_the_problems_that_they_are_about() -> None:
    lines = said([*asked("one", DType.FLOAT32, DType.FLOAT64), *asked("two", DType.FLOAT32)])
    assert line(lines, "judged").endswith("3 beyond bound; 4 unexpected findings")
    assert line(lines, "findings: ").startswith("findings: 2 of wrong numbers, 2 of broken laws, about 3 problems: one")
    assert line(lines, "cause: ") == f"cause: 2 of 2 findings of wrong numbers agree with {RULE}"


def test_one_finding_is_spoken_of_as_one() -> None:
    lines = said(asked("one", DType.FLOAT32))
    assert line(lines, "findings: ").startswith("findings: 1 of wrong numbers, 1 of a broken law, about 1 problem: one")
    assert line(lines, "cause: ") == f"cause: the finding of wrong numbers agrees with {RULE}"


def test_findings_without_numbers_are_counted_by_their_titles() -> None:
    def transposed(call: Call) -> NDArray[np.float64]:
        return RIGHT[Quantity.VJP](call).T

    lines = said([*asked("one", DType.FLOAT32), *asked("two", DType.FLOAT32)], vjp=transposed)
    counted = '2 of "A result of the wrong shape", about 2 problems: one for each case, quantity and kind'
    assert line(lines, "findings: ") == f"findings: {counted}"


def test_one_of_several_findings_agrees() -> None:
    def mixed(call: Call) -> NDArray[np.float64]:
        right = np.asarray(RIGHT[Quantity.VJP](call))
        return _dot_term_missing(call) if call.dtype is DType.FLOAT32 else right + np.arange(3) ** 3 / 7

    lines = said([*asked("one", DType.FLOAT32), *asked("two", DType.FLOAT64)], vjp=mixed)
    assert line(lines, "cause: ").startswith("cause: 1 of 2 findings of wrong numbers agrees with ")


def test_a_right_kernel_has_no_findings_to_count() -> None:
    lines = said(asked("one", DType.FLOAT32), vjp=RIGHT[Quantity.VJP])
    assert [line for line in lines if line.startswith(("findings", "cause", "not asked", "not planned"))] == []


@pytest.mark.parametrize(
    ("vjp", "expected"),
    [
        (RIGHT[Quantity.VJP], ["not planned, since the kernel has none of them: softmin, logsumexp"]),
        (
            _none,
            [
                "not asked: 1 evaluation that the kernel lacks",
                "       1  the kernel has none",
                "  not planned, since the kernel has none of them: softmin, logsumexp",
            ],
        ),
    ],
    ids=["all-asked", "some-not-asked"],
)
def test_what_was_not_asked_has_a_heading_only_where_something_stands_below_it(
    vjp: Kernel, expected: list[str]
) -> None:
    lines = said(asked("one", DType.FLOAT32), vjp=vjp, left_out=(Op.SOFTMIN, Op.LOGSUMEXP))
    start = next(number for number, line in enumerate(lines) if line.startswith("not "))
    assert lines[start:] == expected


def test_a_zero_is_explained_only_where_somebody_was_asked_for_it() -> None:
    ones = [problem([[0.1, 2.0]], [[1.0, 1.0]], case="one")]
    explained = [finding.kind.value for finding in wrong(ones, vjp=RIGHT[Quantity.VJP]).findings]
    assert explained == ["summed-output-zero-gradient", "degenerate-cotangent"]
    assert wrong(ones, vjp=_none).findings == ()
    assert [finding.kind.value for finding in compare(plan(*ones), {}).findings] == explained  # as true


def test_a_zero_that_a_case_expects_is_not_missed_where_nobody_was_asked_for_it() -> None:
    expected = ExpectedFinding(kind=FindingKind.SUMMED_OUTPUT, adapters=())
    made = plan(problem([[0.1, 2.0]], [[1.0, 1.0]], case="one"), findings=[expected])
    kernels = RIGHT | {Quantity.VJP: _none}
    assert compare(made, {"kernel": recording(made, kernels)}).findings == ()
