"""What PyTorch and JAX declare to compute half types in is what they do, on the machine that runs this."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import HALF_TYPES, Precision
from harness.call import Call
from harness.record.recording import Recording, Returned
from harness.record.store import read_recording
from harness.vocabulary import DType, Form, Op, Quantity, Reduction
from reference.formats import format_named
from tests.adapters.cells import expected, values
from tests.adapters.interpreters import record
from tests.record.bench import problem, write

AXES = {"last": -1, "first": 0}
X = np.random.default_rng(7).standard_normal((37, 37)) * 2  # 37: no vector of any kernel divides it
PROBLEMS = [
    problem(f"{op.value} {dtype.value} {name}", X, op=op, dtype=dtype, axis=axis, check=[Quantity.FORWARD])
    for op in (Op.SOFTMAX, Op.LOG_SOFTMAX, Op.LOGSUMEXP)
    for dtype in HALF_TYPES
    for name, axis in AXES.items()
] + [
    problem(f"{op.value} {dtype.value} equal", np.zeros((1, 4096)), op=op, dtype=dtype, check=[Quantity.FORWARD])
    for op in (Op.SOFTMAX, Op.LOGSUMEXP)
    for dtype in HALF_TYPES
]
LOST = problem("lost", np.zeros((1, 256)), dtype=DType.FLOAT16, cotangent=np.ones((1, 256)))
ENDLESS = problem("endless", np.zeros((1, 65520)), op=Op.LOG_SOFTMAX, dtype=DType.FLOAT16, check=[Quantity.FORWARD])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recording]:
    reports = tmp_path_factory.mktemp("precision")
    plan = write(reports, [*PROBLEMS, LOST, ENDLESS])

    @functools.cache
    def recording(framework: str) -> Recording:
        record(framework, reports)
        return read_recording(reports / "recordings" / framework, plan=plan.digest)

    return recording


def value(recording: Recording, name: str, dtype: DType, quantity: Quantity = Quantity.FORWARD) -> NDArray[Any]:
    result = recording.entries[name, quantity].result
    assert isinstance(result, Returned)
    return values(result.value, dtype)


@pytest.mark.parametrize("name", [problem.id for problem in PROBLEMS if "equal" not in problem.id])
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_kernel_is_declared_to_work_in_float32_where_it_rounds_once_and_nowhere_else(
    framework: str, name: str, recorded: Callable[[str], Recording]
) -> None:
    recording = recorded(framework)
    (call,) = (problem.call for problem in PROBLEMS if problem.id == name)
    precision = recording.entries[name, Quantity.FORWARD].precision
    assert precision is not None
    nearest = format_named(call.dtype.value).nearest(expected(call, Quantity.FORWARD))
    share = np.mean(value(recording, name, call.dtype) == nearest)
    assert (share > 0.99) == (precision.working is DType.FLOAT32), share


@pytest.mark.parametrize("name", [problem.id for problem in PROBLEMS if "equal" in problem.id])
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_sums_of_values_do_not_stagnate_and_are_declared_to_be_float32(
    framework: str, name: str, recorded: Callable[[str], Recording]
) -> None:
    recording = recorded(framework)
    (call,) = (problem.call for problem in PROBLEMS if problem.id == name)
    precision = recording.entries[name, Quantity.FORWARD].precision
    assert precision is not None
    assert precision.accumulation is DType.FLOAT32
    right = expected(call, Quantity.FORWARD)  # a half type that adds up ones stops at 2048, or at 256
    assert np.abs(value(recording, name, call.dtype) / right - 1).max() < 2.0**-7


def test_float16_loses_the_inner_product_in_jax_where_the_square_of_the_sum_overflows(
    recorded: Callable[[str], Recording],
) -> None:
    found = value(recorded("jax"), "lost", DType.FLOAT16, Quantity.VJP)
    assert found.tolist() == [[2.0**-8] * 256]  # s, where s (1 - 1) = 0 would be right
    assert not value(recorded("torch"), "lost", DType.FLOAT16, Quantity.VJP).any()


def test_float16_has_no_sum_above_65504_in_pytorchs_log_softmax_of_the_last_axis(
    recorded: Callable[[str], Recording],
) -> None:
    assert np.isneginf(value(recorded("torch"), "endless", DType.FLOAT16)).all()


def declared(framework: str, call: Call, quantity: Quantity) -> Precision:
    module = __import__(f"harness.adapters.{framework}_precision", fromlist=["precision_of"])
    precision: Precision = module.precision_of(call, quantity)
    return precision


def call_of(op: Op, dtype: DType, **parameters: Any) -> Call:
    return problem("p", [[0.5, 1.0], [2.0, 3.0]], op=op, dtype=dtype, **parameters).call


F16, F32, F64 = DType.FLOAT16, DType.FLOAT32, DType.FLOAT64
INDICES = {"targets": np.int32([0, 1])}


@pytest.mark.parametrize(
    ("framework", "op", "quantity", "parameters", "working", "accumulation"),
    [
        ("torch", Op.SOFTMAX, Quantity.VJP, {}, F32, F32),
        ("torch", Op.SOFTMAX, Quantity.JVP, {}, F16, F32),
        ("torch", Op.SOFTMAX, Quantity.HVP, {}, F16, F32),
        ("torch", Op.SOFTMAX, Quantity.FORWARD, {"temperature": 2.0}, F16, F32),
        ("torch", Op.SOFTMAX, Quantity.FORWARD, {"result_dtype": F32}, F32, F32),
        ("torch", Op.SOFTMAX, Quantity.FORWARD, {"result_dtype": F32, "temperature": 2.0}, F16, F32),
        ("torch", Op.SOFTMAX, Quantity.FORWARD, {"result_dtype": DType.BFLOAT16}, DType.BFLOAT16, F32),
        ("torch", Op.CROSS_ENTROPY, Quantity.FORWARD, {**INDICES, "reduction": Reduction.MEAN}, F16, F16),
        ("torch", Op.CROSS_ENTROPY, Quantity.VJP, {**INDICES, "reduction": Reduction.MEAN}, F16, F32),
        ("torch", Op.CROSS_ENTROPY, Quantity.FORWARD, {**INDICES, "reduction": Reduction.NONE}, F16, F32),
        ("jax", Op.SOFTMAX, Quantity.JVP, {}, F16, F32),
        ("jax", Op.SOFTMAX, Quantity.VJP, {}, F16, F16),
        ("jax", Op.SOFTMAX, Quantity.JACOBIAN, {}, F16, F16),
        ("jax", Op.LOGSUMEXP, Quantity.VJP, {}, F16, F32),
        ("jax", Op.LOGSUMEXP, Quantity.HVP, {}, F16, F16),
        ("jax", Op.CROSS_ENTROPY, Quantity.VJP, {**INDICES, "reduction": Reduction.NONE}, F16, F32),
        ("jax", Op.SOFTMAX, Quantity.FORWARD, {"result_dtype": F32, "temperature": 2.0}, F32, F32),
    ],
)
def test_a_composite_declares_the_half_type_that_it_stores_its_steps_in(
    framework: str, op: Op, quantity: Quantity, parameters: dict[str, Any], *, working: DType, accumulation: DType
) -> None:
    found = declared(framework, call_of(op, F16, **parameters), quantity)
    assert (found.working, found.accumulation) == (working, accumulation)


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("quantity", Quantity)
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_full_sizes_are_computed_in_themselves(framework: str, quantity: Quantity, dtype: DType) -> None:
    found = declared(framework, call_of(Op.SOFTMAX, dtype), quantity)
    assert found == Precision(working=dtype, accumulation=dtype)


@pytest.mark.parametrize("quantity", Quantity)
def test_pytorchs_logsumexp_goes_backwards_by_recomputing_probabilities(quantity: Quantity) -> None:
    reverse = quantity in (Quantity.VJP, Quantity.JACOBIAN, Quantity.HVP)
    assert declared("torch", call_of(Op.LOGSUMEXP, F32), quantity).forms == ((Form.RECOMPUTED,) if reverse else ())


@pytest.mark.parametrize(
    ("parameters", "forms"), [({}, (Form.LOG_SUM_EXP,)), ({"label_smoothing": 0.1}, ())], ids=["indices", "smoothed"]
)
def test_optaxs_loss_of_indices_is_the_difference_of_logsumexp_and_the_logit(
    parameters: dict[str, Any], forms: tuple[Form, ...]
) -> None:
    call = call_of(Op.CROSS_ENTROPY, F32, **INDICES, reduction=Reduction.NONE, **parameters)
    assert declared("jax", call, Quantity.FORWARD).forms == forms
    assert declared("jax", call, Quantity.VJP).forms == ()
