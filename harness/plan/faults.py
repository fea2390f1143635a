"""Faults of case files: where, what is wrong, what would be right. All of them are collected, and shown together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

SHOWN = 60  # characters of a wrong value that a message repeats


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing that is wrong in a case file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    what: str
    instead: str

    @property
    def text(self) -> str:
        """The whole message, on one line; what cannot be seen, or would move a cursor, as its escape."""
        text = f"{self.file}:{self.line}:{self.column}: {self.what}; {self.instead}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class BadCases(Exception):
    """Case files have faults: the author of the files has to mend them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(fault.text for fault in self.faults))


def nearest(word: object, words: Iterable[str]) -> str:
    """Return a hint: the known word that ``word`` is most like, or all of them where it is like none."""
    known = list(words)
    close = get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"


def shown(value: object) -> str:
    """Return ``value`` as a message repeats it: on one line, and not longer than a reader needs."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    text = f"'{value}'" if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
