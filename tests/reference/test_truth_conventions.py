"""Where formulas have no value, the oracle says what convention says, and so does the plain reference beside it."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reference.question import Question
from tests.reference.questions_to_try import CASES, DERIVED, NOBODY, Array, Case, exactly

INF, NAN = np.inf, np.nan
LARGEST, TINY = np.finfo(np.float64).max, 5e-324
ORDINARY = [0.5, -1.0, 2.0]
WITHOUT_A_MAXIMUM = [
    *([0.0, NAN, 1.0], [NAN, INF, -INF], [INF, 0.0, 1.0], [INF, INF, 0.0], [INF, -INF, 0.0], [-INF, -INF, -INF]),
]
WITH_A_MAXIMUM = [
    *([-INF, 0.0, 1.0], [0.0, -INF, -INF], [LARGEST, -LARGEST, 0.0], [LARGEST, LARGEST, -INF], [TINY, 0.0, -TINY]),
    *([0.0, -0.0, 0.0], [0.0, -745.0, -720.0], ORDINARY),
]
NOT_FINITE = [[1.0, NAN, 0.0], [INF, 0.0, 1.0], [1.0, INF, -INF]]
CASE = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
DERIVED_CASE = pytest.mark.parametrize("case", DERIVED, ids=[case.name for case in DERIVED])


def quantities(case: Case) -> tuple[str, ...]:
    return case.quantities if case.op == "softmax_output" else (*case.quantities, "jacobian")


def cotangents(question: Question, vector: list[float]) -> Array:
    """A vector for the first row and an ordinary one for the second; of one output, its first number that is odd."""
    odd = next((value for value in vector if not np.isfinite(value)), vector[0])
    match question.outputs_per_row:
        case None:
            return np.array([vector, ORDINARY])
        case 0:
            return np.array(odd)
        case _:
            return np.array([odd, 1.0])


def plain(question: Question, quantity: str, v: Array, w: Array) -> Array:
    """What the plain reference makes of a question."""
    words: dict[str, Any] = {"axis": question.axis}
    if question.mask is not None:
        words["mask"] = question.mask
    if question.temperature != 1.0:
        words["temperature"] = question.temperature
    given: tuple[Array, ...] = {"vjp": (v,), "jvp": (w,), "hvp": (v, w)}.get(quantity, ())
    if question.op == "cross_entropy" or (question.op, quantity) == ("softmax_output", "vjp"):
        words |= {name: getattr(question, name) for name in ("targets", "ignore_index", "label_smoothing")}
        if question.op == "cross_entropy":
            words["reduction"] = question.reduction
        else:
            given, words = (), words | {name: getattr(question, name) for name in ("grad_scale", "normalization")}
    return np.asarray(
        getattr(importlib.import_module(f"reference.plain.{question.op}"), quantity)(question.x, *given, **words)
    )


def disagreements(question: Question, quantity: str, v: Array, w: Array) -> str:
    """Say where the plain reference is NaN or infinite elsewhere than the truth is, or too far from it."""
    judged, got = exactly(question, quantity, cotangent=v, tangent=w), plain(question, quantity, v, w)
    assert got.shape == judged.value.hi.shape
    assert np.isnan(judged.value.hi).tolist() == judged.undefined.tolist()
    if np.isnan(got).tolist() != judged.undefined.tolist():
        return f"{quantity}: NaN at {np.isnan(got).tolist()}, undefined at {judged.undefined.tolist()}"
    infinite = np.isinf(judged.value.hi)
    if not np.array_equal(np.where(infinite, got, 0.0), np.where(infinite, judged.value.hi, 0.0)):
        return f"{quantity}: {got}, not {judged.value.hi}"
    near = judged.share(got, of="float64") <= 1.0
    return "" if (near | judged.undefined | judged.out_of_range).all() else f"{quantity}: {got}, not {judged.value.hi}"


@CASE
def test_undefined_rows_are_nan_where_the_plain_reference_is_and_the_others_agree(case: Case) -> None:
    for row in [*WITHOUT_A_MAXIMUM, *WITH_A_MAXIMUM]:
        question = case.question(np.array([row, ORDINARY]))
        for quantity in quantities(case):
            assert not disagreements(question, quantity, cotangents(question, ORDINARY), np.array([ORDINARY] * 2)), row


@CASE
def test_vectors_that_are_not_finite_make_just_their_rows_undefined(case: Case) -> None:
    for row in ([-INF, 0.0, 1.0], ORDINARY):
        question = case.question(np.array([row, ORDINARY]))
        for vector in NOT_FINITE:
            v, w = cotangents(question, vector), np.array([vector, ORDINARY])
            for quantity in case.quantities[1:]:
                assert not disagreements(question, quantity, v, w), (row, vector)
                assert not disagreements(question, quantity, v, np.array([ORDINARY] * 2)), (row, vector)


def softmax_of(row: list[float], quantity: str = "forward", **words: Any) -> Array:
    question = Question(
        **{"op": "softmax", "axis": 0, "format": "float64", "result": "float64", "x": np.array(row)} | words
    )
    v = np.array([1.0, 2.0, 4.0]) if question.outputs_per_row is None else np.array(2.0)
    return exactly(question, quantity, cotangent=v, tangent=np.array([1.0, 2.0, 4.0])).value.hi


@pytest.mark.parametrize("row", WITHOUT_A_MAXIMUM)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_a_row_without_a_finite_largest_element_is_undefined_in_all_its_elements(op: str, row: list[float]) -> None:
    question = Case(op=op).question(np.array([row, ORDINARY]))
    for quantity in Case(op=op).quantities:
        v = np.ones((2, 3))
        assert exactly(question, quantity, cotangent=v, tangent=v).undefined.tolist() == [[True] * 3, [False] * 3]


def test_a_probability_of_zero_is_exact_and_so_are_its_logarithm_and_its_derivatives() -> None:
    row = [0.0, -INF, 0.0]
    assert softmax_of(row).tolist() == [0.5, 0.0, 0.5]
    assert softmax_of(row, op="log_softmax")[1] == -INF
    assert softmax_of(row, "vjp").tolist() == [-0.75, 0.0, 0.75]
    assert softmax_of(row, "vjp", op="log_softmax").tolist() == [-2.5, 2.0, 0.5]
    assert softmax_of(row, "jvp", op="log_softmax").tolist() == [-1.5, -0.5, 1.5]
    assert softmax_of(row, "hvp").tolist() == [0.0, 0.0, 0.0]
    assert softmax_of(row, "hvp", op="logsumexp").tolist() == [-1.5, 0.0, 1.5]


def test_softmin_has_the_other_infinity() -> None:
    assert softmax_of([0.0, INF, 0.0], op="softmin").tolist() == [0.5, 0.0, 0.5]
    assert np.isnan(softmax_of([0.0, -INF, 0.0], op="softmin")).all()


@pytest.mark.parametrize(
    ("row", "value"), [([INF, INF, 0.0], INF), ([INF, -INF, 0.0], INF), ([-INF] * 3, -INF), ([NAN, INF, 0.0], NAN)]
)
def test_an_infinite_logsumexp_is_a_limit_which_its_derivatives_have_not(row: list[float], value: float) -> None:
    assert np.array_equal(softmax_of(row, op="logsumexp"), value, equal_nan=True)
    for quantity in ("vjp", "jvp", "jacobian", "hvp"):
        assert np.isnan(softmax_of(row, quantity, op="logsumexp")).all()


def test_a_mask_that_keeps_nothing_leaves_no_distribution() -> None:
    for op in ("masked_softmax", "masked_log_softmax"):
        for quantity in ("forward", "vjp", "jvp", "hvp"):
            assert np.isnan(softmax_of(ORDINARY, quantity, op=op, mask=np.zeros(3, dtype=np.bool_))).all()


@pytest.mark.parametrize("under", [NAN, INF, -INF, LARGEST])
def test_what_is_masked_has_no_say(under: float) -> None:
    kept = np.array([True, False, True])
    assert softmax_of([0.0, under, 0.0], op="masked_softmax", mask=kept).tolist() == [0.5, 0.0, 0.5]
    assert softmax_of([0.0, under, 0.0], op="masked_log_softmax", mask=kept)[1] == -INF
    question = Question(
        op="masked_log_softmax", axis=0, x=np.array([0.0, under, 0.0]), format="float64", result="float64", mask=kept
    )
    odd = np.array([1.0, under, 3.0])
    for quantity, want in (("vjp", [-1.0, 0.0, 1.0]), ("jvp", [-1.0, 0.0, 1.0]), ("hvp", [2.0, 0.0, -2.0])):
        assert exactly(question, quantity, cotangent=odd, tangent=odd).value.hi.tolist() == want


def loss(x: list[list[float]], targets: Any, quantity: str = "forward", head: Any = 1.0, **words: Any) -> list[Any]:
    question = Question(
        op="cross_entropy",
        axis=1,
        x=np.array(x),
        format="float64",
        result="float64",
        targets=np.array(targets),
        **words,
    )
    v = np.broadcast_to(np.float64(head), question.output_shape)
    return exactly(question, quantity, cotangent=v, tangent=np.ones_like(question.x)).value.hi.tolist()


def test_a_target_asks_only_for_the_classes_that_it_gives_something() -> None:
    row = [[-INF, 0.0]]
    assert loss(row, [[0.0, 1.0]]) == loss(row, [1]) == [0.0]
    assert loss(row, [[0.5, 0.5]]) == loss(row, [0]) == loss(row, [1], label_smoothing=0.5) == [INF]
    assert loss(row, [[0.5, 0.5]], "vjp") == [[-0.5, 0.5]]
    assert loss(row, [0], "vjp") == [[-1.0, 1.0]]
    assert loss(row, [0], "hvp") == [[0.0, 0.0]]
    assert loss([*row, [0.0, 0.0]], [0, 0], reduction="sum") == INF


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("row", WITHOUT_A_MAXIMUM)
def test_a_row_that_is_ignored_is_zero_whatever_it_holds(row: list[float], reduction: str) -> None:
    x, words = [row, [0.0, 0.0, -INF]], {"reduction": reduction, "ignore_index": NOBODY}
    half = float(-np.log(0.5))
    assert np.allclose(loss(x, [NOBODY, 0], **words), [0.0, half] if reduction == "none" else half, rtol=1e-15, atol=0)
    assert loss(x, [NOBODY, 0], "vjp", **words) == [[0.0, 0.0, 0.0], [-0.5, 0.5, 0.0]]
    assert loss(x, [NOBODY, 0], "hvp", **words) == [[0.0, 0.0, 0.0]] * 2
    jacobian = np.array(loss(x, [NOBODY, 0], "jacobian", **words))
    assert jacobian.reshape(-1, 2, 3)[-1].tolist() == [[0.0, 0.0, 0.0], [-0.5, 0.5, 0.0]]


def test_a_row_that_is_ignored_does_not_hear_its_cotangent() -> None:
    assert loss([[0.0, 0.0]] * 2, [NOBODY, 0], "vjp", [NAN, 1.0], ignore_index=NOBODY) == [[0.0, 0.0], [-0.5, 0.5]]


def test_a_mean_over_no_rows_is_undefined_and_a_sum_over_none_is_zero() -> None:
    for quantity in ("forward", "vjp", "jvp", "jacobian", "hvp"):
        got = loss([ORDINARY], [NOBODY], quantity, reduction="mean", ignore_index=NOBODY)
        assert np.isnan(got).all()
        assert not np.any(loss([ORDINARY], [NOBODY], quantity, reduction="sum", ignore_index=NOBODY))
    none = np.zeros((0, 3))
    for reduction, value in (("sum", 0.0), ("mean", NAN)):
        question = Question(
            op="cross_entropy",
            axis=1,
            x=none,
            format="float64",
            result="float64",
            targets=np.zeros(0, dtype=np.int32),
            reduction=reduction,
        )
        for quantity in ("forward", "jvp"):
            assert np.array_equal(exactly(question, quantity, tangent=none).value.hi, value, equal_nan=True)
        assert exactly(question, "vjp", cotangent=np.ones(())).value.hi.shape == (0, 3)
        assert exactly(question, "jacobian").value.hi.shape == (0, 3)


def test_softmax_output_hears_no_cotangent_and_divides_by_the_rows_that_count() -> None:
    question = Question(
        op="softmax_output",
        axis=1,
        x=np.zeros((4, 2)),
        format="float64",
        result="float64",
        targets=np.array([0, NOBODY, 1, NOBODY]),
        ignore_index=NOBODY,
        grad_scale=3.0,
    )
    deaf = np.full((4, 2), NAN)
    for normalization, scale in (("null", 3.0), ("batch", 0.75), ("valid", 1.5)):
        judged = exactly(replace(question, normalization=normalization), "vjp", cotangent=deaf)
        assert judged.value.hi.tolist() == [[-scale / 2, scale / 2], [0, 0], [scale / 2, -scale / 2], [0, 0]]
        assert not judged.bound[1::2].any()
    nobody = replace(question, targets=np.full(4, NOBODY), normalization="valid", x=np.full((4, 2), NAN))
    assert not exactly(nobody, "vjp", cotangent=deaf).value.hi.any()
    assert np.isnan(exactly(nobody, "forward").value.hi).all()


@DERIVED_CASE
def test_a_zero_dimensional_array_is_one_row_of_length_one(case: Case) -> None:
    flat = case.question(np.array([[3.0]]))
    if flat.targets is not None and case.targets == "some ignored":
        flat = replace(flat, targets=np.zeros(1, dtype=np.int64))
    point = replace(
        flat,
        axis=0,
        x=flat.x.reshape(()),
        mask=None if flat.mask is None else flat.mask.reshape(()),
        targets=None if flat.targets is None else flat.targets.reshape(()),
    )
    assert point.output_shape == ()
    for quantity in ("forward", "vjp", "jvp", "jacobian", "hvp"):
        here = exactly(point, quantity, cotangent=np.ones(()), tangent=np.ones(()))
        there = exactly(flat, quantity, cotangent=np.ones(flat.output_shape), tangent=np.ones((1, 1)))
        assert here.value.hi.shape == here.bound.shape == here.undefined.shape == ()
        assert here.value.hi.item() == there.value.hi.item()


EMPTY = [((2, 0), 1), ((0, 3), 1), ((2, 0, 3), 0), ((0,), 0), ((2, 0), 0)]


@pytest.mark.parametrize(("shape", "axis"), EMPTY)
@pytest.mark.parametrize("op", ["softmax", "log_softmax", "softmin", "masked_softmax", "masked_log_softmax"])
def test_nothing_has_nothing_for_a_truth(op: str, shape: tuple[int, ...], axis: int) -> None:
    x = np.zeros(shape)
    mask = np.zeros(shape, dtype=np.bool_) if op.startswith("masked") else None
    question = Question(op=op, axis=axis, x=x, format="float64", result="float64", mask=mask, temperature=2.0)
    for quantity in ("forward", "vjp", "jvp", "jacobian", "hvp"):
        judged = exactly(question, quantity, cotangent=x, tangent=x)
        want = shape * 2 if quantity == "jacobian" else shape
        assert judged.value.hi.shape == judged.bound.shape == judged.undefined.shape == judged.vacuous.shape == want


@pytest.mark.parametrize(("shape", "axis"), EMPTY)
@pytest.mark.parametrize("op", ["logsumexp", "cross_entropy"])
def test_a_sum_of_nothing_is_zero_and_its_logarithm_minus_infinity(op: str, shape: tuple[int, ...], axis: int) -> None:
    x = np.zeros(shape)
    question = Question(
        op=op, axis=axis, x=x, format="float64", result="float64", targets=x if op == "cross_entropy" else None
    )
    head = np.ones(question.output_shape)
    for quantity, value in (("forward", -INF if op == "logsumexp" else 0.0), ("jvp", 0.0)):
        judged = exactly(question, quantity, cotangent=head, tangent=x)
        if question.rows.length:
            assert judged.value.hi.size == 0
            continue
        assert judged.value.hi.tolist() == np.full(question.output_shape, value).tolist()
        assert not judged.undefined.any()
        assert not judged.bound.any()
    assert exactly(question, "jacobian").value.hi.shape == question.output_shape + shape
    assert exactly(question, "vjp", cotangent=head).value.hi.shape == shape


@DERIVED_CASE
@pytest.mark.parametrize("row", [[0.0, NAN, 1.0], [INF, 0.0, 1.0]])
def test_an_undefined_row_reaches_every_output_of_a_jacobian(row: list[float], case: Case) -> None:
    question = case.question(np.array([ORDINARY, row]))
    if not exactly(question, "vjp", cotangent=np.ones(question.output_shape)).undefined.any():
        return  # the row is ignored, or what is odd in it is masked
    undefined = exactly(question, "jacobian").undefined
    outputs = np.prod(question.output_shape, dtype=int)
    assert undefined.reshape(outputs, 2, 3).tolist() == [[[False] * 3, [True] * 3]] * outputs
