"""The facade: what is true of an op at given input bits, and how far a correct kernel may be from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference import consistency, ulp
from reference.agreement import RowConsistency
from reference.bounds import Arithmetic
from reference.doubledouble import DoubleDouble, Floats
from reference.formats import FloatFormat, coarser, format_named
from reference.judgement import Judgement, judge
from reference.rows import Rows

OPS: Final = ("softmax", "log_softmax")
QUANTITIES: Final = ("forward", "vjp", "jvp", "jacobian")
_ELEMENTS_AT_ONCE: Final = 1 << 15  # results, so that the temporaries of one block stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The exact value of a quantity and the bound around it, in two readings; all arrays have the output's shape.

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

    def share(self, got: NDArray[Any]) -> Floats:
        """Return the error of each element as a share of its bound, the better of both readings.

        NaN where ``got`` or the truth is NaN: test ``not (share <= 1)``. Infinity where the bound is 0 and missed.
        """
        plain = _share(ulp.error(got, self.value), self.bound)
        overflowed = np.isinf(got) & (got == ulp.rounded(self.value, format_named(got.dtype.name)))
        shifted = _share(ulp.error(got, self.shifted_value), self.shifted_bound)
        return np.where(overflowed, 0.0, np.where(shifted <= plain, shifted, plain))


def truth(
    op: str,
    quantity: str,
    x: NDArray[Any],
    *,
    axis: int,
    vector: NDArray[Any] | None = None,
    working: str,
    accumulation: str,
) -> Truth:
    """Return the exact value of ``quantity`` of ``op`` at ``x``, and its bounds.

    ``x`` is float32 or float64 of any shape; ``vector`` is the cotangent of a vjp or the tangent of a jvp, of the same
    shape. ``working`` and ``accumulation`` name the formats the kernel declares; working precision counts as no finer
    than the dtype of ``x``, in which results are stored. A jacobian has the shape ``x.shape + x.shape``. Raise
    ValueError for a word, dtype, axis or shape that is none of these.
    """
    _check(op, quantity, vector)
    rows = Rows.of(x, axis)
    arithmetic = _arithmetic(x, working=working, accumulation=accumulation)
    logits = rows.cut(x)
    vectors = None if vector is None else rows.cut(vector)
    per_row = rows.length * (rows.length if quantity == "jacobian" else 1)
    with np.errstate(all="ignore"):
        blocks = [
            judge(op, quantity, logits[block], None if vectors is None else vectors[block], arithmetic=arithmetic)
            for block in _blocks(rows.count, per_row)
        ]
    return _joined(blocks, rows, jacobian=quantity == "jacobian")


def row_consistency(
    op: str,
    quantity: str,
    got: NDArray[Any],
    *,
    x: NDArray[Any],
    axis: int,
    vector: NDArray[Any] | None = None,
    own_forward: NDArray[Any] | None = None,
    working: str,
    accumulation: str,
) -> RowConsistency | None:
    """Return how well the elements of each row of ``got`` agree on what they share, or None where no such test exists.

    Tests exist for the forward and the vjp. A vjp needs ``own_forward``, the same kernel's own output at ``x``. Rows
    that are undefined, empty, or not finite (in ``got`` or the own forward of a vjp) have share and scalar 0: the
    element test judges those. Raise ValueError as :func:`truth` does.
    """
    _check(op, quantity, vector)
    if quantity not in ("forward", "vjp"):
        return None
    if quantity == "vjp" and own_forward is None:
        raise ValueError(
            "a vjp is tested beside the kernel's own forward output: give own_forward; the caller's mistake"
        )
    rows = Rows.of(x, axis)
    arithmetic = _arithmetic(x, working=working, accumulation=accumulation)
    logits, results = rows.cut(x), rows.cut(got).astype(np.float64)
    vectors = None if vector is None else rows.cut(vector)
    forwards = None if own_forward is None else rows.cut(own_forward)
    with np.errstate(all="ignore"):
        blocks = [
            consistency.of_rows(
                op,
                results[block],
                x=logits[block],
                v=None if vectors is None else vectors[block],
                forward=None if forwards is None else forwards[block],
                arithmetic=arithmetic,
            )
            for block in _blocks(rows.count, rows.length)
        ]
    return RowConsistency(
        share=np.concatenate([one.share for one in blocks]), scalar=np.concatenate([one.scalar for one in blocks])
    )


def _check(op: str, quantity: str, vector: NDArray[Any] | None) -> None:
    if op not in OPS:
        raise ValueError(f"no op is called {op!r}; the reference knows {', '.join(OPS)}; the caller's mistake")
    if quantity not in QUANTITIES:
        raise ValueError(
            f"no quantity is called {quantity!r}; the reference knows {', '.join(QUANTITIES)}; the caller's mistake"
        )
    if (quantity in ("vjp", "jvp")) != (vector is not None):
        needs = "needs" if vector is None else "takes no"
        raise ValueError(
            f"a {quantity} {needs} vector (the cotangent of a vjp, the tangent of a jvp); the caller's mistake"
        )


def _arithmetic(x: NDArray[Any], *, working: str, accumulation: str) -> Arithmetic:
    return Arithmetic(
        working=coarser(format_named(working), format_named(x.dtype.name)), accumulation=format_named(accumulation)
    )


def _blocks(count: int, elements_per_row: int) -> Iterator[slice]:
    """Cut the rows into blocks; at least one, which may be empty, so that results always have their shape."""
    step = max(1, _ELEMENTS_AT_ONCE // max(1, elements_per_row))
    yield from (slice(start, start + step) for start in range(0, max(count, 1), step))


def _joined(blocks: list[Judgement], rows: Rows, *, jacobian: bool) -> Truth:
    def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
        together = np.concatenate(parts)
        return rows.join_jacobian(together) if jacobian else rows.join(together)

    def everywhere(parts: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
        """Return flags of whole rows; in a Jacobian a flagged input row reaches every output: NaN times 0 is NaN."""
        flags = np.concatenate(parts)
        if not jacobian:
            return rows.join(np.broadcast_to(flags[:, np.newaxis], (rows.count, rows.length)))
        full = (rows.count, rows.length, rows.count, rows.length)
        return rows.join_square(np.broadcast_to(flags[np.newaxis, np.newaxis, :, np.newaxis], full))

    undefined = everywhere([one.undefined for one in blocks])
    values = [
        DoubleDouble(
            hi=np.where(undefined, np.nan, joined([part.hi for part in parts])),
            lo=np.where(undefined, 0.0, joined([part.lo for part in parts])),
        )
        for parts in ([one.value for one in blocks], [one.shifted_value for one in blocks])
    ]
    return Truth(
        value=values[0],
        bound=joined([one.bound for one in blocks]),
        shifted_value=values[1],
        shifted_bound=joined([one.shifted_bound for one in blocks]),
        vacuous=joined([one.vacuous for one in blocks]),
        shifted_vacuous=joined([one.shifted_vacuous for one in blocks]),
        undefined=undefined,
        out_of_range=everywhere([one.out_of_range for one in blocks]),
    )


def _share(error: Floats, bound: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(error == 0, 0.0, error / bound)


__all__ = ["OPS", "QUANTITIES", "Arithmetic", "FloatFormat", "RowConsistency", "Truth", "row_consistency", "truth"]
