"""The derivatives of the oracle by two other methods, each within the error that the method must have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble
from reference.ops import LOGARITHMS, PROBABILITIES
from reference.question import Question
from tests.reference import exact
from tests.reference.questions_to_try import CASES, DERIVED, NOBODY, Array, Case, exactly

U = 2.0**-53
CASE = pytest.mark.parametrize("case", DERIVED, ids=[case.name for case in DERIVED])
COUNT, N = 3, 5
WITH_A_GRADIENT = DERIVED + [  # s - q is the gradient of no function where rounded targets do not add up to one
    case for case in CASES if case.op == "softmax_output" and case.targets != "probabilities"
]


def on_a_grid(seed: int, *, largest: int) -> Array:
    """Quarters of small whole numbers: steps of 2^-30 from them are exact."""
    return np.random.default_rng(seed).integers(-largest, largest + 1, (COUNT, N)) / 4.0


def asked(case: Case) -> Question:
    """The case at logits between -3 and 3, with 0 under its mask, where no step shall be lost in something huge."""
    question = case.question(on_a_grid(0, largest=12))
    return question if question.mask is None else replace(question, x=np.where(question.mask, question.x, 0.0))


def step_for(question: Question, exponent: int) -> float:
    """A power of two for x / T, that is, times a power of two near T for x."""
    return float(2.0 ** (exponent + np.frexp(question.temperature)[1]))


def in_complex_numbers(question: Question, z: NDArray[np.complex128]) -> Any:
    """The op as its definition says, at complex x; of softmax_output the function whose gradient it gives."""
    kept = np.ones(z.shape, dtype=np.bool_) if question.mask is None else question.mask
    x = np.where(kept, z, 0.0) * (-1.0 if question.negated else 1.0) / question.temperature
    largest = np.where(kept, x.real, -np.inf).max(axis=1, keepdims=True)
    e = np.where(kept, np.exp(x - largest), 0.0)
    total = e.sum(axis=1, keepdims=True)
    log = x - largest - np.log(total)
    match question.op:
        case op if op in PROBABILITIES:
            return e / total
        case op if op in LOGARITHMS:
            return np.where(kept, log, 0.0)  # what is masked is constant
        case "logsumexp":
            return (largest + np.log(total))[:, 0]
    q, counted = targets(question)
    loss = -(q * log).sum(axis=1) * counted
    if question.op == "softmax_output":
        return loss * question.grad_scale / {"null": 1, "batch": COUNT, "valid": counted.sum()}[question.normalization]
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / counted.sum()}[question.reduction]


def targets(question: Question) -> tuple[Array, Array]:
    assert question.targets is not None
    if not question.has_indices:
        q, counted = question.targets, np.ones(COUNT)
    else:
        q = (np.arange(N) == question.targets[:, np.newaxis]).astype(np.float64)
        counted = (question.targets != NOBODY).astype(np.float64)
    a = question.label_smoothing
    if question.op == "softmax_output":
        return np.where(q > 0, 1 - a, a / (N - 1)) if a else q, counted
    return (1 - a) * q + a / N, counted


def roundings(question: Question) -> float:
    """How many roundings of float64 a derivative by the complex step has, each of at most what is subtracted.

    exp, log, a quotient of complex numbers and a few products: 24; a sum over a row, one over the rows; and x / T and
    x - max x, which move the exponent by u |x / T| and u |d|.
    """
    return 24.0 + N + COUNT + 3.0 * float(np.ptp(question.x)) / question.temperature


@CASE
def test_a_jvp_agrees_with_the_complex_step(case: Case) -> None:
    """The imaginary part of f(x + ihw), over h: nothing is subtracted (Squire, Trapp, SIAM Rev. 40(1), 1998)."""
    question = asked(case)
    w, h = on_a_grid(1, largest=8), 1e-200
    step = in_complex_numbers(question, question.x + 1j * h * w).imag / h
    got = exactly(question, "jvp", tangent=w).value.hi
    size = np.array([float(one.size) for row in exact.answers(question, "jvp", None, w) for one in row])
    assert (np.abs(step - got).reshape(-1) <= roundings(question) * U * size).all()


@pytest.mark.parametrize("case", WITH_A_GRADIENT, ids=[case.name for case in WITH_A_GRADIENT])
def test_a_vjp_agrees_with_the_complex_step(case: Case) -> None:
    """Of <v, f(x)> in the direction of one element after the other."""
    question = asked(case)
    v, h = case.outputs(question, on_a_grid(1, largest=8)), 1e-200
    if case.op == "softmax_output":
        v = np.ones(COUNT)
    step = np.empty((COUNT, N))
    for place in np.ndindex(step.shape):
        direction = np.zeros_like(step)
        direction[place] = h
        step[place] = (v * in_complex_numbers(question, question.x + 1j * direction)).sum().imag / h
    head = np.zeros_like(step) if case.op == "softmax_output" else v
    got = exactly(question, "vjp", cotangent=head).value.hi
    size = np.array([float(one.size) for row in exact.answers(question, "vjp", head, None) for one in row])
    assert (np.abs(step - got).reshape(-1) <= roundings(question) * U * size).all()


def scalar(question: Question, v: Array, moved: Array) -> DoubleDouble:
    """<v, f(x)> of the oracle at another x, as a pair."""
    value = exactly(replace(question, x=moved), "forward").value
    finite = np.isfinite(value.hi)  # what is masked is constant
    flat = DoubleDouble(hi=np.where(finite, value.hi, 0.0).reshape(-1), lo=value.lo.reshape(-1))
    return (flat * DoubleDouble.exactly(np.asarray(v).reshape(-1))).sum_rows()


def reach(question: Question, *vectors: Array) -> float:
    """R: no centred moment of the tangents under a distribution exceeds their range, here over the temperature."""
    return max(float(np.ptp(w, axis=1).max()) for w in vectors) / question.temperature


@CASE
def test_a_first_derivative_agrees_with_differences_of_the_forward(case: Case) -> None:
    """(F(x + hw) - F(x - hw)) / 2h is off by h^2/6 times a third derivative of F = <v, f>.

    The centred moments of w under s are at most R, R^2/4 and R^3/4 in size, so that s''' = s (M^3 - 3 M k2 - k3) is at
    most 2 R^3; the third derivative of log S is k3. So F''' is at most 2 R^3 sum |v|. The forward has 98 bits, of
    which 30 are lost in h.
    """
    question = asked(case)
    w, h = on_a_grid(1, largest=8), step_for(question, -30)
    v = case.outputs(question, on_a_grid(2, largest=8))
    ahead, behind = (scalar(question, v, question.x + side * h * w) for side in (1.0, -1.0))
    apart = ahead - behind
    slope = (apart.hi + apart.lo) / (2.0 * h)
    size = np.abs(v).sum()
    allowed = h**2 / 3.0 * reach(question, w) ** 3 * size + 2.0**-98 / h * size * largest_output(question)
    vjp = exactly(question, "vjp", cotangent=v).value
    jvp = exactly(question, "jvp", tangent=w).value
    for got in (DoubleDouble.exactly(w) * vjp, DoubleDouble.exactly(v) * jvp):
        flat = DoubleDouble(hi=got.hi.reshape(-1), lo=got.lo.reshape(-1)).sum_rows()
        assert abs((flat.hi - slope) + flat.lo).item() <= allowed + 2.0 * U * abs(slope).item()


def largest_output(question: Question) -> float:
    values = exactly(question, "forward").value.hi
    return 1.0 + float(np.abs(values[np.isfinite(values)]).max())


@CASE
def test_a_second_derivative_agrees_with_mixed_differences_of_the_forward(case: Case) -> None:
    """The mixed difference of F at x +- hw +- hy, over 4 h^2, is off by h^2/6 (F_wwwy + F_wyyy).

    Each is at most 5 R^4 sum |v|: s'''' = s (M^4 - 6 M^2 k2 - 4 M k3 - k4 + 3 k2^2) with moments as above, and the
    fourth derivative of log S is k4 - 3 k2^2.
    """
    question = asked(case)
    w, y, h = on_a_grid(1, largest=8), on_a_grid(3, largest=8), step_for(question, -20)
    v = case.outputs(question, on_a_grid(2, largest=8))
    corners = {(a, b): scalar(question, v, question.x + h * (a * w + b * y)) for a in (1.0, -1.0) for b in (1.0, -1.0)}
    apart = (corners[1.0, 1.0] - corners[1.0, -1.0]) - (corners[-1.0, 1.0] - corners[-1.0, -1.0])
    curvature = (apart.hi + apart.lo) / (4.0 * h**2)
    size = np.abs(v).sum()
    allowed = h**2 * 2.0 * reach(question, w, y) ** 4 * size + 2.0**-97 / h**2 * size * largest_output(question)
    got = exactly(question, "hvp", cotangent=v, tangent=w).value.hi
    assert abs((got * y).sum() - curvature.item()) <= allowed + 8.0 * N * COUNT * U * np.abs(got * y).sum()
