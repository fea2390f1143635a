"""The case format: what a case file and a ledger may say. The JSON Schema is made from these classes.

The description of each field is written as advice: it is what an editor shows, and what a message recommends.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

from harness.plan.grammar import Array, Cotangents, Lengths, Mask, Tangent, Targets
from harness.plan.placeholder import written
from harness.plan.scalars import Finite, Smoothing, Temperatures, Whole
from harness.plan.words import (
    ABSENT,
    ACircumstance,
    Adapters,
    ADate,
    ADType,
    AFloatingDType,
    AKind,
    AnAdapter,
    AnOp,
    AQuantity,
    Axes,
    Checks,
    DTypes,
    Modes,
    Name,
    Normalizations,
    Ops,
    Reductions,
    Strict,
    Text,
    distinct,
)
from harness.vocabulary import DType, Mode, Normalization, Quantity, Reduction

FORMAT = 1

Written = Annotated[Text, AfterValidator(written)]


class FindingByAdapter(Strict):
    """A finding that must appear for each of some adapters."""

    kind: AKind = Field(description="the name of a finding, as in: kind: implicit-cotangent-refused")
    adapter: Adapters = Field(description="the adapter, or a list of them, as in: adapter: [torch, jax]")


def _named_finding(value: object) -> str:
    return "form" if isinstance(value, dict | BaseModel) else "name"


def _digits(value: object) -> str:
    text = getattr(value, "text", value)
    text = str(text).lower() if isinstance(text, bool | int) else text  # true, as it stands there, is no number
    try:
        float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        words = {"what": f"{text!r} is not a printed number", "instead": 'write its digits, as in: "0.13010848"'}
        raise PydanticCustomError("number", "{what}", words) from None
    return str(text)


class Printed(Strict):
    """Numbers that somebody else printed, held against an adapter's result digit by digit."""

    adapter: AnAdapter = Field(description="the adapter whose result was printed, as in: adapter: mxnet")
    quantity: AQuantity = Field(description="forward, vjp, jvp, jacobian or hvp")
    dtype: ADType = Field(description="float16, bfloat16, float32, float64 or int32")
    values: list[Annotated[str, PlainValidator(_digits, json_schema_input_type=str | float)]] = Field(
        min_length=1, description='the digits as printed, in C order, as in: values: ["0.13010848", "0.8698916"]'
    )
    summed: bool = Field(default=False, description="true where a Jacobian was summed over the outputs")


Finding = Annotated[
    Annotated[AKind, Tag("name")] | Annotated[FindingByAdapter, Tag("form")], Discriminator(_named_finding)
]


class Expect(Strict):
    """What must be seen: strict, so that what no longer happens is itself a finding."""

    findings: list[Finding] = Field(default=[], description="a list of findings that must appear, by name")
    printed: list[Printed] = Field(default=[], description="a list of printed numbers")


class Case(Strict):
    """One case: a call or, where parameters are lists, one call for each combination."""

    id: Name = Field(description="a name in kebab-case, unique over all files, as in: id: forum-summed-output")
    why: Text = Field(description="one or two sentences that say why this case exists")
    source: Text = Field(description="where it comes from: a link, or words")
    op: Ops = Field(description="softmax, log_softmax or another op, or a list of them")
    axis: Axes = Field(default=[-1], description="a whole number that fits the rank of x, or a list of them")
    dtype: DTypes = Field(
        default=[DType.FLOAT32, DType.FLOAT64],
        description="float16, bfloat16, float32, float64 or int32, or a list of them",
    )
    mode: Modes = Field(
        default=[Mode.DEFAULT], description="default, eager, jit, numpy or safe-accumulation, or a list of them"
    )
    result_dtype: AFloatingDType = Field(
        default=ABSENT,
        description="the floating dtype that an API is asked for, where the result is to have another than x",
    )
    x: Array = Field(description="numbers in nested lists, or {normal: ...}, {full: ...}, {file: ...}")
    cotangent: Cotangents = Field(
        default=["normal"],
        description="ones, zeros, normal, implicit, each, {one_hot: 0}, {normal: ...}, {full: 0.5}, {file: ...}, "
        "numbers in nested lists, or a list of these",
    )
    tangent: Tangent = Field(
        default="normal",
        description="ones, zeros, normal, {one_hot: 0}, {normal: ...}, {full: 0.5}, {file: ...}, or nested lists",
    )
    temperature: Temperatures = Field(
        default=ABSENT, description="a positive finite number that divides x first, or a list of them: temperature: 0.5"
    )
    mask: Mask = Field(
        default=ABSENT,
        description="true where an element is kept, in nested lists of the shape of x, or {random: ...}, {file: ...}",
    )
    lengths: Lengths = Field(
        default=ABSENT,
        description="how many elements of each row are kept, in the shape of x without the axis, or {random: ...}, "
        "{file: ...}",
    )
    targets: Targets = Field(
        default=ABSENT,
        description="class indices in the shape of x without the axis, or probabilities in the shape of x, or "
        "{random: ...}, {probabilities: ...}, {file: ...}",
    )
    reduction: Reductions = Field(default=[Reduction.NONE], description="none, sum or mean, or a list of them")
    ignore_index: Whole = Field(
        default=ABSENT, description="the target of rows that do not count, a whole number, as in: ignore_index: -100"
    )
    label_smoothing: Smoothing = Field(
        default=0, description="the share of each target that is spread over all classes, from 0 to below 1"
    )
    grad_scale: Finite = Field(default=1, description="a finite number, as in: grad_scale: 2")
    normalization: Normalizations = Field(
        default=[Normalization.NULL], description='"null", batch or valid, or a list of them'
    )
    check: Checks = Field(
        default=[Quantity.FORWARD, Quantity.VJP], description="a list of forward, vjp, jvp, jacobian, hvp"
    )
    expect: Expect = Field(default=Expect(), description="what must be seen: findings, printed")
    tags: Annotated[list[Name], AfterValidator(distinct)] = Field(
        default=[], description="words in kebab-case by which cases are selected"
    )


class CaseFile(Strict):
    """A file of cases that have something in common."""

    format: Literal[1] = Field(description="the version of this format: format: 1")
    theme: Text = Field(description="one sentence that says what the cases of this file have in common")
    cases: list[Case] = Field(min_length=1, description="a list of cases, each with id, why, source, op and x")


class KnownDifference(Strict):
    """A difference that is known: what is seen where, whose it is, and why."""

    id: Name = Field(description="a name in kebab-case, unique in the ledger")
    case: Name = Field(default=ABSENT, description="the id of the case where it is seen; left out: any")
    op: AnOp = Field(default=ABSENT, description="the op that it is seen of, as in: op: log_softmax; left out: any")
    dtype: ADType = Field(default=ABSENT, description="the dtype that it is seen with; left out: any")
    adapter: AnAdapter = Field(description="the adapter where it is seen, as in: adapter: mxnet")
    kind: AKind = Field(description="the name of the finding, as in: kind: beyond-bound")
    quantity: AQuantity = Field(default=ABSENT, description="forward, vjp, jvp, jacobian or hvp; left out: any")
    when: ACircumstance = Field(
        default=ABSENT, description="what must be true of the call or the result, as in: when: sum-overflows"
    )
    largest_error: Finite = Field(
        default=ABSENT,
        description=(
            "the largest absolute error beyond the rounding bound that belongs to it (of a vjp or jvp: over the sum of "
            "|cotangent| or |tangent| along the row), as in: largest_error: 2e-6"
        ),
    )
    largest_error_per_element: Finite = Field(
        default=ABSENT,
        description=(
            "the same, divided by the length of the axis, for what grows with it: largest_error_per_element: 4.9e-4"
        ),
    )
    owner: Literal["upstream", "design", "ours"] = Field(description="upstream, design or ours")
    why: Written = Field(description="one or two sentences that say why it happens")
    link: Written = Field(description="where it was reported or is documented")
    version: Text = Field(description='the version of the framework it was seen on, as in: version: "1.9.1"')
    platform: Text = Field(description="system and machine it was seen on, as in: platform: linux-x86_64")
    expires: ADate = Field(
        default=ABSENT,
        description="the last day of which recordings are excused, as in: expires: 2027-01-31; left out: no last day",
    )


class LedgerFile(Strict):
    """The known differences."""

    format: Literal[1] = Field(description="the version of this format: format: 1")
    ledger: list[KnownDifference] = Field(description="a list of known differences; it may be empty")
