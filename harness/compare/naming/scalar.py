"""What all elements of a row share, where it is that which is off: a sum, its logarithm, a dot product.

The elements of a row agree on one common scalar within their own few roundings, and the scalar that they agree on is
not the true one. Then no element is wrong by itself: the row's sum is. Two tests say so:

- the row test (:mod:`reference.consistency`), where the scalar has a finite bound that it is beyond;
- where a law is broken and no bound of the scalar is finite, as for a float16 sum of thousands, the agreement alone:
  with s^_i = s_i (1 + eps_i)(1 + kappa)(1 + delta_i), |eps_i| <= a_i, |delta_i| <= u, and kappa taken from the most
  probable element, |s^_i/s_i - (1 + kappa)| <= 2 (1 + kappa)(a_i + a_top + 2u) + eta_i/s_i; with l^_i = l_i + c,
  |l^_i - l_i - c| <= rho_i + 2u (|l_i| + |l_top| + |c|) + omega (README.md of the reference, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.compare.naming.wrong import Wrong
from harness.compare.verdict import Verdict
from reference.faults.kinds import KINDS, Kind
from reference.faults.setting import setting_of
from reference.formats import Floats

ROW_SCALAR: Final = "row-scalar"
_WHAT: Final = {
    Kind.PROBABILITY: "a row scalar is off: all elements agree on a sum S of {:.6g} times the true one",
    Kind.LOGARITHM: "a row scalar is off: all elements agree on a log S that is off by {:+.3g}",
    Kind.JACOBIAN: "a row scalar is off: all elements agree on a dot product <s, v> that is off by {:+.3g}",
    Kind.LOG_VJP: "a row scalar is off: all elements agree on a sum of the cotangent that is off by {:+.3g}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScalar:
    """A scalar that is off, in words; ``share``: how well the elements agree on it, as a share of their widths."""

    what: str
    share: float


def row_scalar(wrong: Wrong, verdict: Verdict, *, law_broken: bool) -> RowScalar | None:
    """Return the scalar that is off, None where that is not what is wrong.

    Rows are tested where the harness tests them: forward outputs, and vjps beside the kernel's own forward.
    """
    kind = KINDS.get((wrong.evaluation.question.op, wrong.evaluation.quantity))
    if kind not in _WHAT or wrong.evaluation.quantity not in ("forward", "vjp") or not wrong.got.size:
        return None
    votes = _Votes.of(wrong, kind)
    row = votes.farthest
    if row is None:
        return None
    share: float | None = None
    if verdict.row_share is not None and verdict.row_scalar is not None and verdict.row_scalar > 1:
        share = verdict.row_share
    elif law_broken and votes.width is not None:
        share = votes.disagreement(row)
    if share is None or not share <= 1:
        return None
    return RowScalar(what=_WHAT[kind].format(votes.of_top[row]), share=share)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Votes:
    """What each element takes the scalar of its row to be: over the true one for a sum S, else less the true one."""

    each: Floats  # (rows, n)
    of_top: Floats  # (rows,): the most probable element's
    width: Floats | None  # (rows, n): how far an element may be from that
    neutral: float

    @classmethod
    def of(cls, wrong: Wrong, kind: Kind) -> _Votes:
        """Return the votes of a forward output or a vjp."""
        question = wrong.evaluation.question
        setting = setting_of(wrong.evaluation)
        moved, u = setting.reading.perturbation, setting.arithmetic.u + setting.arithmetic.stored_output.u
        s = setting.s.value.hi
        got, value = question.rows.cut(wrong.got), question.rows.cut(wrong.evaluation.truth.value.hi)
        top = np.argmax(s, axis=-1)[:, np.newaxis]

        def at_top(array: Floats) -> Floats:
            return np.take_along_axis(array, top, axis=-1)

        width: Floats | None = None
        with np.errstate(all="ignore"):
            match kind:
                case Kind.PROBABILITY:
                    each = value / got
                    own = 2.0 * (moved.element + at_top(moved.element) + 2.0 * u) + moved.held_lost / value
                    width = np.abs(each) * own
                case Kind.LOGARITHM:
                    each = value - got
                    width = 2.0 * u * (np.abs(value) + np.abs(at_top(value)) + np.abs(at_top(each)))
                    width = width + moved.rho + at_top(moved.rho) + setting.arithmetic.omega
                case _:
                    sign = -1.0 if question.negated else 1.0
                    each = sign * (value - got) * question.temperature / s
        neutral = 1.0 if kind is Kind.PROBABILITY else 0.0
        return cls(each=each, of_top=at_top(each)[:, 0], width=width, neutral=neutral)

    @property
    def farthest(self) -> int | None:
        """The row whose scalar is farthest from the true one, None where no row has a number for it."""
        distance: NDArray[np.float64] = np.abs(self.of_top - self.neutral)
        known = np.isfinite(distance)
        return int(np.argmax(np.where(known, distance, -1.0))) if known.any() else None

    def disagreement(self, row: int) -> float | None:
        """Return the largest distance of an element of a row from its top one, over the width; None without widths.

        None, too, where the widths would let the true scalar pass.
        """
        if self.width is None:
            return None
        told = np.isfinite(self.each[row]) & (self.width[row] < np.inf)
        if not told.any() or not abs(self.of_top[row] - self.neutral) > float(np.median(self.width[row][told])):
            return None
        with np.errstate(all="ignore"):
            apart = np.abs(self.each[row] - self.of_top[row])[told]
            return float(np.where(apart == 0, 0.0, apart / self.width[row][told]).max())
