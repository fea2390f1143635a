"""A question in words is answered by the same oracle, bounds and causes as a case; a result by what its digits say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.explain.answer import explained
from harness.explain.reading import Misread
from harness.explain.text import text_of
from harness.explain.words import Words
from harness.vocabulary import DType, FindingKind, Normalization, Op, Outcome, Quantity, Reduction

FORUM = Words(op=Op.SOFTMAX, axis=1, x="[[[[0.1]], [[2]]]]", got="[[[[0]], [[0]]]]")


def test_the_forums_zero_is_right_and_explained() -> None:
    answer = explained(FORUM)
    assert answer.worth is not None
    assert answer.worth.right
    assert answer.worth.verdict.outcome is Outcome.EXACT
    assert [cause.kind for cause in answer.causes] == [FindingKind.SUMMED_OUTPUT]
    text = text_of(answer)
    for words in ("0.11318026", "none given; ones", "What you got is right", "one-hot"):
        assert words in text


def test_of_a_flushed_and_saturated_zero_it_is_said_what_decides_and_each_size_is_one_number() -> None:
    text = " ".join(text_of(explained(Words(x="[100, 0]", cotangent="one_hot:1", got="[0, 0]"))).split())
    assert "this decides that it is zero" in text
    assert "Why it is so small The gradient is as good as zero because softmax is saturated" in text
    assert "the others have 3.8e-44 together" in text
    assert "at most 3.8e-44 in size" in text
    assert "3.7e-44" not in text
    assert "3.72e-44" not in text


def test_what_nobody_flushed_is_simply_zero() -> None:
    text = text_of(explained(Words(x="[500, 0]", cotangent="one_hot:1", got="[0, 0]")))
    assert "Why it is zero\n  The gradient is zero because softmax is saturated" in text


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ({"x": "[100, 0]", "cotangent": "one_hot:0"}, "Why it is so small"),  # 3.8e-44 is a number of float32
        ({"x": "[100, 0]", "cotangent": "one_hot:0", "dtype": DType.FLOAT16}, "Why it is zero"),
        ({"x": "[0, -95, -3]", "cotangent": "one_hot:1", "got": "[0, 5.2e-42, 0]"}, "Why it is so small"),
        ({"x": "[0, -95, -3]", "cotangent": "one_hot:1", "got": "[0, 0, 0]"}, "Why it is so small"),
        ({"x": "[[1, 2], [100, 0]]", "cotangent": "[[1, 1], [1, 0]]"}, "Why it is zero, or so small"),
        ({"x": "[0.3, 1.7, -2.2]", "cotangent": "[0.3, 0.3, 0.3]"}, "Why it is zero"),
        ({"x": "[]"}, "Why it is zero"),
    ],
    ids=str,
)
def test_the_causes_stand_under_what_the_true_gradient_rounds_to(words: dict[str, Any], title: str) -> None:
    assert title in text_of(explained(Words(**words))).splitlines()


PLAIN: list[dict[str, Any]] = [
    {"cotangent": "ones", "got": "[0, 0]"},
    {"cotangent": "[1, 0]"},
    {"op": Op.LOGSUMEXP, "quantity": Quantity.HVP, "cotangent": "1", "tangent": "[0, 1]"},
    {"op": Op.MASKED_SOFTMAX, "mask": "[true, false]", "quantity": Quantity.FORWARD},
    {"op": Op.MASKED_LOG_SOFTMAX, "lengths": "1", "cotangent": "one_hot:1"},
    {"op": Op.CROSS_ENTROPY, "targets": "1"},
    {"op": Op.CROSS_ENTROPY, "targets": "[0.25, 0.75]", "reduction": Reduction.MEAN, "cotangent": "2"},
    {"op": Op.CROSS_ENTROPY, "targets": "0", "quantity": Quantity.FORWARD, "got": "2.0393867"},
]


@pytest.mark.parametrize("axis", [1, 3])
@pytest.mark.parametrize("words", PLAIN, ids=str)
def test_plain_lists_are_one_row_along_any_axis(words: dict[str, Any], axis: int) -> None:
    alone, read = (explained(Words(x="[0.1, 2]", axis=where, **words)) for where in (0, axis))
    assert (alone.as_row, read.as_row) == (False, True)
    assert read.problem.call.x.shape == (1,) * axis + (2,)
    (expected,), (shown,) = alone.rows, read.rows
    for name in ("x", "kept", "targets", "output", "jacobian", "cotangent", "gradient", "tangent", "hvp"):
        assert getattr(shown, name) == getattr(expected, name), name
    assert [cause.kind for cause in read.causes] == [cause.kind for cause in alone.causes]
    assert read.worth is None or read.worth.right
    assert f"as the one row along axis {axis}: an array of shape {[1] * axis + [2]}." in text_of(read)
    assert "plain list" not in text_of(alone)


def test_one_class_for_each_row_may_be_a_list_already() -> None:
    call = explained(Words(op=Op.CROSS_ENTROPY, axis=1, x="[0.1, 2]", targets="[1]")).problem.call
    assert call.targets is not None
    assert call.targets.tolist() == [1]


@pytest.mark.parametrize(("x", "words"), [("[0.1, 2]", "axis -1)"), ("[[1, 2], [3, 4]]", "axis -1, first row)")])
def test_a_row_is_numbered_only_where_there_are_others(x: str, words: str) -> None:
    assert words in text_of(explained(Words(x=x)))


@pytest.mark.parametrize(
    ("got", "right", "left_open"),
    [
        ("[0.11318026, -0.11318026]", True, False),
        ("[0x1.cf9618p-4, -0x1.cf9618p-4]", True, False),
        ("[0.113180256, -0.113180263]", True, False),
        ("[0.1132, -0.1132]", True, True),  # as PyTorch prints it
        ("[0.11318, -0.11318]", True, True),
        ("[0.1131, -0.1132]", False, False),
        ("[0.11319, -0.11318]", False, False),
        ("[0.1131900000, -0.1131900000]", False, False),
        ("[0, 0]", False, False),
        ("[0.0, 0.0]", False, False),
        ("[0.3, -0.3]", False, False),
        ("[nan, nan]", False, False),
        ("[1.0, -1.0]", False, False),  # whole numbers are exact
    ],
)
def test_a_result_is_judged_by_as_many_digits_as_it_has(got: str, right: bool, left_open: bool) -> None:
    worth = explained(Words(x="[0.1, 2]", cotangent="one_hot:0", got=got)).worth
    assert worth is not None
    assert (worth.right, worth.open is not None) == (right, left_open)
    assert bool(worth.findings) is not right


def test_zeros_for_a_gradient_that_is_not_zero_are_called_a_fault() -> None:
    answer = explained(Words(x="[0.1, 2]", cotangent="one_hot:0", got="[0, 0]"))
    assert answer.worth is not None
    assert [finding.kind for finding in answer.worth.findings] == [FindingKind.ZERO_RULE]
    assert "What you got is wrong" in text_of(answer)


@pytest.mark.parametrize(
    ("got", "words", "in_print"),
    [
        ("[0.13010848, 0]", "the dot term <s, v> is missing", False),
        ("[0.1301, 0]", "the dot term <s, v> is missing", True),  # as PyTorch prints it
        ("[0.22636051, -0.22636051]", "accumulated twice", False),
        ("[0.2264, -0.2264]", "accumulated twice", True),
        ("[-0.1132, 0.1132]", "sign", True),
    ],
)
def test_a_wrong_result_is_called_by_its_fault_also_where_few_digits_were_given(
    got: str, words: str, in_print: bool
) -> None:
    answer = explained(Words(x="[0.1, 2]", cotangent="one_hot:0", got=got))
    assert answer.worth is not None
    assert (answer.worth.right, answer.worth.named) == (False, True)
    text = " ".join(text_of(answer).split())
    assert words in text
    assert ("agrees, in all digits that it has, with" in text) is in_print


def test_a_zero_that_underflow_left_is_right_and_said_to_be_flushed() -> None:
    answer = explained(Words(x="[0, 0]", cotangent="[4e-40, 0]", got="[0, 0]"))
    assert answer.worth is not None
    assert answer.worth.right
    assert "flushes such numbers to zero" in " ".join(text_of(answer).split())
    kept = explained(Words(x="[0, 0]", cotangent="[4e-40, 0]", got="[1e-40, -1e-40]"))
    judged, title, _ = text_of(kept).partition("Why it is so small")
    assert title
    assert "flushes" not in judged


def test_what_no_fault_explains_is_said_to_be_so() -> None:
    answer = explained(Words(x="[0.1, 2, -1]", cotangent="[1, 0, 2]", got="[0.4, 1, 3]"))
    assert answer.worth is not None
    assert not answer.worth.named
    text = " ".join(text_of(answer).split())
    assert "None of the" in text
    assert "It breaks a law, too" in text


def test_the_bound_is_that_of_the_dtype() -> None:
    got = "[0.11318021, -0.11318026]"
    for dtype, right in ((DType.FLOAT32, True), (DType.FLOAT64, False), (DType.BFLOAT16, True)):
        worth = explained(Words(x="[0.1, 2]", cotangent="one_hot:0", got=got, dtype=dtype)).worth
        assert worth is not None
        assert worth.right is right


QUESTIONS: list[tuple[dict[str, Any], list[float]]] = [
    ({"op": Op.SOFTMAX, "quantity": Quantity.FORWARD}, [0.26894142, 0.73105858]),
    ({"op": Op.SOFTMIN, "quantity": Quantity.FORWARD}, [0.73105858, 0.26894142]),
    ({"op": Op.LOG_SOFTMAX, "quantity": Quantity.FORWARD}, [-1.31326169, -0.31326169]),
    ({"op": Op.LOGSUMEXP, "quantity": Quantity.VJP, "cotangent": "2"}, [0.53788284, 1.46211716]),
    ({"temperature": "0.5", "quantity": Quantity.FORWARD}, [0.11920292, 0.88079708]),
    ({"op": Op.MASKED_SOFTMAX, "mask": "[1, 0]", "quantity": Quantity.FORWARD}, [1.0, 0.0]),
    ({"op": Op.MASKED_SOFTMAX, "lengths": "1", "quantity": Quantity.FORWARD}, [1.0, 0.0]),
    ({"op": Op.CROSS_ENTROPY, "targets": "0"}, [-0.73105858, 0.73105858]),
    ({"op": Op.CROSS_ENTROPY, "targets": "[0.5, 0.5]"}, [-0.23105858, 0.23105858]),
    ({"op": Op.CROSS_ENTROPY, "targets": "0", "reduction": Reduction.MEAN}, [-0.73105858, 0.73105858]),
    ({"op": Op.CROSS_ENTROPY, "targets": "0", "label_smoothing": "0.5"}, [-0.48105858, 0.48105858]),
    (
        {"op": Op.SOFTMAX_OUTPUT, "targets": "1", "grad_scale": "2", "normalization": Normalization.VALID},
        [0.53788284, -0.53788284],
    ),
    ({"quantity": Quantity.JVP, "tangent": "one_hot:0"}, [0.19661193, -0.19661193]),
    ({"quantity": Quantity.HVP, "cotangent": "[1, 0]", "tangent": "[1, 0]"}, [0.09085775, -0.09085775]),
    ({"cotangent": "[3, 1]"}, [0.39322387, -0.39322387]),
]


@pytest.mark.parametrize(("words", "expected"), QUESTIONS, ids=[str(number) for number in range(len(QUESTIONS))])
def test_every_parameter_has_its_say(words: dict[str, Any], expected: list[float]) -> None:
    answer = explained(Words(x="[1, 2]", got=str(expected), **words))
    assert answer.worth is not None
    assert answer.worth.right
    (row,) = answer.rows
    shown = {
        Quantity.FORWARD: row.output,
        Quantity.VJP: row.gradient,
        Quantity.JVP: row.jvp,
        Quantity.HVP: row.hvp,
    }[answer.quantity]
    assert shown == pytest.approx(expected, rel=1e-6)
    wrong = explained(Words(x="[1, 2]", got=str([number + 0.001 for number in expected]), **words)).worth
    assert wrong is not None
    assert not wrong.right


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ({"axis": 1, "got": "[[0, 0]]"}, "--axis: 1, and x has the shape .*give -1 to 0, or nest every array"),
        ({"axis": -2}, "--axis: -2"),
        ({"axis": 9}, "--axis: 9"),
        ({"axis": 1, "x": "[0.1, foo]"}, "--x, character 7: 'foo' is not a number"),
        ({"axis": 1, "got": "[0]"}, r"--got: an array of shape \[1\]; \[1, 2\] is expected"),
        ({"x": "[1e400, 2]"}, "--x, character 2: 1e400 is too large for float64; write inf if infinity is meant"),
        ({"x": "[3, -7e38]"}, "--x: -7e38 is too large for float32; write -inf if"),
        ({"temperature": "1e400"}, "--temperature: 1e400 is too large for float64; write inf if"),
        ({"op": Op.MASKED_SOFTMAX}, "--mask: neither a mask nor lengths"),
        ({"op": Op.MASKED_SOFTMAX, "mask": "[1, 0]", "lengths": "1"}, "--mask: a mask and lengths"),
        ({"op": Op.MASKED_SOFTMAX, "mask": "[1]"}, r"--mask: an array of shape \[1\]; \[2\] is expected"),
        ({"op": Op.MASKED_SOFTMAX, "lengths": "3"}, "--lengths: 3 is no length of a row of 2"),
        ({"mask": "[1, 0]"}, "--mask: softmax has no use for it"),
        ({"op": Op.CROSS_ENTROPY}, "--targets: none"),
        ({"op": Op.CROSS_ENTROPY, "targets": "2"}, "--targets: 2 is no class; give 0 to 1"),
        ({"op": Op.CROSS_ENTROPY, "targets": "[2.5, 0]"}, "--targets: a probability"),
        ({"op": Op.CROSS_ENTROPY, "targets": "[0.5, 0.5]", "ignore_index": 1}, "--ignore-index: beside probabilities"),
        ({"op": Op.CROSS_ENTROPY, "targets": "0", "cotangent": "one_hot:0"}, "--cotangent: .* no such axis left"),
        ({"cotangent": "one_hot:2"}, "--cotangent: one_hot:2, along an axis of length 2"),
        ({"cotangent": "onse"}, "--cotangent: 'onse' is not known"),
        ({"cotangent": "[1, 2, 3]"}, r"--cotangent: an array of shape \[3\]"),
        ({"tangent": "ones"}, "--tangent: a vjp has none"),
        ({"quantity": Quantity.JVP}, "--tangent: none, and a jvp needs one"),
        ({"quantity": Quantity.FORWARD, "cotangent": "ones"}, "--cotangent: a forward has none"),
        (
            {"op": Op.SOFTMAX_OUTPUT, "targets": "0", "quantity": Quantity.HVP, "tangent": "ones"},
            "--quantity: softmax_output has no hvp",
        ),
        ({"dtype": DType.INT32}, "--dtype: int32 numbers have no derivatives"),
        ({"temperature": "0"}, "--temperature: 0; give a finite number above 0"),
        ({"temperature": "warm"}, "--temperature: 'warm' is not a number"),
        ({"op": Op.CROSS_ENTROPY, "targets": "0", "label_smoothing": "1"}, "--label-smoothing: 1; give .* below 1"),
        ({"got": "[1]"}, r"--got: an array of shape \[1\]; \[2\] is expected"),
        ({"got": "[1e39, 0]"}, "--got: 1e39 is too large for float32"),
    ],
)
def test_a_question_that_asks_nothing_is_refused_with_what_would_be_right(words: dict[str, Any], refused: str) -> None:
    with pytest.raises(Misread, match=f"^{refused}"):
        explained(Words(**{"x": "[1, 2]"} | words))


@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype.floating])
def test_no_line_is_wider_than_a_terminal(dtype: DType) -> None:
    x = str([round(float(value), 3) for value in np.linspace(-9, 9, 11)])
    for words in (
        Words(x=x, dtype=dtype, cotangent="one_hot:3"),
        Words(x="[1, 2, 3, 4]", dtype=dtype, cotangent="ones"),
    ):
        numbers, _, prose = text_of(explained(words)).partition("\n\n")
        assert max(map(len, prose.splitlines())) <= 96
        values = [line for line in numbers.splitlines() if "]" not in line or "   " not in line.partition("]")[2]]
        assert max(map(len, values)) <= 110


def test_of_many_rows_those_that_are_zero_are_shown() -> None:
    x = str([[float(row), 0.0] for row in range(7)])
    v = str([[1.0, 0.0]] * 5 + [[0.0, 0.0], [1.0, 0.0]])
    answer = explained(Words(x=x, cotangent=v))
    assert [cause.row for cause in answer.causes] == [5]
    assert (5,) in [row.row for row in answer.rows]
    assert "3 more rows not printed" in text_of(answer)


def test_a_row_that_is_undefined_is_said_to_be_nan() -> None:
    assert "is NaN in 2 elements" in text_of(explained(Words(x="[nan, 1]", cotangent="one_hot:0")))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"x": "[0.1, 2]", "cotangent": "[nan, 0]"}, "the cotangent holds NaN or an infinity"),
        ({"x": "[-inf, 2, 2]", "cotangent": "one_hot:0"}, "a logit of minus infinity makes an output of 0"),
        (
            {"op": Op.MASKED_SOFTMAX, "x": "[1, 2, 3]", "mask": "[true, false, true]", "cotangent": "one_hot:1"},
            "is zero wherever the mask keeps an element",
        ),
    ],
)
def test_a_cotangent_that_has_no_say_is_not_called_what_it_is_not(words: dict[str, Any], said: str) -> None:
    assert said in " ".join(text_of(explained(Words(**words))).split())


def test_nothing_is_explained_as_nothing() -> None:
    assert "There is nothing to differentiate" in text_of(explained(Words(x="[]")))
