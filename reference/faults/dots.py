"""Dot products over a row that are taken over the wrong elements, or of the wrong row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from reference.faults.estimate import Estimate
from reference.faults.fault import Fault
from reference.faults.formula import Formula, formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting

Dot = Callable[[Setting, Estimate], Estimate | None]
"""Makes the sum of the terms of a dot product, (..., n), to (..., 1), or to one for each element."""

TILES: Final = (32, 128)


def with_dot(dot: Dot) -> dict[Kind, Formula]:
    """Return the right rules with another way to add up their dot product: <s, v>, <s, w>, or V."""

    def rule(terms: Callable[[Setting], Estimate], use: Callable[[Setting, Estimate], Estimate]) -> Formula:
        def of(at: Setting) -> Estimate | None:
            found = dot(at, terms(at))
            return None if found is None else use(at, found)

        return of

    def weighted(at: Setting) -> Estimate:
        return at.s * at.w

    return {
        Kind.JACOBIAN: rule(lambda at: at.s * at.vector, lambda at, t: at.s * at.vector - at.s * t),
        Kind.LOG_VJP: rule(lambda at: at.v, lambda at, total: at.v - at.s * total),
        Kind.LOG_JVP: rule(weighted, lambda at, mu: at.w - mu),
        Kind.CURVATURE: rule(weighted, lambda at, mu: at.factor * at.s * (at.w - mu)),
    }


def _scalar_dots(dot: Dot) -> dict[Kind, Formula]:
    """Return the same with rules that leave one number of a row; ``dot`` gives one of each row."""

    def of_sum(at: Setting) -> Estimate | None:
        return dot(at, at.s * at.w)

    def of_loss(at: Setting) -> Estimate | None:
        mu = dot(at, at.s * at.w)
        return None if mu is None else at.q.total() * mu - (at.q * at.w).total()

    return {**with_dot(dot), Kind.SUM_JVP: of_sum, Kind.LOSS_JVP: of_loss}


def _row_before(at: Setting, terms: Estimate) -> Estimate | None:
    if at.square or len(at.x) < 2 or at.unanswered.any():
        return None
    return terms.total().other_row()


def _without_last(at: Setting, terms: Estimate) -> Estimate | None:
    return terms.where(np.arange(at.length) < at.length - 1, 0.0).total() if at.length > 1 else None


def _of_first_tile(tile: int) -> Dot:
    def dot(at: Setting, terms: Estimate) -> Estimate | None:
        return terms.where(np.arange(at.length) < tile, 0.0).total() if at.length > tile else None

    return dot


def _past_first_tile(tile: int) -> Dot:
    def dot(at: Setting, terms: Estimate) -> Estimate | None:
        of_tile = _of_first_tile(tile)(at, terms)
        if of_tile is None:
            return None
        inside = np.arange(at.length) < tile
        shape = np.broadcast_shapes(terms.error.shape, inside.shape)
        return terms.total().spread(shape).where(inside, 0.0) + of_tile.spread(shape).where(~inside, 0.0)

    return dot


def _sum_of_all_heads(at: Setting) -> Estimate | None:
    """Return the sum of a row's cotangents, those under the mask included; None where nothing is masked."""
    question, given = at.evaluation.question, at.evaluation.cotangent
    if question.mask is None:
        return None
    if at.square:
        return at.number(np.broadcast_to(np.eye(at.length), (len(at.x), at.length, at.length))).total()
    return None if given is None else at.number(np.where(at.absent, 0.0, question.rows.cut(given))).total()


def _with_all_heads(at: Setting) -> Estimate | None:
    total = _sum_of_all_heads(at)
    return None if total is None else at.v - at.s * total


def _curvature_with_all_heads(at: Setting) -> Estimate | None:
    total = _sum_of_all_heads(at)
    return None if total is None else -(total * at.s * at.centred(at.w))


DOTS: Final[tuple[Fault, ...]] = (
    formula(
        "dot-of-row-before",
        what="s*(v - <s, v> of the row before): the dot product of another row is used",
        why="an index into the array of row sums is off by one, or a buffer is read before it is written",
        of=_scalar_dots(_row_before),
        rows_alone=False,
    ),
    formula(
        "last-element-not-in-dot",
        what="s*(v - <s, v> without its last term): the last element of the row is left out of the dot product",
        why="a loop that ends one too early",
        of=_scalar_dots(_without_last),
    ),
    *(
        formula(
            f"dot-of-first-{tile}",
            what=f"s*(v - <s, v> of the first {tile} elements): the dot product leaves out what comes after them",
            why="a reduction over tiles whose results are never added up",
            of=_scalar_dots(_of_first_tile(tile)),
        )
        for tile in TILES
    ),
    *(
        formula(
            f"wrong-past-element-{tile}",
            what=f"s*(v - <s, v> of the first {tile} elements) from element {tile} on: later tiles use a partial sum",
            why="later tiles read a sum that is not finished: right for short rows, and in the tests",
            of=with_dot(_past_first_tile(tile)),
        )
        for tile in TILES
    ),
    formula(
        "masked-cotangents-counted",
        what="v - s*sum v over masked elements, too: what the mask hides counts in the sum of cotangents",
        why="a mask is written as -inf before log_softmax, whose masked outputs then are no constants",
        of={Kind.LOG_VJP: _with_all_heads, Kind.CURVATURE: _curvature_with_all_heads},
    ),
)
