"""What a file of plain functions declares beside them, in variables: names and dtypes as texts, all of them optional.

::

    name = "my-kernel"                     # of its recordings and its column; the file's, where it does not say
    version = "0.1"
    dtypes = ("float16", "float32")        # float32 and float64, where it does not say
    devices = ("cpu", "cuda")              # the first is used where nobody asks for one; cpu, where it does not say
    arrays = "torch"                       # what the functions are handed and return: numpy, torch or jax
    working = {"float16": "float32"}       # the dtype of elementwise steps, for those of calls; or one for all
    accumulation = "float32"               # the dtype of sums, likewise
    forms = ("recomputed",)                # unusual forms, see harness.vocabulary.Form
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any, TypeVar

from harness.adapters.contract import Precision
from harness.adapters.exchange import FRAMEWORKS
from harness.vocabulary import DType, Form


class DeclarationFault(ValueError):
    """A variable of the file is not the declaration that its name says it is; the text says what would be right."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}{text}")
        self.name = name


Word = TypeVar("Word", bound=StrEnum)
_FLOATING = tuple(dtype for dtype in DType if dtype.floating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The declarations of one file, read."""

    name: str
    version: str
    dtypes: tuple[DType, ...]
    devices: tuple[str, ...]
    arrays: str
    working: dict[DType, DType]  # of the kernel, by that of the call
    accumulation: dict[DType, DType]
    forms: tuple[Form, ...]

    def precision(self, usual: Precision) -> Precision:
        """Return the precision of a call whose result would usually be computed in ``usual``."""
        return Precision(
            working=self.working.get(usual.working, usual.working),
            accumulation=self.accumulation.get(usual.accumulation, usual.accumulation),
            forms=self.forms,
        )


def declared_in(module: ModuleType, *, name: str) -> Declared:
    """Return what ``module`` declares; raise :class:`DeclarationFault` where that is none.

    ``name`` is the one that it has where it gives itself none.
    """
    said = vars(module)
    arrays = _text("arrays", said.get("arrays", "numpy"))
    if arrays not in FRAMEWORKS:
        raise DeclarationFault("arrays", f" = {arrays!r}: expected one of {', '.join(FRAMEWORKS)}")
    devices = said.get("devices", ("cpu",))
    if not isinstance(devices, (tuple, list)) or not devices or not all(isinstance(each, str) for each in devices):
        raise DeclarationFault("devices", f" = {devices!r}: expected texts in a tuple, such as ('cpu', 'cuda')")
    return Declared(
        name=_text("name", said.get("name", name)),
        version=_text("version", said.get("version", "unversioned")),
        dtypes=_words("dtypes", said.get("dtypes", ("float32", "float64")), DType),
        devices=tuple(devices),
        arrays=arrays,
        working=_by_dtype("working", said.get("working", {})),
        accumulation=_by_dtype("accumulation", said.get("accumulation", {})),
        forms=_words("forms", said.get("forms", ()), Form),
    )


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise DeclarationFault(name, f" = {value!r}: expected a text")
    return value


def _words(name: str, values: Any, words: type[Word]) -> tuple[Word, ...]:
    if not isinstance(values, (tuple, list)):
        raise DeclarationFault(name, f" = {values!r}: expected texts in a tuple, of {_listed(words)}")
    return tuple(_word(name, value, words) for value in values)


def _word(name: str, value: Any, words: Iterable[Word]) -> Word:
    for word in words:
        if value == word.value:
            return word
    raise DeclarationFault(name, f": {value!r} is not one of {_listed(words)}")


def _by_dtype(name: str, value: Any) -> dict[DType, DType]:
    if isinstance(value, str):
        return dict.fromkeys(_FLOATING, _word(name, value, _FLOATING))
    if not isinstance(value, dict):
        raise DeclarationFault(name, f" = {value!r}: expected a dtype, or a dict of them by the dtypes of calls")
    return {_word(name, key, _FLOATING): _word(name, each, _FLOATING) for key, each in value.items()}


def _listed(words: Iterable[StrEnum]) -> str:
    return ", ".join(word.value for word in words)
