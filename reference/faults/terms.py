"""Terms of a derivative that are missing, doubled, or taken from the neighbouring rule."""

from __future__ import annotations

from typing import Final

import numpy as np

from reference.faults.estimate import Estimate
from reference.faults.fault import Fault
from reference.faults.formula import formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting


def _ones(setting: Setting, like: Estimate) -> Estimate:
    return setting.number(np.ones_like(like.value.hi))


def _diagonal(setting: Setting, vector: Estimate) -> Estimate:
    return setting.s * (_ones(setting, setting.s) - setting.s) * vector


def _second(setting: Setting) -> tuple[Estimate, Estimate, Estimate]:
    """Return T = v - <s, v>, M = w - <s, w> and <s, T M>."""
    t, m = setting.centred(setting.v), setting.centred(setting.w)
    return t, m, setting.mean(t * m)


TERMS: Final[tuple[Fault, ...]] = (
    formula(
        "dot-term-missing",
        what="s*v: the dot term <s, v> is missing",
        why="the softmax is treated as an elementwise function, whose derivative only multiplies",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector,
            Kind.LOG_VJP: lambda at: at.v,
            Kind.LOG_JVP: lambda at: at.w,
            Kind.LOSS_JVP: lambda at: -(at.q * at.w).total(),
            Kind.CURVATURE: lambda at: at.factor * at.s * at.w,
            Kind.SECOND: lambda at: at.s * at.centred(at.w) * at.v,
        },
    ),
    formula(
        "diagonal-only",
        what="s*(1 - s)*v: only the diagonal of the Jacobian is used",
        why="the derivative of the logistic function is applied to each element",
        of={
            Kind.JACOBIAN: lambda at: _diagonal(at, at.vector),
            Kind.LOG_VJP: lambda at: (_ones(at, at.s) - at.s) * at.v,
            Kind.LOG_JVP: lambda at: (_ones(at, at.s) - at.s) * at.w,
            Kind.CURVATURE: lambda at: at.factor * _diagonal(at, at.w),
        },
    ),
    formula(
        "identity",
        what="v: the vector is handed on as it came",
        why="a straight-through backward, a hook that returns what it gets, a detached op",
        of={
            Kind.JACOBIAN: lambda at: at.vector * _ones(at, at.s),
            Kind.SUM_VJP: lambda at: at.v * _ones(at, at.s),
            Kind.LOSS_VJP: lambda at: at.c * _ones(at, at.s),
            Kind.CURVATURE: lambda at: at.w,
            Kind.SECOND: lambda at: at.w,
        },
    ),
    formula(
        "dot-term-added",
        what="s*(v + <s, v>): the dot term is added instead of subtracted",
        why="a sign lost when the formula is written out",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector + at.s * at.mean(at.vector),
            Kind.LOG_VJP: lambda at: at.v + at.s * at.v.total(),
            Kind.LOG_JVP: lambda at: at.w + at.mean(at.w),
            Kind.LOSS_VJP: lambda at: at.c * (at.s * at.q.total() + at.q),
            Kind.CURVATURE: lambda at: at.factor * at.s * (at.w + at.mean(at.w)),
        },
    ),
    formula(
        "only-dot-term",
        what="-s*<s, v>: only the dot term is left",
        why="the product with the diagonal is overwritten where it should be accumulated into",
        of={
            Kind.JACOBIAN: lambda at: -(at.s * at.mean(at.vector)),
            Kind.LOG_VJP: lambda at: -(at.s * at.v.total()),
            Kind.CURVATURE: lambda at: -(at.factor * at.s * at.mean(at.w)),
        },
    ),
    formula(
        "mean-for-sum-in-dot",
        what="s*(v - <s, v>/n): the dot product is a mean over the row where it should be a sum",
        why="mean() written for sum()",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector - at.over_length(at.s * at.mean(at.vector)),
            Kind.LOG_VJP: lambda at: at.v - at.over_length(at.s * at.v.total()),
            Kind.LOG_JVP: lambda at: at.w - at.over_length(at.mean(at.w)),
            Kind.SUM_JVP: lambda at: at.over_length(at.mean(at.w)),
            Kind.CURVATURE: lambda at: at.factor * at.s * (at.w - at.over_length(at.mean(at.w))),
        },
    ),
    formula(
        "unweighted-dot",
        what="s*(v - sum v): the dot product lacks its weights s",
        why="the cotangent is summed where its product with the probabilities should be",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector - at.s * at.vector.total(),
            Kind.LOG_JVP: lambda at: at.w - at.w.total(),
            Kind.SUM_JVP: lambda at: at.w.total(),
            Kind.CURVATURE: lambda at: at.factor * at.s * (at.w - at.w.total()),
        },
    ),
    formula(
        "unweighted-mean-for-dot",
        what="s*(v - mean v): the plain mean of the vector stands in for its mean under s",
        why="centring is written as for a layer normalisation",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector - at.over_length(at.s * at.vector.total()),
            Kind.LOG_VJP: lambda at: at.v - at.over_length(at.v.total()),
            Kind.LOG_JVP: lambda at: at.w - at.over_length(at.w.total()),
            Kind.SUM_JVP: lambda at: at.over_length(at.w.total()),
            Kind.CURVATURE: lambda at: at.factor * at.s * (at.w - at.over_length(at.w.total())),
        },
    ),
    formula(
        "log-softmax-rule",
        what="v - s*sum v: the rule of log_softmax where that of softmax is due",
        why="the two backward functions are registered for each other",
        of={Kind.JACOBIAN: lambda at: at.vector - at.s * at.vector.total()},
    ),
    formula(
        "softmax-rule",
        what="s*(v - <s, v>): the rule of softmax where that of log_softmax is due",
        why="the two backward functions are registered for each other",
        of={
            Kind.LOG_VJP: lambda at: at.s * at.centred(at.v),
            Kind.LOG_JVP: lambda at: at.s * at.centred(at.w),
        },
    ),
    formula(
        "jacobian-transposed",
        what="v - <s, v> backwards, w - s*sum w forwards: the Jacobian is applied from the wrong side",
        why="a forward rule used backwards, or the reverse: for softmax itself, which is symmetric, nobody notices",
        of={
            Kind.LOG_VJP: lambda at: at.centred(at.v),
            Kind.LOG_JVP: lambda at: at.w - at.s * at.w.total(),
        },
    ),
    formula(
        "outer-probability-missing",
        what="v - <s, v>: the factor s before the bracket is missing",
        why="the last multiplication is left out",
        of={
            Kind.JACOBIAN: lambda at: at.centred(at.vector),
            Kind.LOG_VJP: lambda at: at.v - at.v.total(),
            Kind.CURVATURE: lambda at: at.factor * at.centred(at.w),
        },
    ),
    formula(
        "squared-probabilities",
        what="s*s*(v - <s, v>): the probabilities before the bracket are squared",
        why="a product with the stored output is taken twice",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.s * at.centred(at.vector),
            Kind.LOG_VJP: lambda at: at.v - at.s * at.s * at.v.total(),
            Kind.SUM_VJP: lambda at: at.v * at.s * at.s,
            Kind.LOSS_VJP: lambda at: at.c * (at.s * at.s * at.q.total() - at.q),
            Kind.CURVATURE: lambda at: at.factor * at.s * at.s * at.centred(at.w),
        },
    ),
    formula(
        "squared-weights-in-dot",
        what="s*(v - <s*s, v>): the weights of the dot product are squared",
        why="the cotangent has been multiplied by s before the dot product multiplies by s again",
        of={
            Kind.JACOBIAN: lambda at: at.s * at.vector - at.s * at.mean(at.s * at.vector),
            Kind.LOG_JVP: lambda at: at.w - at.mean(at.s * at.w),
            Kind.SUM_JVP: lambda at: at.mean(at.s * at.w),
        },
    ),
    formula(
        "dot-held-constant",
        what="s*(v - <s, v>)*(w - <s, w>): the second derivative treats the dot term <s, v> as a constant",
        why="the dot is saved from the backward and detached",
        of={Kind.SECOND: lambda at: at.s * at.centred(at.w) * at.centred(at.v)},
    ),
    formula(
        "probabilities-held-constant",
        what="-s*<s, (v - <s, v>)*(w - <s, w>)>: the outer probabilities are held constant",
        why="the stored output is detached in the backward of the backward",
        of={Kind.SECOND: lambda at: -(at.s * _second(at)[2])},
    ),
    formula(
        "cross-terms-missing",
        what="J(v*w): the terms of <s, v> and <s, w> are missing in the second derivative",
        why="the product rule is applied to the outer product alone",
        of={Kind.SECOND: lambda at: at.s * at.centred(at.v * at.w)},
    ),
    formula(
        "first-derivative-returned",
        what="s*(w - <s, w>): the first derivative, the Jacobian times the tangent, where the second is due",
        why="the rule of the forward mode is registered for the backward of the backward",
        of={
            Kind.SECOND: lambda at: at.s * at.centred(at.w),
            Kind.CURVATURE: lambda at: at.centred(at.w),
        },
    ),
)
