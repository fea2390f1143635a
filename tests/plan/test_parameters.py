"""Keys that ops, dtypes and quantities have use for become parameters of calls, and names of problems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.plan.carrier import decoded
from harness.plan.faults import BadCases
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from tests.plan.written_cases import problems_of


def test_every_list_stands_in_the_name_in_a_fixed_order(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        "op: [softmax, softmin]\naxis: [0, 1]\ndtype: [float16]\nmode: [eager, numpy]\ntemperature: [0.5, 2]\n"
        "x: [[1, 2, 3]]\ncotangent: [ones, normal]",
    )
    assert len(problems) == 2 * 2 * 2 * 2 * 2
    call = problems["case[softmin,axis=0,float16,numpy,T=0.5,normal]"].call
    assert (call.op, call.axis, call.dtype, call.mode) == (Op.SOFTMIN, 0, DType.FLOAT16, Mode.NUMPY)
    assert call.temperature == 0.5


def test_what_is_no_list_stands_in_no_name(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path,
        "op: cross_entropy\ndtype: float32\nx: [[1, 2]]\ntargets: [0]\nreduction: mean\ncotangent: implicit",
    ).values()
    assert problem.id == "case"
    assert problem.call.reduction is Reduction.MEAN


@pytest.mark.parametrize(
    ("written", "name", "expected"),
    [
        ("0.5", "T=0.5", 0.5),
        ("2", "T=2", 2.0),
        ("2.0", "T=2", 2.0),
        ("1e-3", "T=0.001", 1e-3),
        ("0x1p-2", "T=0.25", 0.25),
    ],
)
def test_a_temperature_has_one_name_however_it_is_written(
    tmp_path: Path, written: str, name: str, expected: float
) -> None:
    problems = problems_of(tmp_path, f"op: log_softmax\ndtype: float32\ntemperature: [{written}]\nx: [1, 2]")
    assert problems[f"case[{name}]"].call.temperature == expected


def test_reductions_are_problems_of_their_own_with_outputs_of_their_own_shape(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        "op: cross_entropy\ndtype: float64\nx: {normal: {shape: [3, 4]}}\ntargets: [0, 1, 2]\n"
        "reduction: [none, sum, mean]\ncotangent: [ones, {full: 2}]",
    )
    shapes = {name: problem.call.cotangent.shape for name, problem in problems.items()}  # type: ignore[union-attr]
    assert shapes == {
        "case[none,ones]": (3,),
        "case[none,full 2]": (3,),
        "case[sum,ones]": (),
        "case[sum,full 2]": (),
        "case[mean,ones]": (),
        "case[mean,full 2]": (),
    }
    assert problems["case[mean,full 2]"].call.cotangent == 2.0


def test_a_loss_has_no_reduction_unless_one_is_named_and_other_ops_have_none(tmp_path: Path) -> None:
    loss = problems_of(tmp_path, "op: cross_entropy\ndtype: float64\nx: [[1, 2]]\ntargets: [0]")["case"].call
    other = problems_of(tmp_path, "op: logsumexp\ndtype: float64\nx: [[1, 2]]")["case"].call
    assert (loss.reduction, other.reduction) == (Reduction.NONE, None)
    assert (loss.output_shape, other.output_shape) == ((1,), (1,))


@pytest.mark.parametrize(
    ("axis", "given", "expected"),
    [
        ("0", "[1, -2, 3]", [1, -2, 3]),
        ("1", "[1, 2]", [1, 2]),
        ("1", "{file: head.npy}", [0.25, 0.5]),
        ("-1", "{full: 3}", [3, 3]),
        ("0", "zeros", [0, 0, 0]),
    ],
)
def test_a_cotangent_has_the_shape_of_an_output_without_the_axis(
    tmp_path: Path, axis: str, given: str, expected: list[float]
) -> None:
    np.save(tmp_path / "head.npy", np.array([0.25, 0.5]))
    text = f"op: logsumexp\naxis: {axis}\ndtype: float32\nx: [[1, 2, 3], [4, 5, 6]]\ncotangent: {given}"
    call = problems_of(tmp_path, text)["case"].call
    np.testing.assert_array_equal(call.cotangent, np.array(expected, dtype=np.float32), strict=True)


def test_an_hvp_has_a_cotangent_and_a_tangent(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "op: logsumexp\ndtype: float64\nx: [[1, 2], [3, 4]]\ncheck: hvp").values()
    assert problem.check == (Quantity.FORWARD, Quantity.HVP)
    assert problem.call.cotangent is not None
    assert problem.call.tangent is not None
    assert (problem.call.cotangent.shape, problem.call.tangent.shape) == ((2,), (2, 2))


def test_the_parameters_of_softmax_output_reach_its_call(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        "op: softmax_output\ndtype: float32\nx: [[1, 2, 3]]\ntargets: [2]\ngrad_scale: -0.5\nignore_index: 7\n"
        "label_smoothing: 0.1\nnormalization: [null, batch, valid]",
    )
    assert list(problems) == ["case[null]", "case[batch]", "case[valid]"]
    call = problems["case[valid]"].call
    assert (call.grad_scale, call.ignore_index, call.label_smoothing) == (-0.5, 7, 0.1)
    assert call.normalization is Normalization.VALID


@pytest.mark.parametrize("written", ["null", '"null"', "~", ""])
def test_the_word_null_may_stand_without_quotation_marks(tmp_path: Path, written: str) -> None:
    text = f"op: softmax_output\ndtype: float32\nx: [[1, 2, 3]]\ntargets: [2]\nnormalization: {written}"
    assert problems_of(tmp_path, text)["case"].call.normalization is Normalization.NULL


def test_in_mixed_precision_x_keeps_its_dtype_and_the_cotangent_has_that_of_the_result(tmp_path: Path) -> None:
    text = "op: softmax\ndtype: [float16, bfloat16]\nresult_dtype: float32\nx: [0.1, 2]\ncheck: [vjp, jvp]"
    for problem in problems_of(tmp_path, text).values():
        call = problem.call
        assert call.result_dtype is DType.FLOAT32
        assert call.cotangent is not None
        assert call.tangent is not None
        assert (call.x.dtype, call.tangent.dtype) == (call.dtype.carrier, call.dtype.carrier)
        assert call.cotangent.dtype == np.float32


@pytest.mark.parametrize(
    ("dtype", "bits"), [("float16", [0x2E66, 0x8000, 0x7C00]), ("bfloat16", [0x3DCD, 0x8000, 0x7F80])]
)
def test_written_numbers_have_the_bits_of_a_narrow_dtype(tmp_path: Path, dtype: str, bits: list[int]) -> None:
    x = problems_of(tmp_path, f"op: softmax\ndtype: {dtype}\nx: [0.1, -0.0, .inf]")["case"].call.x
    assert x.dtype.name == DType(dtype).carrier
    np.testing.assert_array_equal(x.view(np.uint16), np.array(bits, dtype=np.uint16), strict=True)


@pytest.mark.parametrize("dtype", [DType.FLOAT16, DType.BFLOAT16])
def test_a_float32_file_is_rounded_once_to_a_narrow_dtype(tmp_path: Path, dtype: DType) -> None:
    numbers = np.array([[0.1, 2.0], [-3.14159, 1e-7]], np.float32)
    np.save(tmp_path / "x.npy", numbers)
    x = problems_of(tmp_path, f"op: softmax\ndtype: {dtype}\nx: {{file: x.npy}}")["case"].call.x
    unit = {DType.FLOAT16: 2.0**-11, DType.BFLOAT16: 2.0**-8}[dtype]
    error = np.abs(decoded(x, dtype) - numbers)
    assert (error <= np.maximum(unit * np.abs(numbers), 2.0**-25)).all()
    assert (error > 0).any()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_one_hots_and_ones_of_a_narrow_dtype_are_ones(tmp_path: Path, dtype: str) -> None:
    text = f"op: softmax\ndtype: {dtype}\nx: [[1, 2]]\ncotangent: [ones, {{one_hot: 1}}]"
    problems = problems_of(tmp_path, text)
    ones, hot = (decoded(p.call.cotangent, DType(dtype)) for p in problems.values())  # type: ignore[arg-type]
    assert (ones.tolist(), hot.tolist()) == ([[1, 1]], [[0, 1]])


def test_int32_takes_whole_numbers_and_rounds_draws(tmp_path: Path) -> None:
    text = "op: softmax\ndtype: [int32, float64]\ncheck: forward\nx: {normal: {shape: [50], scale: 9}}"
    problems = problems_of(tmp_path, text)
    whole = problems["case[int32]"].call
    np.testing.assert_array_equal(whole.x, np.rint(problems["case[float64]"].call.x).astype(np.int32), strict=True)
    assert (whole.cotangent, whole.tangent) == (None, None)
    written = problems_of(tmp_path, "op: softmax\ndtype: int32\ncheck: forward\nx: [1, 2e3, -0x10]")["case"].call.x
    np.testing.assert_array_equal(written, np.array([1, 2000, -16], np.int32), strict=True)


@pytest.mark.parametrize(
    ("op", "shape", "fits"),
    [
        ("softmax", "[512]", True),
        ("softmax", "[513]", False),
        ("logsumexp", "[256, 4]", True),
        ("logsumexp", "[257, 4]", False),
    ],
)
def test_a_jacobian_is_limited_by_outputs_times_inputs(tmp_path: Path, op: str, shape: str, fits: bool) -> None:
    text = f"op: {op}\ndtype: float32\nx: {{normal: {{shape: {shape}}}}}\ncheck: jacobian"
    if fits:
        assert Quantity.JACOBIAN in problems_of(tmp_path, text)["case"].check
    else:
        with pytest.raises(BadCases, match=r"a jacobian of x with .* elements"):
            problems_of(tmp_path, text)


def test_problems_that_differ_in_parameters_alone_share_their_arrays(tmp_path: Path) -> None:
    text = "op: cross_entropy\ndtype: float32\nx: [[1, 2]]\ntargets: [0]\nreduction: [sum, mean]"
    one, other = (problem.call for problem in problems_of(tmp_path, text).values())
    assert one.x is other.x
    assert one.targets is other.targets
    assert one.cotangent is other.cotangent
