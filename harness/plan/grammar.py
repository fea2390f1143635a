"""The forms of arrays in which cases are written: nested numbers, rules, files.

The description of each field is written as advice: it is what an editor shows, and what a message recommends.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from harness.plan.number import is_hexadecimal
from harness.plan.scalars import Finite, Number, Seed, Shape, Share, Written, WrittenTruths, WrittenWholes
from harness.plan.words import ABSENT, Strict, Text


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
    """A cotangent, of the shape of the output; or a tangent, of the shape of x."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    one_hot: Annotated[int, Field(ge=0)] = Field(
        default=ABSENT, description="an index along the axis, from 0 on: 1 there in every row, 0 elsewhere"
    )
    normal: Normal = Field(default=ABSENT, description="normal draws, as in: {normal: {scale: 3, seed: 7}}")
    full: Number = Field(default=ABSENT, description="one number in every element, as in: {full: 0.5}")
    file: Text = Field(default=ABSENT, description="a .npy file, relative to the case file, as in: {file: head.npy}")


class Random(Strict):
    """Portable uniform draws."""

    seed: Seed = Field(default=0, description="a whole number from 0 on: another seed, other draws")


class RandomMask(Random):
    """A mask that keeps each element with the same probability, and at least one of each row."""

    keep: Share = Field(default=0.5, description="the share of the elements that is kept, from 0 to 1: keep: 0.7")


class MaskForm(_OneOf):
    """A mask, made by a rule or read from a file."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    random: RandomMask = Field(
        default=ABSENT, description="each element kept or not by chance, as in: {random: {keep: 0.7, seed: 3}}"
    )
    file: Text = Field(
        default=ABSENT, description="a .npy file of truth values, relative to the case file, as in: {file: mask.npy}"
    )


class LengthsForm(_OneOf):
    """Valid lengths, made by a rule or read from a file."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    random: Random = Field(default=ABSENT, description="lengths from 1 to that of the axis, as in: {random: {seed: 3}}")
    file: Text = Field(
        default=ABSENT, description="a .npy file of integers, relative to the case file, as in: {file: lengths.npy}"
    )


class TargetsForm(_OneOf):
    """Targets, made by a rule or read from a file."""

    model_config = ConfigDict(json_schema_extra=_ONE)
    random: Random = Field(default=ABSENT, description="class indices by chance, as in: {random: {seed: 3}}")
    probabilities: Random = Field(
        default=ABSENT, description="positive rows that add up to about one, as in: {probabilities: {seed: 3}}"
    )
    file: Text = Field(
        default=ABSENT,
        description="a .npy file of class indices or of probabilities, relative to the case file, as in: "
        "{file: targets.npy}",
    )


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
Mask = Annotated[
    Annotated[MaskForm, Tag("form")] | Annotated[WrittenTruths, Tag("numbers")], Discriminator(_array_or_numbers)
]
Lengths = Annotated[
    Annotated[LengthsForm, Tag("form")] | Annotated[WrittenWholes, Tag("numbers")], Discriminator(_array_or_numbers)
]
Targets = Annotated[
    Annotated[TargetsForm, Tag("form")] | Annotated[Written, Tag("numbers")], Discriminator(_array_or_numbers)
]
