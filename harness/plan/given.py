"""An op's operand as it stands in a case file: written items, a file, or a rule to draw by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import batch_shape
from harness.plan.faults import Fault
from harness.plan.grammar import Random
from harness.plan.npyfile import read_npy
from harness.plan.number import NotANumber
from harness.plan.source import Source, Where
from harness.plan.written import WrittenArray, read_written


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of x, and the axis along which its rows lie."""

    shape: tuple[int, ...]
    axis: int

    @property
    def length(self) -> int:
        """The length of a row; an array without axes is a row of length one."""
        return self.shape[self.axis] if self.shape else 1

    @property
    def batch(self) -> tuple[int, ...]:
        """The shape of an array that has one element for each row."""
        return batch_shape(self.shape, self.axis)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """An operand as its author gave it."""

    content: WrittenArray | NDArray[Any] | Random
    source: Source
    where: Where

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape that is given; None for a rule, which takes the one that is needed."""
        return None if isinstance(self.content, Random) else self.content.shape

    def items(self, dtype: type[np.generic] | None = None) -> NDArray[Any]:
        """Return what was written or read, flat in C order; as ``dtype`` where it was written."""
        if isinstance(self.content, WrittenArray):
            return np.array(self.content.numbers, dtype=dtype)
        assert not isinstance(self.content, Random)  # noqa: S101 - the caller draws by a rule
        return self.content.reshape(-1)

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which items are whole numbers by their kind: 2, and not 2.0."""
        if isinstance(self.content, WrittenArray):
            return np.array([isinstance(item, int) for item in self.content.numbers], dtype=np.bool_)
        items = self.items()
        return np.full(items.shape, items.dtype.kind in "iu")

    def wrong(self, items: NDArray[Any], bad: NDArray[np.bool_], *, what: str, instead: str) -> Iterator[Fault]:
        """Yield a fault for each written item that is ``bad``, or for the first one of a file."""
        for index in np.flatnonzero(bad):
            if isinstance(self.content, WrittenArray):
                yield self.source.fault(self.content.places[index], f"{items[index]} {what}", instead)
                continue
            assert self.shape is not None  # noqa: S101 - draws are never bad
            place = [int(step) for step in np.unravel_index(index, self.shape)]
            yield self.source.fault(self.where, f"{items[index]} {what} (the item at {place})", instead)
            return

    def fault(self, what: str, instead: str) -> Fault:
        """Return a fault of the whole operand."""
        return self.source.fault(self.where, what, instead)


def read_given(
    form: Any,
    source: Source,
    where: Where,
    faults: list[Fault],
    *,
    leaf: Callable[[object], float],
    kinds: Mapping[str, str],
) -> Given | None:
    """Return what stands at ``where``: items read by ``leaf``, or a file of one of the ``kinds`` of dtypes; or a rule.

    None, and what is wrong with it in ``faults``, where it is none of these.
    """
    if not hasattr(form, "chosen"):
        written = read_written(source, where, faults, leaf=leaf)
        return None if written is None else Given(content=written, source=source, where=where)
    rule, value = form.chosen
    where = (*where, rule)
    if rule != "file":
        return Given(content=value, source=source, where=where)
    try:
        return Given(content=read_npy(source.folder / value, kinds), source=source, where=where)
    except NotANumber as error:
        faults.append(source.fault(where, error.what, error.instead))
        return None
