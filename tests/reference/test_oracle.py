"""The oracle against 100 digits: every op, parameter and quantity over rows and vectors of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.exact.doubledouble import DoubleDouble
from tests.reference import exact
from tests.reference.exact import CONTEXT, LARGEST, Answer
from tests.reference.questions_to_try import CASES, DERIVED, Case, exactly
from tests.reference.rows_to_try import ROWS, VECTORS, rows, vectors

CASE = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
KINDS = list(ROWS)
HEADS = list(VECTORS)
SMALLEST = CONTEXT.mpf(2) ** -1074
THOUSANDTH_OF_AN_ULP = CONTEXT.mpf(2) ** -53 / 1000


def misses(got: DoubleDouble, want: list[list[Answer]], *, of_value: Any, of_size: Any, smallest: Any) -> list[str]:
    """Name the results whose error is above both shares: of the value, and of the size of what is subtracted."""
    hi, lo = (part.reshape(len(want), -1) for part in (got.hi, got.lo))
    found = []
    for row, answers in enumerate(want):
        for place, answer in enumerate(answers):
            high = CONTEXT.mpf(float(hi[row, place]))
            if abs(answer.value) > LARGEST:
                right = CONTEXT.isinf(high) and (high > 0) == (answer.value > 0)
            else:
                allowed = max(of_value * abs(answer.value), of_size * answer.size) + smallest
                right = abs(high + CONTEXT.mpf(float(lo[row, place])) - answer.value) <= allowed
            if not right:
                found.append(f"[{row}, {place}]: {CONTEXT.nstr(high, 20)}, not {CONTEXT.nstr(answer.value, 40)}")
    return found


def compared(case: Case, kind: str, *, n: int, of: str) -> list[str]:
    x = rows(kind, n=n, of=of)[:2]
    question = case.question(x, of=of)
    turn = KINDS.index(kind) + n
    v = case.outputs(question, vectors(HEADS[turn % len(HEADS)], n=n, of=of)[:2])
    w = vectors(HEADS[(2 * turn + 3) % len(HEADS)], n=n, of=of, seed=1)[:2]
    found = []
    for quantity in case.quantities:
        want = exact.answers(question, quantity, v, w)
        judged = exactly(question, quantity, cotangent=v, tangent=w)
        assert not judged.undefined.any()
        forward = quantity == "forward"
        cancels = forward and case.op == "logsumexp"  # max x + log S may be as near to 0 as it likes
        wrong = misses(
            judged.value,
            want,
            of_value=THOUSANDTH_OF_AN_ULP if forward else 0,
            of_size=CONTEXT.mpf(2) ** -95 if cancels or not forward else 0,
            smallest=4 * SMALLEST * max(1.0, question.temperature**-2),  # a pair of float64 ends there
        )
        found += [f"{quantity} {one}" for one in wrong]
    return found


@pytest.mark.parametrize("kind", KINDS)
@CASE
def test_forwards_err_by_a_thousandth_of_an_ulp_of_float64_and_derivatives_keep_95_bits(case: Case, kind: str) -> None:
    assert not compared(case, kind, n=(5, 2, 7)[KINDS.index(kind) % 3], of="float64")


@pytest.mark.parametrize("of", ["float16", "bfloat16", "float32"])
@CASE
def test_so_they_do_at_the_numbers_of_narrower_formats(case: Case, of: str) -> None:
    for kind in KINDS[CASES.index(case) % 5 :: 5]:
        assert not compared(case, kind, n=4, of=of), kind


@CASE
def test_so_they_do_in_rows_of_one_and_in_a_long_one(case: Case) -> None:
    assert not compared(case, "normal", n=1, of="float64")
    assert not compared(case, "normal, scale 30", n=130, of="float64")


@pytest.mark.parametrize("op", ["softmax", "log_softmax", "softmax_output"])
def test_a_saturated_row_keeps_its_relative_accuracy_where_the_formula_cancels(op: str) -> None:
    """At the dominant element 1 - s is 4e-31: 36 digits beside it are lost in any arithmetic that forms 1 - s."""
    case = Case(op=op, targets="one-hots" if op == "softmax_output" else "")
    question, v = case.question(np.array([[0.0, -70.0]])), np.array([[1.0, 0.0]])
    got, want = exactly(question, "vjp", cotangent=v).value, exact.answers(question, "vjp", v, None)
    assert not misses(
        DoubleDouble(hi=got.hi[:, :1], lo=got.lo[:, :1]), [want[0][:1]], of_value=1e-28, of_size=0, smallest=0
    )


def test_so_does_the_second_derivative_of_softmax() -> None:
    question, v, w = (
        Case(op="softmax").question(np.array([[0.0, -70.0]])),
        np.array([[1.0, 0.0]]),
        np.array([[1.0, 3.0]]),
    )
    got, want = exactly(question, "hvp", cotangent=v, tangent=w).value, exact.answers(question, "hvp", v, w)
    assert not misses(got, want, of_value=1e-28, of_size=0, smallest=0)


@pytest.mark.parametrize("case", DERIVED, ids=[case.name for case in DERIVED])
def test_a_jacobian_holds_the_vjps_of_one_hots_as_its_rows(case: Case) -> None:
    question = case.question(rows("normal", n=5, of="float64")[:3])
    jacobian = exactly(question, "jacobian").value
    outputs = question.output_shape
    assert jacobian.hi.shape == outputs + question.x.shape
    for place in np.ndindex(outputs):
        one_hot = np.zeros(outputs)
        one_hot[place] = 1.0
        vjp = exactly(question, "vjp", cotangent=one_hot).value
        assert jacobian.hi[place].tolist() == vjp.hi.tolist()
        assert jacobian.lo[place].tolist() == vjp.lo.tolist()


@pytest.mark.parametrize("op", ["softmax", "softmin", "masked_softmax"])
@pytest.mark.parametrize("n", [2, 3, 9, 1000])
@pytest.mark.parametrize("level", [0.0, 0.1, -1e4])
def test_a_constant_vector_gives_an_exact_zero(level: float, n: int, op: str) -> None:
    question = Case(op=op).question(rows("normal", n=n, of="float64"))
    constant, other = np.full_like(question.x, level), rows("normal", n=n, of="float64", seed=1)
    for quantity, v, w in (
        ("vjp", constant, None),
        ("jvp", None, constant),
        ("hvp", constant, other),
        ("hvp", other, constant),
    ):
        assert not exactly(question, quantity, cotangent=v, tangent=w).value.hi.any()


@pytest.mark.parametrize("n", [2, 4, 8, 1024])
def test_equal_logits_beside_a_uniform_target_give_an_exact_zero(n: int) -> None:
    x = rows("equal", n=n, of="float64")
    mean = np.full_like(x, 1.0 / n)
    assert not exactly(Case(op="log_softmax").question(x), "vjp", cotangent=mean).value.hi.any()
    for op in ("cross_entropy", "softmax_output"):
        question = Case(op=op, targets="one-hots").question(x)
        uniform = type(question)(op=op, axis=1, x=x, format="float64", result="float64", targets=mean)
        head = np.ones(uniform.output_shape)
        assert not exactly(uniform, "vjp", cotangent=head).value.hi.any()
