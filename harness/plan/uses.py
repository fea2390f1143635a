"""Which keys of a case an op has use for, which it needs, and what cannot be asked together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.call import USES
from harness.plan.case import Case
from harness.plan.faults import Fault
from harness.plan.source import Source, Where
from harness.vocabulary import DType, Op, Quantity

_NEEDS_COTANGENT: Final = (Quantity.VJP, Quantity.HVP)
_NEEDS_TANGENT: Final = (Quantity.JVP, Quantity.HVP)
_OF_A_DERIVATIVE: Final = (Quantity.JVP, Quantity.JACOBIAN, Quantity.HVP)


def checked(case: Case) -> tuple[Quantity, ...]:
    """Return the quantities that a case checks, in the order of the vocabulary; forward is always one of them."""
    return tuple(quantity for quantity in Quantity if quantity in {Quantity.FORWARD, *case.check})


def needs_cotangent(case: Case) -> bool:
    """Say whether the problems of a case have a cotangent."""
    return any(quantity in case.check for quantity in _NEEDS_COTANGENT)


def needs_tangent(case: Case) -> bool:
    """Say whether the problems of a case have a tangent."""
    return any(quantity in case.check for quantity in _NEEDS_TANGENT)


def misuses(case: Case, source: Source, where: Where) -> Iterator[Fault]:
    """Yield what is wrong with the keys of ``case`` as they stand beside each other."""
    yield from _without_use(case, source, where)
    yield from _lacking(case, source, where)
    yield from _unanswerable(case, source, where)


def _without_use(case: Case, source: Source, where: Where) -> Iterator[Fault]:
    for key, ops in USES.items():
        idle = [op for op in case.op if op not in ops]
        if key in case.model_fields_set and idle:
            instead = f"leave it out, or put {idle[0]} into a case without it: it belongs to {', '.join(ops)}"
            yield source.fault((*where, key), f"the key {key!r}, for which {idle[0]} has no use", instead, key=True)
    for key, needed, quantities in (
        ("cotangent", needs_cotangent(case), _NEEDS_COTANGENT),
        ("tangent", needs_tangent(case), _NEEDS_TANGENT),
    ):
        if key in case.model_fields_set and not needed:
            words = " or ".join(quantities)
            instead = f"add {words} to check, or leave the {key} out"
            yield source.fault((*where, key), f"a {key}, and no {words} to check", instead, key=True)


def _lacking(case: Case, source: Source, where: Where) -> Iterator[Fault]:
    masks = [key for key in ("mask", "lengths") if key in case.model_fields_set]
    masked = [op for op in case.op if op.masked]
    if masked and not masks:
        instead = "add mask: [[true, false]] or lengths: [1], or one of them as {random: {seed: 3}}"
        yield source.fault(where, f"this case has neither a mask nor lengths, and {masked[0]} needs one", instead)
    if len(masks) > 1 and masked:
        instead = "keep one of them: each says alone which elements are kept"
        yield source.fault((*where, "lengths"), "lengths beside a mask", instead, key=True)
    losses = [op for op in case.op if op.has_targets]
    if losses and "targets" not in case.model_fields_set:
        instead = "add targets: [0, 2], one class index for each row, or targets: {random: {seed: 3}}"
        yield source.fault(where, f"this case has no targets, which {losses[0]} needs", instead)


def _unanswerable(case: Case, source: Source, where: Where) -> Iterator[Fault]:
    check = (*where, "check")
    beyond = [quantity for quantity in checked(case) if quantity is not Quantity.FORWARD]
    if DType.INT32 in case.dtype and beyond:
        instead = "write check: forward, and put other dtypes into a case of their own"
        yield source.fault(check, f"{beyond[0]} is checked, and int32 numbers have no derivatives", instead)
    asked = [quantity for quantity in _OF_A_DERIVATIVE if quantity in case.check]
    if Op.SOFTMAX_OUTPUT in case.op and asked:
        instead = "check forward and vjp: its backward rule is not the derivative of its output"
        yield source.fault(check, f"{asked[0]} is checked, and softmax_output has none", instead)
    if Quantity.HVP in case.check and "implicit" in case.cotangent:
        instead = "give one, as in: cotangent: ones; or put implicit into a case without hvp"
        yield source.fault((*where, "cotangent"), "an implicit cotangent, where the hvp needs one", instead)
