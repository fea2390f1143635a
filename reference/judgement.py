"""Exact values and bounds of whole rows: the oracle and the bounds, read at x and at the rounded x - max x."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.bounds import Arithmetic, Perturbation, growth
from reference.doubledouble import DoubleDouble, Floats
from reference.oracle import Distribution, exact_shift, rounded_shift, scaled_to

_LARGEST_EXPONENT: Final = 900  # of a scaled vector: 2^996, where double-double products overflow, is n 2^96 times away
_REMEMBERED: Final = 1 << 15  # elements: beyond that the copy would cost more memory than the time is worth
_SMALLEST_ERROR: Final = 2.0**-1060  # of a scaled result: what oracle and bound may lose to underflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What holds for a block of rows: (rows, n), a Jacobian (rows, n, n); the last two flags are (rows,)."""

    value: DoubleDouble
    bound: Floats
    shifted_value: DoubleDouble
    shifted_bound: Floats
    vacuous: NDArray[np.bool_]
    shifted_vacuous: NDArray[np.bool_]
    undefined: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vector:
    """A cotangent or tangent, scaled in every row by a power of two.

    Rows are scaled up: sums and double-double products cannot overflow, and what is small stays far from underflow,
    in the oracle and in the bound.
    """

    v: Floats
    exponent: NDArray[np.int64]  # (..., 1): the vector is v 2^exponent

    @classmethod
    def of(cls, values: NDArray[Any]) -> Vector:
        """Scale finite values."""
        v, exponent = scaled_to(_LARGEST_EXPONENT, values.astype(np.float64))
        return cls(v=v, exponent=exponent)

    def scaled(self, absolute: float) -> Floats:
        """Return an absolute error of results in the scale of ``v``, one per row."""
        return np.maximum(np.ldexp(absolute, -self.exponent), _SMALLEST_ERROR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """One of the two readings of the rows: what d is taken for, and what rounding of d the bound covers."""

    distribution: Distribution
    perturbation: Perturbation
    largest: Floats | None  # max x, one per row, where the bound covers kernels that round max x + log S

    def vacuous(self, *, of_logarithm: bool) -> NDArray[np.bool_]:
        """Return where the bound proves nothing, since a relative error in it may reach 1.

        ``of_logarithm``: probabilities are taken as exponentials of a rounded log_softmax.
        """
        if not of_logarithm:
            return self.perturbation.vacuous
        log_total, log_sum_exp = self.logarithms()
        log = self.distribution.log_softmax.hi
        relative = self.perturbation.exp_of_log(log, log_total=log_total, log_sum_exp=log_sum_exp)
        return np.asarray(self.perturbation.vacuous | (relative >= growth(np.ones(()))))

    def logarithms(self) -> tuple[Floats, Floats]:
        """Return log S, and the |max x + log S| that a kernel may round (0 where the bound does not cover that)."""
        log_total = self.distribution.log_sum.hi
        return log_total, np.zeros_like(log_total) if self.largest is None else np.abs(self.largest + log_total)


def judge(op: str, quantity: str, x: NDArray[Any], vector: NDArray[Any] | None, *, arithmetic: Arithmetic) -> Judgement:
    """Judge rows ``x`` of shape (rows, n) in their own dtype; ``vector`` likewise, for a vjp or jvp."""
    undefined = undefined_rows(x) if vector is None else undefined_rows(x) | ~np.isfinite(vector).all(axis=-1)
    stand_in = np.zeros((), dtype=x.dtype)
    logits = np.where(undefined[:, np.newaxis], stand_in, x)
    if not x.size:
        empty = np.zeros(x.shape if quantity != "jacobian" else (*x.shape, x.shape[-1]))
        nothing = DoubleDouble(hi=empty, lo=empty)
        return Judgement(
            value=nothing,
            bound=empty,
            shifted_value=nothing,
            shifted_bound=empty,
            vacuous=empty.astype(np.bool_),
            shifted_vacuous=empty.astype(np.bool_),
            undefined=undefined,
            out_of_range=np.zeros_like(undefined),
        )
    scaled = _vector_of(quantity, logits, None if vector is None else np.where(undefined[:, np.newaxis], 0.0, vector))
    exact, shifted = readings(logits[:, np.newaxis, :] if quantity == "jacobian" else logits, arithmetic=arithmetic)
    value, bound = _evaluate(op, quantity, exact, scaled)
    shifted_value, shifted_bound = _evaluate(op, quantity, shifted, scaled)
    of_logarithm = op == "log_softmax" and quantity != "jvp"
    return Judgement(
        value=value,
        bound=bound,
        shifted_value=shifted_value,
        shifted_bound=shifted_bound,
        vacuous=np.broadcast_to(exact.vacuous(of_logarithm=of_logarithm), bound.shape),
        shifted_vacuous=np.broadcast_to(shifted.vacuous(of_logarithm=of_logarithm), bound.shape),
        undefined=undefined,
        out_of_range=_may_overflow(x, vector, arithmetic) & ~undefined,
    )


def undefined_rows(x: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows hold NaN or +inf, or are nothing but -inf; an empty row is none of these."""
    if not x.shape[-1]:
        return np.zeros(x.shape[:-1], dtype=np.bool_)
    largest = x.max(axis=-1)  # NaN where the row holds one
    return np.asarray(~np.isfinite(largest))


def readings(x: NDArray[Any], *, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    """Return rows ``x`` (..., n) read exactly, and as fl(x - max x) in their own dtype.

    All quantities at one primal, and the row tests of everyone who computed them, share one pair: it is remembered.
    """
    if x.size > _REMEMBERED:
        return _readings(x, arithmetic)
    return _remembered(x.tobytes(), x.shape, x.dtype.str, arithmetic)


@lru_cache(maxsize=8)
def _remembered(bits: bytes, shape: tuple[int, ...], dtype: str, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    return _readings(np.frombuffer(bits, dtype=dtype).reshape(shape), arithmetic)


def _readings(x: NDArray[Any], arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    wide = x.astype(np.float64)
    d, d_rounded = exact_shift(wide), rounded_shift(x)
    apart = (d_rounded.hi - d.hi) - d.lo
    rho = np.where(np.isfinite(apart), apart, 0.0)
    exact = Distribution.of(d)
    exactly_rounded = np.array_equal(d.hi, d_rounded.hi) and not d.lo.any()
    shifted = exact if exactly_rounded else Distribution.of(d_rounded)
    return (
        Reading(
            distribution=exact,
            perturbation=Perturbation.of(exact, rho=rho, arithmetic=arithmetic),
            largest=wide.max(axis=-1, keepdims=True),
        ),
        Reading(
            distribution=shifted,
            perturbation=Perturbation.of(shifted, rho=np.zeros_like(rho), arithmetic=arithmetic),
            largest=None,
        ),
    )


def _vector_of(quantity: str, x: NDArray[Any], vector: NDArray[Any] | None) -> Vector | None:
    if vector is not None:
        return Vector.of(vector)
    if quantity == "jacobian":
        return Vector.of(np.eye(x.shape[-1]))
    return None


def _evaluate(op: str, quantity: str, reading: Reading, vector: Vector | None) -> tuple[DoubleDouble, Floats]:
    if vector is None:
        return _softmax(reading) if op == "softmax" else _log_softmax(reading)
    if op == "softmax":
        return _softmax_derivative(reading, vector)
    if quantity == "jvp":
        return _log_softmax_jvp(reading, vector)
    return _log_softmax_vjp(reading, vector)


def _softmax(reading: Reading) -> tuple[DoubleDouble, Floats]:
    return reading.distribution.softmax, reading.perturbation.softmax()


def _log_softmax(reading: Reading) -> tuple[DoubleDouble, Floats]:
    log = reading.distribution.log_softmax
    log_total, log_sum_exp = reading.logarithms()
    return log, reading.perturbation.log_softmax(log.hi, log_total=log_total, log_sum_exp=log_sum_exp)


def _softmax_derivative(reading: Reading, vector: Vector) -> tuple[DoubleDouble, Floats]:
    """The vjp, and, since the Jacobian is symmetric, the jvp."""
    distribution, perturbation = reading.distribution, reading.perturbation
    centred = distribution.centred(vector.v)
    bound = perturbation.softmax_vjp(
        vector.v,
        mean=_mean(perturbation.s, vector.v),
        centred=centred.hi,
        omega=vector.scaled(perturbation.arithmetic.omega),
    )
    return distribution.softmax_vjp(centred, vector.exponent), np.ldexp(bound, vector.exponent)


def _log_softmax_vjp(reading: Reading, vector: Vector) -> tuple[DoubleDouble, Floats]:
    distribution, perturbation = reading.distribution, reading.perturbation
    log_total, log_sum_exp = reading.logarithms()
    result = distribution.log_softmax_vjp(vector.v)
    bound = perturbation.log_softmax_vjp(
        vector.v,
        result=result.hi,
        relative=perturbation.exp_of_log(distribution.log_softmax.hi, log_total=log_total, log_sum_exp=log_sum_exp),
        omega=vector.scaled(perturbation.arithmetic.omega),
    )
    return result.scaled(vector.exponent), np.ldexp(bound, vector.exponent)


def _log_softmax_jvp(reading: Reading, vector: Vector) -> tuple[DoubleDouble, Floats]:
    distribution, perturbation = reading.distribution, reading.perturbation
    log_total, log_sum_exp = reading.logarithms()
    centred = distribution.centred(vector.v)
    bound = perturbation.log_softmax_jvp(
        vector.v,
        log=distribution.log_softmax.hi,
        log_total=log_total,
        log_sum_exp=log_sum_exp,
        mean=_mean(perturbation.s, vector.v),
        centred=centred.hi,
        omega=vector.scaled(perturbation.arithmetic.omega),
    )
    return centred.scaled(vector.exponent), np.ldexp(bound, vector.exponent)


def _mean(s: Floats, v: Floats) -> Floats:
    return np.asarray((s * v).sum(axis=-1, keepdims=True))


def _may_overflow(x: NDArray[Any], vector: NDArray[Any] | None, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows sums and products of the vector may leave the range of the kernel's formats.

    No intermediate of any usual form exceeds four times the sum of |v|, taken with one spare bit.
    """
    if vector is None:
        return np.zeros(x.shape[:-1], dtype=np.bool_)
    largest = min(arithmetic.working.largest, arithmetic.accumulation.largest)
    eighths = (np.abs(vector.astype(np.float64)) / 8.0).sum(axis=-1)
    return np.asarray(eighths > largest / 64.0)
