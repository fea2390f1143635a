"""What is matched against faults: a result that is wrong, what was asked, and where its rows are wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reference.faults import Evaluation
from reference.formats import Floats
from reference.placement import Placement
from reference.ulp import error


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Wrong:
    """A result, numbers of the format ``dtype`` as float64, beside the evaluation that it is the answer to.

    ``spread``: by how much each of these numbers may be another one, where it was printed with a few digits; None where
    all of its bits are known.
    """

    evaluation: Evaluation
    got: Floats
    dtype: str
    spread: Floats | None = None

    def towards(self, value: Floats) -> Floats:
        """Return the numbers nearest to ``value`` among those that the result may be."""
        if self.spread is None:
            return self.got
        nearest = np.clip(value, self.got - self.spread, self.got + self.spread)
        return np.where(np.isfinite(value) & np.isfinite(self.got), nearest, self.got)

    @property
    def within(self) -> Floats:
        """The spread; zeros where all bits are known."""
        return np.zeros(self.got.shape) if self.spread is None else self.spread

    @cached_property
    def share(self) -> Floats:
        """The error of each element as a share of its bound, 0 where nothing is judged, infinite for what is NaN."""
        truth = self.evaluation.truth
        with np.errstate(all="ignore"):
            share = truth.share(self.towards(truth.value.hi), of=self.dtype)
        share = np.where(np.isnan(share), np.inf, share)
        excused = truth.undefined | (truth.out_of_range & ~np.isfinite(self.got))
        return np.where(excused, 0.0, share)

    @cached_property
    def beyond(self) -> NDArray[np.bool_]:
        """Which elements are beyond their bound."""
        return np.asarray(~(self.share <= 1))

    @cached_property
    def row(self) -> NDArray[np.intp]:
        """The number of the row that each element belongs to; 0 everywhere where rows are added up."""
        question, quantity = self.evaluation.question, self.evaluation.quantity
        if self.added_up:
            return np.zeros(self.got.shape, dtype=np.intp)
        numbers = np.arange(question.rows.count)
        return Placement(question=question, quantity=quantity).whole_rows(numbers)  # type: ignore[arg-type,return-value]

    @cached_property
    def wrong_rows(self) -> NDArray[np.intp]:
        """The rows that have an element beyond its bound, the worst first."""
        worst = np.zeros(self.rows)
        np.maximum.at(worst, self.row.reshape(-1), np.where(self.beyond, self.share, 0.0).reshape(-1))
        order = np.argsort(-worst, kind="stable")
        return order[worst[order] > 0]

    @cached_property
    def concerned(self) -> NDArray[np.bool_]:
        """The elements that have to be explained: those of the wrong rows, but for what convention leaves open."""
        return np.isin(self.row, self.wrong_rows) & ~self.evaluation.truth.undefined

    @cached_property
    def apart(self) -> Floats:
        """The distance of each element from the truth; infinite where one is no number and the other is."""
        with np.errstate(all="ignore"):
            found = error(self.got, self.evaluation.truth.value)
        return np.where(np.isnan(found), np.inf, found)

    @property
    def added_up(self) -> bool:
        """Whether the result is one number for all rows: a loss that is reduced, or the derivative of one."""
        return self.evaluation.question.outputs_per_row == 0 and self.evaluation.quantity in ("forward", "jvp")

    @property
    def rows(self) -> int:
        """How many rows the result has, one where they are added up."""
        return 1 if self.added_up else max(self.evaluation.question.rows.count, 1)

    @property
    def divisible(self) -> bool:
        """Whether the answer of each row is the same without the others, but for the size of their batch."""
        return not self.added_up and self.evaluation.question.x.ndim > 0

    def of_rows(self, numbers: NDArray[np.intp]) -> Wrong:
        """Return what concerns some rows, along a last axis; for what is :attr:`divisible`, and no Jacobian."""
        asked = self.evaluation
        question = asked.question
        rows = question.rows

        def cut(array: Floats) -> Floats:
            return rows.cut(array)[numbers]

        def cut_output(array: Floats) -> Floats:
            if question.outputs_per_row == 0:
                return array  # the cotangent of a loss of all rows is each row's
            return cut(array) if question.outputs_per_row is None else rows.cut_batch(array)[numbers, 0]

        targets = question.targets
        if targets is not None:
            targets = targets.reshape(-1)[numbers] if question.has_indices else cut(targets)
        part = replace(
            question,
            axis=1,
            x=cut(question.x),
            mask=None if question.mask is None else rows.cut(question.mask)[numbers],
            targets=targets,
            batch=question.whole,
        )
        evaluation = replace(
            asked,
            question=part,
            cotangent=None if asked.cotangent is None else cut_output(asked.cotangent),
            tangent=None if asked.tangent is None else cut(asked.tangent),
        )
        of_output = asked.quantity in ("forward", "jvp")
        own = cut_output if of_output else cut
        spread = None if self.spread is None else own(self.spread)
        return Wrong(evaluation=evaluation, got=own(self.got), dtype=self.dtype, spread=spread)
