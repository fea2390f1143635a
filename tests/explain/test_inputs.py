"""Inputs that were printed with few digits leave the answer open by as much as they move it, and by no more."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compare.judge import Judge
from harness.explain import inputs
from harness.explain.answer import explained
from harness.explain.digits import reach_of
from harness.explain.pasted import Style
from harness.explain.reading import a_number, read_array
from harness.explain.text import text_of
from harness.explain.words import Words
from harness.explain.worth import Standing, Worth
from harness.vocabulary import DType, Op, Quantity, Reduction
from reference.formats import format_named

EXAMPLE = {
    "x": "tensor([[-5.5251,  6.3548, -3.9682, -6.5706]])",
    "cotangent": "tensor([[-1.6428,  0.9803, -0.0421, -0.8206]])",
    "got": "tensor([[-1.8173e-05,  5.6145e-05, -3.3605e-05, -4.3856e-06]])",  # as PyTorch 2.13 has it
}


def as_torch(values: NDArray[Any]) -> str:
    """Print as PyTorch does: four digits, with an exponent where the numbers are far apart or small."""
    sizes = np.abs(values[values != 0]).astype(np.float64)
    far = sizes.size and (sizes.max() / sizes.min() > 1000 or sizes.min() < 1e-4 or sizes.max() > 1e8)
    shown = (lambda value: f"{value:.4e}") if far else (lambda value: f"{value:.4f}")
    return f"tensor({np.array2string(values, separator=', ', formatter={'float_kind': shown})})"  # type: ignore[call-overload]


def as_numpy(values: NDArray[Any]) -> str:
    with np.printoptions(precision=8, suppress=False, floatmode="maxprec", threshold=1000):
        return repr(values)


def vjp(x: NDArray[Any], v: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return softmax and its vjp, all in the dtype of the arrays."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    s = e / e.sum(axis=-1, keepdims=True)
    return s, s * (v - (s * v).sum(axis=-1, keepdims=True))


def worth_of(**words: Any) -> Worth:
    worth = explained(Words(**words)).worth
    assert worth is not None
    return worth


RANDOM = [
    (dtype, scale, seed)
    for dtype, scale, seed in itertools.product(("float16", "float32", "float64"), (0.3, 1.0, 3.0, 8.0), range(6))
]


@pytest.mark.parametrize("printed", [as_torch, as_numpy])
@pytest.mark.parametrize(("dtype", "scale", "seed"), RANDOM)
def test_no_right_gradient_is_called_wrong_for_the_digits_of_its_inputs(
    dtype: str, scale: float, seed: int, printed: Any
) -> None:
    rng = np.random.default_rng(seed)
    shape = (1 + seed % 3, 2 + seed % 7)
    x, v = ((size * rng.normal(size=shape)).astype(dtype) for size in (scale, 1.0))
    s, gradient = vjp(x, v)
    asked: dict[str, Any] = {"x": printed(x), "cotangent": printed(v), "dtype": DType(dtype)}
    assert worth_of(**asked, got=printed(gradient)).standing is Standing.RIGHT
    if scale <= 1.0 and seed < 3:
        assert worth_of(**asked, got=printed(s * v)).standing is Standing.WRONG


def test_pytorchs_own_digits_are_right_and_it_is_said_what_the_inputs_leave_open() -> None:
    answer = explained(Words(**EXAMPLE))
    text = " ".join(text_of(answer).split())
    assert "What you got is right as far as the digits show" in text
    assert "The digits of --x and --cotangent, as they are printed, leave open up to 9.85e-9 of it" in text
    assert "`.tolist()` gives all of them" in text


def test_the_same_digits_in_lists_are_exact_and_wrong() -> None:
    plain = {name: text.removeprefix("tensor(").removesuffix(")") for name, text in EXAMPLE.items()}
    assert worth_of(**plain).standing is Standing.WRONG


def test_what_differs_by_more_than_the_inputs_leave_open_is_wrong_and_named() -> None:
    x, v = "tensor([0.1000, 2.0000, -0.3456])", "tensor([1.0321, -0.5000, 0.2511])"
    s, _ = vjp(np.array([0.1, 2.0, -0.3456]), np.array([1.0321, -0.5, 0.2511]))
    wrong = worth_of(x=x, cotangent=v, got=as_torch(s * np.array([1.0321, -0.5, 0.2511])))
    assert (wrong.standing, wrong.named) == (Standing.WRONG, True)
    text = " ".join(
        text_of(explained(Words(x=x, cotangent=v, got=as_torch(s * np.array([1.0321, -0.5, 0.2511]))))).split()
    )
    assert "the dot term <s, v> is missing" in text
    assert "leave open up to" in text


def test_random_digits_have_no_name_though_the_inputs_leave_more_open() -> None:
    rng = np.random.default_rng(7)
    for number in range(20):
        x, v, got = (rng.normal(size=2 + number % 4) for _ in range(3))
        found = worth_of(x=as_torch(x), cotangent=as_torch(v), got=as_torch(got - got.mean() * (number % 2)))
        assert (found.standing, found.named) == (Standing.WRONG, False)


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"op": Op.LOG_SOFTMAX},
        {"quantity": Quantity.JVP, "cotangent": None, "tangent": "tensor([[0.5123, -1.2500], [2.0000, 0.1234]])"},
        {"quantity": Quantity.HVP, "tangent": "tensor([[0.5123, -1.2500], [2.0000, 0.1234]])", "temperature": "0.5"},
        {"op": Op.CROSS_ENTROPY, "cotangent": None, "targets": "tensor([[0.2512, 0.7488], [0.5000, 0.5000]])"},
        {"op": Op.CROSS_ENTROPY, "cotangent": "tensor(2.5123)", "targets": "[0, 1]", "reduction": Reduction.MEAN},
        {"op": Op.LOGSUMEXP, "cotangent": "tensor([0.5123, -1.2500])"},
        {"quantity": Quantity.FORWARD, "cotangent": None, "axis": 0},
    ],
    ids=str,
)
def test_what_is_open_holds_every_answer_of_inputs_that_print_alike(words: dict[str, Any]) -> None:
    asked = {"x": "tensor([[0.1234, 2.0000], [1.5000, -0.7500]])", "cotangent": "tensor([[1.0321, -0.5], [0.1, 2.25]])"}
    asked = {name: text for name, text in (asked | words).items() if text is not None}
    asked["dtype"] = DType.FLOAT64
    got = np.array2string(np.ones(explained(Words(**asked)).problem.call.shape_of(asked.get("quantity", Quantity.VJP))))
    base = worth_of(**asked, got=got).inputs
    assert base is not None
    assert base.open is not None
    here = _answer(asked)
    rng = np.random.default_rng(11)
    largest = np.zeros(here.shape)
    for _ in range(40):
        moved = {name: _moved(asked[name], rng) for name in ("x", "cotangent", "tangent", "targets") if name in asked}
        largest = np.maximum(largest, np.abs(_answer(asked | moved) - here))
    assert (largest <= base.open * (1 + 1e-9)).all()
    assert (largest >= base.open / 50).all()


def _answer(words: dict[str, Any]) -> NDArray[np.float64]:
    problem = explained(Words(**words)).problem
    return np.asarray(Judge([problem]).truth(problem, problem.check[-1]).value.hi)


def _moved(text: str, rng: np.random.Generator) -> str:
    """Return numbers, as a list, that print as those of a text do."""
    written = read_array(text, a_number, where="--x")
    if "tensor" not in text:
        return text
    digits = [len(one.partition(".")[2]) for one in written.texts]
    last = 0.5 * 10.0 ** -max(digits)
    values = np.array([float(item) for item in written.items]).reshape(written.shape)
    return str((values + last * rng.choice([-1.0, 1.0], size=values.shape)).tolist())


def test_too_many_digits_that_are_missing_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "AT_MOST", 63)
    worth = worth_of(**EXAMPLE)  # 2 ends of 8 numbers, 4 elements each
    assert worth.standing is Standing.UNDECIDED
    assert "their digits do not decide" in " ".join(text_of(explained(Words(**EXAMPLE))).split())
    legible = {"x": "tensor([0.1000, 2.0000])", "cotangent": "one_hot:0", "got": "tensor([0.1132, -0.1132])"}
    monkeypatch.setattr(inputs, "AT_MOST", 7)
    assert worth_of(**legible).standing is Standing.RIGHT
    monkeypatch.setattr(inputs, "AT_MOST", 64)
    assert worth_of(**EXAMPLE).standing is Standing.RIGHT


@pytest.mark.parametrize(
    ("text", "style", "dtype", "low", "high"),
    [
        ("[0.1132, 2.0000]", Style.TORCH, "float64", [0.11315, 1.99995], [0.11325, 2.00005]),
        ("[1., 0.1132]", Style.TORCH, "float64", [1.0, 0.11315], [1.0, 0.11325]),
        ("[1., 0.1132]", Style.NUMPY, "float64", [0.99995, 0.11315], [1.00005, 0.11325]),
        ("[0. 0.12345679]", Style.NUMPY, "float64", [0.0, 0.123456785], [0.0, 0.123456795]),
        ("[1.1318e-05, inf]", Style.TORCH, "float64", [1.13175e-05, np.inf], [1.13185e-05, np.inf]),
        ("[0.1132]", Style.TORCH, "float16", [0.11315917], [0.1132202]),
    ],
)
def test_a_printed_number_reaches_as_far_as_others_print_alike(
    text: str, style: Style, dtype: str, low: list[float], high: list[float]
) -> None:
    found = reach_of(read_array(text, a_number, where="--x"), format_named(dtype), style=style)
    assert found is not None
    assert [end.tolist() for end in found] == [
        pytest.approx(low, abs=0, rel=1e-6),
        pytest.approx(high, abs=0, rel=1e-6),
    ]


@pytest.mark.parametrize(
    ("text", "style", "dtype"),
    [
        ("[0.1132, 2.0]", Style.LIST, "float64"),
        ("[0.1, 2. ]", Style.NUMPY, "float32"),
        ("[1.e-05, 2.e+00]", Style.NUMPY, "float64"),
        ("[0.13010848, 0.8698915]", Style.NUMPY, "float32"),  # the shortest that tells them from their neighbours
        ("[1., 0., 3.]", Style.TORCH, "float64"),
        ("[0.1001, 2.0000]", Style.TORCH, "bfloat16"),
        ("[0x1.8p-3, nan, inf]", Style.TORCH, "float64"),
    ],
)
def test_a_number_with_all_its_digits_reaches_nowhere(text: str, style: Style, dtype: str) -> None:
    assert reach_of(read_array(text, a_number, where="--x"), format_named(dtype), style=style) is None


def test_nothing_is_said_of_digits_that_do_not_matter() -> None:
    text = text_of(explained(Words(x="tensor([0.1234, 2.3456])", cotangent="ones", got="tensor([0., 0.])")))
    assert "What you got is right" in text
    assert "leave open" not in text
