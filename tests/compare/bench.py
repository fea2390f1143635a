"""A workbench for the comparing stage: plans and recordings built in memory from small NumPy kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Description
from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan, PrintedValue
from harness.plan.problem import Problem
from harness.record.recording import Entry, Header, Raised, Recording, Returned, Unsupported
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named

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
    tangent: Any = None,
    result_dtype: DType | None = None,
    mode: Mode = Mode.DEFAULT,
    **parameters: Any,
) -> Problem:
    """A problem of numbers, rounded to their dtypes; the tangent is the cotangent where none is given."""
    primal = stored(x, dtype)
    head = None if cotangent is None else stored(cotangent, result_dtype or dtype)
    direction = cotangent if tangent is None and np.shape(cotangent) == primal.shape else tangent
    for key, kind in (("mask", np.bool_), ("lengths", np.int32)):
        if key in parameters:
            parameters[key] = np.asarray(parameters[key], kind)
    if "targets" in parameters:
        given = np.asarray(parameters["targets"])
        parameters["targets"] = stored(given, dtype) if given.dtype.kind == "f" else given.astype(np.int32)
    return Problem(
        id=name or f"{case}[{dtype}]",
        case=case,
        call=Call(
            op=op,
            axis=axis,
            dtype=dtype,
            mode=mode,
            x=primal,
            cotangent=head,
            tangent=None if direction is None else stored(direction, dtype),
            result_dtype=result_dtype,
            **parameters,
        ),
        cotangent_name="implicit" if cotangent is None else "given",
        check=tuple(check),
    )


def stored(values: Any, dtype: DType) -> NDArray[Any]:
    """Numbers rounded to a dtype; those of bfloat16 as their bits."""
    if not dtype.floating:
        return np.asarray(values, dtype.value)
    return format_named(dtype.value).encode(np.asarray(values, np.float64))


def read(array: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """The numbers of an array in a dtype that NumPy can compute in."""
    return format_named(dtype.value).decode(array).astype(np.float32) if dtype is DType.BFLOAT16 else array


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


def changed(asked: Problem, **parameters: Any) -> Problem:
    """The same problem with another field of its call."""
    return replace(asked, call=replace(asked.call, **parameters))


def header(adapter: str, *, not_run: str | None = None, version: str = "1.0") -> Header:
    return Header(
        adapter=adapter,
        plan="d" * 64,
        not_run=not_run,
        description=Description(framework=adapter, version=version, device="cpu", threads=1),
        platform={"system": "Linux", "machine": "x86_64"},
    )


def recording(
    of: Plan,
    kernels: Mapping[Quantity, Kernel],
    *,
    adapter: str = "kernel",
    complete: bool = True,
    finished: date | None = None,
    **entry: Any,
) -> Recording:
    """Record what ``kernels`` return or raise for every problem of a plan; ``entry`` are fields of each entry."""
    entries = {}
    for each in of.problems:
        for quantity in each.check:
            result = _result(kernels[quantity], each.call, quantity)
            filed = {"problem": each.id, "quantity": quantity, "result": result, "mode": Mode.EAGER}
            entries[each.id, quantity] = Entry(**filed | entry)
    return Recording(header=header(adapter), complete=complete, entries=entries, finished=finished)


def _result(kernel: Kernel, call: Call, quantity: Quantity) -> Returned | Raised | Unsupported:
    with np.errstate(all="ignore"):
        try:
            value = kernel(call)
        except NotImplementedError as error:
            return Unsupported(reason=str(error))
        except ValueError as error:
            return Raised(type="ValueError", text=str(error))
    due = call.dtype_of(quantity)
    name = value.dtype.name
    return Returned(value=value, dtype=due.value if due is not None and due.carrier == name else name)


def softmax(call: Call) -> NDArray[Any]:
    return stored(_softmax(call), call.dtype)


def _softmax(call: Call) -> NDArray[Any]:
    x = read(call.x, call.dtype)
    shifted = np.exp(x - x.max(axis=call.axis, keepdims=True))
    return shifted / shifted.sum(axis=call.axis, keepdims=True)


def vjp(call: Call) -> NDArray[Any]:
    s = _softmax(call)
    v = np.ones_like(s) if call.cotangent is None else read(call.cotangent, call.dtype)
    return stored(s * (v - (s * v).sum(axis=call.axis, keepdims=True)), call.dtype)


def jacobian(call: Call) -> NDArray[Any]:
    """The Jacobian of a one-dimensional primal."""
    s = _softmax(call)
    return stored(np.diag(s) - np.outer(s, s), call.dtype)


RIGHT: dict[Quantity, Kernel] = {
    Quantity.FORWARD: softmax,
    Quantity.VJP: vjp,
    Quantity.JVP: vjp,
    Quantity.JACOBIAN: jacobian,
}


def _true(quantity: Quantity) -> Kernel:
    """The reference's own answer, for every op; what it does not support, it says."""
    adapter = ReferenceAdapter()

    def kernel(call: Call) -> NDArray[Any]:
        if (reason := adapter.unsupported(call, quantity)) is not None:
            raise NotImplementedError(reason)
        answer: NDArray[Any] = np.asarray(getattr(adapter, quantity.value)(call))
        return answer

    return kernel


TRUE: dict[Quantity, Kernel] = {quantity: _true(quantity) for quantity in Quantity}
FLOATING = [dtype for dtype in DType if dtype.floating]
