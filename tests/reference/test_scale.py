"""The natural scale against 100 digits: the largest, in each row, of what a formula subtracts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from reference.exact.targets import targets_of
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat
from reference.question import LIKE_SOFTMAX, Question
from reference.scale import in_eps, natural_scale
from tests.reference import exact
from tests.reference.questions_to_try import CASES, Array, Case

CASE = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
ROWS = np.array([[0.5, -1.25, 3.0, 0.0], [-2.0, 1e3, 1.5, 1e3], [0.25, 0.25, 0.25, 0.25]])


def vectors(case: Case, question: Question, quantity: str, size: float = 1.0) -> dict[str, Array]:
    drawn = np.random.default_rng(7).normal(size=(2, *ROWS.shape)) * size
    found = {}
    if quantity in ("vjp", "hvp"):
        found["cotangent"] = case.outputs(question, drawn[0])
    if quantity in ("jvp", "hvp"):
        found["tangent"] = drawn[1]
    return found


def largest_of_rows(question: Question, quantity: str, given: dict[str, Array]) -> Array:
    """The largest size of each row for all of its elements, 0 where a mask leaves nothing to compute."""
    rows = exact.answers(question, quantity, given.get("cotangent"), given.get("tangent"))
    found = np.array([[float(max(one.size for one in row if one.size < math.inf))] * len(row) for row in rows])
    if quantity == "forward" and question.op not in LIKE_SOFTMAX:
        found = found + size_of_sums(question)
    return found if question.mask is None or found.shape != question.mask.shape else np.where(question.mask, found, 0.0)


def size_of_sums(question: Question) -> Array | float:
    """1 for the S of each logarithm, as often as a loss weighs it."""
    if question.op != "cross_entropy":
        return 1.0
    targets = targets_of(question)
    each = targets.q.hi.sum(axis=1, keepdims=True) * targets.weight.hi
    return each if question.reduction == "none" else each.sum()


@CASE
@pytest.mark.parametrize("size", [1.0, 1e300], ids=["ordinary", "huge"])
def test_it_is_the_largest_of_what_the_formula_of_a_row_subtracts(case: Case, size: float) -> None:
    question = case.question(ROWS)
    for quantity in case.quantities:
        if quantity == "hvp" and size > 1.0:
            continue  # the product of two of them is no number
        given = vectors(case, question, quantity, size)
        scale = natural_scale(question, quantity, **given)
        expected = largest_of_rows(question, quantity, given)
        np.testing.assert_allclose(scale.reshape(expected.shape), expected, rtol=1e-12, err_msg=quantity)


@CASE
def test_a_row_of_a_jacobian_has_the_scale_of_its_one_hot_and_0_for_the_inputs_of_other_rows(case: Case) -> None:
    if case.op == "softmax_output":
        return
    question = case.question(ROWS)
    outputs = question.output_shape
    found = natural_scale(question, "jacobian")
    assert found.shape == outputs + question.x.shape
    for output in np.ndindex(outputs):
        one_hot = np.zeros(outputs)
        one_hot[output] = 1.0
        of_row = natural_scale(question, "vjp", cotangent=one_hot)
        np.testing.assert_allclose(found[output], of_row, rtol=1e-12, err_msg=str(output))


@pytest.mark.parametrize(
    ("op", "quantity", "axis", "shape"),
    [
        ("softmax", "vjp", 0, (2, 3)),
        ("softmax", "forward", 1, (2, 3, 4)),
        ("logsumexp", "forward", 1, (2, 3, 4)),
        ("log_softmax", "jvp", 0, ()),
        ("softmax", "jacobian", -1, (2, 3)),
        ("softmax", "vjp", -1, (2, 0)),
        ("logsumexp", "forward", -1, (2, 0)),
    ],
)
def test_it_has_the_shape_of_the_quantity(op: str, quantity: str, axis: int, shape: tuple[int, ...]) -> None:
    question = Question(op=op, axis=axis, x=np.ones(shape), format="float32", result="float32")
    given = {"vjp": {"cotangent": np.ones(shape)}, "jvp": {"tangent": np.ones(shape)}}.get(quantity, {})
    due = question.output_shape if quantity in ("forward", "jvp") else shape
    assert natural_scale(question, quantity, **given).shape == (shape + shape if quantity == "jacobian" else due)


@pytest.mark.parametrize("undefined", [math.nan, math.inf], ids=["nan", "inf"])
def test_a_row_without_an_answer_has_no_scale_and_the_others_keep_theirs(undefined: float) -> None:
    case = next(case for case in CASES if case.op == "softmax")
    question, v = case.question(ROWS), np.ones(ROWS.shape)
    x = np.concatenate([ROWS, [[0.0, undefined, 0.0, 0.0]]])
    found = natural_scale(replace(question, x=x), "vjp", cotangent=np.ones(x.shape))
    assert np.isnan(found[-1]).all()
    np.testing.assert_array_equal(found[:-1], natural_scale(question, "vjp", cotangent=v))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_a_row_that_is_ignored_has_the_scale_0_whatever_it_holds(reduction: str) -> None:
    x = np.array([[0.0, 1.0], [math.nan, 1.0]])
    question = Question(
        op="cross_entropy",
        axis=1,
        x=x,
        format="float32",
        result="float32",
        targets=np.array([1, -100]),
        ignore_index=-100,
        reduction=reduction,
    )
    c = np.ones(question.output_shape)
    gradient = natural_scale(question, "vjp", cotangent=c)
    assert (gradient[1] == 0).all()
    assert (gradient[0] > 0).all()
    loss = natural_scale(question, "forward").reshape(-1)
    assert (loss > 0).sum() == 1
    assert not np.isnan(loss).any()


def test_a_mean_over_no_rows_has_no_scale() -> None:
    question = Question(
        op="cross_entropy",
        axis=1,
        x=np.zeros((2, 2)),
        format="float32",
        result="float32",
        targets=np.array([-100, -100]),
        ignore_index=-100,
        reduction="mean",
    )
    assert np.isnan(natural_scale(question, "forward"))
    assert np.isnan(natural_scale(question, "vjp", cotangent=np.ones(()))).all()


@pytest.mark.parametrize("n", [1, 2])
def test_the_logarithm_of_a_saturated_row_is_measured_by_the_sum_it_is_taken_of(n: int) -> None:
    """log S of a row of one is 0, and 1e-43 where another element is far away: rounding S costs an eps all the same."""
    x = np.array([[0.0, -100.0][:n]])
    question = Question(op="log_softmax", axis=1, x=x, format="float32", result="float32")
    off = np.full((1, n), 1.43e-6)  # what a logarithm of another base was seen to be off at 1
    found = in_eps(off, natural_scale(question, "forward"), of=FLOAT32)
    assert found.max() == pytest.approx(12.0 if n == 1 else 12.0 / 101.0, rel=1e-2)


def test_a_gradient_of_zero_has_a_scale_of_its_own() -> None:
    """The forum's case: what cancels is as large as the products, and noise of a last place is one eps of it."""
    question = Question(op="softmax", axis=1, x=np.array([[0.1, 2.0]]), format="float32", result="float32")
    scale = natural_scale(question, "vjp", cotangent=np.ones((1, 2)))
    assert scale[0, 0] == pytest.approx(2 * 0.8698915, rel=1e-6)
    assert in_eps(np.array([[2.0**-24, 0.0]]), scale, of=FLOAT32)[0] == pytest.approx([0.5 / scale[0, 0], 0.0])


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda of: of.name)
def test_rounding_once_costs_half_an_eps_of_the_scale(of: FloatFormat) -> None:
    value = np.random.default_rng(3).uniform(1.0, 2.0, 1000)
    exactly_between = np.array([1.0 + of.unit_roundoff])
    assert in_eps(np.abs(of.nearest(value) - value), value, of=of).max() <= 0.5
    off = np.abs(of.nearest(exactly_between) - exactly_between)
    assert in_eps(off, np.ones(1), of=of) == pytest.approx([0.0 if of == FLOAT64 else 0.5])


@pytest.mark.parametrize("of", [BFLOAT16, FLOAT32, FLOAT64], ids=lambda of: of.name)
def test_flushing_to_zero_costs_one_at_most(of: FloatFormat) -> None:
    just_below = np.array([of.smallest_normal - of.smallest_subnormal])
    assert in_eps(just_below, just_below, of=of) < 1.0


def test_flushing_to_zero_is_seen_in_float16_where_no_kernel_does_it() -> None:
    just_below = np.array([FLOAT16.smallest_normal - FLOAT16.smallest_subnormal])
    assert in_eps(just_below, just_below, of=FLOAT16) > 1000.0


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_no_error_is_nothing_whatever_the_scale(scale: float) -> None:
    assert in_eps(np.zeros(1), np.array([scale]), of=FLOAT32) == 0.0
