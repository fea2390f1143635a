from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference import log_softmax, softmax
from reference.truth import row_consistency, truth

FLOAT32 = {"working": "float32", "accumulation": "float32"}
INFINITY = np.inf
UNDEFINED = [[0.0, np.nan], [INFINITY, 0.0], [INFINITY, INFINITY], [-INFINITY, -INFINITY], [INFINITY, -INFINITY]]
MODULES = {"softmax": softmax, "log_softmax": log_softmax}
OPS = tuple(MODULES)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("row", UNDEFINED)
def test_a_row_without_a_finite_largest_element_is_undefined_everywhere(row: list[float], op: str) -> None:
    x = np.array([row, [0.0, 1.0]], dtype=np.float32)
    judged = truth(op, "forward", x, axis=1, **FLOAT32)
    assert judged.undefined.tolist() == [[True, True], [False, False]]
    assert np.isnan(judged.value.hi).tolist() == judged.undefined.tolist()
    assert np.isnan(MODULES[op].forward(x, axis=1)).tolist() == judged.undefined.tolist()


def test_a_probability_of_zero_is_exact_and_so_are_its_logarithm_and_its_derivative() -> None:
    x = np.array([0.0, -INFINITY, 0.0], dtype=np.float32)
    ones = np.array([1.0, 2.0, 4.0], dtype=np.float32)
    assert truth("softmax", "forward", x, axis=0, **FLOAT32).value.hi.tolist() == [0.5, 0.0, 0.5]
    log = truth("log_softmax", "forward", x, axis=0, **FLOAT32)
    assert log.value.hi[1] == -INFINITY
    assert log.bound[1] == 0
    assert truth("softmax", "vjp", x, axis=0, vector=ones, **FLOAT32).value.hi.tolist() == [-0.75, 0.0, 0.75]
    assert truth("log_softmax", "vjp", x, axis=0, vector=ones, **FLOAT32).value.hi.tolist() == [-2.5, 2.0, 0.5]


@pytest.mark.parametrize("op", OPS)
def test_a_zero_dimensional_array_is_one_row_of_length_one(op: str) -> None:
    x = np.array(3.0, dtype=np.float32)
    assert truth(op, "forward", x, axis=0, **FLOAT32).value.hi == {"softmax": 1.0, "log_softmax": 0.0}[op]
    assert truth(op, "jacobian", x, axis=-1, **FLOAT32).value.hi == 0.0
    assert MODULES[op].forward(x, axis=0).shape == MODULES[op].jacobian(x, axis=0).shape == ()


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0, 3), 1), ((2, 0, 3), 0), ((0,), 0)])
def test_nothing_has_nothing_for_a_truth(shape: tuple[int, ...], axis: int, op: str) -> None:
    x = np.zeros(shape, dtype=np.float32)
    for quantity in ("forward", "vjp", "jvp", "jacobian"):
        vector = x if quantity in ("vjp", "jvp") else None
        judged = truth(op, quantity, x, axis=axis, vector=vector, **FLOAT32)
        assert judged.value.hi.shape == judged.bound.shape == (shape * 2 if quantity == "jacobian" else shape)
    row = row_consistency(op, "forward", x, x=x, axis=axis, **FLOAT32)
    assert row is not None
    assert not row.share.any()


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_every_axis_gives_what_the_last_axis_gives_after_moving_it_there(axis: int, op: str) -> None:
    rng = np.random.default_rng(3)
    x, v = (rng.standard_normal((3, 4, 5)).astype(np.float32) for _ in range(2))
    last = [np.ascontiguousarray(np.moveaxis(a, axis, -1)) for a in (x, v)]
    for quantity in ("forward", "vjp", "jvp"):
        here, there = (
            truth(op, quantity, a, axis=where, vector=None if quantity == "forward" else b, **FLOAT32)
            for a, b, where in ((x, v, axis), (*last, -1))
        )
        assert np.moveaxis(here.value.hi, axis, -1).tolist() == there.value.hi.tolist()
        assert np.moveaxis(here.bound, axis, -1).tolist() == there.bound.tolist()


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_jacobian_contracts_to_the_vjp_and_the_jvp(axis: int, op: str) -> None:
    rng = np.random.default_rng(4)
    x, v = (rng.standard_normal((2, 3, 4)) for _ in range(2))
    precision = {"working": "float64", "accumulation": "float64"}
    for jacobian, vjp, jvp in (
        [truth(op, q, x, axis=axis, vector=w, **precision).value.hi for q, w in _asked(v)],
        [
            MODULES[op].jacobian(x, axis=axis),
            MODULES[op].vjp(x, v, axis=axis),
            MODULES[op].jvp(x, v, axis=axis),
        ],
    ):
        assert jacobian.shape == x.shape * 2
        assert np.abs(np.tensordot(v, jacobian, 3) - vjp).max() < 1e-14
        assert np.abs(np.tensordot(jacobian, v, 3) - jvp).max() < 1e-14


def _asked(v: Any) -> list[tuple[str, Any]]:
    return [("jacobian", None), ("vjp", v), ("jvp", v)]


def test_other_rows_do_not_enter_a_jacobian_unless_as_nan() -> None:
    x = np.array([[0.0, 1.0], [np.nan, 0.0]], dtype=np.float32)
    judged = truth("softmax", "jacobian", x, axis=1, **FLOAT32)
    assert judged.undefined[:, :, 1].all()
    assert not judged.undefined[:, :, 0].any()
    assert not judged.value.hi[1, :, 0].any()
    assert not judged.bound[1, :, 0].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_across_the_whole_finite_range_have_finite_truths(dtype: str) -> None:
    largest = np.finfo(dtype).max
    x = np.array([largest, -largest, 0.0], dtype=dtype)
    judged = truth("softmax", "forward", x, axis=0, working=dtype, accumulation=dtype)
    assert judged.value.hi.tolist() == [1.0, 0.0, 0.0]
    log = truth("log_softmax", "forward", x, axis=0, working=dtype, accumulation=dtype)
    assert not log.share(np.array([0.0, -np.inf, -largest], dtype=dtype)).any()


@pytest.mark.parametrize("op", OPS)
def test_a_result_that_is_not_a_number_is_within_no_bound(op: str) -> None:
    x = np.array([[0.0, 1.0, 2.0]], dtype=np.float32)
    got = MODULES[op].forward(x, axis=1)
    got[0, 1] = np.nan
    share = truth(op, "forward", x, axis=1, **FLOAT32).share(got)
    assert (share <= 1).tolist() == [[True, False, True]]


def test_a_row_is_out_of_range_where_the_cotangents_sum_may_overflow() -> None:
    largest = np.finfo(np.float32).max
    v = np.array([[largest, largest], [1.0, largest / 64]], dtype=np.float32)
    judged = truth("log_softmax", "vjp", np.zeros_like(v), axis=1, vector=v, **FLOAT32)
    assert judged.out_of_range.tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("row", [*UNDEFINED, [3e38, -3e38], [1e-45, 0.0], [0.0, -INFINITY]])
def test_the_reference_raises_no_warning_whatever_it_is_given(row: list[float], op: str) -> None:
    """Warnings are errors in these tests."""
    x = np.array([row], dtype=np.float32)
    v = np.array([[3e38, -3e38]], dtype=np.float32)
    module = MODULES[op]
    results = [
        module.forward(x, axis=1),
        module.vjp(x, v, axis=1),
        module.jvp(x, v, axis=1),
        module.jacobian(x, axis=1),
    ]
    assert all(result.dtype == np.float32 for result in results)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"op": "softmin"}, "no op is called 'softmin'"),
        ({"quantity": "hvp"}, "no quantity is called 'hvp'"),
        ({"axis": 2}, "axis 2 of an array of shape"),
        ({"working": "float8"}, "no floating point format is called 'float8'"),
        ({"quantity": "vjp"}, "a vjp needs vector"),
        ({"vector": np.zeros((2, 3))}, "a forward takes no vector"),
        ({"quantity": "vjp", "vector": np.zeros((3, 2))}, "beside a primal of shape"),
        ({"x": np.zeros((2, 3), dtype=np.int64)}, "no floating point format is called 'int64'"),
    ],
)
def test_a_question_without_meaning_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    asked = {"op": "softmax", "quantity": "forward", "x": np.zeros((2, 3)), "axis": 1, "working": "float64"} | change
    with pytest.raises(ValueError, match=words):
        truth(asked.pop("op"), asked.pop("quantity"), asked.pop("x"), accumulation="float64", **asked)


def test_a_vjp_without_its_own_forward_is_refused() -> None:
    x = np.zeros((1, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="give own_forward"):
        row_consistency("softmax", "vjp", x, x=x, axis=1, vector=x, **FLOAT32)


@pytest.mark.parametrize("quantity", ["jvp", "jacobian"])
def test_no_row_test_exists_for_a_jvp_or_a_jacobian(quantity: str) -> None:
    x = np.zeros((1, 2), dtype=np.float32)
    vector = x if quantity == "jvp" else None
    assert row_consistency("softmax", quantity, x, x=x, axis=1, vector=vector, **FLOAT32) is None
