"""The facade: what is true of an op at given input bits, and how far a correct kernel may be from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference import reduction, ulp
from reference.arithmetic import FORMS, Arithmetic
from reference.bounded import Bounded
from reference.doubledouble import DoubleDouble, Floats
from reference.exact_targets import Targets, targets_of
from reference.formats import FORMATS, format_named
from reference.judgement import Block, Judgement, judge
from reference.question import OPS, QUANTITIES, Question

_ELEMENTS_AT_ONCE: Final = 1 << 15  # results, so that the temporaries of one block stay in the processor's cache


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
        plain = _share(ulp.error(got, self.value), self.bound)
        overflowed = np.isinf(got) & (got == ulp.rounded(self.value, format_named(of)))
        shifted = _share(ulp.error(got, self.shifted_value), self.shifted_bound)
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
    word or shape that is none of these.
    """
    _check(quantity, cotangent, tangent)
    arithmetic = arithmetic_of(question, working=working, accumulation=accumulation, forms=forms)
    targets = None if question.targets is None else targets_of(question)
    rows = question.rows
    per_row = rows.length * (rows.length if quantity == "jacobian" and question.outputs_per_row is None else 1)
    with np.errstate(all="ignore"):
        whole = _Whole(question, cotangent=cotangent, tangent=tangent, targets=targets)
        blocks = [
            judge(question, quantity, whole.block(part), arithmetic=arithmetic)
            for part in blocks_of(rows.count, per_row)
        ]
        return _joined(blocks, question, quantity, targets=targets, arithmetic=arithmetic)


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


def blocks_of(count: int, elements_per_row: int) -> Iterator[slice]:
    """Cut the rows into blocks; at least one, which may be empty, so that results always have their shape."""
    step = max(1, _ELEMENTS_AT_ONCE // max(1, elements_per_row))
    yield from (slice(start, start + step) for start in range(0, max(count, 1), step))


class _Whole:
    """All rows of a question, cut once."""

    def __init__(
        self, question: Question, *, cotangent: Floats | None, tangent: Floats | None, targets: Targets | None
    ) -> None:
        rows = question.rows
        self._x = question.logits
        self._kept = None if question.mask is None else rows.cut(question.mask)
        self._cotangent = None if cotangent is None else _per_row(question, cotangent)
        self._tangent = None if tangent is None else rows.cut(tangent)
        if self._kept is not None:  # what is masked has no say
            self._cotangent = None if self._cotangent is None else np.where(self._kept, self._cotangent, 0.0)
            self._tangent = None if self._tangent is None else np.where(self._kept, self._tangent, 0.0)
        self._targets = targets

    def block(self, part: slice) -> Block:
        """Return some rows."""

        def cut(array: NDArray[np.float64] | None) -> Floats | None:
            return None if array is None else array[part]

        return Block(
            x=self._x[part],
            kept=None if self._kept is None else self._kept[part],
            cotangent=cut(self._cotangent),
            tangent=cut(self._tangent),
            targets=None if self._targets is None else self._targets[part],
        )


def _per_row(question: Question, cotangent: Floats) -> Floats:
    """Return the cotangent as rows, (count, outputs); one for all rows together is each row's."""
    if cotangent.shape != question.output_shape:
        raise ValueError(
            f"a cotangent of shape {cotangent.shape} for an output of shape {question.output_shape}: "
            "both must have one shape; the caller's mistake"
        )
    match question.outputs_per_row:
        case None:
            return question.rows.cut(cotangent)
        case 0:
            return np.full((question.rows.count, 1), float(cotangent.reshape(-1)[0]))
        case _:
            return cotangent.reshape(-1, 1)


def _check(quantity: str, cotangent: Floats | None, tangent: Floats | None) -> None:
    if quantity not in QUANTITIES:
        raise ValueError(
            f"no quantity is called {quantity!r}; the reference knows {', '.join(QUANTITIES)}; the caller's mistake"
        )
    needs = {"vjp": (True, False), "jvp": (False, True), "hvp": (True, True)}.get(quantity, (False, False))
    for name, needed, given in zip(("cotangent", "tangent"), needs, (cotangent, tangent), strict=True):
        if needed != (given is not None):
            raise ValueError(
                f"{'an' if quantity == 'hvp' else 'a'} {quantity} {'needs a' if needed else 'takes no'} {name}; "
                "the caller's mistake"
            )


def _joined(
    blocks: list[Judgement], question: Question, quantity: str, *, targets: Targets | None, arithmetic: Arithmetic
) -> Truth:
    undefined_rows = np.concatenate([one.undefined for one in blocks])
    out_of_range_rows = np.concatenate([one.out_of_range for one in blocks])
    readings = (_stacked([one.exact for one in blocks]), _stacked([one.shifted for one in blocks]))
    flags = [np.concatenate([getattr(one, name) for one in blocks]) for name in ("vacuous", "shifted_vacuous")]
    if question.outputs_per_row == 0:
        if question.reduction == "mean" and not question.counted.any():
            undefined_rows = np.ones_like(undefined_rows)  # 0 / 0
        if quantity in ("forward", "jvp"):
            assert targets is not None  # noqa: S101 - only losses have one output for all rows
            readings = tuple(reduction.summed(one, targets, arithmetic=arithmetic) for one in readings)  # type: ignore[assignment]
            flags = [np.asarray([[flag.any()]]) for flag in flags]
            undefined_rows = np.asarray([undefined_rows.any()])
            out_of_range_rows = np.asarray([out_of_range_rows.any()])
    place = _Place(question, quantity)
    undefined = place.everywhere(undefined_rows)
    exact, shifted = (place.joined_pair(one.value, undefined) for one in readings)
    return Truth(
        value=exact,
        bound=place.joined(readings[0].bound),
        shifted_value=shifted,
        shifted_bound=place.joined(readings[1].bound),
        vacuous=place.joined(flags[0]),
        shifted_vacuous=place.joined(flags[1]),
        undefined=undefined,
        out_of_range=place.everywhere(out_of_range_rows),
    )


def _stacked(parts: list[Bounded]) -> Bounded:
    return Bounded(
        value=DoubleDouble(
            hi=np.concatenate([part.value.hi for part in parts]), lo=np.concatenate([part.value.lo for part in parts])
        ),
        bound=np.concatenate([part.bound for part in parts]),
    )


class _Place:
    """Where the rows of a quantity belong in its array."""

    def __init__(self, question: Question, quantity: str) -> None:
        self._question = question
        self._rows = question.rows
        self._jacobian = quantity == "jacobian"
        output = quantity in ("forward", "jvp")
        self._outputs: int | None = question.outputs_per_row if output or self._jacobian else None
        self._shape = question.output_shape if output else question.x.shape

    def joined_pair(self, value: DoubleDouble, undefined: NDArray[np.bool_]) -> DoubleDouble:
        """Return values in place, NaN where none is defined."""
        return DoubleDouble(
            hi=np.where(undefined, np.nan, self.joined(value.hi)), lo=np.where(undefined, 0.0, self.joined(value.lo))
        )

    def joined(self, together: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return arrays of all rows in the quantity's shape."""
        if not self._jacobian:
            return self._rows.join(together) if self._outputs is None else together.reshape(self._shape)
        if self._outputs is None:
            return self._rows.join_jacobian(together)
        if self._outputs == 0:
            return self._rows.join(together[:, 0, :])
        return self._rows.join_batch_jacobian(together[:, 0, :])

    def everywhere(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return flags of whole rows; in a Jacobian a flagged input row reaches every output: NaN times 0 is NaN."""
        rows = self._rows
        if not self._jacobian:
            if self._outputs is not None:
                return flags.reshape(self._shape)
            return rows.join(np.broadcast_to(flags[:, np.newaxis], (rows.count, rows.length)))
        if self._outputs == 0:
            return rows.join(np.broadcast_to(flags[:, np.newaxis], (rows.count, rows.length)))
        if self._outputs is None:
            full = (rows.count, rows.length, rows.count, rows.length)
            return rows.join_square(np.broadcast_to(flags[np.newaxis, np.newaxis, :, np.newaxis], full))
        every = np.broadcast_to(flags[:, np.newaxis], (rows.count, rows.length))
        inputs = rows.join(np.ascontiguousarray(every))
        return np.broadcast_to(inputs, self._question.output_shape + inputs.shape)


def _share(error: Floats, bound: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(error == 0, 0.0, error / bound)


__all__ = ["OPS", "QUANTITIES", "Question", "Truth", "arithmetic_of", "truth"]
