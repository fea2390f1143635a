"""Headers and entries as JSON values, and back. Arrays stand in a pack; here they are references into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from numpy.typing import NDArray

from harness.adapters.contract import Description, Precision
from harness.arraypack import name_of
from harness.record.recording import (
    Crashed,
    Entry,
    Header,
    OutOfMemory,
    Raised,
    Result,
    Returned,
    TimedOut,
    Unsupported,
)
from harness.vocabulary import DType, Form, Mode, Quantity

Json = dict[str, Any]
KINDS = ("returned", "raised", "unsupported", "crashed", "timed out", "out of memory")  # of results, by their types
_CARRIERS = {dtype.value: dtype.carrier for dtype in DType}  # what holds the bits of each
Keep = Callable[[NDArray[Any]], Json]
Fetch = Callable[[Mapping[str, Any]], NDArray[Any]]


def header_to_json(header: Header) -> Json:
    """Return ``header`` as a JSON value."""
    return {
        "adapter": header.adapter,
        "plan": header.plan,
        "not_run": header.not_run,
        "description": None if header.description is None else description_to_json(header.description),
        "source": header.source,
        "harness": header.harness,
        "python": header.python,
        "platform": header.platform,
        "flags": header.flags,
        "packages": list(header.packages),
        **({} if header.rows_per_call is None else {"rows_per_call": header.rows_per_call}),
    }


def header_from_json(value: Json) -> Header:
    """Inverse of :func:`header_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no header."""
    return Header(
        adapter=_text(value["adapter"]),
        plan=_text(value["plan"]),
        not_run=_optional_text(value["not_run"]),
        description=None if value["description"] is None else description_from_json(value["description"]),
        source=_text(value["source"]),
        harness=_text(value.get("harness", "")),  # recordings of before it was kept have none, and are stale
        python=_text(value["python"]),
        platform=_texts(value["platform"]),
        flags=_texts(value["flags"]),
        packages=tuple(_text(package) for package in value["packages"]),
        rows_per_call=_optional_count(value.get("rows_per_call")),
    )


def description_to_json(description: Description) -> Json:
    """Return ``description`` as a JSON value."""
    return {
        "framework": description.framework,
        "version": description.version,
        "device": description.device,
        "threads": description.threads,
        "settings": dict(description.settings),
    }


def description_from_json(value: Json) -> Description:
    """Inverse of :func:`description_to_json`."""
    threads = value["threads"]
    if threads is not None and type(threads) is not int:
        raise TypeError(f"threads is {threads!r}, expected a number or null")
    return Description(
        framework=_text(value["framework"]),
        version=_text(value["version"]),
        device=_text(value["device"]),
        threads=threads,
        settings=_texts(value["settings"]),
    )


def entry_to_json(entry: Entry, keep: Keep) -> Json:
    """Return ``entry`` as a JSON value, its array put away by ``keep``; what is empty is left out."""
    value: Json = {
        "problem": entry.problem,
        "quantity": entry.quantity.value,
        "result": _result_to_json(entry.result, keep),
    }
    if entry.question:
        value["question"] = entry.question
    if entry.mode is not None:
        value["mode"] = entry.mode.value
    if entry.precision is not None:
        value["precision"] = _precision_to_json(entry.precision)
    if entry.inputs_changed:
        value["inputs_changed"] = list(entry.inputs_changed)
    if entry.method is not None:
        value["method"] = entry.method
    if entry.rows_per_call is not None:
        value["rows_per_call"] = entry.rows_per_call
    return value


def entry_from_json(value: Json, fetch: Fetch) -> Entry:
    """Inverse of :func:`entry_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no entry."""
    precision = value.get("precision")
    return Entry(
        problem=_text(value["problem"]),
        quantity=Quantity(value["quantity"]),
        result=_result_from_json(value["result"], fetch),
        mode=Mode(value["mode"]) if "mode" in value else None,
        precision=None if precision is None else _precision_from_json(precision),
        inputs_changed=tuple(_text(name) for name in value.get("inputs_changed", ())),
        method=_optional_text(value.get("method")),
        question=_text(value.get("question", "")),
        rows_per_call=_optional_count(value.get("rows_per_call")),
    )


def _result_to_json(result: Result, keep: Keep) -> Json:
    match result:
        case Returned(value, dtype):
            return {"kind": "returned", "array": keep(value), "dtype": dtype}
        case Raised(type_name, text, where):
            return {"kind": "raised", "type": type_name, "text": text, **({"where": where} if where else {})}
        case Unsupported(reason):
            return {"kind": "unsupported", "reason": reason}
        case Crashed(how, own):
            return {"kind": "crashed", "how": how, **({"own": True} if own else {})}
        case TimedOut(seconds):
            return {"kind": "timed out", "limit": seconds}
        case OutOfMemory(size, needs):
            return {"kind": "out of memory", "limit": size, **({"needs": needs} if needs else {})}


def _result_from_json(value: Json, fetch: Fetch) -> Result:
    match value["kind"]:
        case "returned":
            return _returned(fetch(value["array"]), _text(value["dtype"]))
        case "raised":
            return Raised(_text(value["type"]), _text(value["text"]), _text(value.get("where", "")))
        case "unsupported":
            return Unsupported(_text(value["reason"]))
        case "crashed":
            return Crashed(_text(value["how"]), value.get("own") is True)
        case "timed out":
            return TimedOut(float(value["limit"]))
        case "out of memory":
            return OutOfMemory(int(value["limit"]), int(value.get("needs", 0)))
        case kind:
            raise ValueError(f"{kind!r} is not a kind of result")


def _returned(array: NDArray[Any], name: str) -> Returned:
    carrier = name_of(array.dtype)
    if _CARRIERS.get(name, carrier) != carrier:
        raise ValueError(f"an array of {carrier} does not hold numbers of {name}")
    return Returned(array, name)


def _precision_to_json(precision: Precision) -> Json:
    value: Json = {"working": precision.working.value, "accumulation": precision.accumulation.value}
    if precision.forms:
        value["forms"] = [form.value for form in precision.forms]
    return value


def _precision_from_json(value: Json) -> Precision:
    return _precision(_text(value["working"]), _text(value["accumulation"]), *map(_text, value.get("forms", ())))


@cache  # a recording has a handful of them, and thousands of entries
def _precision(working_name: str, accumulation_name: str, *forms: str) -> Precision:
    working, accumulation = DType(working_name), DType(accumulation_name)
    if not (working.floating and accumulation.floating):
        raise ValueError(f"a kernel cannot compute in {working.value} and {accumulation.value}: a bound needs floats")
    return Precision(
        working=working,
        accumulation=accumulation,
        forms=tuple(Form(form) for form in forms),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _optional_count(value: object) -> int | None:
    if value is not None and (type(value) is not int or value < 1):
        raise TypeError(f"{value!r} is not a number of rows")
    return value


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    return {_text(key): _text(item) for key, item in value.items()}
