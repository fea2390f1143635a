"""The catalogue of faults: each formula is what its words say, wrong where it says so, and None where it cannot be."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.faults import CATALOGUE, Evaluation, Fault
from reference.faults.rounding import added_up
from reference.formats import format_named
from reference.question import OPS, QUANTITIES, Question
from tests.reference.questions_to_try import CASES

Array = NDArray[Any]
BY_NAME = {fault.name: fault for fault in CATALOGUE}
X = np.array([[0.5, -1.25, 2.0, 0.75, 0.0], [1.0, 1.5, -0.5, -2.0, 0.25], [-3.0, 0.125, 0.5, 1.0, 2.5]])
V = np.array([[1.0, -0.5, 0.25, 2.0, -1.5], [0.5, 1.0, -1.0, 0.75, 3.0], [0.125, 0.25, 4.0, -0.5, 1.0]])
W = V[::-1, ::-1].copy()


def asked(op: str = "softmax", x: Array = X, **more: Any) -> Question:
    return Question(op=op, axis=1, x=x, format="float64", result="float64", **more)


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def row_sum(x: Array) -> Array:
    return np.asarray(x.sum(axis=1, keepdims=True))


S = softmax(X)
T = row_sum(S * V)
TOTAL = row_sum(V)
M = W - row_sum(S * W)
HOT = np.eye(5)[[0, 3, 1]]
PLAIN: list[tuple[str, str, str, Array]] = [
    ("dot-term-missing", "softmax", "vjp", S * V),
    ("dot-term-missing", "log_softmax", "vjp", V),
    ("dot-term-missing", "softmax", "hvp", S * M * V),
    ("dot-term-missing", "log_softmax", "hvp", -TOTAL * S * W),
    ("diagonal-only", "softmax", "vjp", S * (1 - S) * V),
    ("diagonal-only", "softmax", "jvp", S * (1 - S) * W),
    ("identity", "softmax", "vjp", V),
    ("dot-term-added", "softmax", "vjp", S * (V + T)),
    ("only-dot-term", "softmax", "vjp", -S * T),
    ("mean-for-sum-in-dot", "softmax", "vjp", S * (V - T / 5)),
    ("mean-for-sum-in-dot", "log_softmax", "vjp", V - S * TOTAL / 5),
    ("unweighted-dot", "softmax", "vjp", S * (V - TOTAL)),
    ("unweighted-mean-for-dot", "softmax", "vjp", S * (V - TOTAL / 5)),
    ("log-softmax-rule", "softmax", "vjp", V - S * TOTAL),
    ("softmax-rule", "log_softmax", "vjp", S * (V - T)),
    ("jacobian-transposed", "log_softmax", "vjp", V - T),
    ("jacobian-transposed", "log_softmax", "jvp", W - S * row_sum(W)),
    ("outer-probability-missing", "softmax", "vjp", V - T),
    ("squared-probabilities", "softmax", "vjp", S**2 * (V - T)),
    ("squared-weights-in-dot", "softmax", "vjp", S * (V - row_sum(S**2 * V))),
    ("dot-held-constant", "softmax", "hvp", S * M * (V - T)),
    ("probabilities-held-constant", "softmax", "hvp", -S * row_sum(S * M * V)),
    ("cross-terms-missing", "softmax", "hvp", S * (V * W - row_sum(S * V * W))),
    ("first-derivative-returned", "softmax", "hvp", S * M),
    ("sign", "softmin", "vjp", softmax(-X) * (V - row_sum(softmax(-X) * V))),
    ("accumulated-twice", "softmax", "vjp", 2 * S * (V - T)),
    ("zeros-returned", "softmax", "vjp", 0 * S),
    ("batch-mean", "softmax", "vjp", S * (V - T) / 3),
    ("cotangent-ignored", "log_softmax", "vjp", 1 - 5 * S),
    ("dot-of-row-before", "softmax", "vjp", S * (V - np.roll(T, 1, axis=0))),
    ("last-element-not-in-dot", "softmax", "vjp", S * (V - row_sum((S * V)[:, :-1]))),
    ("row-before", "softmax", "vjp", np.roll(S, 1, 0) * (V - row_sum(np.roll(S, 1, 0) * V))),
    ("stale-zeros", "softmax", "vjp", 0.2 * (V - TOTAL / 5)),
    ("wrong-axis", "softmax", "forward", softmax(X.T).T),
    ("negation-forgotten", "softmin", "forward", S),
    ("logarithm-returned", "softmax", "forward", np.log(S)),
    ("probability-returned", "log_softmax", "forward", S),
    ("sum-missing", "softmax", "forward", np.exp(X - X.max(axis=1, keepdims=True))),
    ("mean-for-sum", "log_softmax", "forward", np.log(S) + np.log(5)),
    ("last-element-not-in-sum", "softmax", "forward", np.exp(X) / row_sum(np.exp(X[:, :-1]))),
    ("largest-counted-twice", "softmax", "forward", np.exp(X) / (row_sum(np.exp(X)) + np.exp(X.max(1, keepdims=True)))),
    ("base-two-logarithm", "log_softmax", "forward", np.log2(S)),
    ("largest-forgotten", "log_softmax", "forward", np.log(S) + X.max(axis=1, keepdims=True)),
    ("largest-forgotten", "logsumexp", "forward", np.log(np.exp(X).sum(1)) - X.max(axis=1)),
]


@pytest.mark.parametrize(
    ("name", "op", "quantity", "plain"), PLAIN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_formula_is_what_its_words_say(name: str, op: str, quantity: str, plain: Array) -> None:
    found = BY_NAME[name].wrong(asked(op), quantity, cotangent=V, tangent=W)
    assert found is not None
    np.testing.assert_allclose(found, plain, rtol=1e-13, atol=1e-14)


LOSSES: list[tuple[str, dict[str, Any], str, Callable[[Array], Array]]] = [
    ("target-missing", {}, "vjp", lambda c: c * S),
    ("only-target", {}, "vjp", lambda c: -c * HOT),
    ("target-next-class", {}, "vjp", lambda c: c * (S - np.roll(HOT, 1, axis=1))),
    ("target-class-before", {}, "vjp", lambda c: c * (S - np.roll(HOT, -1, axis=1))),
    ("label-smoothing-forgotten", {"label_smoothing": 0.25}, "vjp", lambda c: c * (S - HOT)),
    (
        "smoothing-spread-otherwise",
        {"label_smoothing": 0.25},
        "vjp",
        lambda c: c * (S - (0.75 * HOT + 0.0625 * (1 - HOT))),
    ),
    ("ignored-rows-counted", {"ignore_index": 3}, "vjp", lambda c: c * (S - HOT)),
    ("loss-sign", {}, "forward", lambda c: (HOT * np.log(S)).sum(axis=1)),
]


@pytest.mark.parametrize(("name", "more", "quantity", "plain"), LOSSES, ids=[one[0] for one in LOSSES])
def test_a_formula_of_a_loss_is_what_its_words_say(
    name: str, more: dict[str, Any], quantity: str, plain: Callable[[Array], Array]
) -> None:
    question = asked("cross_entropy", targets=np.array([0, 3, 1]), **more)
    c = np.array([1.0, -2.0, 0.5])
    found = BY_NAME[name].wrong(question, quantity, cotangent=c)
    assert found is not None
    np.testing.assert_allclose(found, plain(c[:, np.newaxis]), rtol=1e-13, atol=1e-14)


def test_a_mean_of_losses_that_is_a_sum_is_as_many_times_as_large_as_rows_count() -> None:
    targets = np.array([0, -100, 1])
    mean = asked("cross_entropy", targets=targets, reduction="mean", ignore_index=-100)
    right = Evaluation.of(mean, "vjp", cotangent=np.ones(())).truth.value.hi
    summed = BY_NAME["batch-sum"].wrong(mean, "vjp", cotangent=np.ones(()))
    averaged = BY_NAME["ignored-rows-in-mean"].wrong(mean, "vjp", cotangent=np.ones(()))
    np.testing.assert_allclose(summed, 2 * right, rtol=1e-15)
    np.testing.assert_allclose(averaged, right * 2 / 3, rtol=1e-15)


def test_heads_under_a_mask_count_in_the_sum() -> None:
    kept = np.array([[1, 1, 0, 1, 0]] * 3, dtype=bool)
    found = BY_NAME["masked-cotangents-counted"].wrong(asked("masked_log_softmax", mask=kept), "vjp", cotangent=V)
    s = softmax(np.where(kept, X, -np.inf))
    np.testing.assert_allclose(found, np.where(kept, V - s * TOTAL, 0.0), rtol=1e-13, atol=1e-15)
    second = BY_NAME["masked-cotangents-counted"].wrong(
        asked("masked_log_softmax", mask=kept), "hvp", cotangent=V, tangent=W
    )
    np.testing.assert_allclose(second, -TOTAL * s * (W - row_sum(s * W)), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("power", "name"), [(0, "forgotten"), (2, "twice"), (-1, "multiplied")])
def test_temperatures_are_forgotten_applied_twice_and_multiplied_by(power: int, name: str) -> None:
    found = BY_NAME[f"temperature-{name}"].wrong(asked(temperature=0.5), "forward")
    assert found is not None
    np.testing.assert_allclose(found, softmax(X / 0.5**power), rtol=1e-13)


LONG = np.sort(np.random.default_rng(0).normal(size=(3, 300)) * 3, axis=1)
LONG_V = np.random.default_rng(1).normal(size=(3, 300))


@pytest.mark.parametrize("tile", [32, 128])
def test_tiles(tile: int) -> None:
    s, v = softmax(LONG), LONG_V
    t = row_sum((s * v)[:, :tile])
    past = np.where(np.arange(300) < tile, s * (v - row_sum(s * v)), s * (v - t))
    for name, plain in ((f"dot-of-first-{tile}", s * (v - t)), (f"wrong-past-element-{tile}", past)):
        np.testing.assert_allclose(
            BY_NAME[name].wrong(asked(x=LONG), "vjp", cotangent=v), plain, rtol=1e-12, atol=1e-15
        )
    e = np.exp(LONG)
    first = BY_NAME[f"sum-of-first-{tile}"].wrong(asked(x=LONG), "forward")
    np.testing.assert_allclose(first, e / row_sum(e[:, :tile]), rtol=1e-12)


@pytest.mark.parametrize("tile", [32, 128])
def test_a_running_sum_that_is_not_rescaled_keeps_terms_of_smaller_maxima(tile: int) -> None:
    total = np.zeros((3, 1))
    for start in range(0, 300, tile):
        largest = LONG[:, : start + tile].max(axis=1, keepdims=True)
        total += row_sum(np.exp(LONG[:, start : start + tile] - largest))
    found = BY_NAME[f"never-rescaled-in-tiles-of-{tile}"].wrong(asked(x=LONG), "forward")
    np.testing.assert_allclose(found, np.exp(LONG - LONG.max(axis=1, keepdims=True)) / total, rtol=1e-12)


def test_a_coarse_sum_is_that_of_a_loop_in_the_coarser_format() -> None:
    e = np.exp(LONG - LONG.max(axis=1, keepdims=True))
    total = np.zeros(3, dtype=np.float32)
    for column in e.T.astype(np.float32):
        total = total + column
    found = BY_NAME["coarse-sum"].wrong(asked(x=LONG), "forward", dtype="float64")
    np.testing.assert_allclose(found, e / total[:, np.newaxis], rtol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e-39, 1e-7, 3e4, 1e38])
@pytest.mark.parametrize("of", ["float16", "bfloat16", "float32"])
def test_a_coarse_sum_rounds_each_partial_sum_to_its_format(of: str, scale: float) -> None:
    used = format_named(of)
    terms = np.random.default_rng(5).normal(size=(2, 3, 300)) * scale
    terms[0, 0, 7], terms[1, 2] = np.inf, -0.0
    total = np.zeros(terms.shape[:-1])
    with np.errstate(all="ignore"):
        for column in np.moveaxis(used.nearest(terms), -1, 0):
            total = used.nearest(total + column)
        assert added_up(terms, used).tobytes() == total[..., np.newaxis].tobytes()


def test_a_logarithm_of_probabilities_that_underflow_is_infinite() -> None:
    question = Question(op="log_softmax", axis=1, x=np.array([[0.0, -120.0, -2.0]]), format="float32", result="float32")
    found = BY_NAME["logarithm-of-probability"].wrong(question, "forward")
    assert found is not None
    assert np.isneginf(found[0, 1])
    np.testing.assert_allclose(found[0, [0, 2]], np.log(softmax(question.x))[0, [0, 2]], rtol=1e-13)


@pytest.mark.parametrize("of", ["float32", "float64"])
def test_a_clamped_probability_bounds_the_loss(of: str) -> None:
    x = np.array([[0.0, 30.0], [25.0, 0.0], [1.0, 2.0]])
    question = Question(op="cross_entropy", axis=1, x=x, targets=np.array([0, 0, 1]), format=of, result=of)
    found = BY_NAME["probability-clamped"].wrong(question, "forward")
    assert found is not None
    least = float(np.float32(1e-8))
    np.testing.assert_allclose(
        found, -np.log(np.maximum(softmax(x)[[0, 1, 2], [0, 0, 1]], least)), rtol=1e-7, atol=1e-15
    )
    np.testing.assert_allclose(found[0], -math.log(least), rtol=1e-15)


@pytest.mark.parametrize(("scale", "share"), [(0.1, 0.0), (1.0, 0.0875), (0.3, 0.1)])
def test_constants_in_single_precision_are_those_of_floats(scale: float, share: float) -> None:
    more: dict[str, Any] = {"grad_scale": scale, "label_smoothing": share, "normalization": "batch"}
    question = asked("softmax_output", targets=np.array([0, 3, 1]), **more)
    found = BY_NAME["constants-in-single-precision"].wrong(question, "vjp", cotangent=V)
    assert found is not None
    a = np.float32(share)
    q = (1.0 - float(a)) * HOT + float(a / np.float32(4)) * (1 - HOT)
    np.testing.assert_allclose(found, float(np.float32(scale) / np.float32(3)) * (S - q), rtol=1e-13, atol=1e-15)
    single = replace(question, format="float32", result="float32")
    assert BY_NAME["constants-in-single-precision"].wrong(single, "vjp", cotangent=V) is None


def test_exponentials_without_a_shift_overflow() -> None:
    question = Question(
        op="softmax", axis=1, x=np.array([[0.0, 100.0], [1.0, 2.0]]), format="float32", result="float32"
    )
    found = BY_NAME["unshifted"].wrong(question, "forward")
    assert found is not None
    with np.errstate(all="ignore"):
        e = np.exp(question.x.astype(np.float32))
        plain = e / e.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, plain, rtol=1e-6)


NOTHING: list[tuple[str, Question, str, Array | None]] = [
    ("temperature-forgotten", asked(), "forward", None),
    ("temperature-twice", asked(), "vjp", V),
    ("temperature-missing-in-backward", asked(), "vjp", V),
    ("batch-mean", asked(x=X[:1]), "vjp", V[:1]),
    ("row-before", asked(x=X[:1]), "vjp", V[:1]),
    ("row-before", asked(x=np.ones((3, 5))), "vjp", V),
    ("dot-of-row-before", asked(x=X[:1]), "vjp", V[:1]),
    ("cotangent-ignored", asked("log_softmax"), "vjp", np.ones((3, 5))),
    ("wrong-axis", Question(op="softmax", axis=0, x=X[0], format="float64", result="float64"), "forward", None),
    ("dot-of-first-32", asked(), "vjp", V),
    ("wrong-past-element-128", asked(), "vjp", V),
    ("never-rescaled-in-tiles-of-32", asked(x=-LONG), "forward", None),
    ("last-element-not-in-sum", asked(x=X[:, :1]), "forward", None),
    ("zeros-returned", asked(x=X[:, :1]), "vjp", V[:, :1]),
    ("sign", asked(), "vjp", np.zeros((3, 5))),
    ("sign", asked(x=np.full((1, 2), np.nan)), "vjp", np.ones((1, 2))),
    ("mask-ignored", asked("masked_softmax", mask=np.ones((3, 5), dtype=bool)), "vjp", V),
    ("masked-cotangents-counted", asked("masked_log_softmax", mask=np.ones((3, 5), dtype=bool)), "vjp", V),
    ("label-smoothing-forgotten", asked("cross_entropy", targets=np.zeros(3, int)), "forward", None),
    ("ignored-rows-counted", asked("cross_entropy", targets=np.zeros(3, int)), "forward", None),
    ("target-total-taken-as-one", asked("cross_entropy", targets=np.zeros(3, int)), "vjp", np.ones(3)),
    ("unshifted", asked(), "forward", None),
    ("probability-clamped", asked("cross_entropy", targets=np.zeros(3, int)), "forward", None),
    ("constants-in-single-precision", asked("softmax_output", targets=np.zeros(3, int)), "vjp", V),
    ("logarithm-of-probability", asked("log_softmax"), "forward", None),
    ("small-probabilities-flushed", asked(), "forward", None),
    ("coarse-sum", asked(x=np.zeros((2, 4))), "forward", None),
    ("log-softmax-rule", asked("log_softmax"), "vjp", V),
    ("dot-term-missing", asked(), "forward", None),
]


@pytest.mark.parametrize(
    ("name", "question", "quantity", "cotangent"), NOTHING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_fault_that_cannot_change_anything_has_no_answer(
    name: str, question: Question, quantity: str, cotangent: Array | None
) -> None:
    assert BY_NAME[name].wrong(question, quantity, cotangent=cotangent) is None


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_has_a_name_words_a_reason_and_a_domain(fault: Fault) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", fault.name)
    assert fault.what
    assert not fault.what.endswith(".")
    assert fault.why
    assert fault.ops
    assert set(fault.ops) <= set(OPS)
    assert fault.quantities
    assert set(fault.quantities) <= set(QUANTITIES)


def test_names_are_unique_and_no_fewer_than_two_dozen() -> None:
    assert len(BY_NAME) == len(CATALOGUE) >= 24


def _steep() -> Array:
    """Rows that ascend over more than a tile, and hold all that makes a fault show: small, large, many."""
    return np.concatenate([LONG[:, ::2] * 10, LONG[:, ::-6] + 95.0], axis=1)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_is_wrong_somewhere_and_has_the_shape_of_the_truth(fault: Fault) -> None:
    x = format_named("float32").nearest(_steep())
    v = np.resize(V, x.shape)
    seen = 0
    for case, of in itertools.product(CASES, ("float32", "float64")):
        for quantity in case.quantities:
            if not fault.concerns(case.op, quantity):
                continue
            question = case.question(x, of=of)
            asked_for = Evaluation.of(question, quantity, cotangent=case.outputs(question, v), tangent=v)
            answer = fault.answer(asked_for)
            if answer is None:
                continue
            assert asked_for.truth.value.hi.shape == answer.value.hi.shape == answer.bound.shape
            assert (answer.bound >= 0).all()
            seen += 1
        if seen > 2:
            return
    assert seen


def test_values_are_exact_far_beyond_float64() -> None:
    answer = BY_NAME["mean-for-sum-in-dot"].answer(Evaluation.of(asked(x=X[:1]), "vjp", cotangent=V[:1]))
    assert answer is not None
    with localcontext() as context:
        context.prec = 60
        e = [Decimal(value).exp() for value in X[0]]
        s = [one / sum(e) for one in e]
        t = sum(p * Decimal(v) for p, v in zip(s, V[0], strict=True)) / 5
        for k, (p, v) in enumerate(zip(s, V[0], strict=True)):
            found = Decimal(float(answer.value.hi[0, k])) + Decimal(float(answer.value.lo[0, k]))
            assert abs(found - p * (Decimal(v) - t)) <= abs(found) * Decimal(2) ** -90
