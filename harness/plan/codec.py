"""Plans as JSON values, and back: the one place that knows the names of the fields on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from harness.call import Call
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, PrintedValue
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Mode, Op, Quantity

Json = dict[str, Any]
Keep = Callable[[NDArray[Any]], Json]  # puts an array away and returns a reference to it
Fetch = Callable[[Mapping[str, Any]], NDArray[Any]]  # the inverse


def problem_to_json(problem: Problem, keep: Keep) -> Json:
    """Return ``problem`` as a JSON value, its arrays put away by ``keep``."""
    call = problem.call
    return {
        "id": problem.id,
        "case": problem.case,
        "op": call.op.value,
        "axis": call.axis,
        "dtype": call.dtype.value,
        "mode": call.mode.value,
        "cotangent_name": problem.cotangent_name,
        "check": [quantity.value for quantity in problem.check],
        "probe": problem.probe,
        "x": keep(call.x),
        "cotangent": None if call.cotangent is None else keep(call.cotangent),
        "tangent": None if call.tangent is None else keep(call.tangent),
    }


def problem_from_json(value: Json, fetch: Fetch) -> Problem:
    """Inverse of :func:`problem_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no problem."""
    dtype = DType(value["dtype"])
    arrays = {name: None if value[name] is None else fetch(value[name]) for name in ("x", "cotangent", "tangent")}
    x = arrays["x"]
    if x is None:
        raise ValueError("it has no x")
    for name, array in arrays.items():
        if array is not None and (array.dtype.name != dtype.value or array.shape != x.shape):
            raise ValueError(f"its {name} is {array.dtype.name} {array.shape}, expected {dtype.value} {x.shape}")
    call = Call(
        op=Op(value["op"]),
        axis=_integer(value["axis"]),
        dtype=dtype,
        mode=Mode(value["mode"]),
        x=x,
        cotangent=arrays["cotangent"],
        tangent=arrays["tangent"],
    )
    return Problem(
        id=_text(value["id"]),
        case=_text(value["case"]),
        call=call,
        cotangent_name=_text(value["cotangent_name"]),
        check=tuple(Quantity(name) for name in value["check"]),
        probe=value["probe"] is True,
    )


def case_to_json(case: CaseRecord) -> Json:
    """Return ``case`` as a JSON value."""
    return {
        "id": case.id,
        "why": case.why,
        "source": case.source,
        "file": case.file,
        "line": case.line,
        "text": case.text,
        "problems": case.problems,
        "tags": list(case.tags),
        "findings": [{"kind": f.kind.value, "adapters": list(f.adapters)} for f in case.findings],
        "printed": [
            {
                "adapter": p.adapter,
                "quantity": p.quantity.value,
                "dtype": p.dtype.value,
                "values": list(p.values),
                "summed": p.summed,
            }
            for p in case.printed
        ],
    }


def case_from_json(value: Json) -> CaseRecord:
    """Inverse of :func:`case_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no case."""
    return CaseRecord(
        id=_text(value["id"]),
        why=_text(value["why"]),
        source=_text(value["source"]),
        file=_text(value["file"]),
        line=_integer(value["line"]),
        text=_text(value["text"]),
        problems=_integer(value["problems"]),
        tags=_texts(value["tags"]),
        findings=tuple(
            ExpectedFinding(kind=FindingKind(f["kind"]), adapters=_texts(f["adapters"])) for f in value["findings"]
        ),
        printed=tuple(
            PrintedValue(
                adapter=_text(p["adapter"]),
                quantity=Quantity(p["quantity"]),
                dtype=DType(p["dtype"]),
                values=_texts(p["values"]),
                summed=bool(p["summed"]),
            )
            for p in value["printed"]
        ),
    )


def entry_to_json(entry: LedgerEntry) -> Json:
    """Return ``entry`` as a JSON value."""
    return {
        "id": entry.id,
        "case": entry.case,
        "op": entry.op,
        "dtype": entry.dtype,
        "adapter": entry.adapter,
        "kind": entry.kind.value,
        "quantity": entry.quantity,
        "largest_error": entry.largest_error,
        "owner": entry.owner,
        "why": entry.why,
        "link": entry.link,
        "version": entry.version,
        "platform": entry.platform,
        "file": entry.file,
        "line": entry.line,
    }


def entry_from_json(value: Json) -> LedgerEntry:
    """Inverse of :func:`entry_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no entry."""
    texts = ("id", "adapter", "owner", "why", "link", "version", "platform", "file")
    return LedgerEntry(
        **{name: _text(value[name]) for name in texts},
        case=None if value["case"] is None else _text(value["case"]),
        op=None if value["op"] is None else Op(value["op"]),
        dtype=None if value["dtype"] is None else DType(value["dtype"]),
        kind=FindingKind(value["kind"]),
        quantity=None if value["quantity"] is None else Quantity(value["quantity"]),
        largest_error=None if value["largest_error"] is None else float(value["largest_error"]),
        line=_integer(value["line"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value)


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} should be an integer")
    return value
