"""Derivatives of softmax and log_softmax, beside the kernel's own forward output where they are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.bounds import found
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.growth import compounded, exponential, growth
from reference.bounds.reading import Reading
from reference.exact import elementary
from reference.exact.doubledouble import DoubleDouble, Floats, difference, where
from reference.rowwise import row_counts, row_sums
from reference.votes.agreement import Votes

_LOUDEST: Final = 2.0**800  # an element whose own rounding is larger than this has nothing to say about a sum
_ROUNDINGS_THAT_UNDERFLOW: Final = 4.0  # between s_i and a derivative of any form


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derivative:
    """Rows of a derivative and of what it was taken with, both in one scale.

    ``omega``: what an operation that underflows may lose of ``got``, one per row. ``stored``, ``scaling``: the relative
    errors that storing and the temperature have left in ``got``. ``rounding``: how far off a kernel may be with
    ``vector``, relatively.
    """

    got: Floats
    vector: Floats
    omega: Floats
    stored: float
    scaling: float
    rounding: float


def softmax_vjp(given: Derivative, forward: Floats, reading: Reading, *, exactly: bool = False) -> Votes:
    """With its own s, each element says what inner product it subtracted: v_i - g_i / s_i.

    ``exactly``: ``forward`` are the exact probabilities, from which those that the kernel used may differ.
    """
    return _of_softmax(given, forward, reading, exactly=exactly, anew=exactly)


def softmax_jvp(given: Derivative, forward: Floats, reading: Reading, *, exactly: bool = False) -> Votes:
    """The same with the tangent for v, since the Jacobian is symmetric.

    But a forward mode has no stored output to begin with: it may take its inner product with probabilities that it has
    computed anew, as PyTorch does with the derivative of logsumexp.
    """
    return _of_softmax(given, forward, reading, exactly=exactly, anew=True)


def _of_softmax(given: Derivative, forward: Floats, reading: Reading, *, exactly: bool, anew: bool) -> Votes:
    """Return the votes; ``anew``: the probabilities of the inner product are those of any correct kernel."""
    arithmetic, v = reading.arithmetic, given.vector
    moved, u, stored = reading.perturbation, arithmetic.u, arithmetic.stored_output.u
    underflow = _ROUNDINGS_THAT_UNDERFLOW * given.omega / forward
    silent = (forward < max(arithmetic.omega, arithmetic.output.smallest_normal)) | ~(underflow < _LOUDEST)
    s = DoubleDouble.exactly(np.where(silent, 1.0, forward))
    quotient = DoubleDouble.exactly(given.got) / s
    own_terms = DoubleDouble.product_of(forward, v)
    mean = own_terms.sum_rows()
    sizes = np.abs(own_terms.hi)
    total = row_sums(sizes)
    nonzero = row_counts(v)
    p = found.of_softmax(reading)
    lost = row_sums(p.lost * np.abs(v)) + 2.0 * given.omega * nonzero * p.total(1)
    rounding = (4.0 * u + stored + given.rounding + arithmetic.summation(sizes)) * total
    of_quotient = 8.0 * u + stored + 1.5 * moved.summation + arithmetic.omega * p.total(2)
    rounding = rounding + of_quotient * np.abs(mean.hi)
    own, common = found.beyond_stored(reading)
    product = np.abs(quotient.hi)
    underflow = underflow + p.lost / forward * (np.abs(v) + product)
    width = (8.0 * u + 2.0 * stored + given.rounding) * np.abs(v) + (
        7.0 * u + stored + given.stored + given.scaling
    ) * product
    width = width + exponential(own + common) * product
    of_sum = row_sums(sizes * exponential(own)) + exponential(common) * np.abs(mean.hi)
    if exactly:
        width = width + (1.0 + p.relative) * p.relative * product
    if anew:
        of_sum = of_sum + p.mean(v, omega=given.omega, rounding=given.rounding).error
    return Votes(
        centre=((DoubleDouble.exactly(v) - quotient) - mean).hi,
        width=SECOND_ORDER * width + underflow,
        silent=silent,
        limit=SECOND_ORDER * (rounding + lost + of_sum),
    )


def log_softmax_vjp(given: Derivative, forward: Floats, reading: Reading, *, exactly: bool = False) -> Votes:
    """With its own log s, each element says what sum of the cotangent it multiplied by: (v_i - g_i) / exp(l_i).

    ``exactly``: ``forward`` are the exact logarithms, from which those that the kernel used may differ.
    """
    arithmetic, v = reading.arithmetic, given.vector
    moved, u, stored = reading.perturbation, arithmetic.u, arithmetic.stored_output.u
    log = np.clip(forward, elementary.SMALLEST_EXPONENT, -elementary.SMALLEST_EXPONENT)
    mantissa, exponent = elementary.exp(DoubleDouble.exactly(log))
    p = mantissa.scaled(exponent)
    rounding = ((u + given.stored + given.scaling) * np.abs(given.got) + given.rounding * np.abs(v)) / p.hi
    rounding = rounding + _ROUNDINGS_THAT_UNDERFLOW * given.omega / p.hi
    silent = (p.hi < max(arithmetic.omega, arithmetic.output.smallest_normal)) | ~(rounding < _LOUDEST)
    divisor = where(silent, DoubleDouble.exactly(np.ones_like(p.hi)), p)
    total = DoubleDouble.exactly(v).sum_rows()
    sizes = np.abs(v)
    anew = moved.mean + moved.common + 2.0 * u + moved.log_sum(reading.log_total)
    shared = compounded(growth(anew), exponential(found.rounding_of_log_sum_exp(reading)))
    summation = (arithmetic.summation(sizes) + given.rounding) * row_sums(sizes)
    lost = given.omega * row_counts(v)
    limit = SECOND_ORDER * (summation + np.abs(total.hi) * shared + lost)
    size = np.abs(log)
    exp = (arithmetic.exp + arithmetic.exp_per_unit * size + 2.0) * u
    factor = exponential(exp + (u + stored) * size + stored + moved.rho + moved.rescaled)
    if exactly:
        factor = compounded(factor, found.of_logarithm(reading).relative)
    return Votes(
        centre=(difference(v, given.got) / divisor - total).hi,
        width=SECOND_ORDER * ((np.abs(total.hi) + limit) * factor + rounding),
        silent=silent,
        limit=limit,
    )


def log_softmax_jvp(given: Derivative, reading: Reading, *, masked: NDArray[np.bool_] | None) -> Votes:
    """Each element says what inner product it subtracted: w_i - g_i."""
    arithmetic, w = reading.arithmetic, given.vector
    mean = found.of_logarithm(reading).mean(w, omega=given.omega, rounding=given.rounding)
    own = (arithmetic.u + given.stored + given.scaling) * np.abs(given.got)
    own = own + given.rounding * np.abs(w)
    exact = reading.distribution.centred(w)
    return Votes(
        centre=((exact.hi - given.got) + exact.lo),
        width=SECOND_ORDER * own + _ROUNDINGS_THAT_UNDERFLOW * given.omega,
        silent=np.zeros(w.shape, dtype=np.bool_) if masked is None else masked,
        limit=SECOND_ORDER * mean.error + _ROUNDINGS_THAT_UNDERFLOW * given.omega,
    )
