"""What somebody got is called right, wrong, a policy or open; what is wrong has a name as far as its digits go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.explain.answer import explained
from harness.explain.text import text_of
from harness.explain.words import Words
from harness.explain.worth import Standing, Worth
from harness.vocabulary import DType, Op, Quantity

X, V = np.array([0.1, 2.0, 1.0, -0.5]), np.array([1.0, 0.0, 0.0, 0.25])
S = np.exp(X) / np.exp(X).sum()
RIGHT = S * (V - S @ V)


def printed(values: Any) -> str:
    """Numbers as NumPy and PyTorch show them: four digits after the point."""
    return np.array2string(np.asarray(values), precision=4, separator=", ")


def answer(**words: Any) -> tuple[Worth, str]:
    found = explained(Words(**words))
    assert found.worth is not None
    return found.worth, " ".join(text_of(found).split())


@pytest.mark.parametrize("dtype", [DType.FLOAT16, DType.FLOAT32, DType.FLOAT64])
@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (-1.0, "-1 times the right answer: it has the other sign"),
        (2.0, "twice the right answer: it is accumulated twice"),
        (3.0, "3 times the right answer"),
        (-3.0, "-3 times the right answer"),
        (1 / 3, "1/3 times the right answer"),
        (0.25, "0.25 (1 / the length of the axis) times the right answer"),
        (1024.0, "1024 times the right answer"),
    ],
)
def test_four_digits_are_enough_to_tell_a_multiple_of_the_right_answer(factor: float, said: str, dtype: DType) -> None:
    got = factor * np.asarray(RIGHT).astype(dtype.value)
    worth, text = answer(x=str(X.tolist()), cotangent=str(V.tolist()), got=printed(got), dtype=dtype)
    assert worth.standing is Standing.WRONG
    assert f"with {said}" in text


@pytest.mark.parametrize(("factor", "said"), [(3.0, "3 times"), (1 / 3, "1/3 times"), (-1.0, "-1 times")])
def test_so_they_are_of_two_elements_where_the_factor_is_round(factor: float, said: str) -> None:
    got = factor * np.array([0.11318026, -0.11318026])
    text = answer(x="[0.1, 2]", cotangent="one_hot:0", got=printed(got))[1]
    assert f"with {said} the right answer" in text
    assert "None of the" in answer(x="[0.1, 2]", cotangent="one_hot:0", got=printed(got * 1.37))[1]


def test_a_factor_that_is_not_round_is_said_with_the_digits_that_are_known() -> None:
    assert (
        "7.3 times the right answer"
        in answer(x=str(X.tolist()), cotangent=str(V.tolist()), got=printed(7.3 * RIGHT))[1]
    )


@pytest.mark.parametrize("got", ["[0.5, -0.5]", "[0.5000, -0.5000]"])
def test_what_is_exact_in_one_digit_is_named_as_well(got: str) -> None:
    assert "accumulated twice" in answer(x="[0, 0]", cotangent="[1, 0]", got=got)[1]


def test_random_digits_have_no_name() -> None:
    rng = np.random.default_rng(5)
    for number in range(30):
        n = 2 + number % 4
        x, v, got = (rng.normal(size=n).round(2) for _ in range(3))
        worth, _ = answer(x=str(x.tolist()), cotangent=str(v.tolist()), got=printed(got - got.mean() * (number % 2)))
        assert not worth.named


def test_the_element_is_shown_as_it_was_given_and_in_bits() -> None:
    text = answer(x="[0.1, 2]", cotangent="one_hot:0", got="[-0.1132, 0.1132]")[1]
    assert "element [0]: got -0.1132 -0x1.cfaacep-4 expected 0.11318026 0x1.cf961ap-4" in text


def test_digits_that_do_not_decide_say_what_they_leave_open() -> None:
    worth, text = answer(x="[0.1, 20]", cotangent="one_hot:0", got="[2e-9, -2e-9]")
    assert (worth.standing, worth.open is not None) == (Standing.RIGHT, True)
    assert "written with as many of them, reads the same. The digits leave open up to 5e-10 in element [0]" in text
    worth, text = answer(x="[3, -3]", cotangent="ones", got="[1e-6, 0]")
    assert "the true gradient (vjp) reads otherwise" in text
    assert "reads the same" not in text


def test_zero_that_was_printed_with_digits_is_no_exact_zero() -> None:
    words: dict[str, Any] = {"x": "[0, 10]", "quantity": Quantity.FORWARD}
    assert answer(**words, got="[0.0000, 1.0000]")[0].standing is Standing.RIGHT
    assert answer(**words, got="[0, 1]")[0].standing is Standing.WRONG


MASKED: dict[str, Any] = {"op": Op.MASKED_SOFTMAX, "x": "[[0.1, 2], [1, 2]]", "mask": "[[0, 0], [1, 1]]"}


def test_zeros_where_nothing_is_kept_are_a_policy_and_not_wrong() -> None:
    worth, text = answer(op=Op.MASKED_SOFTMAX, x="[0.1, 2]", mask="[0, 0]", got="[0, 0]")
    assert worth.standing is Standing.POLICY
    assert "neither right nor wrong, but a matter of policy" in text
    assert "is wrong" not in text
    assert "Why it is not defined" in text
    of_half = {"cotangent": "[[1, 0], [1, 0]]"} | MASKED
    assert answer(**of_half, got="[[0, 0], [0.1966, -0.1966]]")[0].standing is Standing.POLICY
    assert answer(**of_half, got="[[0, 0], [0.3, -0.3]]")[0].standing is Standing.WRONG


def test_nan_that_is_due_is_not_called_an_exact_value() -> None:
    worth, text = answer(x="[nan, 2]", got="[nan, nan]")
    assert worth.standing is Standing.RIGHT
    assert "is not defined, and NaN is what says so" in text
    assert "exact value" not in text
    text = answer(**MASKED, got="[[nan, nan], [0, 0]]")[1]
    assert "every element of the gradient (vjp) that is defined is the exact value" in text
    assert "2 elements of it are not defined" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"x": "[0.1, 2]", "cotangent": "[1e-50, 0]"}, "1e-50, element [0] of --cotangent, is taken as 0"),
        ({"x": "[1e-50, -1e-60]"}, "has is 1.4e-45; so is 1 more"),
        ({"x": "[1, 2]", "cotangent": "[1e-8, 0]", "dtype": DType.FLOAT16}, "is taken as 0"),
        ({"x": "[1, 2]", "quantity": Quantity.JVP, "tangent": "[0, -1e-50]"}, "-1e-50, element [1] of --tangent"),
    ],
)
def test_a_number_that_the_dtype_has_not_is_said_to_be_zero(words: dict[str, Any], said: str) -> None:
    assert said in " ".join(text_of(explained(Words(**words))).split())
    assert "is taken as 0" not in text_of(explained(Words(**words | {"dtype": DType.FLOAT64})))


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
def test_from_a_true_zero_nothing_is_counted_in_ulps(dtype: DType) -> None:
    wrong = answer(x="[0, 0]", cotangent="[1, 1]", got="[0.5, 0.5]", dtype=dtype)[1]
    assert "the right rule gives 0 there" in wrong
    right = answer(x="[0, 0]", cotangent="[1, 1]", got="[1e-17, -1e-17]", dtype=dtype)[1]
    assert "What you got is right" in right
    for text in (wrong, right):
        assert "ulp" not in text
        assert " inf " not in text


def test_all_that_coincide_are_named_and_zeros_are_called_zeros_first() -> None:
    asked: dict[str, Any] = {"op": Op.LOG_SOFTMAX, "x": "[[0.5, 2], [0.5, 2]]", "cotangent": "ones"}
    worth, text = answer(**asked, got="[[0, 0], [0, 0]]")
    names = [fault["name"] for fault in worth.main[0].evidence["faults"]]
    assert len(names) > 4
    assert "It agrees with zeros: no derivative is computed" in text
    told = text.partition("coincide with these here: ")[2].partition(";")[0].split(", ")
    assert len(told) == len(names) - 3
    assert set(told) < set(names)
