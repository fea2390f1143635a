"""What is kept, as JSON: the judgement of a problem, pairs of equivalent calls, the exhibit of a case, an ending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

from pydantic import ConfigDict, RootModel

from harness.compare.exhibit import Exhibit
from harness.compare.judgement import Judgement
from harness.compare.relation import Pair

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a whole step ended: the SHA-256 of the files it wrote, what the terminal was told, and the exit code."""

    files: tuple[str, ...]
    said: str
    code: int


class Json(RootModel[T]):
    """A value as JSON. Numbers that JSON lacks are the texts NaN, Infinity and -Infinity."""

    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """A type of what is kept, as bytes and back."""

    name: str
    model: type[RootModel[T]]

    def to_bytes(self, value: T) -> bytes:
        """Return ``value`` as JSON; what has its default is left out."""
        return self.model(value).model_dump_json(exclude_defaults=True).encode()

    def from_bytes(self, text: bytes) -> T:
        """Inverse of :meth:`to_bytes`; raise ValueError where ``text`` is none of its results."""
        return self.model.model_validate_json(text).root


JUDGEMENT: Final = Form("judgement", Json[Judgement])
EQUIVALENTS: Final = Form("equivalents", Json[tuple[Pair, ...]])
EXHIBIT: Final = Form("exhibit", Json[tuple[Exhibit, ...]])  # one, or none
ENDING: Final = Form("ending", Json[Ending])
