"""The check of this harness: its own judge, with element test, row test and laws, each row a problem."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Floats
from harness.campaign.sensitivity.search import smallest
from harness.campaign.sensitivity.trials import Stack
from harness.plan.carrier import encoded
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import Outcome, Quantity
from reference.formats import format_named


def ours(stack: Stack, *, near: float) -> Floats:
    """Return the smallest size, in unit roundoffs, that the judge flags, for each row; sought from ``near`` on."""
    trials = stack.trials
    quantity, dtype = trials.cell.quantity, trials.cell.dtype

    def entry(problem: Problem, asked: Quantity, value: Floats) -> Entry:
        array = encoded(value.reshape(problem.call.shape_of(asked)), dtype)
        return Entry(problem=problem.id, quantity=asked, result=Returned(array, dtype.value), precision=stack.precision)

    def flags(results: Floats) -> NDArray[np.bool_]:
        entries = {
            (problem.id, asked): entry(problem, asked, values[k])
            for k, problem in enumerate(stack.problems)
            for asked, values in ((Quantity.FORWARD, stack.own_forward), (quantity, results))
        }
        verdicts = stack.judge.verdicts("planted", quantity, entries)
        outcomes = [verdicts[problem.id].outcome for problem in stack.problems]
        return np.array([not one.agreed and one is not Outcome.OUTSIDE_RANGE for one in outcomes], dtype=np.bool_)

    return smallest(trials.correct, flags, of=format_named(dtype), at=trials.at, sign=trials.sign, near=near)
