"""The words of which cases are written: names, closed sets, and lists of them.

The description of each field is written as advice: it is what an editor shows, and what a message recommends.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from harness.plan.faults import shown
from harness.vocabulary import Circumstance, DType, FindingKind, Mode, Normalization, Op, Quantity, Reduction

ABSENT: Any = None  # the default of a key that may be left out, but not be empty
T = TypeVar("T", bound=Hashable)


class Strict(BaseModel):
    """A mapping with the keys of its fields and no others; nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def listed(value: object) -> object:
    """Return a list as it is, and anything else as the only item of one."""
    return value if isinstance(value, list) else [value]


def distinct(values: list[T]) -> list[T]:
    """Return ``values``, where none of them stands there twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            text = str(getattr(value, "value", value))
            raise PydanticCustomError("twice", "{value} stands there twice", {"value": text, "index": index})
    return values


def _null(value: object) -> object:
    """Return the word null as YAML 1.2 reads it where it stands without quotation marks."""
    return Normalization.NULL.value if value is None else value


def _adapter(name: str) -> str:
    if not re.fullmatch(_ADAPTER, name):
        words = {"what": f"{shown(name)} names no adapter", "instead": "use letters, digits, '.', '_' and '-'"}
        raise PydanticCustomError("number", "{what}", words)
    return name


def _date(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(_DAY, value):
        try:
            return date.fromisoformat(value)
        except ValueError:  # the thirtieth of February
            pass
    words = {"what": f"{shown(value)} is not a day", "instead": "give year, month and day, as in: 2027-01-31"}
    raise PydanticCustomError("number", "{what}", words)


def _floating(dtype: DType) -> DType:
    if not dtype.floating:
        words = {"what": f"{dtype} is no floating dtype", "instead": f"give one of: {', '.join(_FLOATING)}"}
        raise PydanticCustomError("number", "{what}", words)
    return dtype


_ADAPTER = "^[A-Za-z0-9][A-Za-z0-9._-]*$"  # which may be the name of a kernel's file
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]

AnAdapter = Annotated[str, AfterValidator(_adapter), WithJsonSchema({"type": "string", "pattern": _ADAPTER})]
AnOp = Annotated[Op, Field(strict=False)]
ADType = Annotated[DType, Field(strict=False)]
AMode = Annotated[Mode, Field(strict=False)]
AQuantity = Annotated[Quantity, Field(strict=False)]
AKind = Annotated[FindingKind, Field(strict=False)]
ACircumstance = Annotated[Circumstance, Field(strict=False)]
ADate = Annotated[date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY})]
AReduction = Annotated[Reduction, Field(strict=False)]
ANormalization = Annotated[
    Normalization, Field(strict=False), BeforeValidator(_null, json_schema_input_type=Normalization | None)
]
_FLOATING = [dtype.value for dtype in DType if dtype.floating]
AFloatingDType = Annotated[ADType, AfterValidator(_floating), WithJsonSchema({"enum": _FLOATING, "type": "string"})]

MANY = (Field(min_length=1), AfterValidator(distinct))
Ops = Annotated[list[AnOp], BeforeValidator(listed, json_schema_input_type=AnOp | list[AnOp]), *MANY]
Axes = Annotated[list[int], BeforeValidator(listed, json_schema_input_type=int | list[int]), *MANY]
DTypes = Annotated[list[ADType], BeforeValidator(listed, json_schema_input_type=ADType | list[ADType]), *MANY]
Modes = Annotated[list[AMode], BeforeValidator(listed, json_schema_input_type=AMode | list[AMode]), *MANY]
Checks = Annotated[list[AQuantity], BeforeValidator(listed, json_schema_input_type=AQuantity | list[AQuantity]), *MANY]
Adapters = Annotated[
    list[AnAdapter], BeforeValidator(listed, json_schema_input_type=AnAdapter | list[AnAdapter]), *MANY
]
Reductions = Annotated[
    list[AReduction], BeforeValidator(listed, json_schema_input_type=AReduction | list[AReduction]), *MANY
]
Normalizations = Annotated[
    list[ANormalization],
    BeforeValidator(listed, json_schema_input_type=ANormalization | list[ANormalization]),
    *MANY,
]
