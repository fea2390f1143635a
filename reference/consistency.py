"""Whether the elements of a row agree on what they share: a test that stays sharp however long the row is.

Most of a correct kernel's error is common to a row: it sits in the one sum, logarithm or inner product that every
element uses. Whatever that scalar's error is, the elements must agree on it to within their own few roundings. So each
element gives an interval for the scalar, and ``share`` is the smallest factor on the widths of those intervals at
which one scalar satisfies all. ``scalar`` is the distance of that scalar from its true value, over its bound.

Widths and bounds are derived in README.md, section 5. Rows along the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block, blocks_of
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.reading import Reading, Shift, reading_of
from reference.bounds.shift import Temper
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.exact.oracle import scaled_to
from reference.formats import FORMATS
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.rowwise import row_counts, row_sums
from reference.rules import limits
from reference.truth import arithmetic_of
from reference.undefined import unanswered_rows
from reference.votes import forward, gradient, loss
from reference.votes.agreement import RowConsistency, Votes, agreement
from reference.votes.gradient import Derivative

_LARGEST_EXPONENT: Final = 500  # of a scaled vector: it is divided by probabilities down to 2^-1021
_SMALLEST_ERROR: Final = 2.0**-1060  # of a scaled result: what scaling may lose of it
_OUR_OWN: Final = 2.0**-53  # the rounding of a result times the temperature
_ROUNDINGS_OF_TARGETS: Final = 5.0  # smoothed, multiplied by a cotangent, and once converted
_LOSSES: Final = ("logsumexp", "cross_entropy", "softmax_output")


def row_consistency(
    question: Question,
    quantity: str,
    got: Floats,
    *,
    cotangent: Floats | None = None,
    tangent: Floats | None = None,
    own_forward: Floats | None = None,
    working: str,
    accumulation: str,
    forms: tuple[str, ...] = (),
) -> RowConsistency | None:
    """Return how well the elements of each row of ``got`` agree on what they share, or None where no such test exists.

    All arrays are float64. Tests exist for the forwards of ops that have as many outputs as inputs, for their jvps, and
    for every vjp. Those that :func:`needs_own_forward` names have none without ``own_forward``, the same kernel's own
    output at ``x``. Rows that are undefined, empty, or not finite (in ``got``
    or the own forward) have share and scalar 0: the element test judges those. Raise ValueError as
    :func:`~reference.truth.truth` does, and where a vector is lacking.
    """
    if not _is_tested(question, quantity):
        return None
    vector = _vector(quantity, cotangent, tangent)
    beside = needs_own_forward(question.op, quantity)
    if beside and own_forward is None:
        return None
    arithmetic = arithmetic_of(question, working=working, accumulation=accumulation, forms=forms)
    rows = question.rows
    with np.errstate(all="ignore"):
        whole = Block.whole(
            question,
            quantity,
            cotangent=vector if quantity == "vjp" else None,
            tangent=vector if quantity == "jvp" else None,
        )
        results = rows.cut(got)
        forwards = rows.cut(own_forward) if beside and own_forward is not None else None
        parts = [
            _Rows(
                question=question,
                quantity=quantity,
                arithmetic=arithmetic,
                block=whole[part],
                got=results[part],
                forward=None if forwards is None else forwards[part],
            ).judged()
            for part in blocks_of(rows.count, rows.length)
        ]
    return RowConsistency(
        share=np.concatenate([one.share for one in parts]), scalar=np.concatenate([one.scalar for one in parts])
    )


def needs_own_forward(op: str, quantity: str) -> bool:
    """Say whether the row test of ``quantity`` stands beside the same kernel's own forward output.

    That is so for the vjps of softmax, log_softmax and their kin, and for the jvps that are the vjp of their tangent.
    """
    return op not in _LOSSES and (quantity == "vjp" or (quantity == "jvp" and op in LIKE_SOFTMAX))


def _is_tested(question: Question, quantity: str) -> bool:
    match quantity:
        case "forward":
            return question.outputs_per_row is None
        case "jvp":
            return question.op not in _LOSSES
        case _:
            return quantity == "vjp"


def _vector(quantity: str, cotangent: Floats | None, tangent: Floats | None) -> Floats | None:
    needed = {"vjp": ("cotangent", cotangent), "jvp": ("tangent", tangent)}.get(quantity)
    if needed is not None and needed[1] is None:
        raise ValueError(f"a {quantity} is tested beside its {needed[0]}: give it; the caller's mistake")
    return None if needed is None else needed[1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Results of shape (rows, n), beside what they are the results of."""

    question: Question
    quantity: str
    arithmetic: Arithmetic
    block: Block
    got: Floats
    forward: Floats | None

    def judged(self) -> RowConsistency:
        """Test all rows that can be."""
        share, scalar = np.zeros(len(self.got)), np.zeros(len(self.got))
        kept = ~unanswered_rows(self.block) & ~self.block.ignored & self._finite()
        if not self.got.shape[-1] or not kept.any():
            return RowConsistency(share=share, scalar=scalar)
        reading = reading_of(self.block.x[kept], Shift.EXACT, temper=self._temper, arithmetic=self.arithmetic)
        judged = self._beside_any_forward(kept, reading)
        nothing = limits.rounding_decides(reading, self.question, self.quantity)[:, 0]
        share[kept], scalar[kept] = np.where(nothing, 0.0, judged.share), np.where(nothing, 0.0, judged.scalar)
        return RowConsistency(share=share, scalar=scalar)

    def _beside_any_forward(self, kept: NDArray[np.bool_], reading: Reading) -> RowConsistency:
        """Test rows; a vjp whose forward is itself at fault may agree with the exact probabilities in its place.

        What a backward multiplies by need not be what the forward has put out: the fault of the one is not the other's.
        """
        judged = agreement(self._votes(kept, reading))
        if self.forward is None:
            return judged
        at_fault = ~self._forward_votes(self.forward[kept], reading).agreed
        if not at_fault.any():
            return judged
        exact = agreement(self._votes(kept, reading, exactly=True))
        worst, otherwise = (np.maximum(one.share, one.scalar) for one in (judged, exact))
        better = at_fault & (otherwise < worst)
        return RowConsistency(
            share=np.where(better, exact.share, judged.share), scalar=np.where(better, exact.scalar, judged.scalar)
        )

    def _forward_votes(self, got: Floats, reading: Reading) -> Votes:
        return (forward.softmax if self.question.op in LIKE_SOFTMAX else forward.log_softmax)(got, reading)

    @property
    def _temper(self) -> Temper:
        return Temper(temperature=self.question.temperature, entering=FORMATS.get(self.question.format))

    def _finite(self) -> NDArray[np.bool_]:
        """Return which rows hold finite numbers, but for the -inf that log_softmax makes of -inf."""
        gone = np.isneginf(self.block.x) & (self.question.op in LIKE_LOG_SOFTMAX)
        if self.quantity == "forward":
            return np.asarray((np.isfinite(self.got) | (gone & np.isneginf(self.got))).all(axis=-1))
        usable = np.isfinite(self.got)
        if self.forward is not None:
            usable = usable & (np.isfinite(self.forward) | (gone & np.isneginf(self.forward)))
        return np.asarray(usable.all(axis=-1))

    def _votes(self, kept: NDArray[np.bool_], reading: Reading, *, exactly: bool = False) -> Votes:
        """Return the votes of the rows; with ``exactly``, beside exact probabilities and not the kernel's own."""
        op = self.question.op
        if self.quantity == "forward":
            return self._forward_votes(self.got[kept], reading)
        if op in _LOSSES:
            return self._loss_votes(kept, reading)
        vector = self.block.cotangent if self.quantity == "vjp" else self.block.tangent
        assert vector is not None  # noqa: S101 - the facade has asked for it
        given = self._given(vector[kept], kept, reading)
        if self.quantity == "jvp" and op in LIKE_LOG_SOFTMAX:
            masked = None if self.block.kept is None else ~self.block.kept[kept]
            return gradient.log_softmax_jvp(given, reading, masked=masked)
        assert self.forward is not None  # noqa: S101 - likewise
        of_softmax = gradient.softmax_vjp if self.quantity == "vjp" else gradient.softmax_jvp
        test = of_softmax if op in LIKE_SOFTMAX else gradient.log_softmax_vjp
        if not exactly:
            return test(given, self.forward[kept], reading)
        distribution = reading.distribution
        beside = distribution.softmax if op in LIKE_SOFTMAX else distribution.log_softmax
        return test(given, beside.hi, reading, exactly=True)

    def _given(self, vector: Floats, kept: NDArray[np.bool_], reading: Reading) -> Derivative:
        """Return a derivative by x / T, which is that by x times T, and its vector, both scaled by a power of two."""
        scaled, exponent = scaled_to(_LARGEST_EXPONENT, vector)
        temperature = self.question.temperature
        sign = -1.0 if self.question.negated else 1.0
        stored = reading.arithmetic.stored_output if self.quantity == "jvp" else reading.arithmetic.stored_gradient
        of_v, of_w = self._temper.given(self.arithmetic, self.quantity)
        omega = (reading.arithmetic.omega + stored.omega) * (1.0 if temperature == 1.0 else 1.0 + temperature)
        return Derivative(
            got=np.ldexp(self.got[kept], -exponent) * (sign * temperature),  # scaled first: times T it may overflow
            vector=scaled,
            omega=np.maximum(np.ldexp(omega, -exponent), _SMALLEST_ERROR * (1.0 + temperature)),
            stored=stored.u,
            rounding=(of_w if self.quantity == "jvp" else of_v).u,
            scaling=0.0 if temperature == 1.0 else self._temper.rounding(self.arithmetic) + _OUR_OWN,
        )

    def _loss_votes(self, kept: NDArray[np.bool_], reading: Reading) -> Votes:
        """Return the votes of a gradient c (Q s_i - q_i); logsumexp has no q, and Q = 1, and so has SoftmaxOutput."""
        targets, cotangent = self.block.targets, self.block.cotangent
        one: Floats = np.ones((int(kept.sum()), 1))
        given = self._given(one if cotangent is None else cotangent[kept], kept, reading)
        c, exactly = DoubleDouble.exactly(given.vector), DoubleDouble.exactly
        if targets is None:
            nothing = exactly(np.zeros_like(given.got))
            beside = loss.Loss(q=nothing, total=exactly(one), c=c, unsure=0.0 * one)
            return loss.gradient(given, beside, reading)
        q, weight = _some(targets.q, kept), _some(targets.weight, kept)
        if self.question.op == "softmax_output":
            return loss.gradient(given, loss.Loss(q=q, total=exactly(one), c=weight * c, unsure=0.0 * one), reading)
        total, size = q.sum_rows(), np.abs(q.hi)
        adding = (
            0.0 if targets.exact_total else self.arithmetic.summation(size) + _ROUNDINGS_OF_TARGETS * self.arithmetic.u
        )
        c = weight * c
        flushed = given.omega * (1.0 + row_counts(size)) / np.abs(c.hi)  # c, and each c q
        unsure = np.asarray((adding * row_sums(size) + flushed) / np.abs(total.hi))
        return loss.gradient(given, loss.Loss(q=q, total=total, c=c, unsure=unsure), reading)


def _some(rows: DoubleDouble, kept: NDArray[np.bool_]) -> DoubleDouble:
    return DoubleDouble(hi=rows.hi[kept], lo=rows.lo[kept])


__all__ = ["RowConsistency", "needs_own_forward", "row_consistency"]
