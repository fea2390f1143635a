"""The facade: what is true of an op at given input bits, and how far a correct kernel may be from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference import reduction, ulp
from reference.block import Block, blocks_of
from reference.bounds.arithmetic import FORMS, Arithmetic
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.formats import FORMATS, format_named
from reference.judgement import Judgement, judge
from reference.placement import Placement
from reference.question import OPS, QUANTITIES, Question
from reference.rules.table import RULES
from reference.undefined import mean_of_none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The exact value of a quantity and the bound around it, in two readings; all arrays have the quantity's shape.

    An element passes where ``|got - value| <= bound``, or ``|got - shifted_value| <= shifted_bound``: the second pair
    starts from x - max x as a kernel rounds it, and its bound does not cover that rounding. Errors and ulps are
    counted against ``value``. Infinite values have the bound 0. Where ``undefined`` is set, convention says NaN.
    Where ``vacuous`` is set, ``bound`` is beyond every error and meeting it proves nothing; ``shifted_vacuous`` says so
    of the other reading. Where ``out_of_range`` is set, a correct kernel may overflow on the way although the result
    does not.
    """

    value: DoubleDouble
    bound: Floats
    shifted_value: DoubleDouble
    shifted_bound: Floats
    vacuous: NDArray[np.bool_]
    shifted_vacuous: NDArray[np.bool_]
    undefined: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]

    @classmethod
    def together(cls, parts: Sequence[Truth]) -> Truth:
        """Return what holds for parts of one shape, along a new first axis."""

        def pair(values: Sequence[DoubleDouble]) -> DoubleDouble:
            return DoubleDouble(hi=np.stack([one.hi for one in values]), lo=np.stack([one.lo for one in values]))

        return cls(
            value=pair([part.value for part in parts]),
            bound=np.stack([part.bound for part in parts]),
            shifted_value=pair([part.shifted_value for part in parts]),
            shifted_bound=np.stack([part.shifted_bound for part in parts]),
            vacuous=np.stack([part.vacuous for part in parts]),
            shifted_vacuous=np.stack([part.shifted_vacuous for part in parts]),
            undefined=np.stack([part.undefined for part in parts]),
            out_of_range=np.stack([part.out_of_range for part in parts]),
        )

    def __getitem__(self, index: int) -> Truth:
        """Return what holds for one part of the arrays along their first axis."""

        def part(value: DoubleDouble) -> DoubleDouble:
            return DoubleDouble(hi=value.hi[index], lo=value.lo[index])

        return Truth(
            value=part(self.value),
            bound=self.bound[index],
            shifted_value=part(self.shifted_value),
            shifted_bound=self.shifted_bound[index],
            vacuous=self.vacuous[index],
            shifted_vacuous=self.shifted_vacuous[index],
            undefined=self.undefined[index],
            out_of_range=self.out_of_range[index],
        )

    def share(self, got: Floats, *, of: str) -> Floats:
        """Return the error of each element as a share of its bound, the better of both readings.

        ``got`` holds numbers of the format ``of`` as float64. NaN where ``got`` or the truth is NaN: test
        ``not (share <= 1)``. Infinity where the bound is 0 and missed.
        """
        plain = _share(got, self.value, self.bound)
        overflowed = np.isinf(got) & (got == ulp.rounded(self.value, format_named(of)))
        shifted = _share(got, self.shifted_value, self.shifted_bound)
        return np.where(overflowed, 0.0, np.where(shifted <= plain, shifted, plain))


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
        whole = Block.whole(question, quantity, cotangent=cotangent, tangent=tangent)
        length = question.rows.length
        per_row = length * (length if quantity == "jacobian" and question.outputs_per_row is None else 1)
        judged = [
            judge(question, quantity, whole[part], arithmetic=arithmetic)
            for part in blocks_of(question.rows.count, per_row)
        ]
        together = judged[0] if len(judged) == 1 else Judgement.together(judged)
        if question.outputs_per_row == 0 and quantity in ("forward", "jvp") and whole.targets is not None:
            together = reduction.summed_up(together, whole.targets, arithmetic=arithmetic)
        return _placed(together, Placement(question=question, quantity=quantity))


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


def _placed(judged: Judgement, place: Placement) -> Truth:
    nowhere = judged.undefined | mean_of_none(place.question)
    undefined = place.whole_rows(nowhere)
    return Truth(
        value=place.pair(judged.exact.value, undefined),
        bound=place.elements(judged.exact.bound),
        shifted_value=place.pair(judged.shifted.value, undefined),
        shifted_bound=place.elements(judged.shifted.bound),
        vacuous=place.elements(judged.vacuous),
        shifted_vacuous=place.elements(judged.shifted_vacuous),
        undefined=undefined,
        out_of_range=place.whole_rows(judged.out_of_range),
    )


def _share(got: Floats, value: DoubleDouble, bound: Floats) -> Floats:
    error = ulp.error(got, value)  # which may overflow where both are finite
    with np.errstate(all="ignore"):
        return np.where((error == 0) | (np.isinf(bound) & np.isfinite(got)), 0.0, error / bound)


__all__ = ["OPS", "QUANTITIES", "Question", "Truth", "arithmetic_of", "truth"]
