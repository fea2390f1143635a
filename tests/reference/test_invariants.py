from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat
from reference.invariants import KINDS, Violation, check
from reference.plain import log_softmax, softmax
from reference.question import Question
from tests.reference.draws import LOGITS, VECTORS, draw
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import Machine, in_lanes, pairwise, reversed_order, sequential

Array = NDArray[Any]
U = FLOAT32.unit_roundoff
SINGLE = {"working": "float32", "accumulation": "float32"}
OPS = (
    *("softmax", "log_softmax", "softmin", "logsumexp", "masked_softmax", "masked_log_softmax"),
    *("cross_entropy", "softmax_output"),
)
PRECISIONS = {  # working, accumulation, storage
    "float64": (FLOAT64, FLOAT64, FLOAT64),
    "float32": (FLOAT32, FLOAT32, FLOAT32),
    "float32, float64 inside": (FLOAT64, FLOAT64, FLOAT32),
    "float16, float32 inside": (FLOAT32, FLOAT32, FLOAT16),
    "bfloat16, float32 inside": (FLOAT32, FLOAT32, BFLOAT16),
    "float16, float32 sums": (FLOAT16, FLOAT32, FLOAT16),
    "bfloat16, float32 sums": (BFLOAT16, FLOAT32, BFLOAT16),
    "float16": (FLOAT16, FLOAT16, FLOAT16),
    "bfloat16": (BFLOAT16, BFLOAT16, BFLOAT16),
}
STYLES = {
    "plain": Style(),
    "reciprocal, s v - s t": Style(normalised="reciprocal", backward="expanded"),
    "online": Style(exponentials="online", block=1),
    "online in blocks": Style(exponentials="online", block=16),
    "one pass": Style(exponentials="one pass", block=1),
    "exp(x - lse)": Style(normalised="lse"),
    "exp(l)": Style(normalised="logarithm"),
    "folded scale": Style(exponentials="folded"),
    "quotient": Style(backward="quotient", probabilities="anew"),
    "x - lse": Style(logarithm="lse", loss="lse"),
    "recomputed": Style(probabilities="recomputed"),
    "recomputed, x - lse": Style(probabilities="recomputed", backward="expanded", logarithm="lse"),
    "x times 1/T": Style(temperature="multiplied", smoothing="end", weight="after"),
    "(x - m)/T": Style(temperature="after", probabilities="anew"),
    "x/T stored": Style(temperature="stored"),
}
ORDERS = (pairwise, sequential, reversed_order, in_lanes)


def kinds(violations: tuple[Violation, ...]) -> set[str]:
    return {violation.kind for violation in violations}


def asked(op: str, x: Array, of: FloatFormat = FLOAT32, **parameters: Any) -> Question:
    return Question(op=op, axis=x.ndim - 1, x=of.nearest(x), format=of.name, result=of.name, **parameters)


def normal(rows: int, n: int, *, seed: int = 0, of: FloatFormat = FLOAT32) -> Array:
    return of.nearest(np.random.default_rng(seed).standard_normal((rows, n)))


@pytest.mark.parametrize(
    ("precision", "style"),
    [
        (precision, style)
        for precision, (working, accumulation, _) in PRECISIONS.items()
        for style in STYLES  # an online sum is rescaled, and so rounded, in the working format: that is its accumulator
        if STYLES[style].exponentials not in ("online", "one pass") or working.precision >= accumulation.precision
    ],
)
def test_a_correct_kernel_of_any_form_breaks_no_law(precision: str, style: str) -> None:
    working, accumulation, storage = PRECISIONS[precision]
    rng = np.random.default_rng((list(PRECISIONS).index(precision), list(STYLES).index(style)))
    logits, vectors = list(LOGITS), list(VECTORS)
    broken = {}
    for number in range(48):
        op, quantity = OPS[number % 8], ("forward", "vjp", "vjp", "jacobian", "forward", "vjp")[number // 8]
        if quantity == "jacobian" and op == "softmax_output":
            continue
        n = (1, 2, 3, 7, 20, 60)[rng.integers(0, 6)] if quantity != "jacobian" else int(rng.integers(1, 6))
        found = draw(
            rng,
            op,
            format_name=storage.name,
            count=2,
            n=n,
            logits=logits[rng.integers(0, len(logits))],
            vectors=(vectors[rng.integers(0, len(vectors))], "ones"),
        )
        machine = Machine(
            working=working, accumulation=accumulation, storage=storage, entering=storage, order=ORDERS[number % 4]
        )
        kernel = Kernel(name=style, machine=machine, style=STYLES[style])
        given_to = {"cotangent": found.cotangent} if quantity == "vjp" else {}
        got = kernel(found.question, quantity, **given_to)
        violations = check(
            found.question,
            quantity,
            got,
            working=working.name,
            accumulation=accumulation.name,
            forms=STYLES[style].forms,
            **given_to,
        )
        if violations:
            broken[op, quantity, found.name] = violations
    assert broken == {}


@given(arrays(np.float32, (2, 5), elements=st.floats(-80, 80, width=32)))
def test_the_plain_functions_break_no_law(x: Array) -> None:
    for op, function in (("softmax", softmax), ("log_softmax", log_softmax)):
        question = asked(op, x.astype(np.float64))
        v = np.arange(10, dtype=np.float32).reshape(2, 5)
        forward = function.forward(x, axis=1).astype(np.float64)
        assert check(question, "forward", forward, **SINGLE) == ()
        vjp = function.vjp(x, v, axis=1).astype(np.float64)
        assert check(question, "vjp", vjp, cotangent=v.astype(np.float64), **SINGLE) == ()


@pytest.mark.parametrize("n", [2, 10, 100])
@pytest.mark.parametrize("op", ["softmax", "softmin", "masked_softmax", "softmax_output"])
def test_a_probability_that_is_off_by_a_thousandth_is_seen(op: str, n: int) -> None:
    parameters = {
        "masked_softmax": {"mask": np.ones((3, n), dtype=np.bool_)},
        "softmax_output": {"targets": np.zeros(3, dtype=np.int32)},
    }
    question = asked(op, normal(3, n), **parameters.get(op, {}))
    got = softmax.forward(-question.x if op == "softmin" else question.x, axis=1)
    assert check(question, "forward", FLOAT32.nearest(got), **SINGLE) == ()
    got[1, np.argmax(got[1])] *= 1 + 1e-3
    (violation,) = check(question, "forward", FLOAT32.nearest(got), **SINGLE)
    assert (violation.kind, violation.row) == ("sum-to-one", 1)


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_sums_of_probabilities_are_allowed_what_storage_and_summation_explain_and_nothing_of_exp(n: int) -> None:
    (violation,) = check(asked("softmax", np.zeros((1, n))), "forward", np.full((1, n), 0.9 / n), **SINGLE)
    assert violation.allowed == pytest.approx((1.5 * (n - 1) + 2) * U, rel=1e-3)


def test_a_logarithm_of_one_that_is_not_zero_is_seen() -> None:
    """As in oneDNN's float32 log_softmax, whose log(1) is -1.43e-6."""
    question = asked("log_softmax", np.array([[0.0, -200.0, -300.0]]))
    got = FLOAT32.nearest(np.array([[1.43e-6, -200.0, -300.0]]))
    assert kinds(check(question, "forward", got, **SINGLE)) == {"positive-log", "exponentials"}


def test_a_positive_logarithm_is_seen_however_small() -> None:
    got = np.array([[FLOAT32.smallest_subnormal, -150.0]])
    (violation,) = check(asked("log_softmax", np.array([[0.0, -150.0]])), "forward", got, **SINGLE)
    assert (violation.kind, violation.allowed) == ("positive-log", 0.0)


def test_a_quotient_that_is_fused_with_the_difference_may_leave_a_positive_logarithm_of_a_rounding() -> None:
    """As XLA compiles log_softmax(x / 3): m / 3 is rounded for the maximum, and not for the difference."""
    x = normal(500, 4, seed=5) * 1000
    question = asked("log_softmax", x, temperature=3.0)
    single = np.float32
    top = single(x.max(axis=-1, keepdims=True)) / single(3)
    d = single(x / 3.0 - top)
    got = (d - np.log(np.exp(d).sum(axis=-1, keepdims=True, dtype=single))).astype(np.float64)
    assert 0 < got.max() < 2 * U
    assert check(question, "forward", got, **SINGLE) == ()
    assert kinds(check(question, "forward", got + 20 * U, **SINGLE)) == {"positive-log", "exponentials"}


def test_exponentials_that_do_not_sum_to_one_are_seen() -> None:
    question = asked("log_softmax", normal(2, 10))
    got = FLOAT32.nearest(log_softmax.forward(question.x, axis=1))
    assert check(question, "forward", got, **SINGLE) == ()
    got[1] = FLOAT32.nearest(got[1] - 1e-4)
    assert [(one.kind, one.row) for one in check(question, "forward", got, **SINGLE)] == [("exponentials", 1)]


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_a_negative_loss_is_seen(reduction: str) -> None:
    targets = np.array([0, 1], dtype=np.int32)
    question = asked("cross_entropy", np.array([[90.0, 0.0], [0.0, 90.0]]), targets=targets, reduction=reduction)
    shape = (2,) if reduction == "none" else ()
    assert check(question, "forward", np.zeros(shape), **SINGLE) == ()
    found = check(question, "forward", np.full(shape, -1e-38), **SINGLE)
    assert {(one.kind, one.allowed) for one in found} == {("negative-loss", 0.0)}
    assert len(found) == (2 if reduction == "none" else 1)


def test_losses_of_probabilities_and_smoothed_ones_may_have_any_sign() -> None:
    x, q = np.array([[90.0, 0.0]]), np.array([[1.0, 0.0]])
    assert check(asked("cross_entropy", x, targets=q), "forward", np.array([-1e-38]), **SINGLE) == ()
    smoothed = asked("cross_entropy", x, targets=np.array([0]), label_smoothing=1e-9)
    assert check(smoothed, "forward", np.array([-1e-38]), **SINGLE) == ()


def without_the_dot_term(s: Array, v: Array) -> Array:
    return s * v


def with_the_last_element_left_out(s: Array, v: Array) -> Array:
    return s * (v - (s * v)[:, :-1].sum(axis=-1, keepdims=True))


def with_the_mean_for_the_dot(s: Array, v: Array) -> Array:
    return s * (v - v.mean(axis=-1, keepdims=True))


def of_log_softmax_with_the_mean(s: Array, v: Array) -> Array:
    return v - s * v.mean(axis=-1, keepdims=True)


@pytest.mark.parametrize("n", [2, 10, 1000])
@pytest.mark.parametrize(
    "rule",
    [
        without_the_dot_term,
        with_the_last_element_left_out,
        with_the_mean_for_the_dot,
        of_log_softmax_with_the_mean,
    ],
)
def test_a_rule_whose_vjp_does_not_sum_to_zero_is_seen(rule: Any, n: int) -> None:
    x, v = normal(2, n), normal(2, n, seed=1) + 1
    question, s = asked("softmax", x), softmax.forward(x, axis=1)
    right = s * (v - (s * v).sum(axis=-1, keepdims=True))
    assert check(question, "vjp", FLOAT32.nearest(right), cotangent=v, **SINGLE) == ()
    found = check(question, "vjp", FLOAT32.nearest(rule(s, v)), cotangent=v, **SINGLE)
    assert [(one.kind, one.row) for one in found] == [("vjp-sum", 0), ("vjp-sum", 1)]


@pytest.mark.parametrize("op", ["log_softmax", "cross_entropy", "logsumexp", "softmax_output"])
def test_a_gradient_with_one_element_off_by_a_thousandth_is_seen(op: str) -> None:
    x = normal(3, 6)
    s = softmax.forward(x, axis=1)
    one_hot, c = np.eye(6)[[0, 1, 2]], np.array([1.0, -2.0, 0.5])
    targets = {"targets": np.array([0, 1, 2])} if op in ("cross_entropy", "softmax_output") else {}
    question = asked(op, x, **targets)
    v = {"log_softmax": normal(3, 6, seed=2), "softmax_output": np.zeros((3, 6))}.get(op, c)
    right = {
        "log_softmax": lambda: v - s * v.sum(axis=-1, keepdims=True),
        "cross_entropy": lambda: c[:, np.newaxis] * (s - one_hot),
        "logsumexp": lambda: c[:, np.newaxis] * s,
        "softmax_output": lambda: s - one_hot,
    }[op]()
    assert check(question, "vjp", FLOAT32.nearest(right), cotangent=v, **SINGLE) == ()
    right[2, 2] *= 1 + 1e-3
    (violation,) = check(question, "vjp", FLOAT32.nearest(right), cotangent=v, **SINGLE)
    assert (violation.kind, violation.row) == ("vjp-sum", 2)


def test_the_gradient_of_softmax_output_sums_to_what_its_targets_lack_of_one() -> None:
    x, q = normal(2, 4), np.full((2, 4), 0.125)
    question = asked("softmax_output", x, targets=q, grad_scale=3.0)
    got = FLOAT32.nearest(3.0 * (softmax.forward(x, axis=1) - q))
    assert got.sum() == pytest.approx(3.0)
    assert check(question, "vjp", got, cotangent=np.ones((2, 4)), **SINGLE) == ()
    centred = got - got.mean(axis=-1, keepdims=True)
    found = check(question, "vjp", centred, cotangent=np.ones((2, 4)), **SINGLE)
    assert kinds(found) == {"vjp-sum"}
    assert all("not to what its targets lack of a sum of one" in one.sentence for one in found)


def test_the_gradient_of_logsumexp_sums_to_its_cotangent() -> None:
    question, c = asked("logsumexp", normal(2, 4)), np.array([2.0, -1.0])
    found = check(question, "vjp", np.zeros((2, 4)), cotangent=c, **SINGLE)
    assert ["not to its cotangent" in one.sentence for one in found] == [True, True]


def test_a_zero_cotangent_leaves_nothing_to_miss() -> None:
    question, v = asked("softmax", normal(1, 3)), np.zeros((1, 3))
    assert check(question, "vjp", v, cotangent=v, **SINGLE) == ()
    (violation,) = check(question, "vjp", np.array([[1e-40, 0.0, 0.0]]), cotangent=v, **SINGLE)
    assert violation.allowed == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_one_entry_of_a_jacobian_that_its_mirror_image_lacks_is_seen_in_its_row(axis: int) -> None:
    x = normal(2, 3) if axis else normal(3, 2)
    question = Question(op="softmax", axis=axis, x=x, format="float32", result="float32")
    got = FLOAT32.nearest(softmax.jacobian(x, axis=axis))
    assert check(question, "jacobian", got, **SINGLE) == ()
    entry = (1, 0, 1, 2) if axis else (0, 1, 2, 1)
    got[entry] *= 1 + 1e-5
    (violation,) = check(question, "jacobian", FLOAT32.nearest(got), **SINGLE)
    assert (violation.kind, violation.row) == ("jacobian-symmetry", 1)
    assert violation.allowed <= 20 * U * np.abs(got[entry])


def test_a_jacobian_of_another_shape_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="caller's mistake"):
        check(asked("softmax", normal(2, 3)), "jacobian", np.zeros((3, 3)), **SINGLE)


@pytest.mark.parametrize("accumulation", ["float16", "float32"])
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_a_sum_that_stagnates_is_seen_whatever_accumulator_is_declared(op: str, accumulation: str) -> None:
    """4096 equal exponentials, added from the left in float16, make 2048: the probabilities add up to 2."""
    question = asked(op, np.zeros((1, 4096)), FLOAT16)
    machine = Machine(working=FLOAT16, accumulation=FLOAT16, storage=FLOAT16, entering=FLOAT16, order=sequential)
    got = Kernel(name="stagnating", machine=machine)(question, "forward")
    (violation,) = check(question, "forward", got, working="float16", accumulation=accumulation)
    assert violation.measured == pytest.approx(1.0, rel=0.01)
    assert ("float32" in violation.sentence) == (accumulation == "float16")


@pytest.mark.parametrize("op", ["softmax", "log_softmax", "cross_entropy"])
def test_a_vjp_of_sums_that_stagnate_is_seen(op: str) -> None:
    targets = {"targets": np.array([1])} if op == "cross_entropy" else {}
    question = asked(op, np.zeros((1, 4096)), FLOAT16, **targets)
    machine = Machine(working=FLOAT16, accumulation=FLOAT16, storage=FLOAT16, entering=FLOAT16, order=sequential)
    v = np.zeros(question.output_shape)
    v.flat[0] = 1024.0
    got = Kernel(name="stagnating", machine=machine)(question, "vjp", cotangent=v)
    found = check(question, "vjp", got, cotangent=v, working="float16", accumulation="float16")
    assert kinds(found) == {"vjp-sum"}


@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_a_result_that_is_no_number_breaks_a_law(op: str) -> None:
    question = asked(op, normal(2, 3))
    got = (softmax if op == "softmax" else log_softmax).forward(question.x, axis=1)
    got[1, 1] = np.nan
    assert {one.row for one in check(question, "forward", FLOAT32.nearest(got), **SINGLE)} == {1}


def test_overflow_on_the_way_is_excused_and_a_wrong_number_is_not() -> None:
    question, v = asked("softmax", normal(1, 4), FLOAT16), np.full((1, 4), 6e4)
    half = {"working": "float16", "accumulation": "float16"}
    assert check(question, "vjp", np.full((1, 4), np.nan), cotangent=v, **half) == ()
    assert kinds(check(question, "vjp", np.full((1, 4), 6e4), cotangent=v, **half)) == {"vjp-sum"}
    small = np.ones((1, 4))
    assert kinds(check(question, "vjp", np.full((1, 4), np.nan), cotangent=small, **half)) == {"vjp-sum"}


@pytest.mark.parametrize(
    "row", [[np.nan, 1.0], [np.inf, 1.0], [np.inf, np.inf], [-np.inf, -np.inf]], ids=["nan", "inf", "infs", "-infs"]
)
@pytest.mark.parametrize("op", ["softmax", "log_softmax", "softmin"])
def test_rows_without_an_answer_break_no_law(op: str, row: list[float]) -> None:
    x = np.array([row, [0.0, 0.0]]) * (-1 if op == "softmin" else 1)
    question = asked(op, x)
    for value in (0.0, 7.0, np.nan):
        got = np.array([[value, value], [0.5, 0.5]])
        got[1] = np.log(got[1]) if op == "log_softmax" else got[1]
        assert check(question, "forward", FLOAT32.nearest(got), **SINGLE) == ()
        v = np.ones((2, 2))
        assert check(question, "vjp", np.array([[value, value], [0.0, 0.0]]), cotangent=v, **SINGLE) == ()


def test_what_a_mask_hides_has_no_say_and_what_stands_there_counts() -> None:
    x = np.array([[0.0, np.nan, 1e30, 0.0]])
    question = asked("masked_softmax", x, mask=np.array([[True, False, False, True]]))
    assert check(question, "forward", np.array([[0.5, 0.0, 0.0, 0.5]]), **SINGLE) == ()
    assert kinds(check(question, "forward", np.array([[0.5, 0.1, 0.0, 0.5]]), **SINGLE)) == {"sum-to-one"}
    v = np.array([[1.0, np.nan, np.inf, 3.0]])
    assert check(question, "vjp", np.array([[-0.5, 0.0, 0.0, 0.5]]), cotangent=v, **SINGLE) == ()


def test_an_ignored_row_has_an_exact_zero() -> None:
    x, targets = np.array([[1.0, 2.0], [np.nan, 2.0]]), np.array([0, -1])
    question = asked("cross_entropy", x, targets=targets, ignore_index=-1)
    s = softmax.forward(x[:1], axis=1)[0]
    for value, expected in ((0.0, set()), (1e-30, {"vjp-sum"})):
        got = FLOAT32.nearest(np.array([[s[0] - 1.0, s[1]], [value, 0.0]]))
        assert kinds(check(question, "vjp", got, cotangent=np.ones(2), **SINGLE)) == expected


def test_a_mean_over_no_rows_has_no_law() -> None:
    question = asked("cross_entropy", np.zeros((1, 2)), targets=np.array([-1]), ignore_index=-1, reduction="mean")
    assert check(question, "forward", np.array(-5.0), **SINGLE) == ()
    assert check(question, "vjp", np.ones((1, 2)), cotangent=np.array(1.0), **SINGLE) == ()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_nothing_breaks_no_law(shape: tuple[int, ...]) -> None:
    question = asked("softmax", np.zeros(shape))
    assert check(question, "forward", np.zeros(shape), **SINGLE) == ()


def test_a_0_d_array_is_a_row_of_length_one() -> None:
    question = Question(op="softmax", axis=0, x=np.array(3.0), format="float32", result="float32")
    assert check(question, "forward", np.array(1.0), **SINGLE) == ()
    assert kinds(check(question, "forward", np.array(0.5), **SINGLE)) == {"sum-to-one"}
    assert check(question, "jacobian", np.array(0.0), **SINGLE) == ()


def test_integers_and_mixed_precision_are_judged_in_the_format_of_the_result() -> None:
    x = np.array([[0.0, 1.0, 2.0]])
    exact = softmax.forward(x, axis=1)
    for format_name, result in (("int32", "float32"), ("float32", "float16"), ("float16", "float32")):
        question = Question(op="softmax", axis=1, x=x, format=format_name, result=result)
        stored = (FLOAT16 if result == "float16" else FLOAT32).nearest(exact)
        assert check(question, "forward", stored, **SINGLE) == ()
        found = check(question, "forward", FLOAT16.nearest(exact) * (1 + 2.0**-9), **SINGLE)
        assert kinds(found) == {"sum-to-one"}


def test_a_temperature_divides_what_a_vjp_may_miss() -> None:
    x, v = normal(1, 5), normal(1, 5, seed=1)
    question = asked("softmax", x, temperature=1e-3)
    found = check(question, "vjp", np.full((1, 5), 1.0), cotangent=v, **SINGLE)
    cold = check(asked("softmax", x / 1e-3), "vjp", np.full((1, 5), 1.0), cotangent=v, **SINGLE)
    assert found[0].allowed > 100 * cold[0].allowed


def test_every_violation_says_what_was_found_and_is_of_a_known_kind() -> None:
    (violation,) = check(asked("softmax", np.zeros((1, 2))), "forward", np.array([[0.5, 0.25]]), **SINGLE)
    assert violation.kind in KINDS
    assert violation.sentence.startswith("the probabilities of row 0 add up to 0.75: off by 0.25")
