"""The single numbers of which cases are written, with the ranges they keep to."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from harness.plan.faults import shown
from harness.plan.number import NotANumber, number
from harness.plan.words import MANY, listed

RANK = 8  # axes that an array may have


def _numeric(value: object) -> float | int:
    try:
        return number(value)
    except NotANumber as error:
        raise _refused(error.what, error.instead) from None


def _finite(value: float) -> float:
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        raise _refused(f"{shown(value)} is too large for float64", "give a number that a float64 can hold") from None
    if not finite:
        raise _refused(f"{value} is not finite", "give a finite number")
    return value


def _positive(value: float) -> float:
    if not value > 0:
        raise _refused(f"{value} is not above zero", "give a positive finite number, as in: temperature: 0.5")
    return value


def _share(*, below: float | None = None) -> Callable[[float], float]:
    """Return a validator of numbers from 0 to 1; 1 itself is refused where ``below`` says so."""

    def check(value: float) -> float:
        if not 0 <= value <= 1 or value == below:
            to = "below 1" if below else "1"
            raise _refused(f"{shown(value)} is not a share", f"give a number from 0 to {to}")
        return value

    return check


def _refused(what: str, instead: str) -> PydanticCustomError:
    return PydanticCustomError("number", "{what}", {"what": what, "instead": instead})


HexFloat = Annotated[str, Field(pattern=r"^[-+]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)([pP][-+]?[0-9]+)?$")]
Numbers = TypeAliasType("Numbers", "float | HexFloat | list[Numbers]")
Truths = TypeAliasType("Truths", "bool | list[Truths]")
Wholes = TypeAliasType("Wholes", "int | list[Wholes]")
Written = Annotated[Any, PlainValidator(lambda value: value, json_schema_input_type=Numbers)]
WrittenTruths = Annotated[Any, PlainValidator(lambda value: value, json_schema_input_type=Truths)]
WrittenWholes = Annotated[Any, PlainValidator(lambda value: value, json_schema_input_type=Wholes)]

Number = Annotated[float, PlainValidator(_numeric, json_schema_input_type=float | HexFloat)]
Finite = Annotated[Number, AfterValidator(_finite)]
_Above = Annotated[float, Field(gt=0)] | HexFloat
Positive = Annotated[
    float, PlainValidator(_numeric, json_schema_input_type=_Above), AfterValidator(_finite), AfterValidator(_positive)
]
_Part = Annotated[float, Field(ge=0, le=1)] | HexFloat
Share = Annotated[float, PlainValidator(_numeric, json_schema_input_type=_Part), AfterValidator(_share())]
_LowerPart = Annotated[float, Field(ge=0, lt=1)] | HexFloat
Smoothing = Annotated[
    float, PlainValidator(_numeric, json_schema_input_type=_LowerPart), AfterValidator(_share(below=1))
]
Temperatures = Annotated[
    list[Positive], BeforeValidator(listed, json_schema_input_type=Positive | list[Positive]), *MANY
]

Length = Annotated[int, Field(ge=0, le=2**40)]
Shape = Annotated[list[Length], Field(max_length=RANK)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Whole = Annotated[int, Field(ge=-(2**31), lt=2**31)]  # an int32, as class indices are
