"""One problem as rows: what enters its derivative, and what the derivative truly is."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.vocabulary import Quantity
from reference.exact.doubledouble import DoubleDouble
from reference.exact.targets import Targets, targets_of
from reference.formats import FloatFormat, Floats, format_named
from reference.question import Question
from reference.truth import Truth, truth
from reference.ulp import rounded

Flags = NDArray[np.bool_]


class Rows:
    """The rows of a call of which ``derivative`` is the oracle of ``quantity``; arrays are (rows, n) if not said."""

    def __init__(self, call: Call, quantity: Quantity, derivative: Truth) -> None:
        self.call = call
        self.quantity = quantity
        self._truth = derivative
        asked = Asked([call], result=result_format(call))
        self.question = question = asked.question
        vectors = asked.vectors(quantity)
        cut = question.rows.cut
        self.kept: Flags = np.ones((question.rows.count, question.rows.length), np.bool_)
        if question.mask is not None:
            self.kept = cut(question.mask)
        self.heads = self._outputs(vectors["cotangent"]) if "cotangent" in vectors else None  # (rows, outputs)
        self.tangent = np.where(self.kept, cut(vectors["tangent"]), 0.0) if "tangent" in vectors else None
        self.hidden: Flags = np.zeros(question.rows.count, np.bool_)  # rows whose cotangent is not zero under the mask
        if "cotangent" in vectors and question.outputs_per_row is None:
            self.hidden = np.asarray((~self.kept & (cut(vectors["cotangent"]) != 0)).any(axis=1))

    def _outputs(self, array: Floats) -> Floats:
        """Return an array of the output's shape as (rows, outputs); one number for all rows is each row's."""
        if self.question.outputs_per_row is None:
            return np.where(self.kept, self.question.rows.cut(array), 0.0)
        return np.broadcast_to(array.reshape(-1, 1), (self.question.rows.count, 1))

    def _results(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return an array of the quantity's shape as rows."""
        rows = self.question.rows
        if self.quantity is not Quantity.JVP or self.question.outputs_per_row is None:
            return rows.cut(array)
        return np.broadcast_to(array.reshape(-1, 1), (rows.count, 1))

    @cached_property
    def value(self) -> Floats:
        """The size of the true derivative: (rows, n), or (rows, outputs) of a jvp."""
        return np.abs(np.asarray(self._results(self._truth.value.hi), dtype=np.float64))

    @cached_property
    def bound(self) -> Floats:
        """The rounding bound beside it."""
        return np.asarray(self._results(self._truth.bound), dtype=np.float64)

    @cached_property
    def stored(self) -> Floats:
        """The size of what its dtype has nearest to it."""
        return np.abs(np.asarray(self._results(rounded(self._truth.value, self.format)), dtype=np.float64))

    @cached_property
    def zero(self) -> Flags:
        """Which rows are zero, (rows,): exactly, or within a bound that proves something."""
        undefined = np.asarray(self._results(self._truth.undefined), dtype=np.bool_)
        vacuous = np.asarray(self._results(self._truth.vacuous), dtype=np.bool_)
        near = (self.value == 0) | ((self.value <= self.bound) & ~vacuous)
        return np.asarray((near & ~undefined).all(axis=1))

    @property
    def format(self) -> FloatFormat:
        """The format of the derivative."""
        of_output = self.quantity is Quantity.JVP
        return format_named(result_format(self.call) if of_output else self.call.dtype.value)

    @property
    def derivative(self) -> str:
        """What is zero, in words."""
        return _NAMES[self.quantity]

    @cached_property
    def support(self) -> Flags:
        """Which elements have a probability at all."""
        return np.asarray(self.question.logits > -np.inf)

    @cached_property
    def _softmax(self) -> DoubleDouble:
        question, dtype = self.question, self.call.dtype.value
        softmax = Question(
            op="softmax", axis=1, x=question.logits, format=dtype, result=dtype, temperature=question.temperature
        )
        return truth(softmax, "forward", working=dtype, accumulation=dtype).value

    @property
    def probabilities(self) -> Floats:
        """Softmax of the rows; NaN where nothing is kept."""
        return self._softmax.hi

    @cached_property
    def others(self) -> Floats:
        """What the most probable element of each row leaves to all the others, (rows,): exact where it is tiny."""
        probabilities = np.nan_to_num(self.probabilities)
        top = probabilities.argmax(axis=1)[:, np.newaxis]
        rest = probabilities.copy()
        np.put_along_axis(rest, top, 0.0, axis=1)
        return np.asarray(rest.sum(axis=1))

    @cached_property
    def targets(self) -> Targets | None:
        """The targets of a loss."""
        return targets_of(self.question) if self.call.op.has_targets else None

    @property
    def adds_up_to_one(self) -> bool:
        """Whether the op's outputs are probabilities whose derivative is asked for."""
        return self.call.op.gives_probabilities

    @property
    def logarithm(self) -> bool:
        """Whether the op's outputs are log-probabilities."""
        return self.call.op.gives_logarithms


_NAMES = {
    Quantity.VJP: "gradient",
    Quantity.JVP: "directional derivative",
    Quantity.HVP: "Hessian-vector product",
}


def constant(rows: Floats, *, among: Flags) -> Flags:
    """Return which rows have one and the same value among the elements that ``among`` marks."""
    first = np.take_along_axis(rows, among.argmax(axis=1)[:, np.newaxis], axis=1)
    return np.asarray(((rows == first) | ~among).all(axis=1))
