"""The forms an array can be given in, each with its shape known before anything is allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.draw import Stream, normal_draws
from harness.plan.faults import Fault
from harness.plan.grammar import RANK, ArrayForm, Normal, VectorForm
from harness.plan.number import NotANumber, rounded
from harness.plan.source import Source, Where
from harness.plan.written import WrittenArray, read_written
from harness.vocabulary import DType

_KINDS = "fiu"  # of a .npy file: floats and integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GivenArray:
    """An array as its author gave it, at a place of a case file: not yet of any dtype."""

    shape: tuple[int, ...]
    content: WrittenArray | Normal | float | NDArray[Any]
    source: Source
    where: Where

    def rounded_to(self, dtype: DType, stream: Stream, faults: list[Fault]) -> NDArray[Any]:
        """Return the array in ``dtype``, read-only, its numbers rounded once; note what is too large for ``dtype``."""
        if isinstance(self.content, WrittenArray):
            array = self.content.rounded_to(dtype, faults)
        elif isinstance(self.content, Normal):
            array = self._cast(_drawn(self.content, self.shape, stream), dtype, faults, drawn=True)
        elif isinstance(self.content, np.ndarray):
            array = self._cast(self.content, dtype, faults)
        else:
            array = np.full(self.shape, self._number(self.content, dtype, faults), dtype=dtype.value)
        array.flags.writeable = False
        return array

    def _number(self, value: float, dtype: DType, faults: list[Fault]) -> float:
        try:
            return rounded(value, dtype)
        except NotANumber as error:
            faults.append(self.source.fault(self.where, error.what, error.instead))
            return 0.0

    def _cast(self, array: NDArray[Any], dtype: DType, faults: list[Fault], *, drawn: bool = False) -> NDArray[Any]:
        with np.errstate(over="ignore", under="ignore"):
            result = np.asarray(array).astype(dtype.value, order="C")
        finite = True if drawn else np.isfinite(array)
        if bool(np.any(~np.isfinite(result) & finite)):
            what = f"some of these numbers are too large for {dtype}"
            faults.append(self.source.fault(self.where, what, f"stay within {np.finfo(dtype.value).max:.9g}"))
        return result


def given_array(form: Any, source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    """Return what the ``x`` of a case gives: written numbers, or a form with a shape of its own."""
    if not isinstance(form, ArrayForm):
        return _written(source, where, faults)
    kind, value = form.chosen
    where = (*where, kind)
    if kind == "file":
        return _from_file(value, source, where, faults)
    content = value.value if kind == "full" else value
    return GivenArray(shape=tuple(value.shape), content=content, source=source, where=where)


def given_vector(
    form: VectorForm | Any, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]
) -> GivenArray | None:
    """Return what a cotangent or tangent gives, which has to have the shape of x; not for ``one_hot``."""
    if isinstance(form, VectorForm):
        kind, value = form.chosen
        where = (*where, kind)
        if kind != "file":
            return GivenArray(shape=shape, content=value, source=source, where=where)
        given = _from_file(value, source, where, faults)
    else:
        given = _written(source, where, faults)
    if given is not None and given.shape != shape:
        instead = f"give one of shape {_text(shape)}, as x has" + ("" if given.shape else ", or {full: ...}")
        faults.append(source.fault(where, f"an array of shape {_text(given.shape)}", instead))
        return None
    return given


def _written(source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    written = read_written(source, where, faults)
    if written is None:
        return None
    return GivenArray(shape=written.shape, content=written, source=source, where=where)


def _from_file(name: str, source: Source, where: Where, faults: list[Fault]) -> GivenArray | None:
    path = source.folder / name
    try:
        array = _open(path)
    except NotANumber as error:
        faults.append(source.fault(where, error.what, error.instead))
        return None
    return GivenArray(shape=array.shape, content=array, source=source, where=where)


def _open(path: Path) -> NDArray[Any]:
    instead = "give a .npy file of floats or integers, written with numpy.save; its path is relative to the case file"
    if not path.is_file():
        raise NotANumber(f"there is no file {path.as_posix()}", instead)
    try:
        array = np.load(path, mmap_mode="r" if path.stat().st_size > 4096 else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError, OverflowError) as error:
        raise NotANumber(f"{path.as_posix()} cannot be read: {' '.join(str(error).split())[:160]}", instead) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in _KINDS:
        got = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else "an archive"
        raise NotANumber(f"{path.as_posix()} holds {got}", instead)
    if array.ndim > RANK:
        raise NotANumber(f"{path.as_posix()} holds an array of {array.ndim} axes", f"at most {RANK} are possible")
    return array


def _drawn(normal: Normal, shape: tuple[int, ...], stream: Stream) -> NDArray[np.float64]:
    z = normal_draws(math.prod(shape), seed=normal.seed, stream=stream).reshape(shape)
    scale, shift = rounded(normal.scale, DType.FLOAT64), rounded(normal.shift, DType.FLOAT64)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(shift + scale * z)


def _text(shape: tuple[int, ...]) -> str:
    return str(list(shape)) if shape else "[] (one number)"
