"""Compilation signatures: what JAX compiles anew, counted, so that a library cannot outgrow the time it may take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.call import Call
from harness.plan.problem import Problem
from harness.vocabulary import Mode

JIT_LIMIT = 600  # JAX compiles every one of them, at up to a second each, and keeps what it compiled
EAGER_LIMIT = 60  # eager JAX compiles each primitive on its own, and its caches are cleared after each problem

Signature = tuple[str, int, tuple[int, ...], str, Mode]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCount:
    """How many distinct signatures the problems of a plan have, by the mode in which JAX runs them."""

    jit: int
    eager: int

    def excess(self) -> tuple[str, ...]:
        """Return what is above its limit, as sentences; nothing where the library fits."""
        counted = (("jit", self.jit, JIT_LIMIT), ("eager", self.eager, EAGER_LIMIT))
        return tuple(
            f"the cases need {count} distinct {mode} signatures (op, axis, shape, dtype) of JAX, at most {limit} are "
            f"allowed; reuse shapes that other cases have, or give x by fewer dtypes, axes or modes"
            for mode, count, limit in counted
            if count > limit
        )

    @property
    def sentence(self) -> str:
        """Both counts beside their limits."""
        return f"JAX signatures: {self.jit} of at most {JIT_LIMIT}; eager: {self.eager} of at most {EAGER_LIMIT}"


def signature(call: Call) -> Signature:
    """Return what decides whether JAX compiles ``call`` anew: default mode is jit, and -1 is the last axis."""
    axis = call.axis % call.x.ndim if call.x.ndim else 0
    mode = Mode.JIT if call.mode is Mode.DEFAULT else call.mode
    return call.op.value, axis, call.x.shape, call.dtype.value, mode


def count_signatures(problems: Iterable[Problem]) -> SignatureCount:
    """Count the distinct signatures of ``problems``."""
    modes = [mode for *_, mode in {signature(problem.call) for problem in problems}]
    return SignatureCount(jit=modes.count(Mode.JIT), eager=modes.count(Mode.EAGER))
