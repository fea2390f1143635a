"""No correct kernel, of any usual form and in any arithmetic, is flagged; a wrong rule or one wrong element is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat, format_named
from reference.question import Question
from reference.truth import truth
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import Machine, pairwise, sequential
from tests.reference.trials import ARITHMETICS, STYLES, shares, trials

Array = NDArray[Any]


VECTOR = {"vjp": "cotangent", "jvp": "tangent"}


def asked(op: str, x: Array, of: FloatFormat) -> Question:
    return Question(op=op, axis=1, x=of.nearest(x), format=of.name, result=of.name)


def normal(rows: int, n: int, *, of: FloatFormat, seed: int = 0) -> Array:
    return of.nearest(np.random.default_rng(seed).standard_normal((rows, n)))


def machine(of: FloatFormat, **other: Any) -> Machine:
    return Machine(**({"working": of, "accumulation": of, "storage": of, "entering": of, "order": pairwise} | other))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_a_correct_kernel_of_any_form_is_within_its_bounds(arithmetic: str, style: str) -> None:
    rng = np.random.default_rng((list(ARITHMETICS).index(arithmetic), list(STYLES).index(style)))
    beyond = {
        (trial.op, trial.quantity, trial.drawn.name): trial.shares
        for trial in trials(rng, arithmetic, style)
        if not trial.shares.worst <= 1
    }
    assert beyond == {}


@pytest.mark.parametrize("of", [FLOAT32, FLOAT64], ids=lambda of: of.name)
@pytest.mark.parametrize("step", [1e-4, 1e-2, 0.3])
def test_an_online_softmax_that_rescales_at_every_element_is_within_its_bounds(step: float, of: FloatFormat) -> None:
    question = asked("softmax", (np.arange(200) * step)[np.newaxis], of)
    got = Kernel(name="", machine=machine(of), style=Style(exponentials="online", block=1))(question, "forward")
    assert shares(question, "forward", got, precision={"working": of.name, "accumulation": of.name}).worst <= 1


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("of", [FLOAT32, FLOAT64], ids=lambda of: of.name)
def test_one_pass_that_rescales_numerators_is_within_the_bounds_that_it_declares(of: FloatFormat, block: int) -> None:
    rising = np.arange(200) * 0.7 + np.random.default_rng(0).standard_normal((3, 200))
    question, style = asked("softmax", rising, of), Style(exponentials="one pass", block=block)
    got = Kernel(name="", machine=machine(of), style=style)(question, "forward")
    precision = {"working": of.name, "accumulation": of.name}
    assert shares(question, "forward", got, precision=precision | {"forms": style.forms}).worst <= 1
    if block == 1:  # larger blocks rescale less often
        assert shares(question, "forward", got, precision=precision).worst > 1


@pytest.mark.parametrize("of", [FLOAT32, FLOAT64], ids=lambda of: of.name)
def test_the_bound_of_a_sum_is_reached_by_a_sequential_sum_that_stagnates(of: FloatFormat) -> None:
    """A bound that no kernel comes near would let faults pass: this one needs more than a third of it.

    (All of it, but for the factor 1.5 for XLA's additions and the share of exp and division.)
    """
    x = np.full((1, 20_000), np.log(of.unit_roundoff) - 0.01)
    x[0, 0] = 0
    question = asked("softmax", x, of)
    got = Kernel(name="", machine=machine(of, order=sequential))(question, "forward")
    judged = truth(question, "forward", working=of.name, accumulation=of.name)
    assert 1 / 3 < judged.share(got, of=of.name).max() <= 1


@pytest.mark.parametrize("of", [FLOAT32, FLOAT64], ids=lambda of: of.name)
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
@pytest.mark.parametrize("quantity", ["forward", "vjp", "jvp"])
@pytest.mark.parametrize("n", [2, 10, 1000])
def test_one_element_that_is_off_by_50_roundings_is_flagged(n: int, quantity: str, op: str, of: FloatFormat) -> None:
    question = asked(op, normal(4, n, of=of), of)
    head = {VECTOR[quantity]: np.eye(n)[[0] * 4]} if quantity in VECTOR else {}
    precision = {"working": of.name, "accumulation": of.name}
    own = of.nearest(truth(question, "forward", **precision).value.hi)
    got = of.nearest(truth(question, quantity, **head, **precision).value.hi)
    assert shares(question, quantity, got, precision=precision, own=own, **head).worst <= 1
    got[0, np.argmax(np.abs(got[0]))] *= 1 + 50 * of.unit_roundoff
    assert not shares(question, quantity, got, precision=precision, own=own, **head).worst <= 1


@pytest.mark.parametrize("of", [FLOAT16, FLOAT32, FLOAT64], ids=lambda of: of.name)
@pytest.mark.parametrize(("op", "quantity"), [("softmax", "vjp"), ("softmax", "jvp"), ("log_softmax", "vjp")])
@pytest.mark.parametrize("n", [2, 10, 300])
def test_an_error_of_the_forward_alone_is_not_the_derivatives_and_hides_none_of_it(
    n: int, op: str, quantity: str, of: FloatFormat
) -> None:
    question, v = asked(op, normal(4, n, of=of), of), normal(4, n, of=of, seed=1)
    precision = {"working": of.name, "accumulation": "float64" if of == FLOAT64 else "float32"}
    own = of.nearest(truth(question, "forward", **precision).value.hi)
    head = {VECTOR[quantity]: v}
    got = of.nearest(truth(question, quantity, **head, **precision).value.hi)
    own[:, 0] = of.nearest(own[:, 0] * (1 + 60 * of.unit_roundoff))
    assert shares(question, "forward", own, precision=precision).worst > 1
    assert shares(question, quantity, got, precision=precision, own=own, **head).worst <= 1
    largest = np.argmax(np.abs(got), axis=-1)
    got[range(4), largest] *= 1.0 + 5000 * of.unit_roundoff
    assert shares(question, quantity, got, precision=precision, own=own, **head).worst > 1


RULES = {
    "the dot term missing": lambda s, v: s * v,
    "the last element left out": lambda s, v: s * (v - (s * v)[:, :-1].sum(axis=-1, keepdims=True)),
    "the mean for the dot": lambda s, v: s * (v - v.mean(axis=-1, keepdims=True)),
    "the other sign": lambda s, v: -s * (v - (s * v).sum(axis=-1, keepdims=True)),
    "that of log_softmax": lambda s, v: v - s * v.sum(axis=-1, keepdims=True),
    "nothing but zeros": lambda s, v: 0 * s * v,
    "no numbers": lambda s, v: s * v * np.nan,
}


@pytest.mark.parametrize(  # in 8 or 11 bits, one of 300 terms is within rounding
    ("of", "n"),
    [(of, n) for of in (FLOAT16, BFLOAT16, FLOAT32, FLOAT64) for n in (2, 10, 300) if n < 300 or of.precision >= 24],
    ids=lambda value: getattr(value, "name", str(value)),
)
@pytest.mark.parametrize("quantity", VECTOR)
@pytest.mark.parametrize("rule", RULES)
def test_a_wrong_rule_is_flagged(rule: str, quantity: str, n: int, of: FloatFormat) -> None:
    question, v = asked("softmax", normal(4, n, of=of), of), of.nearest(normal(4, n, of=of, seed=1) + 1)
    precision = {"working": of.name, "accumulation": "float64" if of == FLOAT64 else "float32"}
    s = of.nearest(truth(question, "forward", **precision).value.hi)
    got = of.nearest(RULES[rule](s, v))
    head = {VECTOR[quantity]: v}
    assert not shares(question, quantity, got, precision=precision, own=s, **head).worst <= 1


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_a_kernel_in_lower_precision_than_it_says_is_flagged(n: int) -> None:
    question = asked("softmax", normal(4, n, of=FLOAT64), FLOAT64)
    got = FLOAT32.nearest(truth(question, "forward", working="float64", accumulation="float64").value.hi)
    assert not shares(question, "forward", got, precision={"working": "float64", "accumulation": "float64"}).worst <= 1


@pytest.mark.parametrize("of", ["float16", "bfloat16"])
def test_a_kernel_that_rounds_once_is_held_to_a_smaller_bound(of: str) -> None:
    question = asked("softmax", normal(4, 100, of=format_named(of)) * 3, format_named(of))
    once = truth(question, "forward", working="float32", accumulation="float32").bound
    always = truth(question, "forward", working=of, accumulation="float32").bound
    assert (once <= always).all()
    assert once.max() < always.max() / 4


def test_wider_sums_are_held_to_a_smaller_bound() -> None:
    question = asked("softmax", normal(4, 1000, of=FLOAT32), FLOAT32)
    same, wide = (
        truth(question, "forward", working="float32", accumulation=name).bound.max() for name in ("float32", "float64")
    )
    assert wide < same / 50


@pytest.mark.parametrize(
    ("form", "quantity"), [("folded-scale", "forward"), ("recomputed", "vjp"), ("x-minus-lse", "forward")]
)
def test_an_unusual_form_is_allowed_more_only_where_it_is_declared(form: str, quantity: str) -> None:
    question = asked("softmax", normal(4, 10, of=FLOAT32) + 1e4, FLOAT32)
    head = {"cotangent": np.ones((4, 10)) * np.arange(10)} if quantity == "vjp" else {}
    usual, declared = (
        truth(question, quantity, **head, working="float32", accumulation="float32", forms=forms).bound
        for forms in ((), (form,))
    )
    assert (declared > 5 * usual).all()


def test_rows_that_are_shifted_far_are_flagged_for_the_form_x_minus_lse_unless_it_is_declared() -> None:
    question = asked("log_softmax", FLOAT32.nearest(np.array([[0.5, 1.0, 2.25]]) + 1e5), FLOAT32)
    got = Kernel(name="", machine=machine(FLOAT32), style=Style(logarithm="lse"))(question, "forward")
    single = {"working": "float32", "accumulation": "float32"}
    assert not shares(question, "forward", got, precision=single).worst <= 1
    assert shares(question, "forward", got, precision=single | {"forms": ("x-minus-lse",)}).worst <= 1


@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_a_zero_cotangent_has_nothing_but_an_exact_zero_within_its_bound(op: str) -> None:
    question = asked(op, normal(4, 5, of=FLOAT32), FLOAT32)
    judged = truth(question, "vjp", cotangent=np.zeros((4, 5)), working="float32", accumulation="float32")
    assert not judged.bound.any()
    assert not judged.value.hi.any()
