from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.plain import (
    cross_entropy,
    log_softmax,
    logsumexp,
    masked_log_softmax,
    masked_softmax,
    softmax,
    softmax_output,
    softmin,
)
from reference.plain.mask import keeping_first
from tests.reference.plain_definitions import CASES, CONTEXT, SHAPE, Case

NEAR = 2e-14  # about 100 roundoffs of a number near 1: nothing that is subtracted here is larger than a few units
QUANTITIES = ("forward", "vjp", "jvp", "jacobian", "hvp")
CASE = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
AXIS = pytest.mark.parametrize("axis", [0, 1, 2])


def drawn(seed: int, shape: tuple[int, ...] = SHAPE, dtype: str = "float64") -> NDArray[Any]:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def output_shape(case: Case, x: NDArray[Any], axis: int) -> tuple[int, ...]:
    return case.module.forward(x, axis=axis, **case.parameters(axis)).shape


def near(got: NDArray[Any], want: NDArray[Any]) -> bool:
    return got.shape == np.shape(want) and bool(np.abs(got - np.asarray(want, dtype=np.float64)).max() <= NEAR)


@CASE
@AXIS
def test_an_op_is_what_it_is_defined_to_be(case: Case, axis: int) -> None:
    x = drawn(1)
    got, want = case.module.forward(x, axis=axis, **case.parameters(axis)), case.exactly(x, axis=axis)
    masked = ~case.parameters(axis).get("mask", np.True_) & np.isneginf(got)
    assert near(np.where(masked, 0.0, got), want)


@CASE
@AXIS
def test_a_jvp_is_what_differences_of_the_definition_say(case: Case, axis: int) -> None:
    x, w = drawn(1), drawn(2)
    assert near(case.module.jvp(x, w, axis=axis, **case.parameters(axis)), case.jvp(x, w, axis=axis))


@CASE
@AXIS
def test_a_jacobian_is_what_differences_of_the_definition_say(case: Case, axis: int) -> None:
    x = drawn(1)
    assert near(case.module.jacobian(x, axis=axis, **case.parameters(axis)), case.jacobian(x, axis=axis))


@CASE
@AXIS
def test_a_vjp_is_what_differences_of_the_definition_say(case: Case, axis: int) -> None:
    x = drawn(1)
    v = drawn(2, output_shape(case, x, axis))
    assert near(case.module.vjp(x, v, axis=axis, **case.parameters(axis)), case.vjp(x, v, axis=axis))


@CASE
@AXIS
def test_an_hvp_is_what_differences_of_differences_say(case: Case, axis: int) -> None:
    x, w = drawn(1), drawn(3)
    v = drawn(2, output_shape(case, x, axis))
    assert near(case.module.hvp(x, v, w, axis=axis, **case.parameters(axis)), case.hvp(x, v, w, axis=axis))


@CASE
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_have_the_dtype_of_the_logits_and_lie_in_one_piece(case: Case, dtype: str) -> None:
    x, w = drawn(1, dtype=dtype), drawn(2, dtype=dtype)
    parameters = case.parameters(1)
    v = drawn(3, output_shape(case, x, 1), dtype)
    for quantity, vectors in zip(QUANTITIES, ((), (v,), (w,), (), (v, w)), strict=True):
        got = getattr(case.module, quantity)(x, *vectors, axis=1, **parameters)
        assert (got.dtype, got.flags.c_contiguous, type(got)) == (np.dtype(dtype), True, np.ndarray)


@CASE
def test_a_negative_axis_counts_from_the_end(case: Case) -> None:
    x = drawn(1)
    got = [case.module.jacobian(x, axis=axis, **case.parameters(1)).tobytes() for axis in (1, -2)]
    assert got[0] == got[1]


@CASE
def test_inputs_are_left_as_they_are(case: Case) -> None:
    arrays = {name: value for name, value in case.parameters(2).items() if isinstance(value, np.ndarray)}
    x, w = drawn(1), drawn(2)
    v = drawn(3, output_shape(case, x, 2))
    for array in (x, v, w, *arrays.values()):
        array.flags.writeable = False
    for quantity, vectors in zip(QUANTITIES, ((), (v,), (w,), (), (v, w)), strict=True):
        getattr(case.module, quantity)(x, *vectors, axis=2, **{**case.parameters(2), **arrays})


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_reduced_loss_takes_a_cotangent_without_axes(reduction: str) -> None:
    x, targets = drawn(1), np.zeros((2, 2), dtype=np.int32)
    once, twice = (cross_entropy.vjp(x, np.array(c), targets=targets, axis=1, reduction=reduction) for c in (1.0, 2.0))
    assert twice.tolist() == (2.0 * once).tolist()


@AXIS
def test_lengths_keep_the_first_elements(axis: int) -> None:
    batch = SHAPE[:axis] + SHAPE[axis + 1 :]
    lengths = np.random.default_rng(1).integers(0, SHAPE[axis] + 1, batch).astype(np.int32)
    kept = np.moveaxis(keeping_first(lengths, SHAPE, axis=axis), axis, -1)
    assert kept.sum(axis=-1).tolist() == lengths.tolist()
    assert (np.sort(kept, axis=-1)[..., ::-1] == kept).all()


LOUD = [np.nan, np.inf, -np.inf, 1e300]


@pytest.mark.parametrize("loud", LOUD)
@pytest.mark.parametrize("module", [masked_softmax, masked_log_softmax])
def test_what_stands_under_a_mask_has_no_say(module: Any, loud: float) -> None:
    mask = np.array([[True, False, True], [False, True, True]])
    quiet = [np.where(mask, drawn(seed, (2, 3)), 0.0) for seed in (1, 2, 3)]
    x, v, w = (np.where(mask, array, loud) for array in quiet)
    for quantity, vectors, silent in (
        ("forward", (x,), quiet[:1]),
        ("vjp", (x, v), quiet[:2]),
        ("jvp", (x, w), quiet[::2]),
        ("jacobian", (x,), quiet[:1]),
        ("hvp", (x, v, w), quiet),
    ):
        function = getattr(module, quantity)
        got, want = (function(*arrays, mask=mask, axis=1) for arrays in (vectors, silent))
        assert np.array_equal(got, want)
        if quantity not in ("forward", "jacobian"):
            assert not got[~mask].any()


@pytest.mark.parametrize("loud", LOUD)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_what_stands_in_an_ignored_row_has_no_say(reduction: str, loud: float) -> None:
    targets = np.array([1, -1, 0], dtype=np.int32)
    x, w = drawn(1, (3, 2)), drawn(2, (3, 2))
    x[1], w[1] = (loud, 0.0), (0.0, loud)
    v = drawn(3, (3,) if reduction == "none" else ())
    parameters: dict[str, Any] = {"reduction": reduction, "axis": 1}
    all_rows = {**parameters, "targets": targets, "ignore_index": -1}
    others = {**parameters, "targets": targets[::2]}
    few = v[::2] if reduction == "none" else v
    for quantity, vectors, without in (("vjp", (v,), (few,)), ("hvp", (v, w), (few, w[::2]))):
        got = getattr(cross_entropy, quantity)(x, *vectors, **all_rows)
        assert got[1].tolist() == [0.0, 0.0]
        assert got[::2].tolist() == getattr(cross_entropy, quantity)(x[::2], *without, **others).tolist()
    for quantity, vectors, without in (("forward", (), ()), ("jvp", (w,), (w[::2],))):
        got = getattr(cross_entropy, quantity)(x, *vectors, **all_rows)
        want = getattr(cross_entropy, quantity)(x[::2], *without, **others)
        assert (got[::2] if reduction == "none" else got).tolist() == want.tolist()
        assert reduction != "none" or got[1] == 0.0


@pytest.mark.parametrize(("normalization", "divisor"), [("null", 1.0), ("batch", 3.0), ("valid", 2.0)])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_softmax_output_returns_the_gradient_of_a_cross_entropy(
    label_smoothing: float, normalization: str, divisor: float
) -> None:
    x, targets = drawn(1, (3, 4)), np.array([2, -1, 0], dtype=np.int32)
    parameters: dict[str, Any] = {"targets": targets, "axis": 1, "ignore_index": -1}
    own = {**parameters, "label_smoothing": label_smoothing, "grad_scale": 5.0, "normalization": normalization}
    got = softmax_output.vjp(x, **own)
    shared = label_smoothing * 4 / 3  # all four classes take part in the smoothing of a cross entropy
    loss = cross_entropy.vjp(
        x, np.array(5.0 / divisor), **{**parameters, "label_smoothing": shared, "reduction": "sum"}
    )
    assert np.abs(got - loss).max() <= NEAR
    assert softmax_output.forward(x, axis=1).tolist() == softmax.forward(x, axis=1).tolist()


def test_softmax_output_does_not_scale_probabilities_by_what_targets_sum_to() -> None:
    x, targets = drawn(1, (3, 4)), np.full((3, 4), 0.5)
    want = softmax.forward(x, axis=1) - 0.5
    assert softmax_output.vjp(x, targets=targets, axis=1).tolist() == want.tolist()


def test_softmax_output_of_ignored_rows_alone_is_zero() -> None:
    x, targets = np.full((2, 2), np.nan), np.array([7, 7], dtype=np.int32)
    got = softmax_output.vjp(x, targets=targets, axis=1, ignore_index=7, normalization="valid")
    assert got.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 1.0, 3.0, 1e300])
@pytest.mark.parametrize("module", [softmax, log_softmax, softmin])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_temperature_overflows_on_its_way_to_a_finite_result(dtype: str, module: Any, temperature: float) -> None:
    largest = np.finfo(dtype).max
    x = np.array([largest, largest / 2, -largest], dtype=dtype)
    got = module.forward(x, axis=0, temperature=temperature)
    tempered = [(-1 if module is softmin else 1) * CONTEXT.mpf(float(value)) / CONTEXT.mpf(temperature) for value in x]
    d = [value - max(tempered) for value in tempered]
    e = [CONTEXT.exp(value) if value > -2000 else CONTEXT.zero for value in d]
    total = CONTEXT.fsum(e)
    for result, shifted, weight in zip(got.tolist(), d, e, strict=True):
        want = shifted - CONTEXT.log(total) if module is log_softmax else weight / total
        assert result == -np.inf if want < -largest else abs(result - want) <= 1e-5 * abs(want) + 1e-300


TARGETS = np.zeros(2, dtype=np.int32)
MASK = np.ones((2, 3), dtype=np.bool_)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda x: softmax.forward(x.astype(np.int32), axis=1), "logits of dtype int32"),
        (lambda x: log_softmax.vjp(x.astype(np.uint16), x, axis=1), "bits of bfloat16"),
        (lambda x: logsumexp.forward(x, axis=2), "axis 2 of an array of shape"),
        (lambda x: logsumexp.vjp(x, x, axis=1), r"expected one number per row, shape \(2,\)"),
        (lambda x: masked_softmax.forward(x, mask=MASK[:1], axis=1), "beside a primal of shape"),
        (lambda x: keeping_first(np.array([1, 4]), x.shape, axis=1), "a length of 4 in rows of 3"),
        (lambda x: keeping_first(np.array([-1, 3]), x.shape, axis=1), "a length of -1 in rows of 3"),
        (lambda x: keeping_first(np.array([1, 2, 3]), x.shape, axis=1), "expected one number per row"),
        (lambda x: cross_entropy.forward(x, targets=TARGETS + 3, axis=1), "a target of class 3 among 3 classes"),
        (lambda x: cross_entropy.forward(x, targets=TARGETS - 1, axis=1), "a target of class -1 among 3 classes"),
        (lambda x: cross_entropy.forward(x, targets=TARGETS[:1], axis=1), "expected one number per row"),
        (lambda x: cross_entropy.forward(x, targets=np.ones((3, 3)), axis=1), "beside a primal of shape"),
        (
            lambda x: cross_entropy.vjp(x, x, targets=TARGETS, axis=1, reduction="sum"),
            r"a cotangent of shape \(2, 3\) for one loss without axes",
        ),
        (lambda x: softmax.forward(x, axis=1, temperature=0.0), "a temperature of 0.0"),
        (lambda x: masked_softmax.vjp(x, x, mask=MASK, axis=1, temperature=-1.0), "a temperature of -1.0"),
        (lambda x: log_softmax.forward(x, axis=1, temperature=np.nan), "a temperature of nan"),
        (lambda x: cross_entropy.forward(x, targets=x, axis=1, label_smoothing=1.0), "label smoothing of 1.0"),
        (lambda x: softmax_output.vjp(x, targets=TARGETS, axis=1, label_smoothing=-0.5), "label smoothing of -0.5"),
        (
            lambda x: cross_entropy.forward(x, targets=x, axis=1, reduction="average"),
            "no reduction is called 'average'",
        ),
        (lambda x: softmax_output.vjp(x, targets=TARGETS, axis=1, normalization="all"), "is called 'all'"),
        (
            lambda x: softmax_output.vjp(x, targets=x, axis=1, label_smoothing=0.1),
            "SoftmaxOutput smooths class indices",
        ),
    ],
)
def test_a_question_without_meaning_is_refused_in_words(ask: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask(np.zeros((2, 3)))
