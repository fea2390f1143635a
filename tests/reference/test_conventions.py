"""What is returned where a formula has no value: by the plain functions, and by the oracle that all are held to."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.question import OPS, QUANTITIES, Question
from reference.truth import truth

Array = NDArray[Any]
INF, NAN = np.inf, np.nan
LOG2 = float(np.log(2))
NOTHING = [NAN, NAN, NAN]
BATCH_FIRST = ("logsumexp", "cross_entropy")
KEPT = {"mask": np.array([[False, True, True]])}
FIRST = {"targets": np.array([0], dtype=np.int32)}
IGNORED = {"targets": np.array([-1], dtype=np.int32), "ignore_index": -1}
SHARED = {"targets": np.array([[0.0, 0.25, 0.75]], dtype=np.float32)}
PARAMETERS: dict[str, dict[str, Any]] = {
    "masked_softmax": {"mask": np.array([[True, True, True]])},
    "masked_log_softmax": {"mask": np.array([[True, True, True]])},
    "cross_entropy": FIRST,
    "softmax_output": FIRST,
}
V, W = [1.0, 2.0, 4.0], [8.0, -2.0, 0.5]  # mu = -0.75 where s = [0, 0.5, 0.5]


def vectors(op: str, quantity: str, parameters: dict[str, Any], *, rows: int = 1) -> dict[str, Array]:
    """Return the cotangent and the tangent that a quantity takes: V and W in every row, and 2 for a loss."""
    given: dict[str, Array] = {}
    if quantity in ("vjp", "hvp"):
        scalar = parameters.get("reduction", "none") != "none"
        shape = () if scalar else (rows,) if op in BATCH_FIRST else None
        given["cotangent"] = np.full(shape, 2.0) if shape is not None else np.tile(np.array(V), (rows, 1))
    if quantity in ("jvp", "hvp"):
        given["tangent"] = np.tile(np.array(W), (rows, 1))
    return given


def plainly(op: str, quantity: str, x: Array, *, axis: int = 1, given: dict[str, Array], **parameters: Any) -> Array:
    arrays = [array.astype(x.dtype) for array in given.values()]
    if op == "softmax_output":
        arrays = []  # its gradient does not depend on a cotangent
        parameters = {} if quantity == "forward" else parameters
    result: Array = getattr(importlib.import_module(f"reference.plain.{op}"), quantity)(
        x, *arrays, axis=axis, **parameters
    )
    return result


def truly(op: str, quantity: str, x: Array, *, axis: int = 1, given: dict[str, Array], **parameters: Any) -> Array:
    exact = {
        name: value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for name, value in parameters.items()
    }
    name = x.dtype.name
    question = Question(op=op, axis=axis, x=x.astype(np.float64), format=name, result=name, **exact)
    vectors = {which: array.astype(np.float64) for which, array in given.items()}
    judged = truth(question, quantity, working=name, accumulation=name, **vectors)
    return np.where(judged.undefined, NAN, judged.value.hi)


BOTH = pytest.mark.parametrize("answer", [plainly, truly], ids=["plain", "oracle"])
Answer = Callable[..., Array]

TABLE: list[tuple[str, dict[str, Any], list[float], str, Any]] = [
    # op, parameters, row, quantity, what comes of it
    ("softmax", {}, [-INF, 0, 0], "forward", [0, 0.5, 0.5]),
    ("softmax", {}, [-INF, 0, 0], "vjp", [0, -0.5, 0.5]),
    ("softmax", {}, [-INF, 0, 0], "jvp", [0, -0.625, 0.625]),
    ("softmax", {}, [-INF, 0, -INF], "hvp", [0, 0, 0]),
    ("softmax", {}, [-INF, 0, -INF], "jacobian", np.zeros((3, 3)).tolist()),
    ("softmax", {}, [-0.0, 0.0, -INF], "forward", [0.5, 0.5, 0]),
    ("softmax", {}, [3.4028234663852886e38, -3.4028234663852886e38, 0], "forward", [1, 0, 0]),
    ("softmax", {"temperature": 0.5}, [3.4028234663852886e38, -3.4028234663852886e38, 0], "forward", [1, 0, 0]),
    ("log_softmax", {}, [-INF, 0, 0], "forward", [-INF, -LOG2, -LOG2]),
    ("log_softmax", {}, [-INF, 0, 0], "vjp", [1, -1.5, 0.5]),
    ("log_softmax", {}, [-INF, 0, 0], "jvp", [8.75, -1.25, 1.25]),
    ("log_softmax", {}, [-INF, 0, 0], "hvp", [0, 4.375, -4.375]),
    ("softmin", {}, [INF, 0, 0], "forward", [0, 0.5, 0.5]),
    ("softmin", {}, [INF, 0, 0], "vjp", [0, 0.5, -0.5]),
    ("softmin", {}, [-INF, 0, 0], "forward", NOTHING),
    ("softmin", {}, [INF, INF, INF], "vjp", NOTHING),
    ("logsumexp", {}, [INF, 0, 0], "forward", INF),
    ("logsumexp", {}, [INF, INF, -INF], "forward", INF),
    ("logsumexp", {}, [-INF, -INF, -INF], "forward", -INF),
    ("logsumexp", {}, [INF, NAN, 0], "forward", NAN),
    ("logsumexp", {}, [-INF, 0, 0], "vjp", [0, 1, 1]),
    ("logsumexp", {}, [INF, 0, 0], "vjp", NOTHING),
    ("logsumexp", {}, [INF, 0, 0], "jvp", NAN),
    ("logsumexp", {}, [-INF, -INF, -INF], "hvp", NOTHING),
    ("masked_softmax", KEPT, [NAN, 0, 0], "forward", [0, 0.5, 0.5]),
    ("masked_softmax", KEPT, [INF, 0, 0], "vjp", [0, -0.5, 0.5]),
    ("masked_softmax", KEPT, [0, -INF, -INF], "forward", NOTHING),
    ("masked_softmax", {"mask": np.zeros((1, 3), dtype=np.bool_)}, [0, 1, 2], "forward", NOTHING),
    ("masked_softmax", {"mask": np.zeros((1, 3), dtype=np.bool_)}, [0, 1, 2], "vjp", NOTHING),
    ("masked_log_softmax", KEPT, [NAN, 0, 0], "forward", [-INF, -LOG2, -LOG2]),
    ("masked_log_softmax", KEPT, [INF, 0, 0], "vjp", [0, -1, 1]),
    ("masked_log_softmax", KEPT, [INF, 0, 0], "jvp", [0, -1.25, 1.25]),
    ("masked_log_softmax", KEPT, [INF, 0, 0], "jacobian", [[0, 0, 0], [0, 0.5, -0.5], [0, -0.5, 0.5]]),
    ("masked_log_softmax", KEPT, [0, NAN, 0], "jacobian", [NOTHING] * 3),
    ("masked_log_softmax", {"mask": np.zeros((1, 3), dtype=np.bool_)}, [0, 1, 2], "jvp", NOTHING),
    ("cross_entropy", FIRST, [-INF, 0, 0], "forward", INF),
    ("cross_entropy", FIRST, [-INF, 0, 0], "vjp", [-2, 1, 1]),
    ("cross_entropy", FIRST, [-INF, 0, 0], "jvp", -8.75),
    ("cross_entropy", FIRST, [-INF, 0, 0], "hvp", [0, -1.25, 1.25]),
    ("cross_entropy", FIRST, [INF, 0, 0], "forward", NAN),
    ("cross_entropy", SHARED, [-INF, 0, 0], "forward", LOG2),
    ("cross_entropy", SHARED, [-INF, 0, 0], "vjp", [0, 0.5, -0.5]),
    ("cross_entropy", SHARED, [-INF, 0, 0], "jvp", -0.625),
    ("cross_entropy", {"targets": np.array([[0.5, 0.5, 0]])}, [-INF, 0, 0], "forward", INF),
    ("cross_entropy", {"targets": np.array([[NAN, 0.5, 0]])}, [0, 0, 0], "vjp", NOTHING),
    ("cross_entropy", {"targets": np.array([[INF, 0.5, 0]])}, [0, 0, 0], "forward", NAN),
    ("cross_entropy", IGNORED, [NAN, 0, 0], "forward", 0),
    ("cross_entropy", IGNORED, [INF, INF, 0], "vjp", [0, 0, 0]),
    ("cross_entropy", IGNORED, [NAN, 0, 0], "jvp", 0),
    ("cross_entropy", IGNORED, [NAN, 0, 0], "hvp", [0, 0, 0]),
    ("cross_entropy", {**IGNORED, "reduction": "sum"}, [NAN, 0, 0], "forward", 0),
    ("cross_entropy", {**IGNORED, "reduction": "mean"}, [0, 0, 0], "forward", NAN),
    ("cross_entropy", {**IGNORED, "reduction": "mean"}, [0, 0, 0], "vjp", NOTHING),
    ("softmax_output", FIRST, [-INF, 0, 0], "vjp", [-1, 0.5, 0.5]),
    ("softmax_output", {**IGNORED, "normalization": "valid"}, [NAN, 0, 0], "vjp", [0, 0, 0]),
]


@BOTH
@pytest.mark.parametrize("convention", TABLE, ids=str)
def test_a_convention_is_kept(convention: tuple[str, dict[str, Any], list[float], str, Any], answer: Answer) -> None:
    op, parameters, row, quantity, want = convention
    x = np.array([row], dtype=np.float32)
    got = answer(op, quantity, x, given=vectors(op, quantity, parameters), **parameters)
    expected = np.array(want, dtype=np.float64).reshape(got.shape)
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    assert np.allclose(got, expected, rtol=1e-6, atol=0, equal_nan=True)


def every(*, quantities: tuple[str, ...] = QUANTITIES, but: tuple[tuple[str, str], ...] = ()) -> Any:
    """Parametrise over all ops and those of these quantities that they have, but for some."""
    cells = [
        (op, quantity)
        for op in OPS
        for quantity in quantities
        if (op != "softmax_output" or quantity in ("forward", "vjp")) and (op, quantity) not in but
    ]
    return pytest.mark.parametrize(("op", "quantity"), cells)


UNDEFINED = [[0.0, NAN, 1.0], [INF, 0.0, 1.0], [INF, INF, 0.0], [-INF, -INF, -INF], [INF, -INF, 0.0]]


@BOTH
@every(but=(("logsumexp", "forward"),))  # whose limits are infinities: the table has them
@pytest.mark.parametrize("row", UNDEFINED)
def test_a_row_without_a_finite_largest_element_is_undefined_and_no_other_is(
    row: list[float], op: str, quantity: str, answer: Answer
) -> None:
    parameters = {name: np.repeat(value, 2, axis=0) for name, value in PARAMETERS.get(op, {}).items()}
    x = np.array([row, [0.0, 1.0, 2.0]], dtype=np.float32) * (-1 if op == "softmin" else 1)
    got = answer(op, quantity, x, given=vectors(op, quantity, parameters, rows=2), **parameters)
    if quantity == "jacobian":  # the columns of the first row of x, whatever the output
        got = np.moveaxis(got, -2, 0).reshape(2, -1)
    assert np.isnan(got[0]).all()
    assert np.isfinite(got[1]).all()


@BOTH
@every(quantities=("vjp", "jvp", "hvp"), but=(("softmax_output", "vjp"),))  # which does not depend on a cotangent
@pytest.mark.parametrize("loud", [NAN, INF, -INF])
def test_a_vector_that_is_not_finite_makes_its_row_undefined(
    loud: float, op: str, quantity: str, answer: Answer
) -> None:
    parameters = {name: np.repeat(value, 2, axis=0) for name, value in PARAMETERS.get(op, {}).items()}
    x = np.array([[0.0, 1.0, -INF], [0.0, 1.0, 2.0]], dtype=np.float32) * (-1 if op == "softmin" else 1)
    given = vectors(op, quantity, parameters, rows=2)
    for name in given:
        spoilt = {**given, name: given[name].copy()}
        spoilt[name][(0,) * given[name].ndim] = loud
        got = answer(op, quantity, x, given=spoilt, **parameters)
        assert np.isnan(got[0]).all()
        assert np.isfinite(got[1]).all()


@BOTH
@every()
def test_a_zero_dimensional_array_is_one_row_of_length_one(op: str, quantity: str, answer: Answer) -> None:
    parameters = {"targets": np.array(0, dtype=np.int32)} if op in ("cross_entropy", "softmax_output") else {}
    if op.startswith("masked"):
        parameters = {"mask": np.array(True)}
    given = {name: np.array(2.0) for name in vectors(op, quantity, parameters)}
    got = answer(op, quantity, np.array(3.0, dtype=np.float32), axis=0, given=given, **parameters)
    ones = {"logsumexp": {"forward": 3.0, "vjp": 2.0, "jvp": 2.0, "jacobian": 1.0}}
    forward = 0.0 if "log" in op or op == "cross_entropy" else 1.0
    want = ones.get(op, {}).get(quantity, forward if quantity == "forward" else 0.0)
    assert (got.shape, float(got)) == ((), want)


@BOTH
@every()
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0, 3), 1), ((2, 0, 3), 0), ((0,), 0), ((3, 0, 2), 2)])
def test_of_nothing_there_is_nothing_but_what_its_sum_is(
    shape: tuple[int, ...], axis: int, op: str, quantity: str, answer: Answer
) -> None:
    x = np.zeros(shape, dtype=np.float32)
    batch = shape[:axis] + shape[axis + 1 :]
    parameters: dict[str, Any] = {}
    if op.startswith("masked"):
        parameters = {"mask": np.zeros(shape, dtype=np.bool_)}
    if op in ("cross_entropy", "softmax_output"):
        parameters = {"targets": x}
    output = batch if op in BATCH_FIRST else shape
    given = {name: np.zeros(output if name == "cotangent" else shape) for name in vectors(op, quantity, parameters)}
    got = answer(op, quantity, x, axis=axis, given=given, **parameters)
    assert got.shape == {"forward": output, "jvp": output, "jacobian": output + shape}.get(quantity, shape)
    nothing = -INF if (op, quantity) == ("logsumexp", "forward") else 0.0
    assert np.array_equal(got, np.full(got.shape, nothing))


@BOTH
@pytest.mark.parametrize(("reduction", "want"), [("sum", 0.0), ("mean", NAN)])
def test_no_loss_at_all_adds_up_to_zero_and_has_no_mean(reduction: str, want: float, answer: Answer) -> None:
    parameters = {"targets": np.zeros(0, dtype=np.int32), "reduction": reduction}
    got = answer("cross_entropy", "forward", np.zeros((0, 3), dtype=np.float32), given={}, **parameters)
    assert (got.shape, str(float(got))) == ((), str(want))


@BOTH
@pytest.mark.parametrize(("op", "quantity"), [("softmax", "forward"), ("softmax", "jacobian"), ("log_softmax", "vjp")])
def test_subnormal_results_are_kept(op: str, quantity: str, answer: Answer) -> None:
    x = np.array([[0.0, -100.0, -103.0]], dtype=np.float32)
    given = {"cotangent": np.array([[0.0, 2.0**-146, 2.0**-147]])} if quantity == "vjp" else {}
    got = np.abs(answer(op, quantity, x, given=given).reshape(-1)[1:3])
    assert ((got > 0) & (got < np.finfo(np.float32).tiny)).all()


@every()
@pytest.mark.parametrize("row", [*UNDEFINED, [3e38, -3e38, 0.0], [1e-45, 0.0, 0.0], [0.0, -INF, 0.0]])
def test_the_reference_raises_no_warning_whatever_it_is_given(row: list[float], op: str, quantity: str) -> None:
    """Warnings are errors in these tests."""
    parameters = PARAMETERS.get(op, {})
    given = {
        name: np.where(array == array.max(), 3e38, -3e38) for name, array in vectors(op, quantity, parameters).items()
    }
    got = plainly(op, quantity, np.array([row], dtype=np.float32), given=given, **parameters)
    assert got.dtype == np.float32


def shaped(op: str, shape: tuple[int, ...], *, axis: int) -> dict[str, Any]:
    """Return parameters of an op for an array of this shape."""
    rng = np.random.default_rng(8)
    along = axis % len(shape)
    if op.startswith("masked"):
        return {"mask": rng.random(shape) < 0.8}
    if op in ("cross_entropy", "softmax_output"):
        return {"targets": rng.integers(0, shape[along], shape[:along] + shape[along + 1 :]).astype(np.int32)}
    return {}


@BOTH
@every(quantities=("forward", "vjp", "jvp", "hvp"))
@pytest.mark.parametrize("axis", [0, 1, -1, -3])
def test_every_axis_gives_what_the_last_axis_gives_after_moving_it_there(
    axis: int, op: str, quantity: str, answer: Answer
) -> None:
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((2, 3, 4, 5)).astype(np.float32)
    parameters = shaped(op, x.shape, axis=axis)
    reduced = op in BATCH_FIRST
    v = rng.standard_normal(np.take(x, 0, axis=axis).shape if reduced else x.shape).astype(np.float32)
    given = {name: v if name == "cotangent" else w for name in vectors(op, quantity, parameters)}

    def last(array: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(array, axis, -1)) if array.ndim == x.ndim else array

    here = answer(op, quantity, x, axis=axis, given=given, **parameters)
    moved = {name: last(array) for name, array in given.items()}
    there = answer(
        op, quantity, last(x), axis=-1, given=moved, **{name: last(array) for name, array in parameters.items()}
    )
    assert last(here).tolist() == there.tolist()


@BOTH
@pytest.mark.parametrize("op", [op for op in OPS if op != "softmax_output"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_jacobian_contracts_to_the_vjp_and_the_jvp(axis: int, op: str, answer: Answer) -> None:
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 2, 3, 4))
    parameters = shaped(op, x.shape, axis=axis)
    v = rng.standard_normal(np.take(x, 0, axis=axis).shape if op in BATCH_FIRST else x.shape)
    jacobian = answer(op, "jacobian", x, axis=axis, given={}, **parameters)
    vjp = answer(op, "vjp", x, axis=axis, given={"cotangent": v}, **parameters)
    jvp = answer(op, "jvp", x, axis=axis, given={"tangent": w}, **parameters)
    assert jacobian.shape == v.shape + x.shape
    assert np.abs(np.tensordot(v, jacobian, v.ndim) - vjp).max() < 1e-14
    assert np.abs(np.tensordot(jacobian, w, 3) - jvp).max() < 1e-14


FLOAT32 = {"working": "float32", "accumulation": "float32"}


def asked(op: str, x: list[list[float]], **parameters: Any) -> Question:
    return Question(op=op, axis=1, x=np.array(x), format="float32", result="float32", **parameters)


@pytest.mark.parametrize("op", ["softmax", "log_softmax", "softmin"])
def test_a_result_that_is_not_a_number_is_within_no_bound(op: str) -> None:
    x = [[0.0, 1.0, 2.0]]
    got = plainly(op, "forward", np.array(x, dtype=np.float32), given={}).astype(np.float64)
    got[0, 1] = NAN
    share = truth(asked(op, x), "forward", **FLOAT32).share(got, of="float32")
    assert (share <= 1).tolist() == [[True, False, True]]


def test_an_exact_zero_or_infinity_has_nothing_but_itself_within_its_bound() -> None:
    judged = truth(asked("log_softmax", [[0.0, -INF, 0.0]]), "forward", **FLOAT32)
    assert (judged.value.hi[0, 1], judged.bound[0, 1]) == (-INF, 0.0)
    zero = truth(asked("softmax", [[0.0, -INF, 0.0]]), "forward", **FLOAT32)
    assert (zero.value.hi[0, 1], zero.share(np.array([[0.5, 1e-45, 0.5]]), of="float32")[0, 1]) == (0.0, INF)


def test_a_row_is_out_of_range_where_the_cotangents_sum_may_overflow() -> None:
    largest = float(np.finfo(np.float32).max)
    v = np.array([[largest, largest], [1.0, largest / 64]])
    judged = truth(asked("log_softmax", [[0.0, 0.0], [0.0, 0.0]]), "vjp", cotangent=v, **FLOAT32)
    assert judged.out_of_range.tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda x: asked("softmux", x), "no op is called 'softmux'"),
        (lambda x: asked("masked_softmax", x), "masked_softmax needs"),
        (lambda x: asked("cross_entropy", x), "cross_entropy needs targets"),
        (lambda x: asked("softmax", x, targets=np.array([0])), "softmax takes no targets"),
        (lambda x: Question(op="softmax", axis=1, x=x, format="float8", result="float32"), "called 'float8'"),
        (lambda x: truth(asked("softmax", x), "vjq", **FLOAT32), "no quantity is called 'vjq'"),
        (lambda x: truth(asked("softmax", x), "vjp", **FLOAT32), "a vjp needs a cotangent"),
        (lambda x: truth(asked("softmax", x), "forward", tangent=x, **FLOAT32), "a forward takes no tangent"),
        (
            lambda x: truth(asked("logsumexp", x), "vjp", cotangent=np.zeros((1, 2)), **FLOAT32),
            r"a cotangent of shape \(1, 2\) for an output of shape",
        ),
        (lambda x: truth(asked("softmax", x), "forward", working="float8", accumulation="float32"), "called 'float8'"),
    ],
)
def test_a_question_without_meaning_is_refused_in_words(ask: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask([[0.0, 1.0]])
