"""Where MXNet 1.9.1 does something else than its name or its documentation says, one claim for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.plan.problem import Problem
from harness.record.recording import Raised, Recording, Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from tests.adapters.cells import values
from tests.adapters.interpreters import record
from tests.record.bench import problem, write

NAN = np.nan
X = np.array([[0.5, -1.0, 2.0, 0.25], [1.5, 0.25, -0.75, 1.0], [0.0, 1.0, 0.5, -2.0]])
CUBE = np.sin(np.arange(24.0)).reshape(2, 3, 4)
INDICES = np.int32([2, 0, 3])
EQUAL = np.zeros((1, 4096))
DIVISORS: dict[str, tuple[Any, int, dict[str, int]]] = {  # x, axis, what each normalization divides by
    "rows": (X, -1, {"null": 1, "batch": 3, "valid": 2}),
    "last axis of 3": (CUBE, -1, {"null": 1, "batch": 6, "valid": 5}),  # batch is documented as 2
    "axis 1 of 3": (CUBE, 1, {"null": 4, "batch": 8, "valid": 7}),  # null is documented as 1, batch as 2
}


def output(name: str, x: Any, targets: Any, **parameters: Any) -> Problem:
    return problem(name, x, op=Op.SOFTMAX_OUTPUT, targets=np.int32(targets), **parameters)


def losses(name: str, x: Any, targets: Any, reduction: Reduction, **parameters: Any) -> Problem:
    return problem(name, x, op=Op.CROSS_ENTROPY, targets=np.int32(targets), reduction=reduction, **parameters)


def masked(name: str, x: Any, lengths: Any, **parameters: Any) -> Problem:
    return problem(name, x, op=Op.MASKED_SOFTMAX, lengths=np.int32(lengths), **parameters)


def divided(name: str, normalization: str) -> Problem:
    """Return a problem whose targets are all class 0, but for the first, which is ignored."""
    x, axis, _ = DIVISORS[name]
    rows = np.delete(x.shape, axis)
    targets = np.zeros(rows, np.int32)
    targets.flat[0] = -1
    how = {"axis": axis, "normalization": Normalization(normalization), "ignore_index": -1}
    return output(f"{name} by {normalization}", x, targets, **how)


PROBLEMS = [
    *(divided(name, normalization) for name in DIVISORS for normalization in ("null", "batch", "valid")),
    output("head of ones", X, INDICES, cotangent=np.ones((3, 4))),
    output("another head", X, INDICES, cotangent=-7 * X),
    output("no head", X, INDICES, cotangent=None),
    output("all ignored", X, [9, 9, 9], ignore_index=9, normalization=Normalization.VALID),
    output("smoothed", X, INDICES, label_smoothing=0.25),
    output("smoothed along axis 1 of 3", CUBE, np.zeros((2, 4)), axis=1, label_smoothing=0.25),
    output("not smoothed along axis 1 of 3", CUBE, np.zeros((2, 4)), axis=1),
    output("scale in float32", X, INDICES, grad_scale=0.1),
    output("label beyond halves", np.zeros((1, 4096)), [2049], dtype=DType.FLOAT16),
    output("one row", X[0], 2),
    output("halves", EQUAL, [0], dtype=DType.FLOAT16, mode=Mode.SAFE_ACCUMULATION),
    losses("mean of means", CUBE, np.ones((2, 4)), Reduction.MEAN, axis=1),
    losses("losses of 3 axes", CUBE, np.ones((2, 4)), Reduction.NONE, axis=1),
    losses("columns", X, [0, 1, 2, 1], Reduction.NONE, axis=0),
    losses("columns through mx.np", X, [0, 1, 2, 1], Reduction.NONE, axis=0, mode=Mode.NUMPY),
    losses("sum of columns", X, [0, 1, 2, 1], Reduction.SUM, axis=0),
    losses("sum of columns through mx.np", X, [0, 1, 2, 1], Reduction.SUM, axis=0, mode=Mode.NUMPY),
    losses("no rows", np.zeros((0, 5)), np.zeros(0), Reduction.NONE, check=[Quantity.FORWARD]),
    losses("large", [[0.0, -30.0]], [1], Reduction.SUM),
    losses("large, by gluon", [[0.0, -30.0]], [1], Reduction.MEAN),
    losses("large half", [[0.0, -20.0]], [1], Reduction.SUM, dtype=DType.FLOAT16),
    masked("nan and huge", [[1.0, 2.0, NAN, 1e300]], [2]),
    masked("nothing kept", [[1.0, 2.0, NAN]], [0]),
    masked("axis from the end", CUBE, np.ones((2, 4)), axis=-2),
    masked("same axis", CUBE, np.ones((2, 4)), axis=1),
    *(problem(f"equal {mode.value}", EQUAL, dtype=DType.FLOAT16, mode=mode) for mode in Mode),
    problem("bfloat16", X, dtype=DType.BFLOAT16),
    problem("single", X, dtype=DType.FLOAT32),
    *(problem(f"columns {mode.value}", X, axis=0, dtype=DType.FLOAT32, mode=mode) for mode in Mode),
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    reports = tmp_path_factory.mktemp("mxnet")
    plan = write(reports, PROBLEMS)
    record("mxnet", reports)
    return read_recording(reports / "recordings" / "mxnet", plan=plan.digest)


def value(recording: Recording, name: str, quantity: Quantity = Quantity.FORWARD) -> np.ndarray[Any, Any]:
    result = recording.entries[name, quantity].result
    assert isinstance(result, Returned), result
    return values(result.value, DType(result.dtype))


def softmax(x: np.ndarray[Any, Any], axis: int = -1) -> np.ndarray[Any, Any]:
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("name", list(DIVISORS))
@pytest.mark.parametrize("normalization", ["null", "batch", "valid"])
def test_what_softmax_output_divides_its_gradient_by(name: str, normalization: str, recording: Recording) -> None:
    x, axis, divisors = DIVISORS[name]
    s = np.moveaxis(softmax(x, axis), axis, -1)
    gradient = np.moveaxis(value(recording, f"{name} by {normalization}", Quantity.VJP), axis, -1)
    s[..., 0] -= 1
    counted = s.reshape(-1, s.shape[-1])[1:]
    found = gradient.reshape(counted.shape[0] + 1, -1)
    assert found[0].tolist() == [0.0] * found.shape[1]  # the ignored row
    np.testing.assert_allclose(counted / found[1:], divisors[normalization], rtol=1e-6)


def test_softmax_output_ignores_its_head(recording: Recording) -> None:
    found = [value(recording, name, Quantity.VJP).tobytes() for name in ("head of ones", "another head", "no head")]
    assert len(set(found)) == 1
    expected = softmax(X) - np.eye(4)[INDICES]
    np.testing.assert_allclose(value(recording, "no head", Quantity.VJP), expected, rtol=1e-14)


def test_softmax_output_returns_zeros_where_every_row_is_ignored(recording: Recording) -> None:
    assert not value(recording, "all ignored", Quantity.VJP).any()


def test_softmax_output_spreads_a_smoothed_label_over_the_other_classes(recording: Recording) -> None:
    one_hot = np.eye(4)[INDICES]
    expected = softmax(X) - np.where(one_hot > 0, 0.75, 0.25 / 3)
    found = value(recording, "smoothed", Quantity.VJP)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert np.abs(found - expected).max() > 1e-10  # 0.25 / 3 is a float32, even here


def test_softmax_output_along_axis_1_forgets_the_label_smoothing(recording: Recording) -> None:
    smoothed = value(recording, "smoothed along axis 1 of 3", Quantity.VJP)
    assert smoothed.tolist() == value(recording, "not smoothed along axis 1 of 3", Quantity.VJP).tolist()


def test_the_scale_of_a_float64_gradient_is_a_float32(recording: Recording) -> None:
    ratio = value(recording, "scale in float32", Quantity.VJP) / (softmax(X) - np.eye(4)[INDICES])
    np.testing.assert_allclose(ratio, float(np.float32(0.1)), rtol=1e-12)


def test_a_label_beyond_2048_names_another_class_in_float16(recording: Recording) -> None:
    gradient = value(recording, "label beyond halves", Quantity.VJP)
    assert np.flatnonzero(gradient[0] < 0).tolist() == [2048]


def test_softmax_output_takes_a_single_row(recording: Recording) -> None:
    np.testing.assert_allclose(value(recording, "one row"), softmax(X[0]), rtol=1e-14)
    expected = softmax(X[0]) - np.eye(4)[2]
    np.testing.assert_allclose(value(recording, "one row", Quantity.VJP), expected, rtol=1e-14)


def test_gluons_loss_averages_over_every_axis_but_that_of_the_batch(recording: Recording) -> None:
    every = -np.log(softmax(CUBE, 1))[:, 1, :]
    np.testing.assert_allclose(value(recording, "mean of means"), every.mean(), rtol=1e-14)
    assert isinstance(recording.entries["losses of 3 axes", Quantity.FORWARD].result, Unsupported)


def test_gluons_loss_forgets_its_batch_axis_in_numpy_mode(recording: Recording) -> None:
    every = -np.log(softmax(X, 0))[[0, 1, 2, 1], range(4)]
    np.testing.assert_allclose(value(recording, "columns"), every, rtol=1e-14)
    np.testing.assert_allclose(value(recording, "sum of columns"), every.sum(), rtol=1e-14)
    np.testing.assert_allclose(value(recording, "columns through mx.np"), [every.mean()], rtol=1e-14)
    np.testing.assert_allclose(value(recording, "sum of columns through mx.np"), every.mean(), rtol=1e-14)


def test_an_error_among_no_elements_is_that_of_its_own_call(recording: Recording) -> None:
    result = recording.entries["no rows", Quantity.FORWARD].result
    assert isinstance(result, Raised)  # asnumpy alone would return an array of no losses, and the error go unseen
    assert "Check failed" in result.text


def test_softmax_cross_entropy_has_no_loss_above_18_4(recording: Recording) -> None:
    assert value(recording, "large, by gluon") == pytest.approx(30, rel=1e-14)
    assert value(recording, "large") == pytest.approx(-np.log(float(np.float32(1e-8))), rel=1e-14)
    assert value(recording, "large half") == np.inf


def test_what_lies_beyond_the_length_of_a_row_has_no_say(recording: Recording) -> None:
    s = softmax(np.array([1.0, 2.0]))
    np.testing.assert_allclose(value(recording, "nan and huge"), [[*s, 0, 0]], rtol=1e-14)
    v = np.array([1.0, 2.0])
    expected = s * (v - s @ v)
    np.testing.assert_allclose(value(recording, "nan and huge", Quantity.VJP), [[*expected, 0, 0]], rtol=1e-14)


def test_a_row_of_length_zero_is_all_zeros(recording: Recording) -> None:
    assert value(recording, "nothing kept").tolist() == [[0, 0, 0]]
    assert value(recording, "nothing kept", Quantity.VJP).tolist() == [[0, 0, 0]]


def test_lengths_along_an_axis_counted_from_the_end_are_refused(recording: Recording) -> None:
    result = recording.entries["axis from the end", Quantity.FORWARD].result
    assert isinstance(result, Raised)
    assert "must be in range" in result.text
    assert value(recording, "same axis").shape == CUBE.shape


@pytest.mark.parametrize(
    ("mode", "total"), [(Mode.EAGER, 8192), (Mode.NUMPY, 8192), (Mode.JIT, 8192), (Mode.SAFE_ACCUMULATION, 4096)]
)
def test_a_sum_of_halves_stagnates_at_2048_unless_accumulation_is_safe(
    mode: Mode, total: int, recording: Recording
) -> None:
    entry = recording.entries[f"equal {mode.value}", Quantity.FORWARD]
    assert value(recording, f"equal {mode.value}").sum() == total / 4096
    assert entry.precision is not None
    declared = entry.precision.accumulation
    assert declared is (DType.FLOAT32 if mode is Mode.SAFE_ACCUMULATION else DType.FLOAT16)


def test_softmax_output_never_accumulates_safely(recording: Recording) -> None:
    assert value(recording, "halves").sum() == 2
    precision = recording.entries["halves", Quantity.FORWARD].precision
    assert precision is not None
    assert precision.accumulation is DType.FLOAT16


def test_softmax_of_bfloat16_is_that_of_float32_rounded_once(recording: Recording) -> None:
    precise = value(recording, "single")
    error = np.abs(value(recording, "bfloat16") - precise)
    assert (error <= 2.0**-9 * 2.0 ** np.ceil(np.log2(precise))).all()  # half a unit in the last place
    precision = recording.entries["bfloat16", Quantity.FORWARD].precision
    assert precision is not None
    assert precision.working is DType.FLOAT32


@pytest.mark.parametrize("mode", [Mode.DEFAULT, Mode.NUMPY, Mode.JIT])
@pytest.mark.parametrize("quantity", [Quantity.FORWARD, Quantity.VJP])
def test_mx_np_and_hybridized_blocks_run_the_kernels_of_mx_nd(
    mode: Mode, quantity: Quantity, recording: Recording
) -> None:
    eager = value(recording, "columns eager", quantity)
    assert value(recording, f"columns {mode.value}", quantity).tolist() == eager.tolist()
