"""What one adapter returned for a stack of problems, as numbers that can be held against the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision, usual_precision
from harness.compare.asked import decoded, result_format
from harness.compare.refusal import refusal
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import Quantity
from reference.consistency import RowConsistency
from reference.formats import Floats

_DECLARED: Final = attrgetter(*(field.name for field in fields(Precision)))

Entries = Mapping[tuple[str, Quantity], Entry]


class Stacked:
    """Arrays of problems along the first axis of one array; ``names``: the problems, in that order."""

    def __init__(self, names: Sequence[str], values: Floats) -> None:
        self.names = tuple(names)
        self.values = values
        self._at = {name: k for k, name in enumerate(self.names)}

    @classmethod
    def together(cls, parts: Sequence[Stacked]) -> Stacked | None:
        """Return the arrays of all parts; None where there are none."""
        if len(parts) < 2:
            return parts[0] if parts else None
        return cls([name for part in parts for name in part.names], np.concatenate([part.values for part in parts]))

    def __contains__(self, name: object) -> bool:
        """Say whether there is an array of this problem."""
        return name in self._at

    def __getitem__(self, name: str) -> Floats:
        """Return the array of one problem."""
        one: Floats = self.values[self._at[name]]
        return one

    def of(self, names: Sequence[str]) -> Floats:
        """Return the arrays of some problems along a first axis: of all, in order, the array that is there."""
        if tuple(names) == self.names:
            return self.values
        return np.asarray(self.values[[self._at[name] for name in names]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowTests:
    """Row tests of the results of several problems, (problems, rows)."""

    share: Stacked
    scalar: Stacked

    def of(self, names: Sequence[str]) -> RowConsistency | None:
        """Return those of some problems along a first axis; None where they have no rows."""
        share, scalar = self.share.of(names), self.scalar.of(names)
        return RowConsistency(share=share, scalar=scalar) if share.size else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """What an adapter returned, as float64, where it can be held against the oracle."""

    value: Floats
    dtype: str  # the name of their format
    result: str  # and of that of the op's output
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """Results of one kernel for some problems of a stack; the fields are those of :class:`Numbers`."""

    values: Stacked
    dtype: str
    result: str
    precision: Precision

    def of(self, name: str) -> Numbers:
        """Return the result for one problem."""
        return Numbers(value=self.values[name], dtype=self.dtype, result=self.result, precision=self.precision)


def usable(problems: Sequence[Problem], quantity: Quantity, entries: Entries) -> Iterator[Results]:
    """Yield what ``entries`` hold of ``quantity`` that can be judged, the results of one kernel together.

    ``problems`` are of one stack: their results have one shape, and are due in one dtype.
    """
    if not problems:
        return
    call = problems[0].call
    shape, due = call.shape_of(quantity), call.dtype_of(quantity)
    kernels: dict[tuple[object, ...], tuple[str, Precision, dict[str, NDArray[Any]]]] = {}
    for problem in problems:
        entry = entries.get((problem.id, quantity))
        if entry is None or not isinstance(got := entry.result, Returned):
            continue
        if refusal(entry, shape=shape, due=due) is None:
            precision = entry.precision or usual_precision(call)
            kernel = (got.dtype, *_DECLARED(precision))  # a tuple of words is found in a fraction of the time
            kernels.setdefault(kernel, (got.dtype, precision, {}))[2][problem.id] = got.value
    for dtype, precision, returned in kernels.values():
        arrays = list(returned.values())
        together = arrays[0][np.newaxis] if len(arrays) == 1 else np.stack(arrays)
        yield Results(
            values=Stacked(tuple(returned), decoded(together, dtype)),
            dtype=dtype,
            result=result_format(call, returned=dtype),
            precision=precision,
        )
