"""Faults that only losses have: of targets, of rows that do not count, of SoftmaxOutput's own factors."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np

from reference.exact.doubledouble import DoubleDouble, product, where
from reference.faults.elsewhere import asking, elsewhere
from reference.faults.estimate import Estimate, pair_of
from reference.faults.fault import Fault
from reference.faults.formula import formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting
from reference.faults.sums import loss
from reference.ops import WITH_TARGETS
from reference.question import Question


def _every_row(question: Question) -> dict[str, Any] | None:
    if question.ignore_index is None or not question.has_indices or question.targets is None:
        return None
    n = question.rows.length
    inside = np.clip(np.where(question.targets < 0, question.targets + n, question.targets), 0, n - 1)
    return {"ignore_index": None, "targets": np.where(question.counted.reshape(inside.shape), question.targets, inside)}


def _spread_otherwise(at: Setting) -> Estimate | None:
    """Return targets smoothed by the other convention: over all classes, or over those that are not the target."""
    question, n = at.evaluation.question, at.length
    if not (question.has_indices and question.label_smoothing and n > 1) or question.targets is None:
        return None
    hot = np.arange(n) == question.targets.reshape(-1, 1)
    over_all = question.op == "softmax_output"
    share = Fraction(question.label_smoothing)
    spread = share / (n if over_all else n - 1)
    counted = np.where(at.block.ignored[:, np.newaxis], 0.0, 1.0)
    of_target, of_others = (pair_of(number) for number in (1 - share + (spread if over_all else 0), spread))
    q = where(hot, product(of_target, DoubleDouble.exactly(counted)), product(of_others, DoubleDouble.exactly(counted)))
    return Estimate.exactly(q, at.arithmetic).over(1.0)  # a share is rounded


def _otherwise(at: Setting, *, kind: Kind) -> Estimate | None:
    q = _spread_otherwise(at)
    if q is None:
        return None
    match kind:
        case Kind.LOSS:
            return loss(at, at.log_probability, q=q)
        case Kind.LOSS_JVP:
            return -(q * at.centred(at.w)).total()
        case _:
            return at.c * (at.s * q.total() - q)


LOSSES: Final[tuple[Fault, ...]] = (
    formula(
        "target-missing",
        what="c*s: the target is not subtracted from the probabilities",
        why="the gradient of the logarithm of the sum is taken for that of the loss",
        of={
            Kind.LOSS_VJP: lambda at: at.c * at.s * at.q.total(),
            Kind.LOSS_JVP: lambda at: at.q.total() * at.mean(at.w),
        },
    ),
    formula(
        "only-target",
        what="-c*q: only the target is left of the gradient",
        why="the logarithm of the sum is treated as a constant",
        of={Kind.LOSS_VJP: lambda at: -(at.c * at.q) * at.number(np.ones_like(at.s.value.hi))},
    ),
    formula(
        "target-total-taken-as-one",
        what="c*(s - q): the targets are taken to sum to one",
        why="true for class indices, and carried over to probabilities that nobody has normalised",
        of={
            Kind.LOSS_VJP: lambda at: at.c * (at.s - at.q),
            Kind.LOSS_JVP: lambda at: at.mean(at.w) - (at.q * at.w).total(),
            Kind.CURVATURE: lambda at: (
                at.c * at.s * at.centred(at.w) if at.evaluation.question.op == "cross_entropy" else None
            ),
        },
    ),
    formula(
        "smoothing-spread-otherwise",
        what="a/(n - 1) for a/n, or the reverse: smoothing is spread over the other set of classes",
        why="two conventions: a/n over all classes, a/(n - 1) over the others",
        of={kind: partial(_otherwise, kind=kind) for kind in (Kind.LOSS, Kind.LOSS_VJP, Kind.LOSS_JVP)},
    ),
    elsewhere(
        "ignored-rows-counted",
        what="the right rule without ignore_index: rows that are to be ignored count, their index brought into range",
        why="the mask of ignored rows is applied to the loss and not to its gradient, or to neither",
        ops=WITH_TARGETS,
        quantities=("forward", "vjp", "jvp", "jacobian", "hvp"),
        to=asking(_every_row),
        rows_alone=False,
    ),
    elsewhere(
        "grad-scale-forgotten",
        what="the right rule at grad_scale = 1: grad_scale is forgotten",
        why="the argument is accepted and not used",
        ops=("softmax_output",),
        quantities=("vjp",),
        to=asking(lambda question: {"grad_scale": 1.0}),
    ),
)
