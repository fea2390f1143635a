"""What all rows of a large batch add up to, from some rows at a time: a reduced loss, or its derivative in a direction.

A loss of a batch is one number, and every row has a say in it. But of each row no more is needed than its loss, the
bound around that, and what is said against it: a few numbers, where a row's own arithmetic takes a hundred for each
element. So the rows are judged part by part, and what was found of them is added up in one piece, by the same
functions that :func:`~reference.truth.truth`, :func:`~reference.scale.natural_scale` and
:func:`~reference.invariants.check` use: the results have the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from reference import reduction
from reference.block import Block, blocks_of
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.overflow import may_overflow
from reference.bounds.reading import Shift
from reference.bounds.shift import Temper
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.formats import FORMATS
from reference.invariants import Violation, excused_rows
from reference.judgement import Judgement, judge
from reference.laws.forward import Losses, negative_sum, never_negative
from reference.laws.rounding import Rounding
from reference.laws.sizes import Sizes
from reference.placement import Placement
from reference.question import Question
from reference.scale import scale_of_losses, scale_of_sum
from reference.second import Second
from reference.truth import Truth, arithmetic_of
from reference.undefined import mean_of_none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Some rows of a batch: a question that knows it as its ``batch``, and the tangent that a jvp needs."""

    question: Question
    tangent: Floats | None = None

    def block(self, quantity: str) -> Block:
        """Return them with all that is asked of them."""
        return Block.whole(self.question, quantity, cotangent=None, tangent=self.tangent)


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is known of any part is asked once
class Added:
    """The sum or the mean of the losses of all rows (``forward``), or of their jvps, as a kernel may compute it.

    ``parts`` yields all rows in order, one part at a time, as often as it is called. Formats and forms are those of
    :func:`~reference.truth.truth`. Results have no axes.
    """

    quantity: str
    parts: Callable[[], Iterable[Rows]]
    working: str
    accumulation: str
    forms: tuple[str, ...] = ()

    def truth(self) -> Truth:
        """Return the exact value and its bounds; the second reading reads all rows again."""
        with np.errstate(all="ignore"):
            rows = self._read(Shift.EXACT)
            losses = reduction.sizes_of(rows.judged)
            first = rows.summed_up(losses)
            undefined = self._place.whole_rows(first.undefined | mean_of_none(self._question))
            again = partial(self._again, first, losses, undefined)
            return Truth.placed(first, self._place, undefined, again=again)

    def scale(self) -> Floats:
        """Return the natural scale."""
        each = [scale_of_losses(rows.question, self.quantity, tangent=rows.tangent) for rows in self.parts()]
        return scale_of_sum(self._question, np.concatenate(each))

    def violations(self, got: Floats) -> tuple[Violation, ...]:
        """Return the laws that ``got`` breaks: a loss of classes is not negative. None speaks of the jvp of a sum."""
        if self.quantity != "forward" or not never_negative(self._question):
            return ()
        losses, excused = [], False
        with np.errstate(all="ignore"):
            for rows in self.parts():
                rounding = Rounding(sizes=Sizes.of(rows.question), arithmetic=self._arithmetic, temper=self._temper)
                losses.append(Losses.of(rows.question, rounding))
                if not np.isfinite(got).all():
                    block = rows.block(self.quantity)
                    found = excused_rows(rows.question, self.quantity, block, arithmetic=self._arithmetic)
                    excused = excused or bool(found.any())
            law = negative_sum(self._question, got, losses)
            return law.violations(accumulation=self.accumulation, excused=np.array([excused]))

    @cached_property
    def _question(self) -> Question:
        """What is asked of some rows, whose parameters and batch are those of all."""
        return next(iter(self.parts())).question

    @cached_property
    def _arithmetic(self) -> Arithmetic:
        return arithmetic_of(self._question, working=self.working, accumulation=self.accumulation, forms=self.forms)

    @property
    def _temper(self) -> Temper:
        question = self._question
        return Temper(temperature=question.temperature, entering=FORMATS.get(question.format))

    @property
    def _place(self) -> Placement:
        return Placement(question=self._question, quantity=self.quantity)

    def _again(self, first: Judgement, losses: Floats, undefined: NDArray[np.bool_]) -> Second:
        """Return the second reading."""
        rows = self._read(Shift.ROUNDED)
        second = rows.summed_up(losses)
        out_of_range = first.infinite | second.infinite | rows.overflowing
        return Second.placed(second, self._place, undefined, out_of_range=out_of_range)

    def _read(self, shift: Shift) -> _Read:
        """Return what one reading says of all rows; where a kernel may overflow on its way, the second one does."""
        judged: list[Judgement] = []
        weights: list[DoubleDouble] = []
        overflowing = False
        for rows in self.parts():
            question, block = rows.question, rows.block(self.quantity)
            assert block.targets is not None  # noqa: S101 - a question about a loss has them
            found = [
                judge(question, self.quantity, block[some], shift, arithmetic=self._arithmetic)
                for some in blocks_of(question.rows.count, question.rows.length)
            ]
            judged += found
            weights.append(block.targets.weight)
            if shift is Shift.ROUNDED and not overflowing:
                undefined = np.concatenate([one.undefined for one in found])
                on_the_way = may_overflow(question, self.quantity, block, arithmetic=self._arithmetic)
                overflowing = bool((on_the_way & ~(undefined | block.ignored)).any())
        weight = DoubleDouble(
            hi=np.concatenate([one.hi for one in weights]), lo=np.concatenate([one.lo for one in weights])
        )
        return _Read(
            arithmetic=self._arithmetic, judged=Judgement.together(judged), weight=weight, overflowing=overflowing
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """All rows by one reading; ``overflowing``: whether a correct kernel may overflow on its way through some row."""

    arithmetic: Arithmetic
    judged: Judgement
    weight: DoubleDouble
    overflowing: bool

    def summed_up(self, losses: Floats) -> Judgement:
        """Return what holds for the sum."""
        return reduction.summed_up(self.judged, self.weight, losses=losses, arithmetic=self.arithmetic)
