"""The words and forms of which cases are written: names, lists, numbers, arrays.

The description of each field is written as advice: it is what an editor shows, and what a message recommends.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from harness.plan.number import NotANumber, is_hexadecimal, number
from harness.vocabulary import DType, FindingKind, Mode, Op, Quantity

RANK = 8  # axes that an array may have
ABSENT: Any = None  # the default of a key that may be left out, but not be empty
T = TypeVar("T", bound=Hashable)


class Strict(BaseModel):
    """A mapping with the keys of its fields and no others; nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def distinct(values: list[T]) -> list[T]:
    """Return ``values``, where none of them stands there twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            text = str(getattr(value, "value", value))
            raise PydanticCustomError("twice", "{value} stands there twice", {"value": text, "index": index})
    return values


def _numeric(value: object) -> float | int:
    try:
        return number(value)
    except NotANumber as error:
        raise PydanticCustomError("number", "{what}", {"what": error.what, "instead": error.instead}) from None


def _finite(value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError(
            "number", "{what}", {"what": f"{value} is not finite", "instead": "give a finite number"}
        )
    return value


HexFloat = Annotated[str, Field(pattern=r"^[-+]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)([pP][-+]?[0-9]+)?$")]
Numbers = TypeAliasType("Numbers", "float | HexFloat | list[Numbers]")
Written = Annotated[Any, PlainValidator(lambda value: value, json_schema_input_type=Numbers)]
Number = Annotated[float, PlainValidator(_numeric, json_schema_input_type=float | HexFloat)]
Finite = Annotated[Number, AfterValidator(_finite)]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Length = Annotated[int, Field(ge=0, le=2**40)]
Shape = Annotated[list[Length], Field(max_length=RANK)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]

AnOp = Annotated[Op, Field(strict=False)]
ADType = Annotated[DType, Field(strict=False)]
AMode = Annotated[Mode, Field(strict=False)]
AQuantity = Annotated[Quantity, Field(strict=False)]
AKind = Annotated[FindingKind, Field(strict=False)]

_MANY = (Field(min_length=1), AfterValidator(distinct))
Ops = Annotated[list[AnOp], BeforeValidator(_listed, json_schema_input_type=AnOp | list[AnOp]), *_MANY]
Axes = Annotated[list[int], BeforeValidator(_listed, json_schema_input_type=int | list[int]), *_MANY]
DTypes = Annotated[list[ADType], BeforeValidator(_listed, json_schema_input_type=ADType | list[ADType]), *_MANY]
Modes = Annotated[list[AMode], BeforeValidator(_listed, json_schema_input_type=AMode | list[AMode]), *_MANY]
Checks = Annotated[
    list[AQuantity], BeforeValidator(_listed, json_schema_input_type=AQuantity | list[AQuantity]), *_MANY
]
Names = Annotated[list[Name], BeforeValidator(_listed, json_schema_input_type=Name | list[Name]), *_MANY]


class _OneOf(Strict):
    """A mapping with exactly one of its keys."""

    @model_validator(mode="after")
    def _has_one(self) -> _OneOf:
        if len(self.model_fields_set) != 1:
            words = {
                "got": ", ".join(sorted(self.model_fields_set)) or "none",
                "keys": ", ".join(type(self).model_fields),
            }
            raise PydanticCustomError("one_of", "{got} given where exactly one of {keys} is expected", words)
        return self

    @property
    def chosen(self) -> tuple[str, Any]:
        """The key that is given, and its value."""
        (key,) = self.model_fields_set
        return key, getattr(self, key)


_ONE: dict[str, Any] = {"minProperties": 1, "maxProperties": 1}


class Normal(Strict):
    """Portable normal draws: shift + scale * z, rounded once to the dtype of the problem."""

    scale: Finite = Field(default=1, description="a finite factor of the draws, as in: scale: 30")
    shift: Finite = Field(default=0, description="a finite number that is added to each, as in: shift: 1000")
    seed: Seed = Field(default=0, description="a whole number from 0 on: another seed, other numbers")


class NormalArray(Normal):
    """Portable normal draws of a shape."""

    shape: Shape = Field(description="the length of each axis, as in: shape: [64, 1000]")


class Full(Strict):
    """One number in every element; also the way to write an array that has none."""

    shape: Shape = Field(description="the length of each axis, as in: shape: [0, 5]")
    value: Number = Field(default=0, description="a number, as in: value: 0.5")


class ArrayForm(_OneOf):
    """An array, made by a rule or read from a file."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    normal: NormalArray = Field(
        default=ABSENT, description="normal draws, as in: {normal: {shape: [64, 1000], seed: 7}}"
    )
    full: Full = Field(default=ABSENT, description="one number everywhere, as in: {full: {shape: [2, 3], value: 0.5}}")
    file: Text = Field(default=ABSENT, description="a .npy file, relative to the case file, as in: {file: logits.npy}")


class VectorForm(_OneOf):
    """A cotangent or tangent, of the shape of x."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    one_hot: Annotated[int, Field(ge=0)] = Field(
        default=ABSENT, description="an index along the axis, from 0 on: 1 there in every row, 0 elsewhere"
    )
    normal: Normal = Field(default=ABSENT, description="normal draws, as in: {normal: {scale: 3, seed: 7}}")
    full: Number = Field(default=ABSENT, description="one number in every element, as in: {full: 0.5}")
    file: Text = Field(default=ABSENT, description="a .npy file, relative to the case file, as in: {file: head.npy}")


def _shape_of_form(value: object) -> str:
    if isinstance(value, dict | BaseModel):
        return "form"
    is_name = isinstance(value, str) and not is_hexadecimal(value)
    return "name" if is_name else "numbers"


def _array_or_numbers(value: object) -> str:
    return "form" if isinstance(value, dict | BaseModel) else "numbers"


def are_alternatives(value: object) -> bool:
    """Say whether a cotangent is a list of alternatives: one with a name or a mapping among its items."""
    return isinstance(value, list) and any(_shape_of_form(item) in ("form", "name") for item in value)


def _alternatives(value: object) -> object:
    return value if are_alternatives(value) else [value]


CotangentName = Literal["ones", "zeros", "normal", "implicit", "each"]
TangentName = Literal["ones", "zeros", "normal"]
Array = Annotated[
    Annotated[ArrayForm, Tag("form")] | Annotated[Written, Tag("numbers")], Discriminator(_array_or_numbers)
]
Cotangent = Annotated[
    Annotated[CotangentName, Tag("name")] | Annotated[VectorForm, Tag("form")] | Annotated[Written, Tag("numbers")],
    Discriminator(_shape_of_form),
]
Tangent = Annotated[
    Annotated[TangentName, Tag("name")] | Annotated[VectorForm, Tag("form")] | Annotated[Written, Tag("numbers")],
    Discriminator(_shape_of_form),
]
Cotangents = Annotated[
    list[Cotangent], BeforeValidator(_alternatives, json_schema_input_type=Cotangent | list[Cotangent])
]
