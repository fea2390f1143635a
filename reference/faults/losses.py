"""Faults that only losses have: of targets, of rows that do not count, of SoftmaxOutput's own factors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble, product, where
from reference.faults.elsewhere import asking, elsewhere
from reference.faults.estimate import Estimate, pair_of
from reference.faults.fault import Fault
from reference.faults.formula import formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting
from reference.faults.sums import loss
from reference.formats import FORMATS
from reference.ops import WITH_TARGETS
from reference.question import Question


def _every_row(question: Question) -> dict[str, Any] | None:
    if question.ignore_index is None or not question.has_indices or question.targets is None:
        return None
    n = question.rows.length
    inside = np.clip(np.where(question.targets < 0, question.targets + n, question.targets), 0, n - 1)
    return {"ignore_index": None, "targets": np.where(question.counted.reshape(inside.shape), question.targets, inside)}


_LEAST: Final = 1e-8  # of a probability, before its logarithm is taken
_SINGLE: Final = FORMATS["float32"]


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


def _in_single(at: Setting) -> Estimate | None:
    """Return c (s - q) with c and q made of float32 numbers, in a kernel of a finer format."""
    question, n = at.evaluation.question, at.length
    if at.evaluation.result_format.unit_roundoff >= _SINGLE.unit_roundoff or n < 2:
        return None
    weight = at.targets.weight.hi
    scale, share = np.float32(question.grad_scale), np.float32(question.label_smoothing)
    rows = np.rint(np.divide(question.grad_scale, weight, out=np.ones_like(weight), where=weight != 0))
    c = np.where(weight != 0, (scale / rows.astype(np.float32)).astype(np.float64), 0.0)
    q = at.targets.q.hi
    if question.has_indices and share:
        of_others = float(share / np.float32(n - 1))
        q = np.where(at.block.ignored[:, np.newaxis], 0.0, np.where(_hot(at), 1.0 - float(share), of_others))
    return at.number(c) * (at.s - at.number(q))


def _hot(at: Setting) -> NDArray[np.bool_]:
    targets = at.evaluation.question.targets
    assert targets is not None  # noqa: S101 - it has indices
    return np.asarray(np.arange(at.length) == targets.reshape(-1, 1))


def _clamped(at: Setting) -> Estimate | None:
    """Return -<q, log max(s, 1e-8)>, 1e-8 as the kernel's format has it, if it has it at all."""
    least = float(at.arithmetic.working.nearest(np.array([float(np.float32(_LEAST))]))[0])
    if not least:
        return None
    log = at.s.where(at.s.value.hi > least, least).log()
    return -(at.q * log).total()


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
    replace(
        formula(
            "constants-in-single-precision",
            what="c*(s - q), c and q of float32: the scale of a loss and the shares of smoothing are float32 numbers",
            why="parameters of a kernel are floats, whatever the dtype of its data",
            of={Kind.LOSS_VJP: _in_single},
        ),
        ops=("softmax_output",),
        quantities=("vjp",),
    ),
    formula(
        "probability-clamped",
        what="-log(max(s, 1e-8)): no loss of a row is above 18.42",
        why="a guard against the logarithm of zero, where a logarithm of the softmax would need none",
        of={Kind.LOSS: _clamped},
    ),
)
