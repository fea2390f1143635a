"""Why a derivative is zero although nothing is wrong: the causes that the mathematics alone can prove, row by row.

Several can hold in one row; the first of this order decides: a zero cotangent, nothing kept or counted, a single
element, a cotangent that is constant along the axis, a stationary point (or, of a Hessian, a direction along which the
gradient does not change), saturation. The loss of a saturated row is at its optimum: there saturation is the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import Asked, result_format
from harness.compare.zerowords import Scene, because, subject
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op, Quantity
from reference.exact.targets import targets_of
from reference.formats import Floats, format_named
from reference.question import Question
from reference.rows import Rows
from reference.truth import Truth, truth
from reference.ulp import rounded

Flags = NDArray[np.bool_]

_ADD_UP_TO_ONE = (Op.SOFTMAX, Op.SOFTMIN, Op.MASKED_SOFTMAX)
_LOGARITHMS = (Op.LOG_SOFTMAX, Op.MASKED_LOG_SOFTMAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroGradient:
    """Rows whose true derivative is zero, or so small that zero is a correct answer, with one cause and its proof."""

    kind: FindingKind
    sentence: str
    evidence: dict[str, Any]
    row: int = 0  # the first of them, in C order over the axes that are not the problem's


def zero_gradients(problem: Problem, quantity: Quantity, derivative: Truth) -> Iterator[ZeroGradient]:
    """Yield why rows of the vjp or hvp of ``problem`` are zero, one cause after the other; nothing where none is.

    ``derivative`` is its oracle. A row counts as zero where its every element is, or has zero within a rounding bound
    that proves something. Rows of which nothing is kept are named as well, though nothing is defined there.
    """
    if problem.call.x.size == 0:
        shape = problem.call.x.shape
        yield ZeroGradient(
            kind=FindingKind.EMPTY,
            sentence=f"There is nothing to differentiate: an input of shape {shape} has an empty gradient.",
            evidence={"shape": list(shape)},
        )
        return
    cut = Rows.of(problem.call.x, problem.call.axis).cut
    size = np.abs(derivative.value.hi)
    zero = (size == 0) | ((size <= derivative.bound) & ~derivative.vacuous)
    zero_rows = np.asarray(cut(zero & ~derivative.undefined).all(axis=1))
    if not zero_rows.any() and not problem.call.op.masked:
        return
    rows = _Rows(problem, quantity, derivative, zero_rows)
    for kind, holds in rows.causes():
        if holds.any():
            scene = rows.scene(holds)
            yield ZeroGradient(
                kind=kind,
                sentence=subject(scene, kind, holds) + because(scene, kind),
                evidence={"rows": int(holds.sum()), "of rows": int(holds.size)} | rows.proof(kind, holds),
                row=int(holds.argmax()),
            )


class _Rows:
    """The rows of one problem: logits, vectors, probabilities, and the true derivative."""

    def __init__(self, problem: Problem, quantity: Quantity, derivative: Truth, zero: Flags) -> None:
        self._call = problem.call
        self._quantity = quantity
        asked = Asked([problem.call], result=result_format(problem.call))
        self._question = question = asked.question
        cut = question.rows.cut
        self._truth = derivative
        self._zero = zero
        self._value = np.abs(cut(derivative.value.hi))
        self._bound = cut(derivative.bound)
        self._kept = np.ones(self._value.shape, np.bool_) if question.mask is None else cut(question.mask)
        vectors = asked.vectors(quantity)
        self._heads = self._head_rows(vectors["cotangent"])
        self._tangent = np.where(self._kept, cut(vectors["tangent"]), 0.0) if "tangent" in vectors else None

    def _head_rows(self, cotangent: Floats) -> Floats:
        """Return the cotangent as (rows, outputs); one for all rows together is each row's, what is masked is 0."""
        question = self._question
        if question.outputs_per_row is None:
            return np.where(self._kept, question.rows.cut(cotangent), 0.0)
        return np.broadcast_to(cotangent.reshape(-1, 1), (question.rows.count, 1))

    def causes(self) -> Iterator[tuple[FindingKind, Flags]]:
        """Yield each cause with the rows in which it is the one that decides."""
        nothing_kept = np.asarray(~self._kept.any(axis=1))
        yield FindingKind.ALL_MASKED, nothing_kept
        open_rows = self._zero & ~nothing_kept
        for kind, holding in self._possible():
            if not open_rows.any():
                return
            holds = holding()
            yield kind, open_rows & holds
            open_rows = open_rows & ~holds

    def _possible(self) -> Iterator[tuple[FindingKind, Callable[[], Flags]]]:
        op, question = self._call.op, self._question
        if op is not Op.SOFTMAX_OUTPUT:
            yield FindingKind.ZERO_COTANGENT, lambda: np.asarray(~self._heads.any(axis=1))
        if op.has_targets:
            yield FindingKind.ALL_MASKED, lambda: ~question.counted[:, 0]
        if op is not Op.LOGSUMEXP or self._quantity is Quantity.HVP:
            yield FindingKind.LENGTH_ONE_AXIS, lambda: np.asarray(self._kept.sum(axis=1) == 1)
        if op in _ADD_UP_TO_ONE:
            yield FindingKind.SUMMED_OUTPUT, lambda: self._constant(self._heads)
        if self._quantity is Quantity.HVP:
            tangent = self._tangent
            assert tangent is not None  # noqa: S101 - an hvp has one
            yield FindingKind.STATIONARY, lambda: self._constant(tangent)
        elif op in _LOGARITHMS:
            yield FindingKind.STATIONARY, self._uniform
        if op is not Op.LOGSUMEXP or self._quantity is Quantity.HVP:
            yield FindingKind.SATURATED, lambda: np.asarray(1 - self._top <= 2 * self._unit_roundoff)
        if op.has_targets and self._quantity is Quantity.VJP:
            yield FindingKind.STATIONARY, self._at_the_optimum

    def _constant(self, vectors: Floats) -> Flags:
        """Say where a vector has one value among the several elements that have a probability, and so a say."""
        support = self._question.logits > -np.inf
        return np.asarray(_constant(vectors, among=support) & (support.sum(axis=1) > 1))

    @cached_property
    def _probabilities(self) -> Floats:
        question, dtype = self._question, self._call.dtype.value
        softmax = Question(
            op="softmax",
            axis=1,
            x=question.logits,
            format=dtype,
            result=dtype,
            temperature=question.temperature,
        )
        return truth(softmax, "forward", working=dtype, accumulation=dtype).value.hi

    @property
    def _top(self) -> Floats:
        return np.asarray(self._probabilities.max(axis=1))

    @property
    def _unit_roundoff(self) -> float:
        return format_named(self._call.dtype.value).unit_roundoff

    def _uniform(self) -> Flags:
        """Say where a constant cotangent meets equal logits."""
        logits = self._question.logits
        return _constant(self._heads, among=self._kept) & _constant(logits, among=self._kept)

    def _at_the_optimum(self) -> Flags:
        """Say where the gradient is zero whatever multiplies it: softmax is the target."""
        plain = Question(
            op="cross_entropy",
            axis=1,
            x=self._question.logits,
            format=self._call.dtype.value,
            result=self._call.dtype.value,
            targets=targets_of(self._question).q.hi,
        )
        dtype = self._call.dtype.value
        heads = np.ones(len(self._value))
        unscaled = truth(plain, "vjp", cotangent=heads, working=dtype, accumulation=dtype)
        return np.asarray((np.abs(unscaled.value.hi) <= unscaled.bound).all(axis=1))

    def scene(self, holds: Flags) -> Scene:
        """Return what the sentence about these rows speaks of."""
        stored = np.abs(self._question.rows.cut(rounded(self._truth.value, format_named(self._call.dtype.value))))
        return Scene(
            call=self._call,
            quantity=self._quantity,
            nothing_kept=not self._kept[holds].any(),
            largest=float(self._value[holds].max()),
            stored=float(stored[holds].max()),
        )

    def proof(self, kind: FindingKind, holds: Flags) -> dict[str, Any]:
        """Return the numbers that prove the cause."""
        match kind:
            case FindingKind.LENGTH_ONE_AXIS:
                return {"shape": list(self._call.x.shape), "axis": self._call.axis}
            case FindingKind.SUMMED_OUTPUT:
                return {"largest correct residue": float(self._bound[holds].max())}
            case FindingKind.STATIONARY if self._call.op.has_targets and self._quantity is Quantity.VJP:
                apart = np.abs(self._probabilities - targets_of(self._question).q.hi)
                return {"largest distance of a probability from its target": float(apart[holds].max())}
            case FindingKind.STATIONARY:
                return {"length": self._value.shape[1]}
            case FindingKind.SATURATED:
                return {
                    "smallest top probability": float(self._top[holds].min()),
                    "largest true gradient": float(self._value[holds].max()),
                }
            case _:
                return {}


def _constant(rows: Floats, *, among: Flags) -> Flags:
    """Return which rows have one and the same value among the elements that ``among`` marks."""
    first = np.take_along_axis(rows, among.argmax(axis=1)[:, np.newaxis], axis=1)
    return np.asarray(((rows == first) | ~among).all(axis=1))
