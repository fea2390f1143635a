"""Where what holds for rows belongs in the array of a quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble
from reference.question import Question
from reference.rows import Scalar

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """How the rows of ``quantity`` make up its array.

    Rows come as :class:`~reference.judgement.Judgement` has them; an op that adds up its rows has one output in all.
    """

    question: Question
    quantity: str

    def pair(self, value: DoubleDouble, undefined: Flags) -> DoubleDouble:
        """Return values in place, NaN where none is defined."""
        hi, lo = self.elements(value.hi), self.elements(value.lo)
        if not undefined.any():
            return DoubleDouble(hi=hi, lo=lo)
        return DoubleDouble(hi=np.where(undefined, np.nan, hi), lo=np.where(undefined, 0.0, lo))

    def elements(self, of_rows: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return numbers or flags in place; what a Jacobian's row says of the inputs of another row is 0."""
        rows, outputs = self.question.rows, self.question.outputs_per_row
        if self.quantity == "jacobian":
            if outputs is None:
                return rows.join_jacobian(of_rows)
            return rows.join_batch_jacobian(of_rows) if outputs else rows.join(of_rows)
        if self.quantity in ("vjp", "hvp") or outputs is None:
            return rows.join(of_rows)
        return of_rows.reshape(self.question.output_shape)

    def whole_rows(self, flags: Flags) -> Flags:
        """Return flags of whole rows in place; an input row of a Jacobian reaches every output: NaN times 0 is NaN."""
        rows, outputs = self.question.rows, self.question.outputs_per_row
        if self.quantity in ("forward", "jvp") and outputs is not None:
            return flags.reshape(self.question.output_shape)
        inputs = rows.join(np.broadcast_to(flags[:, np.newaxis], (rows.count, rows.length)))
        if self.quantity != "jacobian":
            return inputs
        return np.broadcast_to(inputs, self.question.output_shape + inputs.shape)
