"""The check of this harness: its own judge, with element and row test, each row a problem."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.campaign.sensitivity.search import smallest
from harness.campaign.sensitivity.trials import Trials
from harness.compare.judge import Judge
from harness.compare.oracle import stacks
from harness.record.recording import Entry, Returned
from harness.vocabulary import Quantity


def ours(trials: Trials) -> NDArray[np.float64]:
    """Return the smallest size, in unit roundoffs, that the judge flags, for each row."""
    quantity, dtype = trials.cell.quantity, trials.cell.dtype.value
    number = {problem.id: k for k, problem in enumerate(trials.problems)}
    judges = [(Judge(stack), [number[problem.id] for problem in stack]) for stack in stacks(trials.problems)]

    def entry(k: int, asked: Quantity, value: NDArray[Any]) -> Entry:
        return Entry(problem=trials.problems[k].id, quantity=asked, result=Returned(value, dtype))

    def flags(results: NDArray[Any]) -> NDArray[np.bool_]:
        refused = np.zeros(len(results), np.bool_)
        for judge, members in judges:
            entries = {
                (trials.problems[k].id, asked): entry(k, asked, value[k])
                for k in members
                for asked, value in ((Quantity.FORWARD, trials.own_forward), (quantity, results))
            }
            verdicts = judge.verdicts("planted", quantity, entries)
            for k in members:
                refused[k] = not verdicts[trials.problems[k].id].outcome.agreed
        return refused

    return smallest(trials.correct, flags, at=trials.at, sign=trials.sign)
