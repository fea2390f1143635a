"""What MXNet 1.9.1 returns for every op, dtype, quantity and mode, held loosely against complex steps in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.plan.problem import Problem
from harness.record.recording import Raised, Recording, Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Mode, Op, Quantity
from tests.adapters import cells
from tests.adapters.interpreters import record
from tests.record.bench import write

MODES = (Mode.EAGER, Mode.NUMPY, Mode.SAFE_ACCUMULATION, Mode.JIT)
TOLERANCES = {"float16": 1e-2, "bfloat16": 5e-2, "float32": 1e-5, "float64": 1e-6}  # of the largest element


def in_mode(problem: Problem, mode: Mode) -> Problem:
    call = replace(problem.call, mode=mode)
    if not call.dtype.floating:
        call = replace(call, cotangent=None, tangent=None)
    return replace(problem, id=f"{problem.id}, {mode.value}", call=call)


CELLS = [problem for problem in cells.problems() if problem.call.mode is Mode.DEFAULT]
PROBLEMS = [in_mode(problem, mode) for problem in CELLS for mode in MODES]
FLOATING = [problem for problem in PROBLEMS if problem.call.dtype.floating]
WHOLE = [problem for problem in PROBLEMS if not problem.call.dtype.floating and problem.call.targets is None]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    reports = tmp_path_factory.mktemp("mxnet")
    plan = write(reports, PROBLEMS)
    record("mxnet", reports)
    return read_recording(reports / "recordings" / "mxnet", plan=plan.digest)


def has(problem: Problem, quantity: Quantity) -> bool:
    """Tell whether MXNet 1.9.1 has ``quantity`` of a problem, of those that are recorded here."""
    call = problem.call
    numpy, half = call.mode is Mode.NUMPY, call.dtype is DType.BFLOAT16
    if quantity in (Quantity.JVP, Quantity.HVP):
        return False
    match call.op:
        case Op.LOGSUMEXP | Op.MASKED_LOG_SOFTMAX:
            return False
        case Op.SOFTMAX | Op.LOG_SOFTMAX:
            return not half or (not numpy and (call.result_dtype is None or quantity is Quantity.FORWARD))
        case Op.SOFTMIN:
            return not numpy and not half
        case Op.MASKED_SOFTMAX:
            return call.mask is None and not half
        case Op.SOFTMAX_OUTPUT:
            return not numpy and (not half or quantity is Quantity.FORWARD)
        case _:
            unlike = call.ignore_index is not None or call.label_smoothing or call.x.ndim == 1
            averaged = call.x.ndim == 3 and call.reduction != "mean"
            return not (unlike or averaged or (numpy and half))


@pytest.mark.parametrize("problem", FLOATING, ids=lambda problem: problem.id)
def test_what_mxnet_has_comes_back_right_and_the_rest_with_a_reason(problem: Problem, recording: Recording) -> None:
    for quantity in problem.check:
        result = recording.entries[problem.id, quantity].result
        if has(problem, quantity):
            assert isinstance(result, Returned), (quantity, result)
            assert_close(problem, quantity, result)
        else:
            assert isinstance(result, Unsupported), (quantity, result)
            assert len(result.reason) > 20


def assert_close(problem: Problem, quantity: Quantity, result: Returned) -> None:
    call = problem.call
    due = call.dtype_of(quantity)
    assert due is not None
    expected = cells.expected(call, quantity)
    assert (result.dtype, result.value.shape) == (due.value, expected.shape), quantity
    coarsest = max(TOLERANCES[dtype.value] for dtype in (due, call.dtype, call.result_dtype or call.dtype))
    error = np.abs(cells.values(result.value, due) - expected).max()
    assert error <= coarsest * max(1.0, np.abs(expected).max()), (quantity, result.value, expected)


@pytest.mark.parametrize("problem", WHOLE, ids=lambda problem: problem.id)
def test_whole_numbers_are_refused_by_the_kernels(problem: Problem, recording: Recording) -> None:
    result = recording.entries[problem.id, Quantity.FORWARD].result
    if has(problem, Quantity.FORWARD):
        assert isinstance(result, Raised)
        assert "This operation only support floating point types, not int32" in result.text
    else:
        assert isinstance(result, Unsupported)


def test_nothing_changes_its_inputs(recording: Recording) -> None:
    assert {entry.inputs_changed for entry in recording.entries.values()} == {()}


@pytest.mark.parametrize("op", [Op.SOFTMAX, Op.LOG_SOFTMAX, Op.SOFTMIN])
def test_the_reason_for_a_missing_second_derivative_names_the_operator(op: Op, recording: Recording) -> None:
    result = recording.entries[f"{op.value}, float64, eager", Quantity.HVP].result
    assert isinstance(result, Unsupported)
    assert f"_backward_{op.value} registers no gradient" in result.reason


def test_a_jacobian_is_made_of_vjps_in_every_mode(recording: Recording) -> None:
    methods = {
        entry.method
        for (_, quantity), entry in recording.entries.items()
        if quantity is Quantity.JACOBIAN and isinstance(entry.result, Returned)
    }
    assert methods == {"one vjp per one-hot cotangent: MXNet has no Jacobian of its own"}
