"""Rules by their form: ops and quantities whose right rules read alike share their faults, too."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX

_SOFTMAX: Final = tuple(op for op in LIKE_SOFTMAX if op != "softmax_output")


class Kind(StrEnum):
    """The form of a right rule; s are the probabilities, v a cotangent, w a tangent, q the targets, c a row's factor.

    Signs of softmin, temperatures and masks stand outside of these.
    """

    PROBABILITY = "s_i = e_i / S"
    LOGARITHM = "d_i - log S"
    LOG_SUM = "m + log S"
    LOSS = "-<q, d - log S>"
    JACOBIAN = "s_i (v_i - <s, v>)"  # of softmax, forwards as backwards, since it is symmetric
    LOG_VJP = "v_i - s_i V"
    LOG_JVP = "w_i - <s, w>"
    SUM_VJP = "c s_i"
    SUM_JVP = "<s, w>"
    LOSS_VJP = "c (Q s_i - q_i)"
    LOSS_JVP = "-<q, w - <s, w>>"
    CURVATURE = "c s_i (w_i - <s, w>)"  # the Hessian of a logsumexp times c
    SECOND = "s_i (T_i M_i - <s, T M>)"

    @property
    def ops(self) -> tuple[str, ...]:
        """The ops that have a rule of this form."""
        return tuple(dict.fromkeys(op for (op, _), kind in KINDS.items() if kind is self))

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that have one."""
        return tuple(dict.fromkeys(quantity for (_, quantity), kind in KINDS.items() if kind is self))


KINDS: Final[dict[tuple[str, str], Kind]] = {
    **{(op, "forward"): Kind.PROBABILITY for op in LIKE_SOFTMAX},
    **{(op, quantity): Kind.JACOBIAN for op in _SOFTMAX for quantity in ("vjp", "jvp", "jacobian")},
    **{(op, "hvp"): Kind.SECOND for op in _SOFTMAX},
    **{(op, "forward"): Kind.LOGARITHM for op in LIKE_LOG_SOFTMAX},
    **{(op, quantity): Kind.LOG_VJP for op in LIKE_LOG_SOFTMAX for quantity in ("vjp", "jacobian")},
    **{(op, "jvp"): Kind.LOG_JVP for op in LIKE_LOG_SOFTMAX},
    **{(op, "hvp"): Kind.CURVATURE for op in (*LIKE_LOG_SOFTMAX, "logsumexp", "cross_entropy")},
    ("logsumexp", "forward"): Kind.LOG_SUM,
    ("logsumexp", "vjp"): Kind.SUM_VJP,
    ("logsumexp", "jacobian"): Kind.SUM_VJP,
    ("logsumexp", "jvp"): Kind.SUM_JVP,
    ("cross_entropy", "forward"): Kind.LOSS,
    ("cross_entropy", "vjp"): Kind.LOSS_VJP,
    ("cross_entropy", "jacobian"): Kind.LOSS_VJP,
    ("cross_entropy", "jvp"): Kind.LOSS_JVP,
    ("softmax_output", "vjp"): Kind.LOSS_VJP,
}


def ops_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return every op that has a rule of one of these forms."""
    return tuple(dict.fromkeys(op for kind in kinds for op in kind.ops))


def quantities_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return every quantity that has one."""
    return tuple(dict.fromkeys(quantity for kind in kinds for quantity in kind.quantities))
