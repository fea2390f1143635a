from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat, format_named
from reference.invariants import common_shift, exactly_shifted, shift_violation
from reference.plain import logsumexp, softmax
from reference.question import Question
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import Machine, pairwise

Array = NDArray[Any]
OPS = (
    *("softmax", "log_softmax", "softmin", "logsumexp", "masked_softmax", "masked_log_softmax"),
    *("cross_entropy", "softmax_output"),
)
SINGLE = {"working": "float32", "accumulation": "float32"}


def asked(op: str, x: Array, of: FloatFormat = FLOAT32, **parameters: Any) -> Question:
    if op.startswith("masked"):
        parameters["mask"] = np.arange(x.shape[-1]) % 3 != 1 | np.zeros(x.shape, dtype=np.bool_)
    if op in ("cross_entropy", "softmax_output"):
        parameters["targets"] = np.arange(len(x), dtype=np.int32)
    return Question(op=op, axis=1, x=x, format=of.name, result=of.name, **parameters)


def multiples(step: float, *, rows: int = 3, n: int = 7) -> Array:
    """Logits that a shift by a power of two leaves exact."""
    return np.random.default_rng(3).integers(-40, 40, (rows, n)) * step


def kernel(of: FloatFormat, style: Style | None = None) -> Kernel:
    machine = Machine(working=of, accumulation=of, storage=of, entering=of, order=pairwise)
    return Kernel(name="", machine=machine, style=style or Style())


def vectors(question: Question, quantity: str) -> dict[str, Array]:
    found = {}
    if quantity in ("vjp", "hvp"):
        found["cotangent"] = np.arange(np.prod(question.output_shape)).reshape(question.output_shape) / 4.0
    if quantity in ("jvp", "hvp"):
        found["tangent"] = np.arange(question.x.size).reshape(question.x.shape) / 8.0
    return found


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("op", "quantity"),
    [
        (op, quantity)
        for op in OPS
        for quantity in ("forward", "vjp", "jvp", "hvp")
        if op != "softmax_output" or quantity in ("forward", "vjp")
    ],
)
def test_a_correct_kernel_does_not_see_a_shift(op: str, quantity: str, of: FloatFormat) -> None:
    x = multiples(2.0**-4)
    one, other = asked(op, x, of), asked(op, x + 2.0, of)
    assert exactly_shifted(one, 2.0).all()
    given = vectors(one, quantity)
    got = [kernel(of)(question, quantity, **given) for question in (one, other)]
    assert shift_violation(one, other, quantity, *got, **given, working=of.name, accumulation=of.name) == ()


@pytest.mark.parametrize("op", ["softmax", "log_softmax", "masked_softmax"])
def test_a_result_that_follows_the_shift_is_seen_in_its_row(op: str) -> None:
    x = multiples(2.0**-4)
    one, other = asked(op, x), asked(op, x + 256.0)
    got = [kernel(FLOAT32)(question, "forward") for question in (one, other)]
    got[1][2] = FLOAT32.nearest(got[1][2] * (1 + 1e-5))
    (violation,) = shift_violation(one, other, "forward", *got, **SINGLE)
    assert (violation.kind, violation.row) == ("shift", 2)


def test_a_kernel_that_rounds_x_minus_lse_sees_a_shift_unless_it_declares_that() -> None:
    x = multiples(2.0**-8)
    one, other = asked("log_softmax", x), asked("log_softmax", x + 2.0**14)
    assert exactly_shifted(one, 2.0**14).all()
    got = [kernel(FLOAT32, Style(logarithm="lse"))(question, "forward") for question in (one, other)]
    assert {one.kind for one in shift_violation(one, other, "forward", *got, **SINGLE)} == {"shift"}
    assert shift_violation(one, other, "forward", *got, **SINGLE, forms=("x-minus-lse",)) == ()


def test_logsumexp_follows_the_shift() -> None:
    x = multiples(2.0**-4)
    one, other = asked("logsumexp", x), asked("logsumexp", x + 8.0)
    same = FLOAT32.nearest(logsumexp.forward(x, axis=1))
    assert shift_violation(one, other, "forward", same, FLOAT32.nearest(same + 8.0), **SINGLE) == ()
    assert len(shift_violation(one, other, "forward", same, same, **SINGLE)) == 3


def test_a_shift_is_held_against_a_smaller_bound_than_each_result() -> None:
    """0.1 is no multiple of a power of two: x - max x is rounded, and the plain bound has to allow for that."""
    x = FLOAT32.nearest(np.array([[0.1, -60.3, -61.7]]))
    one, other = asked("softmax", x), asked("softmax", x)
    got = FLOAT32.nearest(softmax.forward(x, axis=1))
    moved = got.copy()
    moved[0, 1] *= 1 + 40 * FLOAT32.unit_roundoff
    (violation,) = shift_violation(one, other, "forward", got, FLOAT32.nearest(moved), **SINGLE)
    assert violation.allowed < 30 * FLOAT32.unit_roundoff * got[0, 1]


def test_sums_that_stagnate_at_one_of_two_shifts_are_seen() -> None:
    x = np.zeros((1, 4096))
    one, other = asked("softmax", x, FLOAT16), asked("softmax", x + 1.0, FLOAT16)
    right = np.full(x.shape, 2.0**-12)
    (violation,) = shift_violation(one, other, "forward", right, 2 * right, working="float16", accumulation="float16")
    assert "float32" in violation.sentence


def test_undefined_rows_are_not_compared() -> None:
    x = np.array([[np.nan, 0.0], [0.0, 1.0]])
    one, other = asked("softmax", x), asked("softmax", x + 4.0)
    got = softmax.forward(x[1:], axis=1)[0]
    pair = (np.array([value, FLOAT32.nearest(got)]) for value in ([np.nan, 1.0], [0.0, 0.0]))
    assert shift_violation(one, other, "forward", *pair, **SINGLE) == ()


def test_a_temperature_that_is_no_power_of_two_leaves_no_common_shift() -> None:
    x = multiples(1.0)
    got = np.zeros(x.shape), np.ones(x.shape)
    for temperature, found in ((0.3, 0), (0.5, 3)):
        pair = (asked("softmax", x + c, temperature=temperature) for c in (0.0, 8.0))
        assert len(shift_violation(*pair, "forward", *got, **SINGLE)) == found


def test_questions_that_are_no_shifts_of_each_other_are_the_callers_mistake() -> None:
    x = multiples(1.0)
    others = [
        asked("softmax", x * 2),
        asked("softmax", x + np.array([0, 1, 0, 0, 0, 0, 0])),
        asked("log_softmax", x),
        asked("softmax", x, FLOAT64),
        asked("softmax", x, temperature=2.0),
    ]
    for other in others:
        assert common_shift(asked("softmax", x), other) is None
        with pytest.raises(ValueError, match="caller's mistake"):
            shift_violation(asked("softmax", x), other, "forward", x, x, **SINGLE)


def test_each_row_may_be_shifted_by_a_number_of_its_own_and_infinities_stay() -> None:
    x = np.array([[0.0, 1.0, -np.inf], [3.0, -np.inf, 5.0]])
    shift = common_shift(asked("softmax", x), asked("softmax", x + np.array([[2.0], [-7.0]])))
    assert shift is not None
    assert shift.tolist() == [2.0, -7.0]


@pytest.mark.parametrize(
    ("name", "x", "shift", "expected"),
    [
        ("float32", [0.5, 1.0], 2.0**20, True),
        ("float32", [0.1, 1.0], 2.0**20, False),
        ("float16", [1.0, 2.0], 2046.0, True),
        ("float16", [1.0, 2.5], 2046.0, False),
        ("float16", [1.0, 60000.0], 6000.0, False),
        ("bfloat16", [1.0, 2.0], 254.0, True),
        ("bfloat16", [1.0, 3.0], 254.0, False),
        ("float64", [0.1, -np.inf], 0.1, True),
        ("float64", [0.1, 1.0], 0.1, False),
        ("int32", [1.0, 2.0], 7.0, True),
        ("int32", [1.0, 2.0], 0.5, False),
        ("int32", [1.0, 2.0], 2.0**31, False),
    ],
)
def test_a_shift_is_exact_where_every_sum_is_a_number_of_the_format(
    name: str, x: list[float], shift: float, expected: bool
) -> None:
    held = np.array([x]) if name == "int32" else format_named(name).nearest(np.array([x]))
    question = Question(op="softmax", axis=1, x=held, format=name, result="float32" if name == "int32" else name)
    assert exactly_shifted(question, shift).tolist() == [expected]
