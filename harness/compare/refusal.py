"""Why an evaluation gives nothing to hold against the oracle: what did not return, and what has no right to be read."""

from __future__ import annotations

from harness.compare.measure import Measured
from harness.plan.problem import Problem
from harness.record.recording import Crashed, Entry, OutOfMemory, Raised, Result, Returned, TimedOut, Unsupported
from harness.vocabulary import DType, Outcome, Quantity
from reference.formats import FORMATS


def refused(problem: Problem, quantity: Quantity, entry: Entry) -> Measured | None:
    """Return why ``entry`` gives nothing to hold against the oracle, or None where it does."""
    return refusal(entry, shape=problem.call.shape_of(quantity), due=problem.call.dtype_of(quantity))


def refusal(entry: Entry, *, shape: tuple[int, ...], due: DType | None) -> Measured | None:
    """Return why ``entry`` cannot be read as a result of ``shape`` and of the dtype ``due``, or None where it can.

    Where ``due`` is None, any floating dtype will do.
    """
    result: Result = entry.result
    match result:
        case Returned():
            return _unusable(entry, result, shape=shape, due=due)
        case Crashed(how=how):
            return Measured(Outcome.CRASHED, how)
        case TimedOut(limit=limit):
            return Measured(Outcome.TIMED_OUT, f"no answer in {limit:g} s")
        case OutOfMemory(limit=limit, needs=needs):
            detail = f"needed more than {limit / 2**30:.3g} GiB" if limit else "was refused memory"
            if needs:
                least, most = needs / 2**30, limit / 2**30
                detail = f"not tried: its inputs and its result take {least:.3g} GiB, the limit is {most:.3g} GiB"
            return Measured(Outcome.OUT_OF_MEMORY, detail)
        case Raised(type=kind, text=text, where=where):
            return Measured(Outcome.RAISED, f"{kind}: {text}" + (f" [{where}]" if where else ""))
        case Unsupported(reason=reason):
            return Measured(Outcome.UNSUPPORTED, reason)


def _unusable(entry: Entry, returned: Returned, *, shape: tuple[int, ...], due: DType | None) -> Measured | None:
    """Return why what came back has no right to be read."""
    if returned.value.shape != shape:
        return Measured(Outcome.SHAPE, f"returned shape {returned.value.shape}, expected {shape}")
    wrong = _wrong_dtype(returned.dtype, due=due)
    if wrong is not None:
        return Measured(Outcome.DTYPE, wrong)
    if entry.inputs_changed:
        changed = ", ".join(entry.inputs_changed)
        return Measured(Outcome.INPUT_CHANGED, f"the call changed its own input: {changed}")
    return None


def _wrong_dtype(returned: str, *, due: DType | None) -> str | None:
    """Return what is wrong with a result's dtype; any floating one will do where the framework chooses (no ``due``)."""
    if due is not None:
        return None if returned == due else f"returned {returned}, asked for {due.value}"
    if returned in FORMATS:
        return None
    return f"returned {returned}, where the result needs a floating point dtype"
