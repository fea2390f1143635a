"""Forward results made of a wrong sum S, or of the right one in a wrong way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from reference.faults.dots import TILES
from reference.faults.estimate import LN2, Estimate
from reference.faults.fault import Fault
from reference.faults.formula import Formula, formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting

Sum = Callable[[Setting], Estimate | None]


def with_sum(total: Sum) -> dict[Kind, Formula]:
    """Return the forward rules with another S."""

    def rule(use: Callable[[Setting, Estimate], Estimate]) -> Formula:
        def of(at: Setting) -> Estimate | None:
            found = total(at)
            return None if found is None else use(at, found)

        return of

    return {
        Kind.PROBABILITY: rule(lambda at, s: at.e / s),
        Kind.LOGARITHM: rule(lambda at, s: (at.d - s.log()).where(~at.gone, -np.inf)),
        Kind.LOG_SUM: rule(lambda at, s: at.largest + s.log()),
        Kind.LOSS: rule(lambda at, s: loss(at, at.d - s.log())),
    }


def loss(at: Setting, log: Estimate, *, q: Estimate | None = None) -> Estimate:
    """Return -<q, l>, infinite where a target has the probability 0; ``q`` stands for the question's targets."""
    asked_for = at.q if q is None else q
    asked = asked_for.size > 0
    found = -(asked_for * log.where(asked & ~at.gone, 0.0)).total()
    return found.where(np.asarray(~(asked & at.gone).any(axis=-1, keepdims=True)), np.inf)


def _without_last(at: Setting) -> Estimate | None:
    return at.e.where(np.arange(at.length) < at.length - 1, 0.0).total() if at.length > 1 else None


def _of_first_tile(tile: int) -> Sum:
    return lambda at: at.e.where(np.arange(at.length) < tile, 0.0).total() if at.length > tile else None


def _never_rescaled(tile: int) -> Sum:
    def total(at: Setting) -> Estimate | None:
        if at.length <= tile:
            return None
        e, index = at.e.value.hi, np.arange(at.length)
        running = np.maximum.accumulate(e, axis=-1)
        last = np.minimum((index // tile + 1) * tile, at.length) - 1
        largest = running[..., last]
        grown = np.zeros(e.shape, dtype=bool)
        grown[..., 1:] = e[..., 1:] > running[..., :-1]
        place = np.maximum.accumulate(np.where(grown, index, 0), axis=-1)[..., last]  # where each maximum stands first
        seen = Estimate(
            value=at.e.value.at(place), error=np.take_along_axis(at.e.error, place, axis=-1), arithmetic=at.arithmetic
        )
        return (at.e / seen.where(largest > 0, 1.0)).total()

    return total


def _in_base_two(log: Estimate) -> Estimate:
    return log / Estimate.exactly(LN2, log.arithmetic)


def _one(at: Setting) -> Estimate:
    return at.number(np.ones_like(at.reading.distribution.total.hi))


SUMS: Final[tuple[Fault, ...]] = (
    formula(
        "sum-missing",
        what="exp(x - max x), or x - max x: the sum S is left out",
        why="the normalisation is left to somebody else",
        of=with_sum(_one),
    ),
    formula(
        "mean-for-sum",
        what="S/n for S: the sum is a mean over the row",
        why="mean() written for sum()",
        of=with_sum(lambda at: at.over_length(at.e.total())),
    ),
    formula(
        "last-element-not-in-sum",
        what="S without its last term: the last element of the row is left out of the sum",
        why="a loop that ends one too early",
        of=with_sum(_without_last),
    ),
    formula(
        "largest-counted-twice",
        what="S + 1: the largest element counts twice in the sum",
        why="an accumulator that starts at exp(0) where the maximum's turn is still to come",
        of=with_sum(lambda at: at.e.total() + _one(at)),
    ),
    *(
        formula(
            f"sum-of-first-{tile}",
            what=f"S of the first {tile} elements: the sum leaves out what comes after them",
            why="a reduction over tiles whose results are never added up",
            of=with_sum(_of_first_tile(tile)),
        )
        for tile in TILES
    ),
    *(
        formula(
            f"never-rescaled-in-tiles-of-{tile}",
            what=f"S as a running sum in tiles of {tile}: it is not rescaled when the running maximum grows",
            why="the correction factor of the online softmax is forgotten: right wherever the maximum comes first",
            of=with_sum(_never_rescaled(tile)),
        )
        for tile in TILES
    ),
    formula(
        "base-two-logarithm",
        what="the right answer over ln 2: the logarithm has base two",
        why="log2 is the instruction that the hardware has",
        of={
            Kind.LOGARITHM: lambda at: _in_base_two(at.log_probability).where(~at.gone, -np.inf),
            Kind.LOG_SUM: lambda at: _in_base_two(at.largest + at.e.total().log()),
            Kind.LOSS: lambda at: _in_base_two(loss(at, at.log_probability)),
        },
    ),
    formula(
        "base-two-logarithm-of-sum",
        what="x - max x - log2 S: the logarithm of the sum has base two",
        why="log2 is the instruction that the hardware has, and the factor ln 2 is lost",
        of={
            Kind.LOGARITHM: lambda at: (at.d - _in_base_two(at.e.total().log())).where(~at.gone, -np.inf),
            Kind.LOG_SUM: lambda at: at.largest + _in_base_two(at.e.total().log()),
            Kind.LOSS: lambda at: loss(at, at.d - _in_base_two(at.e.total().log())),
        },
    ),
    formula(
        "largest-forgotten",
        what="log S, or x - log S: the largest element is subtracted before exp, and forgotten after the logarithm",
        why="the shift is made for the exponentials and not undone",
        of={
            Kind.LOGARITHM: lambda at: (at.largest + at.log_probability).where(~at.gone, -np.inf),
            Kind.LOG_SUM: lambda at: at.e.total().log(),
            Kind.LOSS: lambda at: loss(at, at.largest + at.log_probability),
        },
    ),
)
