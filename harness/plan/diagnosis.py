"""What the models have against a case file, as faults with the place and advice of the field concerned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from harness.plan.faults import Fault, nearest, shown
from harness.plan.source import Source, Where

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_ENUMS = {"enum", "literal_error"}


def diagnose(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Fault]:
    """Return one fault for each thing that ``model`` has against ``source``."""
    return [_fault(dict(detail), source, model) for detail in error.errors(include_url=False)]


def _fault(detail: Mapping[str, Any], source: Source, model: type[BaseModel]) -> Fault:
    kind, context = detail["type"], detail.get("ctx", {})
    loc: Where = detail["loc"]
    if kind == "missing":
        field = _fields(model, loc[:-1])[loc[-1]]
        return source.fault(_where(source, loc[:-1]), f"{_owner(loc)} has no {loc[-1]!r}", f"add {field.description}")
    if kind == "extra_forbidden":
        known = _fields(model, loc[:-1])
        where = (*_where(source, loc[:-1]), loc[-1])
        return source.fault(where, f"unknown key {loc[-1]!r}", nearest(loc[-1], known), key=True)
    where = _where(source, loc)
    name, advice = _named(model, loc)
    if "instead" in context:
        return source.fault(where, f"{name}: {context['what']}", str(context["instead"]))
    if kind == "twice":
        return source.fault((*where, context["index"]), f"{name}: {context['value']!r} stands there twice", "keep one")
    if kind in _ENUMS:
        what = f"{name} is {shown(detail['input'])}, which is not known"
        return source.fault(where, what, nearest(detail["input"], _words(context["expected"])))
    if kind in _EXPECTED:
        what = f"{name} is {_described(detail['input'])}, where {_EXPECTED[kind]} is expected"
        return source.fault(where, what, f"give {advice}")
    if kind == "one_of":
        return source.fault(where, f"{name}: {detail['msg']}", f"give {advice}")
    return source.fault(where, f"{name} is {_described(detail['input'])}: {_reason(detail)}", f"give {advice}")


def _reason(detail: Mapping[str, Any]) -> str:
    kind = detail["type"]
    if kind in ("too_short", "string_too_short"):
        return "something is expected there"
    if kind == "string_pattern_mismatch":
        return "words of a-z and 0-9 joined by hyphens are expected"
    message = str(detail["msg"])
    return message.replace("Input should be", "it should be").replace("Value should", "it should")


def _described(value: object) -> str:
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return "an empty text" if value == "" else shown(value)


def _words(expected: str) -> list[str]:
    """Return the words of pydantic's "'a', 'b' or 'c'"."""
    return expected.split("'")[1::2]


def _where(source: Source, loc: Where) -> Where:
    """Return the path in the file: pydantic's, without the tags of unions and the indices of what is no list."""
    where: Where = ()
    for step in loc:
        if (*where, step) in source.values:
            where = (*where, step)
    return where


def _owner(loc: Where) -> str:
    """Return a word for what a key is missing from."""
    owners = {"cases": "this case", "ledger": "this entry"}
    names = [step for step in loc[:-1] if isinstance(step, str) and step not in ("form", "name", "numbers")]
    return owners.get(names[-1], repr(names[-1])) if names else "the file"


def _named(model: type[BaseModel], loc: Where) -> tuple[str, str]:
    """Return the key that ``loc`` leads to, and the advice for it."""
    name, advice = "the file", "what the format says"
    for end in range(1, len(loc) + 1):
        step = loc[end - 1]
        field = _fields(model, loc[: end - 1]).get(step) if isinstance(step, str) else None
        if field is not None:
            name, advice = str(step), field.description or advice
    return name, advice


def _fields(model: type[BaseModel], loc: Where) -> dict[Any, FieldInfo]:
    """Return the fields of the mapping at ``loc``."""
    for step in loc:
        field = model.model_fields.get(step) if isinstance(step, str) else None
        inner = _model_in(field.annotation) if field is not None else None
        model = inner or model
    return dict(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the one model that an annotation holds, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in get_args(annotation))
    return next((inner for inner in found if inner is not None), None)
