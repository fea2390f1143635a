"""Compilation signatures: what JAX compiles anew, counted, so that a library cannot outgrow the time it may take."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from harness.call import Call
from harness.plan.problem import Problem
from harness.vocabulary import Mode, Op

JIT_LIMIT = 600  # JAX compiles every one of them, at up to a second each, and keeps what it compiled
EAGER_LIMIT = 60  # eager JAX compiles each primitive on its own, and its caches are cleared after each problem

Signature = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCount:
    """How many distinct signatures the problems of a plan have, by the mode in which JAX runs them."""

    jit: int
    eager: int

    def excess(self) -> tuple[str, ...]:
        """Return what is above its limit, as sentences; nothing where the library fits."""
        counted = (("jit", self.jit, JIT_LIMIT), ("eager", self.eager, EAGER_LIMIT))
        return tuple(
            f"the cases need {count} distinct {mode} signatures (op, axis, shape, dtype, parameters) of JAX, at most "
            f"{limit} are allowed; reuse shapes that other cases have, or give x by fewer dtypes, axes or modes"
            for mode, count, limit in counted
            if count > limit
        )

    @property
    def sentence(self) -> str:
        """Both counts beside their limits."""
        return f"JAX signatures: {self.jit} of at most {JIT_LIMIT}; eager: {self.eager} of at most {EAGER_LIMIT}"


def signature(call: Call) -> Signature:
    """Return what decides whether JAX compiles ``call`` anew: everything but what its arrays hold.

    Default mode is jit, and -1 is the last axis.
    """
    axis = call.axis % call.x.ndim if call.x.ndim else 0
    targets = None if call.targets is None else "indices" if call.index_targets else "probabilities"
    return (
        _mode(call),
        call.op,
        axis,
        call.x.shape,
        call.dtype,
        call.temperature,
        call.mask is not None,
        call.lengths is not None,
        targets,
        call.reduction,
        call.ignore_index,
        call.label_smoothing,
        call.result_dtype,
    )


def stack_key(call: Call) -> Signature:
    """Return what calls have in common that may be judged on top of each other: all but what their arrays hold."""
    return (*signature(call), call.grad_scale, call.normalization)


def count_signatures(problems: Iterable[Problem]) -> SignatureCount:
    """Count the distinct signatures of ``problems``, of the ops and modes that JAX has."""
    calls = [problem.call for problem in problems if problem.call.op is not Op.SOFTMAX_OUTPUT]
    modes = [mode for mode, *_ in {signature(call) for call in calls}]
    return SignatureCount(jit=modes.count(Mode.JIT), eager=modes.count(Mode.EAGER))


def _mode(call: Call) -> Mode:
    return Mode.JIT if call.mode is Mode.DEFAULT else call.mode
