"""Whether the elements of a row agree on what they share: a test that stays sharp however long the row is.

Most of a correct kernel's error is common to a row: it sits in the one sum, logarithm or inner product that every
element uses. Whatever that scalar's error is, the elements must agree on it to within their own few roundings. So each
element gives an interval for the scalar, and ``share`` is the smallest factor on the widths of those intervals at
which one scalar satisfies all. ``scalar`` is the distance of that scalar from its true value, over its bound.

Widths and bounds are derived in README.md (Tier 2). Rows along the last axis.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference import elementary
from reference.agreement import RowConsistency, Votes, agreement
from reference.bounds import Arithmetic, growth
from reference.constants import EXP, EXP_PER_UNIT, SECOND_ORDER
from reference.doubledouble import DoubleDouble, Floats, difference, where
from reference.judgement import Reading, readings, undefined_rows
from reference.oracle import scaled_to

_LARGEST_EXPONENT: Final = 500  # of a scaled cotangent: it is divided by probabilities down to 2^-1021
_SMALLEST_ERROR: Final = 2.0**-1060  # of a scaled result: what scaling may lose of it
_LOUDEST: Final = 2.0**800  # an element whose own rounding is larger than this has nothing to say about a sum
_ROUNDINGS_THAT_UNDERFLOW: Final = 4.0  # between s_i and a derivative of any form


def of_rows(
    op: str,
    got: Floats,
    *,
    x: NDArray[Any],
    v: NDArray[Any] | None,
    forward: NDArray[Any] | None,
    arithmetic: Arithmetic,
) -> RowConsistency:
    """Test results of shape (rows, n): of the forward, or of the vjp of ``v`` beside its kernel's own ``forward``."""
    ignored = undefined_rows(x) | ~_usable(op, got, x=x, forward=forward)
    if not got.shape[-1]:
        ignored = np.ones_like(ignored)
    if ignored.all():
        return RowConsistency(share=np.zeros(len(got)), scalar=np.zeros(len(got)))
    kept = ~ignored
    reading, _ = readings(x[kept], arithmetic=arithmetic)
    if v is None or forward is None:
        votes = _softmax(got[kept], reading) if op == "softmax" else _log_softmax(got[kept], reading)
    else:
        cotangent, exponent = scaled_to(_LARGEST_EXPONENT, v[kept].astype(np.float64))
        test = _softmax_vjp if op == "softmax" else _log_softmax_vjp
        votes = test(
            np.ldexp(got[kept], -exponent),
            v=cotangent,
            forward=forward[kept].astype(np.float64),
            omega=np.maximum(np.ldexp(arithmetic.omega, -exponent), _SMALLEST_ERROR),
            reading=reading,
        )
    judged = agreement(votes)
    share, scalar = np.zeros(len(got)), np.zeros(len(got))
    share[kept], scalar[kept] = judged.share, judged.scalar
    return RowConsistency(share=share, scalar=scalar)


def _usable(op: str, got: Floats, *, x: NDArray[Any], forward: NDArray[Any] | None) -> NDArray[np.bool_]:
    """Return which rows hold finite numbers, but for the -inf that log_softmax makes of -inf."""
    gone = np.isneginf(x) if op == "log_softmax" else np.zeros(x.shape, dtype=np.bool_)
    if forward is None:
        return np.asarray((np.isfinite(got) | (gone & np.isneginf(got))).all(axis=-1))
    usable = np.isfinite(got) & (np.isfinite(forward) | (gone & np.isneginf(forward)))
    return np.asarray(usable.all(axis=-1))


def _softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's relative error is that of the sum, and its own."""
    s, moved = reading.distribution.softmax, reading.perturbation
    own = (moved.element + moved.arithmetic.u) * (1.0 + 2.0 * moved.common)
    return Votes(
        centre=((got - s.hi) - s.lo) / s.hi,
        width=SECOND_ORDER * (own + moved.lost / s.hi),
        silent=s.hi < moved.arithmetic.working.smallest_subnormal,
        limit=SECOND_ORDER * growth(moved.mean + moved.common + moved.arithmetic.u),
    )


def _log_softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's error is that of log S (or of max x + log S), and its own."""
    log, moved = reading.distribution.log_softmax, reading.perturbation
    u, omega = moved.arithmetic.u, moved.arithmetic.omega
    log_total, log_sum_exp = reading.logarithms()
    shared = SECOND_ORDER * u * log_sum_exp + moved.log_sum(log_total)
    return Votes(
        centre=(got - log.hi) - log.lo,
        width=SECOND_ORDER * (moved.rho + u * (np.abs(log.hi) + shared)) + omega,
        silent=np.isneginf(log.hi),
        limit=shared,
    )


def _softmax_vjp(got: Floats, *, v: Floats, forward: Floats, omega: Floats, reading: Reading) -> Votes:
    """With its own s, each element says what inner product it subtracted: v_i - g_i / s_i."""
    moved = reading.perturbation
    arithmetic = moved.arithmetic
    u = arithmetic.u
    underflow = _ROUNDINGS_THAT_UNDERFLOW * omega / forward
    silent = (forward < arithmetic.omega) | ~(underflow < _LOUDEST)
    s = DoubleDouble.exactly(np.where(silent, 1.0, forward))
    quotient = DoubleDouble.exactly(got) / s
    own_terms = DoubleDouble.exactly(forward) * DoubleDouble.exactly(v)
    mean = own_terms.sum_rows()
    sizes = np.abs(own_terms.hi)
    total = sizes.sum(axis=-1, keepdims=True)
    lost = (moved.lost * np.abs(v)).sum(axis=-1, keepdims=True) + 2.0 * omega * np.count_nonzero(
        v, axis=-1, keepdims=True
    )
    rounding = (4.0 * u + arithmetic.summation(sizes)) * total + (8.0 * u + 1.5 * moved.summation) * np.abs(mean.hi)
    own = u * (8.0 * np.abs(v) + 7.0 * np.abs(quotient.hi))
    return Votes(
        centre=((DoubleDouble.exactly(v) - quotient) - mean).hi,
        width=SECOND_ORDER * own + underflow,
        silent=silent,
        limit=SECOND_ORDER * (rounding + lost),
    )


def _log_softmax_vjp(got: Floats, *, v: Floats, forward: Floats, omega: Floats, reading: Reading) -> Votes:
    """With its own log s, each element says what sum of the cotangent it multiplied by: (v_i - g_i) / exp(l_i)."""
    moved = reading.perturbation
    arithmetic = moved.arithmetic
    u = arithmetic.u
    log = np.clip(forward, elementary.SMALLEST_EXPONENT, -elementary.SMALLEST_EXPONENT)
    mantissa, exponent = elementary.exp(DoubleDouble.exactly(log))
    p = mantissa.scaled(exponent)
    rounding = u * np.abs(got) / p.hi + _ROUNDINGS_THAT_UNDERFLOW * omega / p.hi
    silent = (p.hi < arithmetic.omega) | ~(rounding < _LOUDEST)
    one = DoubleDouble.exactly(np.ones_like(p.hi))
    divisor = where(silent, one, p)
    total = DoubleDouble.exactly(v).sum_rows()
    sizes = np.abs(v)
    log_total, log_sum_exp = reading.logarithms()
    shared = moved.mean + moved.common + 2.0 * u + moved.log_sum(log_total) + u * log_sum_exp
    summation = arithmetic.summation(sizes) * sizes.sum(axis=-1, keepdims=True)
    lost = omega * np.count_nonzero(v, axis=-1, keepdims=True)
    limit = SECOND_ORDER * (summation + np.abs(total.hi) * growth(shared) + lost)
    size = np.abs(log)
    factor = (EXP + EXP_PER_UNIT * size + 2.0 + size) * u + moved.rho
    own = (np.abs(total.hi) + limit) * factor + rounding
    return Votes(
        centre=(difference(v, got) / divisor - total).hi,
        width=SECOND_ORDER * own,
        silent=silent,
        limit=limit,
    )


__all__ = ["RowConsistency", "of_rows"]
