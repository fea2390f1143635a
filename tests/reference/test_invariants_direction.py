from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reference.formats import FLOAT16, FLOAT32
from reference.invariants import check
from reference.plain import softmax
from reference.question import Question
from tests.reference.draws import LOGITS, VECTORS, draw
from tests.reference.kernels import Kernel
from tests.reference.machine import Machine, pairwise, sequential
from tests.reference.test_invariants import ORDERS, PRECISIONS, SINGLE, STYLES, Array, asked, kinds, normal

HALF = {"working": "float16", "accumulation": "float16"}
DIFFERENTIABLE = (
    *("softmax", "log_softmax", "softmin", "logsumexp", "masked_softmax", "masked_log_softmax"),
    "cross_entropy",
)
ASKED = [
    *((op, quantity) for op in DIFFERENTIABLE for quantity in ("jvp", "hvp")),
    *(("logsumexp", "forward"), ("cross_entropy", "forward")),
]
STAGES = ("factored", "composed", "quotient", "quotient reversed")


@pytest.mark.parametrize(
    ("precision", "style"),
    [
        (precision, style)
        for precision, (working, accumulation, _) in PRECISIONS.items()
        for style in STYLES  # an online sum is rescaled, and so rounded, in the working format: that is its accumulator
        if STYLES[style].exponentials not in ("online", "one pass") or working.precision >= accumulation.precision
    ],
)
def test_a_correct_kernel_of_any_form_breaks_no_law_in_any_direction(precision: str, style: str) -> None:
    working, accumulation, storage = PRECISIONS[precision]
    rng = np.random.default_rng((7, list(PRECISIONS).index(precision), list(STYLES).index(style)))
    broken = {}
    for number, (op, quantity) in enumerate(ASKED * 3):
        found = draw(
            rng,
            op,
            format_name=storage.name,
            count=2,
            n=int(rng.choice([1, 2, 3, 7, 20, 60])),
            logits=str(rng.choice(list(LOGITS))),
            vectors=(str(rng.choice(list(VECTORS))), str(rng.choice(list(VECTORS)))),
        )
        form = replace(STYLES[style], second=STAGES[number % 4])
        machine = Machine(
            working=working, accumulation=accumulation, storage=storage, entering=storage, order=ORDERS[number % 3]
        )
        given = {} if quantity == "forward" else {"tangent": found.tangent}
        given |= {"cotangent": found.cotangent} if quantity == "hvp" else {}
        got = Kernel(name=style, machine=machine, style=form)(found.question, quantity, **given)
        declared = {"working": working.name, "accumulation": accumulation.name, "forms": form.forms}
        violations = check(found.question, quantity, got, **declared, **given)
        finite = tuple(one for one in violations if np.isfinite(one.measured))  # an overflow is the bounds' to judge
        if finite:
            broken[op, quantity, found.name] = finite
    assert broken == {}


def given_to(op: str, quantity: str, n: int) -> dict[str, Array]:
    vectors = {} if quantity == "forward" else {"tangent": normal(1, n, seed=1, of=FLOAT16)}
    if quantity == "hvp":
        head = normal(1, n, seed=2, of=FLOAT16)
        vectors["cotangent"] = head[:, 0] if op in ("logsumexp", "cross_entropy") else head
    return vectors


@pytest.mark.parametrize(
    ("op", "quantity", "kind"),
    [
        ("logsumexp", "forward", "log-sum-exp-limits"),
        ("logsumexp", "jvp", "mean-limits"),
        ("logsumexp", "hvp", "hvp-sum"),
        ("log_softmax", "jvp", "mean-limits"),
        ("log_softmax", "hvp", "hvp-sum"),
        ("softmax", "jvp", "jvp-sum"),
        ("softmax", "hvp", "hvp-sum"),
        ("softmin", "jvp", "jvp-sum"),
        ("cross_entropy", "forward", "log-sum-exp-limits"),
        ("cross_entropy", "jvp", "mean-limits"),
        ("cross_entropy", "hvp", "hvp-sum"),
    ],
)
def test_a_constant_is_seen_where_no_bound_of_float16_sums_proves_anything(op: str, quantity: str, kind: str) -> None:
    n = 4096
    targets = {"targets": np.array([1])} if op == "cross_entropy" else {}
    question = asked(op, normal(1, n, of=FLOAT16), FLOAT16, **targets)
    given = given_to(op, quantity, n)
    machine = Machine(working=FLOAT16, accumulation=FLOAT32, storage=FLOAT16, entering=FLOAT16, order=pairwise)
    right = Kernel(name="wide sums", machine=machine)(question, quantity, **given)
    assert check(question, quantity, right, **HALF, **given) == ()
    (violation,) = check(question, quantity, np.full_like(right, 100.0), **HALF, **given)
    assert violation.kind == kind
    assert "with sums in float32; sums in float16 explain everything" in violation.sentence


@pytest.mark.parametrize(("op", "quantity"), [("softmax", "jvp"), ("softmax", "hvp"), ("softmin", "jvp")])
def test_a_direction_whose_sums_stagnate_is_seen(op: str, quantity: str) -> None:
    """4096 equal exponentials, added from the left in float16, make 2048: every probability is twice too large."""
    question = asked(op, np.zeros((1, 4096)), FLOAT16)
    machine = Machine(working=FLOAT16, accumulation=FLOAT16, storage=FLOAT16, entering=FLOAT16, order=sequential)
    given = {"tangent": np.ones((1, 4096))}
    given["tangent"][0, :2048] = 3.0
    if quantity == "hvp":
        given["cotangent"] = given["tangent"] * 64.0
    got = Kernel(name="stagnating", machine=machine)(question, quantity, **given)
    assert kinds(check(question, quantity, got, **HALF, **given)) == {f"{quantity}-sum"}


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_a_jvp_without_its_mean_is_seen(n: int) -> None:
    x, w = normal(2, n), normal(2, n, seed=1) + 1
    s = softmax.forward(x, axis=1)
    right = s * (w - (s * w).sum(axis=-1, keepdims=True))
    question = asked("softmax", x)
    assert check(question, "jvp", FLOAT32.nearest(right), tangent=w, **SINGLE) == ()
    assert kinds(check(question, "jvp", FLOAT32.nearest(s * w), tangent=w, **SINGLE)) == {"jvp-sum"}


@pytest.mark.parametrize(("off", "broken"), [(0.0, False), (-1e-3, True), (np.log(10.0), False), (2.31, True)])
def test_a_logsumexp_lies_between_its_largest_logit_and_log_n_above_it(off: float, broken: bool) -> None:
    question = asked("logsumexp", normal(1, 10))
    got = FLOAT32.nearest(question.x.max(axis=-1) + off)
    assert kinds(check(question, "forward", got, **SINGLE)) == ({"log-sum-exp-limits"} if broken else set())


def test_a_mean_that_leaves_the_elements_of_the_tangent_is_seen_in_each_op() -> None:
    x, w = normal(1, 5), np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("logsumexp", lambda mean: np.array([mean]), {}),
        ("log_softmax", lambda mean: w - mean, {}),
        ("cross_entropy", lambda mean: np.array([mean - w[0, 2]]), {"targets": np.array([2])}),
    ]
    for op, jvp, parameters in cases:
        question = asked(op, x, **parameters)
        for mean, expected in ((1.0, set()), (4.9, set()), (5.1, {"mean-limits"}), (0.9, {"mean-limits"})):
            assert kinds(check(question, "jvp", FLOAT32.nearest(jvp(mean)), tangent=w, **SINGLE)) == expected, op


def test_what_a_mask_hides_is_no_element_of_the_tangent() -> None:
    mask = np.array([[True, True, False]])
    question = asked("masked_log_softmax", np.zeros((1, 3)), mask=mask)
    w = np.array([[1.0, 3.0, np.nan]])
    assert check(question, "jvp", np.array([[-1.0, 1.0, 0.0]]), tangent=w, **SINGLE) == ()
    assert kinds(check(question, "jvp", np.array([[1.5, 3.0, 0.0]]), tangent=w, **SINGLE)) == {"mean-limits"}


@pytest.mark.parametrize("quantity", ["jvp", "hvp"])
def test_a_direction_of_zeros_leaves_nothing_to_miss(quantity: str) -> None:
    question, zeros = asked("softmax", normal(1, 3)), np.zeros((1, 3))
    given = {"tangent": zeros} | ({"cotangent": np.ones((1, 3))} if quantity == "hvp" else {})
    assert check(question, quantity, zeros, **given, **SINGLE) == ()
    (violation,) = check(question, quantity, np.array([[1e-40, 0.0, 0.0]]), **given, **SINGLE)
    assert violation.allowed == 0


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
@pytest.mark.parametrize("quantity", ["jvp", "hvp"])
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_rows_without_an_answer_break_no_law_in_any_direction(op: str, quantity: str, value: float) -> None:
    question = Question(op=op, axis=1, x=np.array([[np.inf, 1.0]]), format="float32", result="float32")
    given = {"tangent": np.ones((1, 2))} | ({"cotangent": np.ones((1, 2))} if quantity == "hvp" else {})
    assert check(question, quantity, np.full((1, 2), value), **given, **SINGLE) == ()
