"""Plans as JSON values, and back: the one place that knows the names of their fields on disk, but for a call's."""

from __future__ import annotations

from datetime import date
from typing import Any

from harness.plan.callcodec import Fetch, Json, Keep, call_from_json, call_to_json, integer
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, PrintedValue
from harness.plan.problem import Problem
from harness.vocabulary import Circumstance, DType, FindingKind, Op, Quantity


def problem_to_json(problem: Problem, keep: Keep) -> Json:
    """Return ``problem`` as a JSON value, its arrays put away by ``keep``."""
    return {
        "id": problem.id,
        "case": problem.case,
        "cotangent_name": problem.cotangent_name,
        "check": [quantity.value for quantity in problem.check],
        "probe": problem.probe,
        "call": call_to_json(problem.call, keep),
    }


def problem_from_json(value: Json, fetch: Fetch) -> Problem:
    """Inverse of :func:`problem_to_json`; raise KeyError, TypeError or ValueError where ``value`` is no problem."""
    return Problem(
        id=_text(value["id"]),
        case=_text(value["case"]),
        call=call_from_json(value["call"], fetch),
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
        line=integer(value["line"]),
        text=_text(value["text"]),
        problems=integer(value["problems"]),
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
        "when": entry.when,
        "largest_error": entry.largest_error,
        "largest_error_per_element": entry.largest_error_per_element,
        "owner": entry.owner,
        "why": entry.why,
        "link": entry.link,
        "version": entry.version,
        "platform": entry.platform,
        "expires": None if entry.expires is None else entry.expires.isoformat(),
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
        when=None if value.get("when") is None else Circumstance(value["when"]),
        largest_error=_number(value["largest_error"]),
        largest_error_per_element=_number(value.get("largest_error_per_element")),
        expires=None if value.get("expires") is None else date.fromisoformat(value["expires"]),
        line=integer(value["line"]),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value)
