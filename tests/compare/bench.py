"""A workbench for the comparing stage: plans and recordings built in memory from small NumPy kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Description
from harness.call import Call
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan, PrintedValue
from harness.plan.problem import Problem
from harness.record.recording import Entry, Header, Raised, Recording, Returned
from harness.vocabulary import DType, Mode, Op, Quantity

Kernel = Callable[[Call], Any]


def problem(
    x: Any,
    cotangent: Any = None,
    *,
    op: Op = Op.SOFTMAX,
    axis: int = -1,
    dtype: DType = DType.FLOAT32,
    check: Sequence[Quantity] = (Quantity.FORWARD, Quantity.VJP),
    case: str = "a-case",
    name: str | None = None,
) -> Problem:
    primal = np.asarray(x, dtype)
    head = None if cotangent is None else np.asarray(cotangent, dtype)
    return Problem(
        id=name or f"{case}[{dtype}]",
        case=case,
        call=Call(op=op, axis=axis, dtype=dtype, mode=Mode.DEFAULT, x=primal, cotangent=head, tangent=head),
        cotangent_name="implicit" if cotangent is None else "given",
        check=tuple(check),
    )


def plan(
    *problems: Problem,
    findings: Sequence[ExpectedFinding] = (),
    printed: Sequence[PrintedValue] = (),
    ledger: Sequence[LedgerEntry] = (),
) -> Plan:
    names = dict.fromkeys(each.case for each in problems)
    return Plan(
        digest="d" * 64,
        problems=problems,
        ledger=tuple(ledger),
        cases={
            name: CaseRecord(
                id=name,
                why="to be judged",
                source="a test",
                file="cases/a.yaml",
                line=3,
                text=f"id: {name}",
                problems=sum(each.case == name for each in problems),
                findings=tuple(findings),
                printed=tuple(printed),
            )
            for name in names
        },
    )


def header(adapter: str, *, not_run: str | None = None, version: str = "1.0") -> Header:
    return Header(
        adapter=adapter,
        plan="d" * 64,
        not_run=not_run,
        description=Description(framework=adapter, version=version, device="cpu", threads=1),
        platform={"system": "Linux", "machine": "x86_64"},
    )


def recording(
    of: Plan, kernels: dict[Quantity, Kernel], *, adapter: str = "kernel", complete: bool = True
) -> Recording:
    """Record what ``kernels`` return or raise for every problem of a plan."""
    entries = {}
    for each in of.problems:
        for quantity in each.check:
            entries[each.id, quantity] = Entry(
                problem=each.id, quantity=quantity, result=_result(kernels[quantity], each.call), mode=Mode.EAGER
            )
    return Recording(header=header(adapter), complete=complete, entries=entries)


def _result(kernel: Kernel, call: Call) -> Returned | Raised:
    with np.errstate(all="ignore"):
        try:
            value = kernel(call)
        except ValueError as error:
            return Raised(type="ValueError", text=str(error))
    return Returned(value=value, dtype=value.dtype.name)


def softmax(call: Call) -> NDArray[Any]:
    shifted = np.exp(call.x - call.x.max(axis=call.axis, keepdims=True))
    return shifted / shifted.sum(axis=call.axis, keepdims=True)


def vjp(call: Call) -> NDArray[Any]:
    s = softmax(call)
    v = np.ones_like(s) if call.cotangent is None else call.cotangent
    return s * (v - (s * v).sum(axis=call.axis, keepdims=True))


def jacobian(call: Call) -> NDArray[Any]:
    """The Jacobian of a one-dimensional primal."""
    s = softmax(call)
    return np.diag(s) - np.outer(s, s)


RIGHT: dict[Quantity, Kernel] = {
    Quantity.FORWARD: softmax,
    Quantity.VJP: vjp,
    Quantity.JVP: vjp,
    Quantity.JACOBIAN: jacobian,
}
