"""How accurate results are, in a form that can be added up over many results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import FLOAT16, FloatFormat, Floats
from reference.scale import in_eps


class Accuracy:
    """How accurate the results are that were measured together: of all of them, once somebody asks for one."""

    def __init__(self, columns: Callable[[], dict[str, list[Any]]]) -> None:
        self._make = columns

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return self._make()

    def of(self, number: int) -> dict[str, Any]:
        """Return the fields of one result, as :func:`accuracies` has them."""
        return {name: column[number] for name, column in self._columns.items()}


def accuracies(
    got: Floats,
    want: Floats,
    *,
    errors: Floats,
    ulps: Floats,
    scale: Floats,
    judged: NDArray[np.bool_],
    of: FloatFormat,
) -> dict[str, list[Any]]:
    """Return fields of :class:`~harness.compare.verdict.Verdict`, from ``computed`` to ``eps_at``, for each result.

    Results lie along the first axis of all arrays, which have one shape; ``judged`` says which elements count,
    ``scale`` is the natural one. Elements for which nothing is computed, those of scale 0 (masked, or of another row's
    inputs), are left out: they would make everybody look accurate, and whoever is wrong there is told so by the bound.
    So are, of ulps, numbers that may be flushed.
    """
    computed = judged & (scale > 0)
    may_flush = (np.abs(want) < of.smallest_normal) & (of != FLOAT16)  # which nobody flushes
    normal = computed & ~may_flush
    flushed = computed & may_flush & (want != 0) & (got == 0)
    counts = {"computed": computed, "rounded": computed & (got == want), "flushed": flushed, "normal": normal}
    found: dict[str, list[Any]] = {name: flat(where).sum(axis=1).tolist() for name, where in counts.items()}
    in_scale = np.where(computed, in_eps(errors, scale, of=of), 0.0)
    in_ulps = np.where(normal, ulps, 0.0)
    for name, values, number in (("normal_ulps", in_ulps, "normal"), ("eps", in_scale, "computed")):
        at = flat(values).argmax(axis=1)
        columns = picked(values, at), flat(values).sum(axis=1).tolist(), indices(at, values.shape[1:])
        for end, column in zip(("", "_sum", "_at"), columns, strict=True):
            found[name + end] = [one if some else None for one, some in zip(column, found[number], strict=True)]
    return found


def flat(arrays: NDArray[Any]) -> NDArray[Any]:
    """Return arrays, which lie along a first axis, without axes of their own."""
    return arrays.reshape(len(arrays), -1)


def picked(arrays: NDArray[Any], at: NDArray[np.intp]) -> list[Any]:
    """Return one element of each array, by its number in C order."""
    picked: list[Any] = np.take_along_axis(flat(arrays), at[:, np.newaxis], axis=1)[:, 0].tolist()
    return picked


def indices(at: NDArray[np.intp], shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the indices of elements of arrays of ``shape``, given by their numbers in C order."""
    if not shape:
        return [()] * len(at)
    return list(zip(*(axis.tolist() for axis in np.unravel_index(at, tuple(shape))), strict=True))
