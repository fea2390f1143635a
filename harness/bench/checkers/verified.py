"""What a verified vjp costs: the framework's calls, oracle, bounds, laws and verdict, judged in stacks.

The verdict is the outcome with its numbers: worst element, ulps, shares, rows. The row of a table is no part of it:
digests of inputs and results, by which runs are told apart, and sums of errors, of which the table of accuracies is
made.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.adapters.contract import Adapter
from harness.call import Call
from harness.campaign.dice import Dice, Purpose
from harness.compare.judge import Judge
from harness.compare.stacking import stacks
from harness.plan.carrier import encoded
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import DType, Mode, Op, Quantity

_ASKED = (Quantity.FORWARD, Quantity.VJP)  # the elements of a vjp's row are judged beside its own forward


def drawn(shape: tuple[int, ...], dtype: DType, *, seed: int, count: int) -> tuple[Problem, ...]:
    """Return softmax problems: other logits and cotangents in each, all N(0, 1)."""
    found = []
    for number in range(count):
        x, v = (Dice(seed, number, purpose).normal(shape) for purpose in (Purpose.X, Purpose.COTANGENT))
        call = Call(
            op=Op.SOFTMAX,
            axis=len(shape) - 1,
            dtype=dtype,
            mode=Mode.DEFAULT,
            x=encoded(x, dtype),
            cotangent=encoded(v, dtype),
        )
        found.append(
            Problem(id=f"bench-{number}", case="bench", call=call, cotangent_name="normal", check=(Quantity.VJP,))
        )
    return tuple(found)


def flagged(problems: Sequence[Problem], adapter: Adapter) -> int:
    """Return at how many problems the vjp of ``adapter`` is beyond what rounding explains."""
    entries = {
        (problem.id, quantity): _entry(adapter, problem.call, problem.id, quantity)
        for problem in problems
        for quantity in _ASKED
    }
    agreed = [
        judged.measured.outcome.agreed and not judged.broken
        for stack in stacks(problems)
        for judged in Judge(stack).judged(Quantity.VJP, entries).values()
    ]
    return len(problems) - sum(agreed)  # what gives nothing to judge agrees with nothing


def _entry(adapter: Adapter, call: Call, problem: str, quantity: Quantity) -> Entry:
    returned = adapter.forward(call) if quantity is Quantity.FORWARD else adapter.vjp(call)
    value = returned[0] if isinstance(returned, tuple) else returned  # a forward may have saved something beside it
    return Entry(
        problem=problem,
        quantity=quantity,
        result=Returned(value, call.dtype.value),
        mode=adapter.modes[0],
        precision=adapter.precision(call, quantity),
    )
