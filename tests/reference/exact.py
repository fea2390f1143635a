"""softmax and its derivatives in 400 digits, from the formulas on the first page of any text: the oracle's oracle."""

from __future__ import annotations

from typing import Any

import mpmath
from numpy.typing import NDArray

Number = Any  # mpmath has no types
CONTEXT = mpmath.MPContext()
CONTEXT.dps = 400  # decimal digits: a log_softmax near 0 cancels hundreds of them


def numbers(row: NDArray[Any]) -> list[Number]:
    return [CONTEXT.mpf(float(value)) for value in row]


def softmax(x: NDArray[Any]) -> list[Number]:
    logits = numbers(x)
    largest = max(logits)
    exponentials = [CONTEXT.exp(value - largest) for value in logits]
    total = CONTEXT.fsum(exponentials)
    return [value / total for value in exponentials]


def log_softmax(x: NDArray[Any]) -> list[Number]:
    logits = numbers(x)
    largest = max(logits)
    log_total = CONTEXT.log(CONTEXT.fsum(CONTEXT.exp(value - largest) for value in logits))
    return [value - largest - log_total for value in logits]


def softmax_vjp(x: NDArray[Any], v: NDArray[Any]) -> list[Number]:
    s, cotangent = softmax(x), numbers(v)
    mean = CONTEXT.fdot(zip(s, cotangent, strict=True))
    return [p * (c - mean) for p, c in zip(s, cotangent, strict=True)]


softmax_jvp = softmax_vjp


def log_softmax_vjp(x: NDArray[Any], v: NDArray[Any]) -> list[Number]:
    s, cotangent = softmax(x), numbers(v)
    total = CONTEXT.fsum(cotangent)
    return [c - p * total for p, c in zip(s, cotangent, strict=True)]


def log_softmax_jvp(x: NDArray[Any], w: NDArray[Any]) -> list[Number]:
    s, tangent = softmax(x), numbers(w)
    mean = CONTEXT.fdot(zip(s, tangent, strict=True))
    return [c - mean for c in tangent]
