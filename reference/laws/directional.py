"""The law of a jvp and an hvp of a distribution: along the axis they sum to zero, as a vjp does.

A jvp of softmax is its vjp of the tangent, since the Jacobian is symmetric. An hvp is the derivative of a vjp whose sum
is zero, or the cotangent, at every x: so its own sum is zero. What a kernel may miss, with a_i = |v_i| + P_v and b_i =
|w_i| + P_w (P_v = sum s+ |v|, P_w likewise), N the largest of the N of sums over s |v|, s |w| and s |v w|::

    softmax's jvp   as its vjp, of w, and (1 + sigma) sum s+_i r_i |w_i| more: a forward mode has no stored output, and
                    may take <s, w> with probabilities that it computes anew, which differ from those by r_i
    softmax's hvp   6 (sigma + N + 16 u + u_s) sum s+_i a_i b_i
    c s_i M_i       |c| (off + N + 8 u) (1 + off) sum s+_i b_i, and the error of c = V, Q; off: what misses in sum p
    all             + (4 u + 2 u_g) sum |h^|: its own, a weight's, storage; a temperature's; and what underflows

Of softmax's hvp each element is s_i times products v_j w_k, of which the four sums S, <s, v>, <s, w> and <s, v w> are
made. In the longest form, a quotient that is differentiated twice step by step, an error of <s, v>, <s, w> or <s, v w>
enters the sum of the elements once, and one of S at most three times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds import constants
from reference.bounds.arithmetic import Store
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.exact.oracle import scaled_to
from reference.laws.accumulator import judged
from reference.laws.finding import Finding
from reference.laws.missing import Missing, of_softmax
from reference.laws.rounding import Rounding
from reference.question import LIKE_SOFTMAX, Question
from reference.rowwise import row_sums
from reference.rules.vector import IN_PAIRS, lifted

_SUMS: Final = 6.0  # of the errors of sums, in the derivative of a derivative of a quotient
_PRODUCTS: Final = 16.0  # roundings of one element of it
_FACTORS: Final = 8.0  # roundings of c p_i (w_i - mu), of mu, and of their parts
_OPERATIONS: Final = 8.0  # of those that may underflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directional:
    """A jvp of softmax or any hvp, ``got``, (rows, n); vectors scaled by 2^-exponent, row by row.

    ``w``: the tangent, (rows, n). ``v``: the cotangent, times the weights and targets of a loss, (rows, n) or
    (rows, 1); None for a jvp.
    """

    question: Question
    got: Floats
    v: Floats | None
    w: Floats
    of_v: NDArray[np.int32]
    of_w: NDArray[np.int32]
    rounding: Rounding
    block: Block

    @classmethod
    def of(cls, question: Question, quantity: str, got: Floats, *, block: Block, rounding: Rounding) -> Directional:
        """Return the derivative ``got``, (rows, n), in the directions that ``block`` holds."""
        given = np.zeros_like(got) if block.tangent is None else block.tangent
        w, of_w = scaled_to(IN_PAIRS, np.where(np.isfinite(given), given, 0.0))
        v, of_v = None, np.zeros_like(of_w)
        if quantity == "hvp":
            ones = np.ones((len(got), 1)) if block.cotangent is None else block.cotangent
            v, of_v = scaled_to(IN_PAIRS, np.where(np.isfinite(ones), ones, 0.0))
            v = v if block.targets is None else v * block.targets.weight.hi * block.targets.q.hi
        return cls(question=question, got=got, v=v, w=w, of_v=of_v, of_w=of_w, rounding=rounding, block=block)

    def finding(self, *, applies: NDArray[np.bool_]) -> Finding:
        """Return how far the sums are from zero."""
        scaled, back = scaled_to(IN_PAIRS, self.got)
        total = np.ldexp(DoubleDouble.exactly(scaled).sum_rows().hi, back)[:, 0]
        allowed, widened = judged(self.rounding, self._allowed, relative=lambda one: self._missing(one).relative)
        name = "jvp" if self.v is None else "hvp"
        return Finding(
            kind=f"{name}-sum",
            says=f"the {name} of row {{row}} adds up to {{value}} along the axis, not to zero",
            value=total,
            measured=np.abs(total),
            allowed=allowed,
            applies=applies,
            widened=widened,
        )

    def _missing(self, rounding: Rounding) -> Missing:
        omega = rounding.arithmetic.omega
        if self.v is None:
            as_vjp = of_softmax(rounding, self.w, omega=lifted(omega, self.of_w))
            apart = row_sums(rounding.held * rounding.anew * np.abs(self.w))
            return replace(as_vjp, sums=as_vjp.sums + (1.0 + rounding.sum_behind_softmax) * apart)
        if self.question.op in LIKE_SOFTMAX:
            return self._of_products(rounding, self.v)
        return self._of_curvature(rounding, self.v)

    def _of_products(self, rounding: Rounding, v: Floats) -> Missing:
        """Of s_i (T_i M_i - <s, T M>), in whatever terms."""
        arithmetic, held = rounding.arithmetic, rounding.held
        a, b = _with_mean(held, v), _with_mean(held, self.w)
        sums = [arithmetic.summation(held * np.abs(one)) for one in (v, self.w, v * self.w)]
        off = np.maximum.reduce([rounding.sum_behind_softmax, *sums])
        each = off + rounding.sum_behind_softmax + _PRODUCTS * rounding.u + arithmetic.stored_output.u
        total = rounding.sizes.total
        total = np.where(total**3 <= arithmetic.working.largest, total, 0.0)  # else there is no such quotient
        products = row_sums(held * a * b)
        lost = row_sums(rounding.lost * a * b) + arithmetic.omega * total**3 * products
        count = self.w.shape[-1]
        lost = lost + self._flushed(rounding, a, b) * total * (total + 2.0 * count)
        idle = ~v.any(axis=-1, keepdims=True) | ~self.w.any(axis=-1, keepdims=True)
        return Missing(sums=_SUMS * each * products + lost, relative=off, idle=np.asarray(idle))

    def _of_curvature(self, rounding: Rounding, v: Floats) -> Missing:
        """Of c p_i (w_i - <p, w>), where c is the sum of v."""
        arithmetic, held = rounding.arithmetic, rounding.held
        b = _with_mean(held, self.w)
        of_rows = self.question.op == "logsumexp"
        off = rounding.sum_of_differences if of_rows else rounding.sum_behind_logarithm
        of_sum = arithmetic.summation(np.abs(v))  # none of a single c
        summation = np.maximum(arithmetic.summation(held * np.abs(self.w)), of_sum)
        of_target = 0.0 if self.block.targets is None else 3.0 * rounding.u + arithmetic.stored_gradient.u
        whole = row_sums(np.abs(v))
        unsure = (of_sum + of_target) * whole
        factor = np.abs(DoubleDouble.exactly(v).sum_rows().hi) + unsure
        inner = (off + summation + _FACTORS * rounding.u) * (1.0 + off) * row_sums(held * b)
        inner = inner + 2.0 * row_sums(rounding.lost * b)
        idle = (whole == 0) | ~self.w.any(axis=-1, keepdims=True)
        return Missing(sums=factor * inner, relative=np.maximum(off, summation), idle=np.asarray(idle))

    def _flushed(self, rounding: Rounding, a: Floats, b: Floats) -> Floats:
        """Return what one operation that underflows may take from an element, in the scale of the vectors."""
        omega = rounding.arithmetic.omega
        both = lifted(omega, self.of_v + self.of_w)
        of_w, of_v = lifted(omega, self.of_w), lifted(omega, self.of_v)
        largest = a.max(axis=-1, keepdims=True), b.max(axis=-1, keepdims=True)
        return np.asarray(both + largest[0] * of_w + largest[1] * of_v + largest[0] * largest[1] * omega)

    def _allowed(self, rounding: Rounding) -> Floats:
        """Return by how much the sums of a correct kernel may miss, (rows, 1), in the scale of the result."""
        arithmetic, missing = rounding.arithmetic, self._missing(rounding)
        temperature, stored = self.question.temperature, self._stored(rounding)
        order = 1 if self.v is None else 2
        roundings = 4.0 * rounding.u + 2.0 * stored.u + order * rounding.temper.rounding(arithmetic)
        size = row_sums(np.where(np.isfinite(self.got), np.abs(self.got), 0.0))
        held = rounding.held
        a = np.ones_like(self.w) if self.v is None else _with_mean(held, np.broadcast_to(self.v, self.w.shape))
        scale = max(1.0, 1.0 / temperature) ** order
        exponent = self.of_v + self.of_w
        flushed = _OPERATIONS * self._flushed(rounding, a, _with_mean(held, self.w)) * scale
        own = missing.sums / temperature**order + flushed * self.got.shape[-1]
        allowed = np.ldexp(own, exponent) + roundings * size + stored.omega * self.got.shape[-1]
        allowed = np.where(np.isnan(allowed), np.inf, allowed)  # of recomputed probabilities that may be of any size
        return np.where(missing.idle, 0.0, constants.SECOND_ORDER * allowed)

    def _stored(self, rounding: Rounding) -> Store:
        arithmetic = rounding.arithmetic
        return arithmetic.stored_output if self.v is None else arithmetic.stored_gradient


def _with_mean(held: Floats, vector: Floats) -> Floats:
    """Return |v_i| + sum s+ |v|."""
    size = np.abs(vector)
    return np.asarray(size + row_sums(held * size))
