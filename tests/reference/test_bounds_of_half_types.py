"""What half types do to correct kernels: sums without a bound, large roundings of arguments, lost products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reference.bounds.perturbation import Moved
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FloatFormat
from reference.invariants import check
from reference.question import Question
from reference.truth import truth
from tests.reference.draws import VECTORS, draw
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import Machine, pairwise, sequential
from tests.reference.trials import shares

Array = NDArray[Any]
STEP_BY_STEP = Style(backward="quotient squared", probabilities="anew", second="quotient reversed")
HALF = {"working": "float16", "accumulation": "float16"}


def kernel(of: FloatFormat, style: Style) -> Kernel:
    machine = Machine(working=of, accumulation=of, storage=of, entering=of, order=pairwise)
    return Kernel(name="", machine=machine, style=style)


def asked(op: str, x: Array, of: FloatFormat, **parameters: Any) -> Question:
    return Question(op=op, axis=1, x=of.nearest(x), format=of.name, result=of.name, **parameters)


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16], ids=lambda of: of.name)
@pytest.mark.parametrize("quantity", ["vjp", "jvp", "hvp"])
@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("op", ["softmax", "log_softmax", "softmin", "masked_softmax", "logsumexp", "cross_entropy"])
def test_where_a_long_sum_has_no_bound_every_bound_is_a_number_or_infinite(
    op: str, vectors: str, quantity: str, of: FloatFormat
) -> None:
    rng = np.random.default_rng(len(op))
    for logits in ("equal", "gone", "scale 100"):
        found = draw(rng, op, format_name=of.name, count=1, n=1000, logits=logits, vectors=(vectors, vectors))
        heads = {"cotangent": found.cotangent} if quantity != "jvp" else {}
        heads |= {"tangent": found.tangent} if quantity != "vjp" else {}
        judged = truth(found.question, quantity, **heads, working=of.name, accumulation=of.name)
        for bound, vacuous in ((judged.bound, judged.vacuous), (judged.shifted_bound, judged.shifted_vacuous)):
            assert not np.isnan(bound).any()
            assert vacuous[np.isinf(bound)].all()


@st.composite
def moved_arguments(draws: st.DrawFn) -> tuple[Array, Array, Array]:
    """Logits, how far each argument of exp may be off, and how far each is."""
    n = draws(st.integers(1, 6))
    d = draws(arrays(np.float64, (1, n), elements=st.floats(-40, 0)))
    a = draws(arrays(np.float64, (1, n), elements=st.floats(0, 30) | st.floats(0, 1e-2)))
    share = draws(arrays(np.float64, (1, n), elements=st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])))
    return d, a, a * share


@given(moved_arguments())
def test_softmax_moves_no_further_than_the_arguments_of_its_exponentials_allow(
    moved: tuple[Array, Array, Array],
) -> None:
    d, a, theta = moved
    e, found = np.exp(d), np.exp(d + theta)
    s, off = e / e.sum(), found / found.sum()
    allowed = Moved.of(s, a, a)
    assert (np.abs(off - s) <= s * allowed.relative + 1e-14).all()
    assert found.sum() / e.sum() <= 1 + allowed.mean + 1e-14
    assert found.sum() / e.sum() >= allowed.least - 1e-14


@pytest.mark.parametrize("quantity", ["forward", "vjp", "jvp"])
def test_quotients_in_eight_bits_that_change_places_are_no_fault(quantity: str) -> None:
    """-992 / T and -996 / T are 40 apart, and the same number once T and they have been rounded to bfloat16."""
    question = asked("softmax", np.array([[-1008.0, -992.0, -996.0, -1020.0, -1000.0]]), BFLOAT16, temperature=0.1)
    head = {"vjp": {"cotangent": np.eye(5)[[1]]}, "jvp": {"tangent": np.eye(5)[[1]]}}.get(quantity, {})
    got = kernel(BFLOAT16, Style(temperature="stored"))(question, quantity, **head)
    judged = truth(question, quantity, **head, working="bfloat16", accumulation="bfloat16")
    if quantity == "forward":
        assert got[0, 1] == got[0, 2] == 0.5
    assert (judged.share(got, of="bfloat16") <= 1).all()
    assert judged.vacuous.all()


@pytest.mark.parametrize("of", [FLOAT16, BFLOAT16], ids=lambda of: of.name)
def test_a_forward_mode_may_take_its_inner_product_with_probabilities_that_it_computes_anew(of: FloatFormat) -> None:
    """PyTorch's does: s is a float32 result rounded once, and <s, w> is made of x - m as the half type rounds it."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((300, 4)) * 30, np.eye(4)[rng.integers(0, 4, 300)]
    question = asked("softmax", x, of)
    wide = Machine(working=FLOAT32, accumulation=FLOAT32, storage=of, entering=of, order=pairwise)
    own = Kernel(name="", machine=wide, style=Style())(question, "forward")
    mean = kernel(of, Style())(asked("logsumexp", x, of), "jvp", tangent=w)
    got = of.nearest(own * of.nearest(w - mean[:, None]))
    precision = {"working": of.name, "accumulation": "float32"}
    assert shares(question, "jvp", got, precision=precision, own=own, tangent=w).worst <= 1
    assert check(question, "jvp", got, tangent=w, **precision) == ()


def test_a_second_derivative_made_step_by_step_may_lose_what_underflows_before_it_meets_the_cotangent() -> None:
    """e_j <e, w> is 4e-8, and so 6e-8; v_j makes 5e-5 of what it has lost, a quarter of the result."""
    x = np.full((1, 10), -8.5078125)
    x[0, 7] = 0
    v = np.array([[-290, -962.5, 0.357, 0, 0, -548.5, 1.84, 0, 415.5, -5.43]])
    w = np.eye(10)[[2]]
    question, heads = asked("softmax", x, FLOAT16), {"cotangent": FLOAT16.nearest(v), "tangent": w}
    got = kernel(FLOAT16, STEP_BY_STEP)(question, "hvp", **heads)
    judged = truth(question, "hvp", **heads, **HALF)
    assert np.abs(got - judged.value.hi).max() > 4e-5
    assert shares(question, "hvp", got, precision=HALF, **heads).worst <= 1


@pytest.mark.parametrize("n", [10, 17, 40, 100])
def test_heads_near_the_smallest_number_break_no_law_in_the_derivative_of_a_quotient(n: int) -> None:
    rng = np.random.default_rng(n)
    machine = Machine(working=FLOAT16, accumulation=FLOAT16, storage=FLOAT16, entering=FLOAT16, order=sequential)
    made = Kernel(name="", machine=machine, style=STEP_BY_STEP)
    for _ in range(40):
        question = asked("softmax", rng.standard_normal((1, n)) * 1e-3, FLOAT16)
        head = FLOAT16.nearest(rng.standard_normal((1, n)) * 2.0 ** rng.integers(-20, -8))
        got = made(question, "vjp", cotangent=head)
        assert check(question, "vjp", got, cotangent=head, **HALF) == ()


def test_a_mean_loss_whose_row_weight_underflows_has_no_inconsistent_rows() -> None:
    """-3e-6 over six rows is eight times the smallest number of float16; a seventeenth of it is none."""
    rng = np.random.default_rng(0)
    x = -7.5 - rng.random((6, 17))
    x[:, 4] = 0
    targets = np.full((6, 17), FLOAT16.nearest(np.array(1 / 17)))
    question = asked("cross_entropy", x, FLOAT16, targets=targets, reduction="mean")
    head = {"cotangent": np.array(-51 * FLOAT16.smallest_subnormal)}
    got = kernel(FLOAT16, Style())(question, "vjp", **head)
    assert not got.any()
    own = kernel(FLOAT16, Style())(question, "forward")
    assert shares(question, "vjp", got, precision=HALF, own=own, **head).worst <= 1
