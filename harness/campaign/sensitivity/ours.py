"""The check of this harness: its own judge, with element test, row test and laws, each row a problem."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Floats
from harness.campaign.sensitivity.search import smallest
from harness.campaign.sensitivity.trials import Trials
from harness.compare.judge import Judge
from harness.compare.oracle import stacks
from harness.plan.carrier import encoded
from harness.record.recording import Entry, Returned
from harness.vocabulary import Outcome, Quantity
from reference.formats import format_named


def ours(trials: Trials) -> Floats:
    """Return the smallest size, in unit roundoffs, that the judge flags, for each row."""
    quantity, dtype = trials.cell.quantity, trials.cell.dtype
    number = {problem.id: k for k, problem in enumerate(trials.problems)}
    judges = [(Judge(stack), [number[problem.id] for problem in stack]) for stack in stacks(trials.problems)]

    def entry(k: int, asked: Quantity, value: Floats) -> Entry:
        problem = trials.problems[k]
        array = encoded(value.reshape(problem.call.shape_of(asked)), dtype)
        return Entry(
            problem=problem.id, quantity=asked, result=Returned(array, dtype.value), precision=trials.precision
        )

    def flags(results: Floats) -> NDArray[np.bool_]:
        refused = np.zeros(len(results), np.bool_)
        for judge, members in judges:
            entries = {
                (trials.problems[k].id, asked): entry(k, asked, value[k])
                for k in members
                for asked, value in ((Quantity.FORWARD, trials.own_forward), (quantity, results))
            }
            verdicts = judge.verdicts("planted", quantity, entries)
            for k in members:
                outcome = verdicts[trials.problems[k].id].outcome
                refused[k] = not outcome.agreed and outcome is not Outcome.OUTSIDE_RANGE
        return refused

    return smallest(trials.correct, flags, of=format_named(dtype), at=trials.at, sign=trials.sign)
