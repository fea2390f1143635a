"""The natural scale of a row: how large the numbers are that its result is made of, before they cancel.

A derivative of the family is a difference, and where that cancels an error in units of its last place says nothing: a
correct kernel reaches 10^4 of them where v_i is close to <s, v>, and any number where the true gradient is 0. Divided
by eps times what is subtracted, the error says how many roundings it is made of; a correct kernel without long sums
stays below about ten. The scale is a measure for people, and no bound: in plain float64, to a few digits.

Names as in README.md, with P = <s, |v|>, M = <s, |w|>, R_i = (|v_i| + P)(|w_i| + M) and Q = sum |q_j|; c is the
cotangent of an op with one output per row, times the weight that a loss gives the row. Each is the largest over i::

                    forward               vjp                 jvp                    hvp
    softmax         s_i                   s_i (|v_i| + P)     s_i (|w_i| + M)        s_i (R_i + <s, R>)
    log_softmax     1 + |l_i|             |v_i| + s_i sum|v|  |w_i| + M              s_i sum|v| (|w_i| + M)
    logsumexp       1 + |m| + log S       |c| s_i             M                      |c| s_i (|w_i| + M)
    cross_entropy   sum q_j (1 + |l_j|)   |c| (Q s_i + q_i)   sum q_j (|w_j| + M)    |c| Q s_i (|w_i| + M)
    softmax_output  s_i                   |c| (s_i + q_i)

The 1 of a logarithm is S: an eps of S, which is at least 1, is an eps of log S, however small that is.

A Jacobian's rows are vjps of one-hots; every derivative has one factor 1 / T per order; losses that are added up have
the sum of their scales.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.exact.oracle import scaled_to
from reference.formats import FLOAT16, FloatFormat, Floats
from reference.placement import Placement
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.rowwise import row_maxima, row_sums
from reference.rules.vector import IN_PAIRS
from reference.undefined import mean_of_none, unanswered_rows

_ORDERS: Final = {"forward": 0, "hvp": 2}  # every other quantity is of first order


def natural_scale(
    question: Question, quantity: str, *, cotangent: Floats | None = None, tangent: Floats | None = None
) -> Floats:
    """Return the natural scale of the row that each element of ``quantity`` belongs to, in the shape of the quantity.

    0 where nothing is computed: of masked elements, of rows that do not count, of what a Jacobian says of other rows'
    inputs. NaN where no answer is defined. ``cotangent`` and ``tangent`` are as for :func:`reference.truth.truth`.
    """
    if question.x.size and question.outputs_per_row == 0 and quantity in ("forward", "jvp"):
        return scale_of_sum(question, scale_of_losses(question, quantity, tangent=tangent))
    block = Block.whole(question, quantity, cotangent=cotangent, tangent=tangent)
    with np.errstate(all="ignore"):
        if not question.x.size:
            return np.zeros(_shape(question, quantity))
        scale = _where_computed(_of_rows(question, quantity, block), question, quantity, block)
        scale = Placement(question=question, quantity=quantity).elements(scale)
        return np.full_like(scale, np.nan) if mean_of_none(question) else scale


def scale_of_losses(question: Question, quantity: str, *, tangent: Floats | None = None) -> Floats:
    """Return the natural scale of the loss of each row, or of its jvp, before they are added up: (rows, 1)."""
    block = Block.whole(question, quantity, cotangent=None, tangent=tangent)
    with np.errstate(all="ignore"):
        return np.where(block.ignored[:, np.newaxis], 0.0, _of_rows(question, quantity, block))


def scale_of_sum(question: Question, each: Floats) -> Floats:
    """Return the natural scale of losses of ``question`` that are added up; ``each``: that of all rows, (rows, 1)."""
    with np.errstate(all="ignore"):
        scale = each.sum(axis=0).reshape(question.output_shape)
        return np.full_like(scale, np.nan) if mean_of_none(question) else scale


def _of_rows(question: Question, quantity: str, block: Block) -> Floats:
    """Return the natural scale of each row, of length one along the last axis; NaN where it has no answer."""
    absent = unanswered_rows(block)
    row, exponent = _Row.of(question, quantity, block)
    scale = _of_family(question, quantity)(row, quantity) * row.weight
    scale = row_maxima(scale) / question.temperature ** _ORDERS.get(quantity, 1)
    return np.where(absent.reshape(-1, *[1] * (scale.ndim - 1)), np.nan, np.ldexp(scale, exponent))


def in_eps(errors: Floats, scale: Floats, *, of: FloatFormat) -> Floats:
    """Return errors over eps times their scale, eps = 2u being the distance from 1 to the next number of the format.

    No less than the smallest normal number counts as eps times a scale, since kernels may flush what is below it to
    zero; in float16, where none does, no less than the smallest subnormal one.
    """
    floor = of.smallest_subnormal if of == FLOAT16 else of.smallest_normal
    return np.where(errors == 0, 0.0, errors / np.maximum(2.0 * of.unit_roundoff * scale, floor))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """Sizes in each row: (rows, n), or (rows, 1) for what is one number per row; a Jacobian has an axis more."""

    s: Floats
    d: Floats  # (x - max x) / T
    log_total: Floats  # log S
    log_sum_exp: Floats  # |max x| + log S
    v: Floats
    w: Floats
    q: Floats
    weight: Floats

    @classmethod
    def of(cls, question: Question, quantity: str, block: Block) -> tuple[_Row, NDArray[np.int32]]:
        """Return the sizes of rows, vectors scaled to 2^-k of theirs, and k."""
        x, temperature = block.x, question.temperature
        top = row_maxima(x)
        d = (0.5 * x - 0.5 * top) / temperature * 2.0  # which overflows only where d does
        e = np.exp(d)
        total = row_sums(e)
        s, log_total = e / total, np.log(total)
        log_sum_exp = np.abs(top / temperature) + log_total
        v, of_v = _size(_cotangents(question, quantity, block))
        w, of_w = _size(block.tangent)
        exponent = of_v + of_w
        q = weight = np.ones((len(x), 1))
        if block.targets is not None:
            q, weight = np.abs(block.targets.q.hi), np.abs(block.targets.weight.hi)
        if quantity == "jacobian" and question.outputs_per_row is None:
            s, d, log_total, weight = (one[:, np.newaxis, :] for one in (s, d, log_total, weight))
        row = cls(s=s, d=d, log_total=log_total, log_sum_exp=log_sum_exp, v=v, w=w, q=q, weight=weight)
        return row, exponent

    @property
    def log(self) -> Floats:
        """|log s|, 0 where s is exactly 0."""
        return np.where(np.isneginf(self.d), 0.0, np.abs(self.d - self.log_total))

    def around(self, vector: Floats) -> Floats:
        """Return |v_i| + <s, |v|>."""
        return vector + row_sums(self.s * vector)


def _size(vector: Floats | None) -> tuple[Floats, NDArray[np.int32]]:
    """Return the sizes of a vector over 2^k, and k, so that products of them do not overflow; 0 for NaN."""
    if vector is None:
        return np.zeros((1, 1)), np.zeros((1, 1), dtype=np.int32)
    return scaled_to(IN_PAIRS, np.where(np.isfinite(vector), np.abs(vector), 0.0))


def _cotangents(question: Question, quantity: str, block: Block) -> Floats | None:
    """Return the cotangent; for a Jacobian, one-hots of all outputs of a row."""
    if quantity != "jacobian":
        return block.cotangent
    rows, length = block.x.shape
    if question.outputs_per_row is not None:
        return np.ones((rows, 1))
    return np.broadcast_to(np.eye(length), (rows, length, length))


def _where_computed(scale: Floats, question: Question, quantity: str, block: Block) -> Floats:
    """Return the scale of each row for all of its elements, 0 where nothing is computed."""
    length = block.x.shape[-1]
    if not (question.outputs_per_row is not None and quantity in ("forward", "jvp")):
        scale = np.broadcast_to(scale, (*scale.shape[:-1], length))
    if block.kept is not None:
        both = block.kept[:, :, np.newaxis] & block.kept[:, np.newaxis, :]
        scale = np.where(both if quantity == "jacobian" else block.kept, scale, 0.0)
    if not block.ignored.any():
        return scale
    return np.where(block.ignored.reshape(-1, *[1] * (scale.ndim - 1)), 0.0, scale)


def _shape(question: Question, quantity: str) -> tuple[int, ...]:
    """Return the shape of a quantity."""
    if quantity in ("forward", "jvp"):
        return question.output_shape
    return (question.output_shape if quantity == "jacobian" else ()) + question.x.shape


def _of_family(question: Question, quantity: str) -> Callable[[_Row, str], Floats]:
    """Return the formulas of the op."""
    if question.op == "softmax_output" and quantity == "vjp":
        return _softmax_output
    if question.op in LIKE_SOFTMAX:
        return _softmax
    if question.op in LIKE_LOG_SOFTMAX:
        return _log_softmax
    return _logsumexp if question.op == "logsumexp" else _cross_entropy


def _softmax(row: _Row, quantity: str) -> Floats:
    match quantity:
        case "forward":
            return row.s
        case "hvp":
            return row.s * row.around(row.around(row.v) * row.around(row.w))
        case _:
            return row.s * row.around(row.w if quantity == "jvp" else row.v)


def _log_softmax(row: _Row, quantity: str) -> Floats:
    total = row_sums(row.v)
    match quantity:
        case "forward":
            return 1.0 + row.log
        case "jvp":
            return row.around(row.w)
        case "hvp":
            return total * row.s * row.around(row.w)
        case _:
            return row.v + row.s * total


def _logsumexp(row: _Row, quantity: str) -> Floats:
    match quantity:
        case "forward":
            return 1.0 + row.log_sum_exp
        case "jvp":
            return row_sums(row.s * row.w)
        case "hvp":
            return row.v * row.s * row.around(row.w)
        case _:
            return row.v * row.s


def _cross_entropy(row: _Row, quantity: str) -> Floats:
    total = row_sums(row.q)
    match quantity:
        case "forward":
            return row_sums(row.q * (1.0 + row.log))
        case "jvp":
            return row_sums(row.q * row.around(row.w))
        case "hvp":
            return row.v * total * row.s * row.around(row.w)
        case _:
            return row.v * (total * row.s + row.q)


def _softmax_output(row: _Row, _: str) -> Floats:
    return row.s + row.q
