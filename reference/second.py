"""The second reading of a quantity, at x - max x as a kernel rounds it: of everything, or of the rows that need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.bounded import Bounded
from reference.bounds.reading import Shift
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.judgement import Judgement, judge
from reference.placement import Placement
from reference.question import Question


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Second:
    """What the second reading gives, and what takes both readings to tell; arrays of the quantity's shape.

    The fields are those of :class:`~reference.truth.Truth` that begin with ``shifted``, and ``out_of_range``.
    """

    value: DoubleDouble
    bound: Floats
    vacuous: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]

    @classmethod
    def placed(
        cls, judged: Judgement, place: Placement, undefined: NDArray[np.bool_], *, out_of_range: NDArray[np.bool_]
    ) -> Second:
        """Return what the second reading says of rows, in place; ``undefined`` is in place already."""
        return cls(
            value=place.pair(judged.bounded.value, undefined),
            bound=place.elements(judged.bounded.bound),
            vacuous=place.elements(judged.vacuous),
            out_of_range=place.whole_rows(out_of_range),
        )

    @classmethod
    def together(cls, parts: Sequence[Second]) -> Second:
        """Return what holds for parts of one shape, along a new first axis."""
        return cls(
            value=DoubleDouble.stacked([part.value for part in parts]),
            bound=np.stack([part.bound for part in parts]),
            vacuous=np.stack([part.vacuous for part in parts]),
            out_of_range=np.stack([part.out_of_range for part in parts]),
        )

    def __getitem__(self, index: int | None) -> Second:
        """Return what holds for one part of the arrays along their first axis; None makes a new first axis."""
        return Second(
            value=self.value[index],
            bound=self.bound[index],
            vacuous=self.vacuous[index],
            out_of_range=self.out_of_range[index],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InRows:
    """The second reading of single rows, where every result belongs to the row of one input."""

    question: Question
    quantity: str
    block: Block
    arithmetic: Arithmetic

    @classmethod
    def of(cls, question: Question, quantity: str, block: Block, arithmetic: Arithmetic) -> InRows | None:
        """Return the rows of a question, or None where its results are no rows."""
        by_row = quantity in ("vjp", "hvp") or (quantity != "jacobian" and question.outputs_per_row is None)
        if not by_row or not question.x.size:
            return None
        return cls(question=question, quantity=quantity, block=block, arithmetic=arithmetic)

    def cut(self, results: Floats) -> Floats:
        """Return results, in whose shape there may be more axes of length one, as rows, (rows, n)."""
        return self.question.rows.cut(results.reshape(self.question.x.shape))

    def join(self, rows: Floats) -> Floats:
        """Return rows in the shape of the question's x."""
        return self.question.rows.join(rows)

    def read(self, numbers: NDArray[np.intp]) -> Bounded:
        """Return what the second reading gives in the rows of these numbers."""
        block = self.block[numbers]
        return judge(self.question, self.quantity, block, Shift.ROUNDED, arithmetic=self.arithmetic).bounded
