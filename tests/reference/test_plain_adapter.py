from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.adapters.reference import ReferenceAdapter
from harness.call import ARRAYS, Call
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from reference.formats import format_named

ADAPTER = ReferenceAdapter()
SHAPE = (2, 3)
HALVES = (DType.FLOAT16, DType.BFLOAT16)
FLOATING = tuple(dtype for dtype in DType if dtype.floating)
DERIVATIVES = tuple(quantity for quantity in Quantity if quantity is not Quantity.FORWARD)


def drawn(seed: int, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
    values = np.random.default_rng(seed).standard_normal(shape) * 3
    return np.rint(values).astype(np.int32) if dtype is DType.INT32 else format_named(dtype).encode(values)


def asked(op: Op, dtype: DType, *, result: DType | None = None, **more: Any) -> Call:
    """Return a call of an op with everything that any quantity of it needs."""
    call = Call(op=op, axis=1, dtype=dtype, mode=Mode.EAGER, x=drawn(1, SHAPE, dtype), result_dtype=result)
    if op.masked:
        call = replace(call, mask=np.array([[True, False, True], [True, True, True]]))
    if op.has_targets:
        call = replace(call, targets=np.array([2, 0], dtype=np.int32))
    if op is Op.CROSS_ENTROPY:
        call = replace(call, reduction=Reduction.NONE)
    call = replace(call, **more)
    output = result or (dtype if dtype.floating else DType.FLOAT64)
    return replace(call, cotangent=drawn(2, call.output_shape, output), tangent=drawn(3, SHAPE, dtype))


def numbers(array: NDArray[Any], dtype: DType | None) -> NDArray[np.float64]:
    return array.astype(np.float64) if dtype in (None, DType.INT32) else format_named(dtype).decode(array)


@pytest.mark.parametrize("result", [None, *FLOATING])
@pytest.mark.parametrize("dtype", DType)
@pytest.mark.parametrize("op", Op)
def test_every_quantity_comes_in_its_shape_and_dtype_near_that_of_float64(
    op: Op, dtype: DType, result: DType | None
) -> None:
    call = asked(op, dtype, result=result)
    exact = {
        name: numbers(array, result if name == "cotangent" and result else dtype)
        for name in ("x", "cotangent", "tangent")
        if (array := getattr(call, name)) is not None and dtype.floating
    }
    wide = replace(call, dtype=DType.FLOAT64, result_dtype=None, **exact)
    for quantity in Quantity:
        if ADAPTER.unsupported(call, quantity):
            continue
        got = getattr(ADAPTER, quantity.value)(call)
        due = call.dtype_of(quantity) or DType.FLOAT64
        assert (got.dtype.name, got.shape) == (due.carrier, call.shape_of(quantity))
        if dtype.floating:
            want = getattr(ADAPTER, quantity.value)(wide)
            steps = 2.0 ** -min(
                format_named(due).precision, format_named(ADAPTER.precision(call, quantity).working).precision
            )
            assert np.allclose(numbers(got, due), want, rtol=40 * steps, atol=40 * steps)


@pytest.mark.parametrize("quantity", Quantity)
@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("op", [op for op in Op if op is not Op.SOFTMAX_OUTPUT])
def test_a_half_type_is_computed_in_float32_and_rounded_once(op: Op, dtype: DType, quantity: Quantity) -> None:
    call = asked(op, dtype)
    exact = {name: numbers(getattr(call, name), dtype).astype(np.float32) for name in ("x", "cotangent", "tangent")}
    want = getattr(ADAPTER, quantity.value)(replace(call, dtype=DType.FLOAT32, **exact))
    got = getattr(ADAPTER, quantity.value)(call)
    assert got.tolist() == format_named(dtype).encode(want.astype(np.float64)).tolist()
    assert ADAPTER.precision(call, quantity) == Precision(working=DType.FLOAT32, accumulation=DType.FLOAT32)


@pytest.mark.parametrize(
    ("dtype", "result", "working"),
    [
        (DType.FLOAT16, DType.FLOAT32, DType.FLOAT32),
        (DType.FLOAT32, DType.BFLOAT16, DType.FLOAT32),
        (DType.FLOAT32, DType.FLOAT64, DType.FLOAT64),
        (DType.FLOAT64, DType.FLOAT32, DType.FLOAT64),
        (DType.FLOAT64, None, DType.FLOAT64),
        (DType.INT32, None, DType.FLOAT64),
        (DType.INT32, DType.FLOAT16, DType.FLOAT64),
    ],
)
def test_the_widest_dtype_that_takes_part_is_declared(dtype: DType, result: DType | None, working: DType) -> None:
    call = asked(Op.SOFTMAX, dtype, result=result)
    assert ADAPTER.precision(call, Quantity.FORWARD) == Precision(working=working, accumulation=working)


def test_integers_beyond_float32_are_told_apart() -> None:
    x = np.array([[2**31 - 1, 2**31 - 2, -(2**31)]], dtype=np.int32)
    call = replace(asked(Op.SOFTMAX, DType.INT32), x=x)
    got = ADAPTER.forward(call)
    assert (got.dtype, got[0, 2]) == (np.float64, 0.0)
    assert abs(got[0, 0] / got[0, 1] - np.e) < 1e-15 * 4


@pytest.mark.parametrize("quantity", DERIVATIVES)
@pytest.mark.parametrize("op", Op)
def test_integers_have_no_derivative(op: Op, quantity: Quantity) -> None:
    assert "int32 numbers has no derivative" in str(ADAPTER.unsupported(asked(op, DType.INT32), quantity))


@pytest.mark.parametrize("op", Op)
def test_nothing_is_unsupported_that_has_an_answer(op: Op) -> None:
    call = asked(op, DType.BFLOAT16)
    refused = {quantity for quantity in Quantity if ADAPTER.unsupported(call, quantity)}
    assert refused == ({Quantity.JVP, Quantity.JACOBIAN, Quantity.HVP} if op is Op.SOFTMAX_OUTPUT else set())


def test_a_vjp_without_a_cotangent_has_an_answer_where_the_output_is_one_number() -> None:
    loss = asked(Op.CROSS_ENTROPY, DType.FLOAT32, reduction=Reduction.MEAN)
    bare = replace(loss, cotangent=None)
    assert ADAPTER.unsupported(bare, Quantity.VJP) is None
    assert ADAPTER.vjp(bare).tolist() == ADAPTER.vjp(replace(loss, cotangent=np.ones((), np.float32))).tolist()
    softmax = replace(asked(Op.SOFTMAX, DType.FLOAT32), cotangent=None)
    assert "no cotangent by default" in str(ADAPTER.unsupported(softmax, Quantity.VJP))
    assert "no cotangent by default" in str(ADAPTER.unsupported(softmax, Quantity.HVP))


def test_softmax_output_takes_no_notice_of_its_cotangent() -> None:
    call = asked(Op.SOFTMAX_OUTPUT, DType.FLOAT32, grad_scale=2.0, normalization=Normalization.BATCH)
    ignored = replace(call, cotangent=None)
    assert ADAPTER.unsupported(ignored, Quantity.VJP) is None
    assert ADAPTER.vjp(ignored).tolist() == ADAPTER.vjp(call).tolist()


def test_smoothed_probabilities_have_no_softmax_output() -> None:
    call = asked(Op.SOFTMAX_OUTPUT, DType.FLOAT32, targets=np.full(SHAPE, 1 / 3, np.float32), label_smoothing=0.1)
    assert "smooths class indices only" in str(ADAPTER.unsupported(call, Quantity.VJP))
    assert ADAPTER.unsupported(call, Quantity.FORWARD) is None


@pytest.mark.parametrize("quantity", Quantity)
@pytest.mark.parametrize("op", [Op.MASKED_SOFTMAX, Op.MASKED_LOG_SOFTMAX])
def test_lengths_are_a_mask(op: Op, quantity: Quantity) -> None:
    mask = np.array([[True, True, False], [True, False, False]])
    by_mask = asked(op, DType.FLOAT32, mask=mask)
    by_length = replace(by_mask, mask=None, lengths=np.array([2, 1], dtype=np.int32))
    got, want = (getattr(ADAPTER, quantity.value)(call) for call in (by_length, by_mask))
    assert got.tolist() == want.tolist()


@pytest.mark.parametrize(
    ("op", "parameter", "value"),
    [
        *((op, "temperature", 0.5) for op in Op if op not in (Op.LOGSUMEXP, Op.CROSS_ENTROPY, Op.SOFTMAX_OUTPUT)),
        (Op.CROSS_ENTROPY, "reduction", Reduction.SUM),
        (Op.CROSS_ENTROPY, "ignore_index", 0),
        (Op.CROSS_ENTROPY, "label_smoothing", 0.25),
        (Op.SOFTMAX_OUTPUT, "ignore_index", 0),
        (Op.SOFTMAX_OUTPUT, "label_smoothing", 0.25),
        (Op.SOFTMAX_OUTPUT, "grad_scale", 3.0),
        (Op.SOFTMAX_OUTPUT, "normalization", Normalization.BATCH),
    ],
)
def test_every_parameter_reaches_the_formula(op: Op, parameter: str, value: Any) -> None:
    call = asked(op, DType.FLOAT64)
    changed = asked(op, DType.FLOAT64, **{parameter: value})
    plain, given = ADAPTER.vjp(call), ADAPTER.vjp(changed)
    assert plain.tolist() != given.tolist()
    vectors = () if op is Op.SOFTMAX_OUTPUT else (changed.cotangent,)
    operands = {name: getattr(call, name) for name in ("mask", "targets") if getattr(call, name) is not None}
    rule = importlib.import_module(f"reference.plain.{op.value}").vjp
    assert given.tolist() == rule(call.x, *vectors, axis=1, **operands, **{parameter: value}).tolist()


@pytest.mark.parametrize("op", Op)
def test_the_callers_arrays_are_left_alone(op: Op) -> None:
    call = asked(op, DType.FLOAT32)
    for name in ARRAYS:
        if getattr(call, name) is not None:
            getattr(call, name).flags.writeable = False
    for quantity in Quantity:
        if not ADAPTER.unsupported(call, quantity):
            assert not np.shares_memory(getattr(ADAPTER, quantity.value)(call), call.x)


def test_nothing_is_compiled() -> None:
    assert ADAPTER.unsupported(replace(asked(Op.SOFTMAX, DType.FLOAT32), mode=Mode.JIT), Quantity.FORWARD)
