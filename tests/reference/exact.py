"""The softmax family in 100 digits, from the formulas on the first page of any text: the oracle's oracle.

Questions have x of shape (rows, n) and axis 1. Every answer comes with the size of what its formula subtracts: no
arithmetic of finite precision can do better than a share of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question

Number = Any  # mpmath has no types
CONTEXT = mpmath.MPContext()
CONTEXT.dps = 100  # decimal digits
LARGEST = CONTEXT.mpf(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    value: Number
    size: Number


def numbers(row: NDArray[Any]) -> list[Number]:
    return [CONTEXT.mpf(float(value)) for value in row]


def dot(one: list[Number], other: list[Number]) -> Number:
    return CONTEXT.fdot(zip(one, other, strict=True))


def sizes(row: list[Number]) -> list[Number]:
    return [abs(value) for value in row]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Logits z, with what is asked of them: a cotangent v (one number of ops with one output per row), a tangent w."""

    z: list[Number]
    v: list[Number]
    w: list[Number]
    q: list[Number]

    @cached_property
    def top(self) -> int:
        return self.z.index(max(self.z))

    @cached_property
    def e(self) -> list[Number]:
        return [CONTEXT.exp(value - self.z[self.top]) for value in self.z]

    @cached_property
    def log_total(self) -> Number:
        """log S = log1p(S - 1): 100 digits would lose a rest below 1e-100 beside the 1."""
        return CONTEXT.log1p(CONTEXT.fsum(value for i, value in enumerate(self.e) if i != self.top))

    @cached_property
    def s(self) -> list[Number]:
        total = CONTEXT.fsum(self.e)
        return [value / total for value in self.e]

    @cached_property
    def log_s(self) -> list[Number]:
        return [value - self.z[self.top] - self.log_total for value in self.z]

    def centred(self, vector: list[Number]) -> list[Answer]:
        """v_i - <s, v>."""
        mean, mean_size = dot(self.s, vector), dot(self.s, sizes(vector))
        return [Answer(value=one - mean, size=abs(one) + mean_size) for one in vector]

    def loss(self) -> Answer:
        """-sum_j q_j l_j, in which 0 log 0 is 0; a logarithm beyond the range of float64 is -inf."""
        terms = [q * -log for q, log in zip(self.q, self.log_s, strict=True) if q]
        endless = any(q and -log > LARGEST for q, log in zip(self.q, self.log_s, strict=True))
        total = CONTEXT.inf if endless else CONTEXT.fsum(terms)
        return Answer(value=total, size=total)


def softmax(row: Row, quantity: str) -> list[Answer]:
    if quantity == "forward":
        return [Answer(value=p, size=p) for p in row.s]
    if quantity == "hvp":
        products = [
            Answer(value=t.value * m.value, size=t.size * m.size)
            for t, m in zip(row.centred(row.v), row.centred(row.w), strict=True)
        ]
        mean, size = dot(row.s, [one.value for one in products]), dot(row.s, [one.size for one in products])
        inner = [Answer(value=one.value - mean, size=one.size + size) for one in products]
    else:
        inner = row.centred(row.v if quantity == "vjp" else row.w)
    return [Answer(value=p * one.value, size=p * one.size) for p, one in zip(row.s, inner, strict=True)]


def log_softmax(row: Row, quantity: str) -> list[Answer]:
    total, size = CONTEXT.fsum(row.v), CONTEXT.fsum(sizes(row.v))
    match quantity:
        case "forward":
            return [Answer(value=log, size=abs(log)) for log in row.log_s]
        case "jvp":
            return row.centred(row.w)
        case "hvp":
            return curvature(row, Answer(value=-total, size=size))
        case _:
            return [Answer(value=v - p * total, size=abs(v) + p * size) for p, v in zip(row.s, row.v, strict=True)]


def logsumexp(row: Row, quantity: str) -> list[Answer]:
    largest = row.z[row.top]
    match quantity:
        case "forward":
            return [Answer(value=largest + row.log_total, size=abs(largest) + row.log_total)]
        case "jvp":
            return [Answer(value=dot(row.s, row.w), size=dot(row.s, sizes(row.w)))]
        case "hvp":
            return curvature(row, Answer(value=row.v[0], size=abs(row.v[0])))
        case _:
            return [Answer(value=row.v[0] * p, size=abs(row.v[0]) * p) for p in row.s]


def cross_entropy(row: Row, quantity: str) -> list[Answer]:
    c, total = row.v[0], CONTEXT.fsum(row.q)
    match quantity:
        case "forward":
            return [row.loss()]
        case "jvp":
            inner = row.centred(row.w)
            terms = ([one.value for one in inner], [one.size for one in inner])
            return [Answer(value=-dot(row.q, terms[0]), size=dot(row.q, terms[1]))]
        case "hvp":
            return curvature(row, Answer(value=c * total, size=abs(c) * total))
        case _:
            return [
                Answer(value=c * (total * p - q), size=abs(c) * (total * p + q))
                for p, q in zip(row.s, row.q, strict=True)
            ]


def curvature(row: Row, factor: Answer) -> list[Answer]:
    """c s_i (w_i - <s, w>): the Hessian of c logsumexp, in the direction w."""
    return [
        Answer(value=factor.value * p * one.value, size=factor.size * p * one.size)
        for p, one in zip(row.s, row.centred(row.w), strict=True)
    ]


def softmax_output(row: Row, quantity: str) -> list[Answer]:
    if quantity == "forward":
        return softmax(row, quantity)
    return [Answer(value=p - q, size=p + q) for p, q in zip(row.s, row.q, strict=True)]


FUNCTIONS = {
    **dict.fromkeys(LIKE_SOFTMAX, softmax),
    **dict.fromkeys(LIKE_LOG_SOFTMAX, log_softmax),
    "logsumexp": logsumexp,
    "cross_entropy": cross_entropy,
    "softmax_output": softmax_output,
}


def answers(
    question: Question, quantity: str, cotangent: NDArray[Any] | None, tangent: NDArray[Any] | None
) -> list[list[Answer]]:
    """What is true of every row that has an answer, in the order of its elements; of one row where rows are added up.

    A Jacobian is asked for by the one-hots of its rows.
    """
    orders = {"forward": 0, "hvp": 2}.get(quantity, 1)
    sign = -1 if question.negated and orders == 1 else 1
    found = []
    for index in range(len(question.x)):
        row = _row(question, index, cotangent, tangent)
        scale = sign * _weight(question, quantity, index) / CONTEXT.mpf(question.temperature) ** orders
        every = FUNCTIONS[question.op](row, quantity)
        kept = np.ones(len(every), dtype=np.bool_) if question.mask is None or not orders else question.mask[index]
        found.append(
            [
                Answer(value=scale * one.value if keep else 0, size=abs(scale) * one.size)
                for one, keep in zip(every, kept, strict=True)
            ]
        )
    if question.outputs_per_row == 0 and quantity in ("forward", "jvp"):
        summed = [one for row in found for one in row]
        return [[Answer(value=sum(one.value for one in summed), size=sum(one.size for one in summed))]]
    return found


def _row(question: Question, index: int, cotangent: NDArray[Any] | None, tangent: NDArray[Any] | None) -> Row:
    n = question.x.shape[1]
    kept = np.ones(n, dtype=np.bool_) if question.mask is None else question.mask[index]
    sign = -1 if question.negated else 1
    temperature = CONTEXT.mpf(question.temperature)
    z = [
        sign * CONTEXT.mpf(float(value)) / temperature if keep else CONTEXT.ninf
        for value, keep in zip(question.x[index], kept, strict=True)
    ]
    v, w = np.zeros(n), np.zeros(n)
    if cotangent is not None:
        v = np.atleast_1d(cotangent if cotangent.ndim == 0 else cotangent[index])
    if tangent is not None:
        w = tangent[index]
    if question.mask is not None:
        v, w = np.where(kept, v, 0.0), np.where(kept, w, 0.0)
    return Row(z=z, v=numbers(v), w=numbers(w), q=[] if question.targets is None else _target(question, index))


def _target(question: Question, index: int) -> list[Number]:
    assert question.targets is not None
    n = question.x.shape[1]
    if not question.has_indices:
        q = numbers(question.targets[index])
    else:
        q = [CONTEXT.mpf(int(k == question.targets[index])) for k in range(n)]
    a = CONTEXT.mpf(question.label_smoothing)
    if question.op == "softmax_output":
        return [(1 - a) * one + a * (1 - one) / max(n - 1, 1) if a else one for one in q]
    return [(1 - a) * one + a / n for one in q]


def _weight(question: Question, quantity: str, index: int) -> Number:
    """What a row's loss, or its gradient, is multiplied by."""
    if question.targets is None or (question.op == "softmax_output" and quantity == "forward"):
        return CONTEXT.mpf(1)
    count = len(question.x)
    counts = [not question.has_indices or one != question.ignore_index for one in question.targets]
    if not counts[index]:
        return CONTEXT.mpf(0)
    if question.op == "softmax_output":
        return (
            CONTEXT.mpf(question.grad_scale) / {"null": 1, "batch": count, "valid": sum(counts)}[question.normalization]
        )
    return CONTEXT.mpf(1) / (sum(counts) if question.reduction == "mean" else 1)
