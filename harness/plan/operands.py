"""What an op takes beside x: a mask, lengths, targets. Their shapes are checked before any array is made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from harness.plan.carrier import converted, encoded
from harness.plan.case import Case
from harness.plan.draw import Stream, uniform_draws, whole_draws
from harness.plan.faults import Fault
from harness.plan.given import Given, Layout, read_given
from harness.plan.grammar import Random, RandomMask
from harness.plan.npyfile import NUMBERS, TRUTHS, WHOLES
from harness.plan.source import Source, Where
from harness.plan.written import WrittenArray, target, truth_value, whole_number
from harness.vocabulary import DType

_PARTS: Final = 2**31  # a random probability is a whole number up to this, over the sum of those of its row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mask:
    """Which elements are kept."""

    key: ClassVar = "mask"
    given: Given

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """Return the shape of the array."""
        return layout.shape

    def misfits(self, layout: Layout) -> Iterator[Fault]:
        """Yield what is wrong with the shape."""
        if self.given.shape not in (None, layout.shape):
            what = f"a mask of shape {list(self.given.shape or ())}"
            yield self.given.fault(what, f"give one of shape {list(layout.shape)}, as x has")

    def array(self, layout: Layout, dtype: DType, faults: list[Fault]) -> NDArray[Any]:
        """Return the array, bool; note items that are no truth values."""
        rule = self.given.content
        if isinstance(rule, RandomMask):
            return _random_mask(rule, layout)
        items = self.given.items(np.bool_)
        if items.dtype.kind != "b":
            what, instead = "is not a truth value", "save true and false, or 1 and 0"
            faults += self.given.wrong(items, (items != 0) & (items != 1), what=what, instead=instead)
        return items.astype(np.bool_).reshape(layout.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lengths:
    """How many elements of each row are kept, from its beginning on."""

    key: ClassVar = "lengths"
    given: Given

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """Return the shape of the array."""
        return layout.batch

    def misfits(self, layout: Layout) -> Iterator[Fault]:
        """Yield what is wrong with the shape."""
        if self.given.shape not in (None, layout.batch):
            what = f"lengths of shape {list(self.given.shape or ())}"
            yield self.given.fault(what, f"give {list(layout.batch)}, the shape of x without axis {layout.axis}")

    def array(self, layout: Layout, dtype: DType, faults: list[Fault]) -> NDArray[Any]:
        """Return the array, int32; note items that are no length of a row."""
        rule, longest = self.given.content, layout.length
        if isinstance(rule, Random):
            draws = whole_draws(math.prod(layout.batch), below=longest, seed=rule.seed, stream=Stream.LENGTHS)
            return (draws + (longest > 0)).astype(np.int32).reshape(layout.batch)
        items = self.given.items(np.int64)
        bad = (items < 0) | (items > longest)
        instead = f"give a whole number from 0 to {longest}, the length of axis {layout.axis}"
        faults += self.given.wrong(items, bad, what="is no length of a row", instead=instead)
        return np.where(bad, 0, items).astype(np.int32).reshape(layout.batch)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Class indices, one for each row, of which those that are ``ignored`` do not count; or probabilities."""

    key: ClassVar = "targets"
    given: Given
    drawn: bool  # probabilities, by a rule
    ignored: int | None
    integers: bool  # some problem of the case has x of whole numbers

    def indices(self, layout: Layout) -> bool:
        """Say whether these are class indices, not probabilities: by their shape, or of a single number by its kind."""
        content = self.given.content
        if isinstance(content, Random):
            return not self.drawn
        if layout.batch != layout.shape:
            return content.shape == layout.batch
        return bool(self.given.whole.all())

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """Return the shape of the array."""
        return layout.batch if self.indices(layout) else layout.shape

    def misfits(self, layout: Layout) -> Iterator[Fault]:
        """Yield what is wrong with the shape, or with probabilities where there can be none."""
        if self.given.shape not in (None, layout.batch, layout.shape):
            what = f"targets of shape {list(self.given.shape or ())}"
            instead = f"give class indices of shape {list(layout.batch)} or probabilities of shape {list(layout.shape)}"
            yield self.given.fault(what, instead)
        elif self.indices(layout):
            if isinstance(self.given.content, Random) and not layout.length and 0 not in layout.batch:
                what = f"random targets along axis {layout.axis}, which has no elements"
                yield self.given.fault(what, "write them out, or give x an axis with elements")
        elif self.ignored is not None:
            what = "probabilities beside ignore_index"
            yield self.given.fault(what, "leave ignore_index out: only class indices are compared with it")
        elif self.integers:
            yield self.given.fault("probabilities for an x of int32", "give class indices, or ask for a floating dtype")

    def array(self, layout: Layout, dtype: DType, faults: list[Fault]) -> NDArray[Any]:
        """Return the array: indices as int32, probabilities in ``dtype``; note items that are neither."""
        rule = self.given.content
        if isinstance(rule, Random):
            return _random_probabilities(rule, layout, dtype) if self.drawn else _random_indices(rule, layout)
        items = self.given.items()
        if self.indices(layout):
            return self._indices(items, layout, faults)
        what, instead = "is no probability", "give numbers from 0 to 1"
        faults += self.given.wrong(items, ~((items >= 0) & (items <= 1)), what=what, instead=instead)
        if isinstance(rule, WrittenArray):
            return rule.rounded_to(dtype, faults)
        return converted(np.where((items >= 0) & (items <= 1), items, 0), dtype).reshape(layout.shape)

    def _indices(self, items: NDArray[Any], layout: Layout, faults: list[Fault]) -> NDArray[Any]:
        bad = (items < 0) | (items >= layout.length) | ~self.given.whole
        if self.ignored is not None:
            bad &= items != self.ignored
        classes = f"from 0 to {layout.length - 1}" if layout.length else "of a class (there is none)"
        instead = f"give a whole number {classes}" + (f", or {self.ignored}" if self.ignored is not None else "")
        faults += self.given.wrong(items, bad, what="is no class index", instead=instead)
        return np.where(bad, 0, items).astype(np.int32).reshape(layout.batch)


Operand = Mask | Lengths | Targets


def operands_of(case: Case, source: Source, where: Where, faults: list[Fault]) -> tuple[Operand, ...]:
    """Return the operands that a case gives."""
    found: list[Operand] = []
    given = case.model_fields_set
    if "mask" in given:
        mask = read_given(case.mask, source, (*where, "mask"), faults, leaf=truth_value, kinds=TRUTHS)
        found += [Mask(given=mask)] if mask is not None else []
    if "lengths" in given:
        lengths = read_given(case.lengths, source, (*where, "lengths"), faults, leaf=whole_number, kinds=WHOLES)
        found += [Lengths(given=lengths)] if lengths is not None else []
    if "targets" in given:
        targets = read_given(case.targets, source, (*where, "targets"), faults, leaf=target, kinds=NUMBERS)
        if targets is not None:
            drawn = targets.where[-1] == "probabilities"
            integers = DType.INT32 in case.dtype
            found.append(Targets(given=targets, drawn=drawn, ignored=case.ignore_index, integers=integers))
    return tuple(found)


def _random_mask(rule: RandomMask, layout: Layout) -> NDArray[Any]:
    shape = layout.shape or (1,)
    draws = uniform_draws(math.prod(shape), seed=rule.seed, stream=Stream.MASK).reshape(shape)
    kept = draws < float(rule.keep)
    smallest = draws.min(axis=layout.axis, keepdims=True, initial=1)  # the first to be kept, were more of them kept
    return np.asarray((kept | (draws == smallest)).reshape(layout.shape))


def _random_indices(rule: Random, layout: Layout) -> NDArray[Any]:
    draws = whole_draws(math.prod(layout.batch), below=layout.length, seed=rule.seed, stream=Stream.TARGETS)
    return draws.astype(np.int32).reshape(layout.batch)


def _random_probabilities(rule: Random, layout: Layout, dtype: DType) -> NDArray[Any]:
    """Draw positive whole numbers and divide each by the exact sum of its row: one rounding, alike on every machine."""
    shape = layout.shape or (1,)
    parts = whole_draws(math.prod(shape), below=_PARTS, seed=rule.seed, stream=Stream.TARGETS).reshape(shape) + 1
    return encoded((parts / parts.sum(axis=layout.axis, keepdims=True)).reshape(layout.shape), dtype)
