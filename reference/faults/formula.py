"""Formulas as faults: what rows give, in the place and the format that it comes back in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from reference import reduction
from reference.bounds.bounded import Bounded
from reference.bounds.shift import quotient
from reference.faults.estimate import Estimate
from reference.faults.evaluation import Answer, Evaluation
from reference.faults.fault import Fault
from reference.faults.kinds import KINDS, Kind, ops_of, quantities_of
from reference.faults.setting import Setting, setting_of
from reference.placement import Placement

_ORDERS: Final = {"forward": 0, "vjp": 1, "jvp": 1, "jacobian": 1, "hvp": 2}  # how often x is differentiated by

Formula = Callable[[Setting], Estimate | None]


def formula(name: str, *, what: str, why: str, of: Mapping[Kind, Formula], rows_alone: bool = True) -> Fault:
    """Return the fault that has these formulas, by the kind of the rule that they stand for."""

    def rule(evaluation: Evaluation) -> Answer | None:
        kind = KINDS.get((evaluation.question.op, evaluation.quantity))
        stated = None if kind is None else of.get(kind)
        if stated is None:
            return None
        setting = setting_of(evaluation)
        rows = stated(setting)
        return None if rows is None else placed(setting, rows)

    return Fault(
        name=name, what=what, why=why, ops=ops_of(of), quantities=quantities_of(of), rule=rule, rows_alone=rows_alone
    )


def placed(at: Setting, rows: Estimate) -> Answer:
    """Return what rows give once sign, temperature, mask, reduction and storage have been seen to."""
    question, quantity = at.evaluation.question, at.evaluation.quantity
    orders = _ORDERS[quantity]
    signed = -rows if question.negated and orders == 1 else rows
    result = Bounded(value=signed.value, bound=np.broadcast_to(signed.error, signed.value.hi.shape))
    for _ in range(orders if question.temperature != 1.0 else 0):
        value = quotient(result.value, question.temperature)
        bound = result.bound / question.temperature
        rounding = at.temper.rounding(at.arithmetic) * (np.abs(value.hi) + bound)
        result = Bounded(value=value, bound=bound + rounding + at.temper.lost(at.arithmetic))
    if at.block.kept is not None and orders:
        kept = at.block.kept[:, np.newaxis, :] if at.square else at.block.kept
        result = result.where(np.broadcast_to(kept, result.bound.shape), 0.0)
    return _stored(at, result)


def _stored(at: Setting, result: Bounded) -> Answer:
    """Return rows stored, and in place."""
    question, quantity, arithmetic = at.evaluation.question, at.evaluation.quantity, at.arithmetic
    of_output = quantity in ("forward", "jvp")
    if at.block.ignored.any():
        result = result.where(~at.block.ignored.reshape(-1, *[1] * (result.bound.ndim - 1)), 0.0)
    if question.outputs_per_row == 0 and of_output:
        result = reduction.summed(result, at.targets.weight, arithmetic=arithmetic)
        undefined = np.array([at.unanswered.any()])
    else:
        result = result.stored(arithmetic.stored_output if of_output else arithmetic.stored_gradient)
        undefined = at.unanswered
    place = Placement(question=question, quantity=quantity)
    return Answer(
        value=place.pair(result.value, place.whole_rows(undefined)), bound=np.array(place.elements(result.bound))
    )
