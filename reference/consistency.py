"""Whether the elements of a row agree on what they share: a test that stays sharp however long the row is.

Most of a correct kernel's error is common to a row: it sits in the one sum, logarithm or inner product that every
element uses. Whatever that scalar's error is, the elements must agree on it to within their own few roundings. So each
element gives an interval for the scalar, and ``share`` is the smallest factor on the widths of those intervals at
which one scalar satisfies all. ``scalar`` is the distance of that scalar from its true value, over its bound.

Widths and bounds are derived in README.md (Tier 2). Rows along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference import elementary
from reference.agreement import RowConsistency, Votes, agreement
from reference.block import blocks_of
from reference.bounds import growth
from reference.constants import SECOND_ORDER
from reference.doubledouble import DoubleDouble, Floats, difference, where
from reference.formats import FORMATS
from reference.oracle import scaled_to
from reference.question import Question
from reference.reading import Reading, readings
from reference.shift import Temper
from reference.truth import arithmetic_of
from reference.undefined import undefined_rows

_LARGEST_EXPONENT: Final = 500  # of a scaled cotangent: it is divided by probabilities down to 2^-1021
_SMALLEST_ERROR: Final = 2.0**-1060  # of a scaled result: what scaling may lose of it
_LOUDEST: Final = 2.0**800  # an element whose own rounding is larger than this has nothing to say about a sum
_ROUNDINGS_THAT_UNDERFLOW: Final = 4.0  # between s_i and a derivative of any form
_LIKE_SOFTMAX: Final = ("softmax", "softmin", "masked_softmax", "softmax_output")
_LIKE_LOG_SOFTMAX: Final = ("log_softmax", "masked_log_softmax")


def row_consistency(
    question: Question,
    quantity: str,
    got: Floats,
    *,
    cotangent: Floats | None = None,
    own_forward: Floats | None = None,
    working: str,
    accumulation: str,
    forms: tuple[str, ...] = (),
) -> RowConsistency | None:
    """Return how well the elements of each row of ``got`` agree on what they share, or None where no such test exists.

    All arrays are float64. Tests exist for the forward and the vjp of ops that have as many outputs as inputs, but for
    the vjp of softmax_output. A vjp needs ``own_forward``, the same kernel's own output at ``x``. Rows that are
    undefined, empty, or not finite (in ``got`` or the own forward of a vjp) have share and scalar 0: the element test
    judges those. Raise ValueError as :func:`~reference.truth.truth` does.
    """
    if quantity not in ("forward", "vjp") or question.outputs_per_row is not None:
        return None
    if quantity == "vjp" and question.op == "softmax_output":
        return None
    if quantity == "vjp" and (own_forward is None or cotangent is None):
        raise ValueError(
            "a vjp is tested beside its cotangent and the kernel's own forward output: give both; the caller's mistake"
        )
    arithmetic = arithmetic_of(question, working=working, accumulation=accumulation, forms=forms)
    rows, x = question.rows, question.logits
    results = rows.cut(got)
    v = forward = None
    if quantity == "vjp" and cotangent is not None and own_forward is not None:
        v, forward = rows.cut(cotangent), rows.cut(own_forward)
        if question.op == "softmin":
            results = -results
        if question.mask is not None:
            v = np.where(rows.cut(question.mask), v, 0.0)
    with np.errstate(all="ignore"):
        blocks = []
        for part in blocks_of(rows.count, rows.length):
            test = _Rows(
                question=question,
                x=x[part],
                got=results[part],
                v=None if v is None else v[part],
                forward=None if forward is None else forward[part],
            )
            temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
            blocks.append(
                test.judged(lambda kept, temper=temper: readings(kept, temper=temper, arithmetic=arithmetic)[0])
            )
    return RowConsistency(
        share=np.concatenate([one.share for one in blocks]), scalar=np.concatenate([one.scalar for one in blocks])
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Results of shape (rows, n): of the forward, or of the vjp of ``v`` beside its kernel's own ``forward``."""

    question: Question
    x: Floats
    got: Floats
    v: Floats | None
    forward: Floats | None

    def judged(self, read: Callable[[Floats], Reading]) -> RowConsistency:
        """Test all rows that can be."""
        share, scalar = np.zeros(len(self.got)), np.zeros(len(self.got))
        kept = ~undefined_rows(self.x) & self._usable()
        if not self.got.shape[-1] or not kept.any():
            return RowConsistency(share=share, scalar=scalar)
        judged = agreement(self._votes(kept, read(self.x[kept])))
        share[kept], scalar[kept] = judged.share, judged.scalar
        return RowConsistency(share=share, scalar=scalar)

    def _usable(self) -> NDArray[np.bool_]:
        """Return which rows hold finite numbers, but for the -inf that log_softmax makes of -inf."""
        of_logarithm = self.question.op in _LIKE_LOG_SOFTMAX
        gone = np.isneginf(self.x) if of_logarithm else np.zeros(self.x.shape, dtype=np.bool_)
        if self.forward is None or self.v is None:
            return np.asarray((np.isfinite(self.got) | (gone & np.isneginf(self.got))).all(axis=-1))
        usable = np.isfinite(self.got) & (np.isfinite(self.forward) | (gone & np.isneginf(self.forward)))
        return np.asarray((usable & np.isfinite(self.v)).all(axis=-1))

    def _votes(self, kept: NDArray[np.bool_], reading: Reading) -> Votes:
        like_softmax = self.question.op in _LIKE_SOFTMAX
        if self.v is None or self.forward is None:
            return (_softmax if like_softmax else _log_softmax)(self.got[kept], reading)
        cotangent, exponent = scaled_to(_LARGEST_EXPONENT, self.v[kept])
        test = _softmax_vjp if like_softmax else _log_softmax_vjp
        return test(
            np.ldexp(self.got[kept] * self.question.temperature, -exponent),
            v=cotangent,
            forward=self.forward[kept],
            omega=np.maximum(np.ldexp(self._omega(reading), -exponent), _SMALLEST_ERROR),
            dividing=0.0 if self.question.temperature == 1.0 else 4.0,
            reading=reading,
        )

    def _omega(self, reading: Reading) -> float:
        arithmetic = reading.arithmetic
        return (arithmetic.omega + arithmetic.stored_gradient.omega) * max(self.question.temperature, 1.0)


def _softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's relative error is that of the sum, and its own."""
    s, moved, arithmetic = reading.distribution.softmax, reading.perturbation, reading.arithmetic
    own = (moved.element + arithmetic.u + arithmetic.stored_output.u) * (1.0 + 2.0 * moved.common)
    return Votes(
        centre=((got - s.hi) - s.lo) / s.hi,
        width=SECOND_ORDER * (own + moved.held_lost / s.hi),
        silent=s.hi < max(arithmetic.working.smallest_subnormal, arithmetic.output.smallest_subnormal),
        limit=SECOND_ORDER * growth(moved.mean + moved.common + arithmetic.u),
    )


def _log_softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's error is that of log S (or of max x + log S), and its own."""
    log, moved, arithmetic = reading.distribution.log_softmax, reading.perturbation, reading.arithmetic
    u, stored = arithmetic.u, arithmetic.stored_output
    shared = SECOND_ORDER * u * reading.rounded_log_sum_exp + moved.log_sum(reading.log_total)
    own = moved.rho + (u + stored.u) * (np.abs(log.hi) + shared)
    return Votes(
        centre=(got - log.hi) - log.lo,
        width=SECOND_ORDER * own + arithmetic.omega + stored.omega,
        silent=np.isneginf(log.hi),
        limit=shared,
    )


def _softmax_vjp(got: Floats, *, v: Floats, forward: Floats, omega: Floats, dividing: float, reading: Reading) -> Votes:
    """With its own s, each element says what inner product it subtracted: v_i - g_i / s_i."""
    moved, arithmetic = reading.perturbation, reading.arithmetic
    u, stored, gradient = arithmetic.u, arithmetic.stored_output.u, arithmetic.stored_gradient.u
    underflow = _ROUNDINGS_THAT_UNDERFLOW * omega / forward
    silent = (forward < max(arithmetic.omega, arithmetic.output.smallest_normal)) | ~(underflow < _LOUDEST)
    s = DoubleDouble.exactly(np.where(silent, 1.0, forward))
    quotient = DoubleDouble.exactly(got) / s
    own_terms = DoubleDouble.exactly(forward) * DoubleDouble.exactly(v)
    mean = own_terms.sum_rows()
    sizes = np.abs(own_terms.hi)
    total = sizes.sum(axis=-1, keepdims=True)
    nonzero = np.count_nonzero(v, axis=-1, keepdims=True)
    lost = (moved.held_lost * np.abs(v)).sum(axis=-1, keepdims=True) + 2.0 * omega * nonzero
    rounding = (4.0 * u + stored + arithmetic.summation(sizes)) * total
    rounding = rounding + (8.0 * u + stored + 1.5 * moved.summation) * np.abs(mean.hi)
    recomputed, common = reading.recomputed
    size, product = np.abs(v), np.abs(quotient.hi)
    own = (8.0 * u + 2.0 * stored) * size + ((7.0 + dividing) * u + stored + gradient) * product
    own = own + (recomputed + common + np.where(common > 0, moved.element, 0.0)) * product
    of_sum = (sizes * recomputed).sum(axis=-1, keepdims=True) + common * np.abs(mean.hi)
    return Votes(
        centre=((DoubleDouble.exactly(v) - quotient) - mean).hi,
        width=SECOND_ORDER * own + underflow,
        silent=silent,
        limit=SECOND_ORDER * (rounding + lost + of_sum),
    )


def _log_softmax_vjp(
    got: Floats, *, v: Floats, forward: Floats, omega: Floats, dividing: float, reading: Reading
) -> Votes:
    """With its own log s, each element says what sum of the cotangent it multiplied by: (v_i - g_i) / exp(l_i)."""
    moved, arithmetic = reading.perturbation, reading.arithmetic
    u, stored, gradient = arithmetic.u, arithmetic.stored_output.u, arithmetic.stored_gradient.u
    log = np.clip(forward, elementary.SMALLEST_EXPONENT, -elementary.SMALLEST_EXPONENT)
    mantissa, exponent = elementary.exp(DoubleDouble.exactly(log))
    p = mantissa.scaled(exponent)
    own_rounding = ((1.0 + dividing) * u + gradient) * np.abs(got)
    rounding = own_rounding / p.hi + _ROUNDINGS_THAT_UNDERFLOW * omega / p.hi
    silent = (p.hi < max(arithmetic.omega, arithmetic.output.smallest_normal)) | ~(rounding < _LOUDEST)
    one = DoubleDouble.exactly(np.ones_like(p.hi))
    divisor = where(silent, one, p)
    total = DoubleDouble.exactly(v).sum_rows()
    sizes = np.abs(v)
    shared = moved.mean + moved.common + 2.0 * u + moved.log_sum(reading.log_total) + u * reading.rounded_log_sum_exp
    summation = arithmetic.summation(sizes) * sizes.sum(axis=-1, keepdims=True)
    lost = omega * np.count_nonzero(v, axis=-1, keepdims=True)
    limit = SECOND_ORDER * (summation + np.abs(total.hi) * growth(shared) + lost)
    size = np.abs(log)
    exp = (arithmetic.exp + arithmetic.exp_per_unit * size + 2.0) * u
    factor = exp + (u + stored) * size + stored + moved.rho
    own = (np.abs(total.hi) + limit) * factor + rounding
    return Votes(
        centre=(difference(v, got) / divisor - total).hi,
        width=SECOND_ORDER * own,
        silent=silent,
        limit=limit,
    )


__all__ = ["RowConsistency", "row_consistency"]
