"""The facade: what is true of an op at given input bits, and how far a correct kernel may be from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reference import reduction, ulp
from reference.block import Block, blocks_of
from reference.bounds.arithmetic import FORMS, Arithmetic
from reference.bounds.overflow import may_overflow
from reference.bounds.reading import Shift
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.formats import FORMATS, format_named
from reference.judgement import Judgement, judge
from reference.placement import Placement
from reference.question import OPS, QUANTITIES, Question
from reference.rules.table import RULES
from reference.second import InRows, Second
from reference.share import met, read_again, share_of
from reference.undefined import mean_of_none


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: the second reading is computed once, if at all
class Truth:
    """The exact value of a quantity and the bound around it, in two readings; all arrays have the quantity's shape.

    An element passes where ``|got - value| <= bound``, or ``|got - shifted_value| <= shifted_bound``: the second pair
    starts from x - max x as a kernel rounds it, and its bound does not cover that rounding. Errors and ulps are
    counted against ``value``. Infinite values have the bound 0. Where ``undefined`` is set, convention says NaN.
    Where ``vacuous`` is set, ``bound`` is beyond every error and meeting it proves nothing; ``shifted_vacuous`` says so
    of the other reading. Where ``out_of_range`` is set, a correct kernel may overflow on the way although the result
    does not.

    The second reading costs as much as the first, and is taken when somebody asks: by ``again`` of everything, by
    ``in_rows`` of some rows.
    """

    value: DoubleDouble
    bound: Floats
    vacuous: NDArray[np.bool_]
    undefined: NDArray[np.bool_]
    again: Callable[[], Second]
    in_rows: InRows | None = None

    @classmethod
    def placed(
        cls,
        first: Judgement,
        place: Placement,
        undefined: NDArray[np.bool_],
        *,
        again: Callable[[], Second],
        in_rows: InRows | None = None,
    ) -> Truth:
        """Return what the first reading says of rows, in place; ``undefined`` is in place already."""
        return cls(
            value=place.pair(first.bounded.value, undefined),
            bound=place.elements(first.bounded.bound),
            vacuous=place.elements(first.vacuous),
            undefined=undefined,
            again=again,
            in_rows=in_rows,
        )

    @classmethod
    def together(cls, parts: Sequence[Truth]) -> Truth:
        """Return what holds for parts of one shape, along a new first axis."""
        return cls(
            value=DoubleDouble.stacked([part.value for part in parts]),
            bound=np.stack([part.bound for part in parts]),
            vacuous=np.stack([part.vacuous for part in parts]),
            undefined=np.stack([part.undefined for part in parts]),
            again=lambda: Second.together([part.second for part in parts]),
        )

    def lifted(self) -> Truth:
        """Return the same with a new first axis, of length one."""
        return Truth(
            value=self.value[np.newaxis],
            bound=self.bound[np.newaxis],
            vacuous=self.vacuous[np.newaxis],
            undefined=self.undefined[np.newaxis],
            again=lambda: self.second[np.newaxis],
            in_rows=self.in_rows,
        )

    def __len__(self) -> int:
        """Return how many parts lie along the first axis."""
        return len(self.bound)

    def __getitem__(self, index: int) -> Truth:
        """Return what holds for one part of the arrays along their first axis."""
        return Truth(
            value=self.value[index],
            bound=self.bound[index],
            vacuous=self.vacuous[index],
            undefined=self.undefined[index],
            again=lambda: self.second[index],
        )

    @cached_property
    def second(self) -> Second:
        """The second reading of everything."""
        with np.errstate(all="ignore"):
            return self.again()

    @property
    def shifted_value(self) -> DoubleDouble:
        """The exact value at the rounded x - max x."""
        return self.second.value

    @property
    def shifted_bound(self) -> Floats:
        """The bound around it."""
        return self.second.bound

    @property
    def shifted_vacuous(self) -> NDArray[np.bool_]:
        """Where that bound proves nothing."""
        return self.second.vacuous

    @property
    def out_of_range(self) -> NDArray[np.bool_]:
        """Where a correct kernel may overflow on its way."""
        return self.second.out_of_range

    def share(self, got: Floats, *, of: str, error: Floats | None = None) -> Floats:
        """Return the error of each element as a share of its bound, by the first reading that it meets.

        Where it meets neither, it is the smaller of both; and so the second is taken of nothing but the rows in which
        an element misses the first. ``got`` holds numbers of the format ``of`` as float64. NaN where ``got`` or the
        truth is NaN: test ``not (share <= 1)``. Infinity where the bound is 0 and missed. ``error``: that of the first
        reading, |got - value|, where somebody has it already.
        """
        plain = share_of(got, self.value, self.bound, error=error)
        if (plain <= 1).all():
            return plain
        usual = np.isfinite(got).all() and np.isfinite(plain).all()
        if self.in_rows is not None and usual and "second" not in self.__dict__:
            with np.errstate(all="ignore"):
                return read_again(plain, got, self.in_rows)
        overflowed = np.isinf(got) & (got == ulp.rounded(self.value, format_named(of)))
        return np.where(overflowed, 0.0, met(plain, share_of(got, self.shifted_value, self.shifted_bound)))


def truth(
    question: Question,
    quantity: str,
    *,
    cotangent: Floats | None = None,
    tangent: Floats | None = None,
    working: str,
    accumulation: str,
    forms: tuple[str, ...] = (),
) -> Truth:
    """Return the exact value of ``quantity`` and its bounds.

    ``cotangent`` is float64 of the shape of the output, for a vjp or an hvp; ``tangent`` of the shape of x, for a jvp
    or an hvp; both exact numbers of their formats. ``working`` and ``accumulation`` name the formats, ``forms`` the
    unusual forms that the kernel declares. A jacobian has the shape ``output_shape + x.shape``. Raise ValueError for a
    word or shape that is none of these, and for a derivative that does not exist.
    """
    _check(question, quantity, cotangent, tangent)
    arithmetic = arithmetic_of(question, working=working, accumulation=accumulation, forms=forms)
    with np.errstate(all="ignore"):
        return _Asked(
            question=question,
            quantity=quantity,
            block=Block.whole(question, quantity, cotangent=cotangent, tangent=tangent),
            arithmetic=arithmetic,
        ).truth()


def arithmetic_of(question: Question, *, working: str, accumulation: str, forms: tuple[str, ...] = ()) -> Arithmetic:
    """Return the arithmetic that a kernel declares; raise ValueError for a word that names no format or form."""
    unknown = sorted(set(forms) - set(FORMS))
    if unknown:
        raise ValueError(f"no form is called {unknown[0]!r}; known: {', '.join(FORMS)}; the caller's mistake")
    return Arithmetic(
        working=format_named(working),
        accumulation=format_named(accumulation),
        output=format_named(question.result),
        entering=FORMATS.get(question.format),
        forms=tuple(sorted(forms)),
    )


def _check(question: Question, quantity: str, cotangent: Floats | None, tangent: Floats | None) -> None:
    if quantity not in QUANTITIES:
        raise ValueError(
            f"no quantity is called {quantity!r}; the reference knows {', '.join(QUANTITIES)}; the caller's mistake"
        )
    if quantity not in RULES[question.op]:
        raise ValueError(
            f"no {quantity} of {question.op}: there is no function that its gradient is the derivative of; "
            "the caller's mistake"
        )
    needs = {"vjp": (True, False), "jvp": (False, True), "hvp": (True, True)}.get(quantity, (False, False))
    for name, needed, given in zip(("cotangent", "tangent"), needs, (cotangent, tangent), strict=True):
        if needed != (given is not None):
            raise ValueError(
                f"{'an' if quantity == 'hvp' else 'a'} {quantity} {'needs a' if needed else 'takes no'} {name}; "
                "the caller's mistake"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """Everything that both readings start from."""

    question: Question
    quantity: str
    block: Block
    arithmetic: Arithmetic

    def truth(self) -> Truth:
        """Return the first reading, and a way to the second."""
        rows = self._judged(Shift.EXACT)
        losses = reduction.sizes_of(rows)
        first = self._summed_up(rows, losses)
        place = Placement(question=self.question, quantity=self.quantity)
        undefined = place.whole_rows(first.undefined | mean_of_none(self.question))
        return Truth.placed(
            first,
            place,
            undefined,
            again=lambda: self._again(first, losses, place, undefined),
            in_rows=InRows.of(self.question, self.quantity, self.block, self.arithmetic),
        )

    def _again(self, first: Judgement, losses: Floats, place: Placement, undefined: NDArray[np.bool_]) -> Second:
        """Return the second reading, and which rows either reading, or the way there, may take beyond a format."""
        rows = self._judged(Shift.ROUNDED)
        second = self._summed_up(rows, losses)
        on_the_way = may_overflow(self.question, self.quantity, self.block, arithmetic=self.arithmetic)
        on_the_way = on_the_way & ~(rows.undefined | self.block.ignored)
        overflowing = on_the_way.any() if self._adds_up else on_the_way
        return Second.placed(second, place, undefined, out_of_range=first.infinite | second.infinite | overflowing)

    @property
    def _adds_up(self) -> bool:
        """Whether one number is made of all rows."""
        one = self.question.outputs_per_row == 0 and self.quantity in ("forward", "jvp")
        return one and self.block.targets is not None

    def _judged(self, shift: Shift) -> Judgement:
        """Return what one reading says of all rows, block by block."""
        length = self.question.rows.length
        squared = self.quantity == "jacobian" and self.question.outputs_per_row is None
        return Judgement.together(
            [
                judge(self.question, self.quantity, self.block[part], shift, arithmetic=self.arithmetic)
                for part in blocks_of(self.question.rows.count, length * (length if squared else 1))
            ]
        )

    def _summed_up(self, judged: Judgement, losses: Floats) -> Judgement:
        if not self._adds_up or self.block.targets is None:
            return judged
        return reduction.summed_up(judged, self.block.targets.weight, losses=losses, arithmetic=self.arithmetic)


__all__ = ["OPS", "QUANTITIES", "Question", "Truth", "arithmetic_of", "truth"]
