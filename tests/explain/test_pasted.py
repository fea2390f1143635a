"""What a framework prints around its numbers says who printed them, and of which dtype they are."""

from __future__ import annotations

from typing import Any

import pytest

from harness.explain.answer import explained
from harness.explain.pasted import Style, dtypes_said, nested, style_of
from harness.explain.reading import Misread, a_number, a_truth_value, read_array
from harness.explain.words import Words
from harness.vocabulary import DType, Op, Quantity


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("[0.1, 2]", Style.LIST),
        ("0.5", Style.LIST),
        ("[0.1]", Style.LIST),
        ("[np.float32(0.1), np.float32(2.0)]", Style.LIST),
        ("[0.1 2. ]", Style.NUMPY),
        ("[[0.1]\n [2. ]]", Style.NUMPY),
        ("array([0.1, 2. ], dtype=float32)", Style.NUMPY),
        ("Array([0.1, 2. ], dtype=float32)", Style.NUMPY),
        ("\n[[0.13 0.87]]\n<NDArray 1x2 @cpu(0)>", Style.NUMPY),
        ("tensor([0.1000, 2.0000])", Style.TORCH),
        ("[tensor(0.1000), tensor(2.)]", Style.TORCH),
    ],
)
def test_it_is_seen_who_printed_an_array(text: str, style: Style) -> None:
    assert style_of(text) is style


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[np.float32(0.1), np.float32(2.0)]", [0.1, 2.0]),
        ("np.float64(0.25)", [0.25]),
        ("[np.float16(-inf), numpy.float16(1e-05)]", [float("-inf"), 1e-5]),
        ("[tensor(0.1000), tensor(2., dtype=torch.float64)]", [0.1, 2.0]),
        ("[Array(0.5, dtype=float32, weak_type=True)]", [0.5]),
        ("Parameter containing:\ntensor([0.5000, 1.0000], requires_grad=True)", [0.5, 1.0]),
    ],
)
def test_numbers_are_read_that_have_their_type_around_them(text: str, items: list[float]) -> None:
    assert [float(item) for item in read_array(text, a_number, where="--x").items] == items


def test_truth_values_are_read_as_numpy_prints_a_list_of_its_own() -> None:
    assert read_array("[np.True_, np.False_]", a_truth_value, where="--mask").items == (True, False)


def test_what_only_looks_like_a_number_with_its_type_is_refused() -> None:
    with pytest.raises(Misread, match=r"^--x, character 13: 'x' is not a number"):
        read_array("[np.float32(x)]", a_number, where="--x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tensor([1.], dtype=torch.bfloat16, requires_grad=True)", ("bfloat16",)),
        ("array([1.], dtype=float16)", ("float16",)),
        ("[np.float32(0.1), np.float32(2.0)]", ("float32",)),
        ("[np.float32(0.1), np.float64(2.0)]", ("float32", "float64")),
        ("tensor([1.])", ()),
        ("[1, 2]", ()),
    ],
)
def test_the_dtype_is_read_beside_the_numbers(text: str, said: tuple[str, ...]) -> None:
    assert dtypes_said(text) == said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2]", "[[1, 2]]"),
        ("tensor([1., 2.], dtype=torch.float64)", "tensor([[1., 2.]], dtype=torch.float64)"),
        ("\n[1. 2.]\n<NDArray 2 @cpu(0)>", "[\n[1. 2.]]\n<NDArray 2 @cpu(0)>"),
    ],
)
def test_brackets_are_added_inside_what_was_printed(text: str, expected: str) -> None:
    assert nested(text, 1) == expected


@pytest.mark.parametrize(
    ("words", "dtype"),
    [
        ({"x": "[0.1, 2]"}, DType.FLOAT32),
        ({"x": "tensor([0.1001, 2.0000], dtype=torch.bfloat16)"}, DType.BFLOAT16),
        ({"x": "[0.1, 2]", "got": "array([0., 0.], dtype=float16)"}, DType.FLOAT16),
        ({"x": "[np.float64(0.1), np.float64(2.0)]"}, DType.FLOAT64),
        ({"x": "tensor([0.1, 2.], dtype=torch.float64)", "dtype": DType.FLOAT64}, DType.FLOAT64),
        ({"x": "tensor([0.1, 2.])", "dtype": DType.FLOAT64, "axis": 1}, DType.FLOAT64),
        (
            {
                "x": "tensor([1, 2], dtype=torch.int32)",
                "got": "tensor([0.2689, 0.7311], dtype=torch.float32)",
                "quantity": Quantity.FORWARD,
            },
            DType.INT32,
        ),
        (
            {"x": "[0.1, 2]", "op": Op.CROSS_ENTROPY, "targets": "array([1], dtype=int64)", "axis": 1},
            DType.FLOAT32,
        ),
    ],
)
def test_the_question_has_the_dtype_that_is_said_or_printed(words: dict[str, Any], dtype: DType) -> None:
    assert explained(Words(**words)).problem.call.dtype is dtype


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"x": "tensor([1.], dtype=torch.bfloat16)", "dtype": DType.FLOAT32},
            "--x: printed as bfloat16, and --dtype says float32",
        ),
        (
            {"x": "tensor([1.], dtype=torch.float16)", "cotangent": "array([1.], dtype=float32)"},
            "--cotangent: printed as float32, and --x is printed as float16",
        ),
        ({"x": "[np.float32(1), np.float64(2)]"}, "--x: printed as float64, and --x is printed as float32"),
        ({"x": "tensor([1.], dtype=torch.complex64)"}, "--x: printed as complex64; give numbers of one of these"),
    ],
)
def test_dtypes_that_contradict_each_other_are_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(Misread) as refused:
        explained(Words(**words))
    assert said in str(refused.value)


def test_a_result_is_judged_by_the_dtype_that_is_printed() -> None:
    asked = {"x": "[[0.1001, 2.0000, 3.0000]]", "cotangent": "[[1., 0., 0.]]", "got": "[[0.0369, -0.0102, -0.0278]]"}
    printed = {name: f"tensor({text}, dtype=torch.bfloat16)" for name, text in asked.items()}
    worth = explained(Words(**printed)).worth
    assert worth is not None
    assert worth.right
    assert worth.verdict.dtype == "bfloat16"
