"""Arrays as people have them at hand: nested lists as JSON, Python or NumPy print them, read without evaluating."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from harness.explain.pasted import bare
from harness.plan.faults import shown
from harness.plan.number import NotANumber, WrittenFloat, is_decimal, is_hexadecimal

AXES: Final = 8  # that a primal may have
_TOKEN: Final = re.compile(r"\s*(?:(?P<open>[\[(])|(?P<close>[\])])|(?P<comma>,)|(?P<item>[^\s,\[\]()]+))")
SPECIAL: Final = {"nan": ".nan", "inf": ".inf", "infinity": ".inf"}
_TRUE: Final = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}

Item = TypeVar("Item")


class Misread(Exception):
    """Words that nobody can answer: where they stand, what is wrong, and what would be right."""

    def __init__(self, where: str, what: str, instead: str) -> None:
        super().__init__(f"{where}: {what}; {instead}")

    @classmethod
    def of(cls, where: str, error: NotANumber) -> Misread:
        """Return what is wrong with a number; case files spell infinity as YAML does, here it is as NumPy prints it."""
        return cls(where, error.what, error.instead.replace(".inf", "inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[Item]):
    """Items in C order, each as it was read, and the text that it was read from."""

    shape: tuple[int, ...]
    items: tuple[Item, ...]
    texts: tuple[str, ...]


def read_array(text: str, leaf: Callable[[str], Item], *, where: str) -> Written[Item]:
    """Return the array that ``text`` holds, each item read by ``leaf``.

    Lists stand in square or round brackets; items are separated by commas, blanks or both. What a framework prints
    around them is left out (:func:`~harness.explain.pasted.bare`). Raise :class:`Misread`,
    naming ``where`` and the character, for anything else; ``leaf`` raises
    :class:`~harness.plan.number.NotANumber`.
    """
    reader = _Reader(bare(text), leaf, where)
    return reader.whole()


def a_number(text: str) -> WrittenFloat:
    """Return the number that ``text`` spells: decimal, hexadecimal as ``0x1.8p-3``, inf or nan.

    Raise :class:`~harness.plan.number.NotANumber` where it is none.
    """
    plain = text.strip("'\"")
    sign, unsigned = (plain[:1], plain[1:]) if plain[:1] in ("-", "+") else ("", plain)
    spelled = SPECIAL.get(unsigned.lower())
    if spelled is None and not (is_decimal(plain) or is_hexadecimal(plain)):
        raise NotANumber(f"{shown(plain)} is not a number", "write numbers as 0.1, -2, 1e-3, 0x1.8p-3, inf or nan")
    return WrittenFloat(sign + spelled if spelled == ".inf" else spelled or plain)


def a_whole_number(text: str) -> int:
    """Return the whole number that ``text`` spells; raise :class:`~harness.plan.number.NotANumber` for another."""
    if re.fullmatch(r"[-+]?[0-9]{1,10}", text) is None or abs(int(text)) >= 2**31:
        raise NotANumber(f"{shown(text)} is not a whole number", "write one that int32 holds, as in: 2")
    return int(text)


def a_truth_value(text: str) -> bool:
    """Return what ``text`` says of an element; raise :class:`~harness.plan.number.NotANumber` where it says nothing."""
    word = text.lower().removeprefix("np.").rstrip("_")  # NumPy prints a list of its own as [np.True_, np.False_]
    if word not in _TRUE:
        raise NotANumber(f"{shown(text)} is not a truth value", "write true where an element is kept, and false")
    return _TRUE[word]


class _Reader(Generic[Item]):
    """Reads one text from left to right; the first list of each depth says how long its siblings are."""

    def __init__(self, text: str, leaf: Callable[[str], Item], where: str) -> None:
        self._text, self._leaf, self._where = text, leaf, where
        self._items: list[Item] = []
        self._texts: list[str] = []
        self._shape: list[int | None] = []
        self._items_at: int | None = None  # the depth at which items stand
        self._open: list[int] = []  # how many members each open list has so far

    def whole(self) -> Written[Item]:
        finished = False
        after_comma = False
        for kind, token, at in self._tokens():
            if finished:
                raise self._wrong(at, f"{shown(token)} after the end", "write one number, or one list in brackets")
            match kind:
                case "open":
                    self._begin(at)
                case "close":
                    self._end(at)
                case "comma":
                    if after_comma or not self._open or not self._open[-1]:
                        raise self._wrong(at, "a comma with nothing before it", "put one comma between two numbers")
                case _:
                    self._item(token, at)
            after_comma = kind == "comma"
            finished = not self._open
        if not finished:
            what = f"{len(self._open)} brackets are not closed" if len(self._open) > 1 else "a bracket is not closed"
            raise self._wrong(len(self._text), what if self._open else "nothing", "write numbers, as in: [[0.1, 2]]")
        shape = tuple(length or 0 for length in self._shape)
        return Written(shape=shape, items=tuple(self._items), texts=tuple(self._texts))

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        text = self._text.rstrip()
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            assert match is not None and match.lastgroup is not None  # noqa: PT018, S101 - every character is matched
            yield match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
            position = match.end()

    def _begin(self, at: int) -> None:
        depth = len(self._open)
        if depth == AXES:
            raise self._wrong(at, f"more than {AXES} axes", f"write at most {AXES} brackets inside each other")
        if self._items_at == depth and depth:
            raise self._wrong(at, "a list beside a number", "nest all of them equally deep")
        if depth == len(self._shape):
            self._shape.append(None)
        self._count()
        self._open.append(0)

    def _end(self, at: int) -> None:
        if not self._open:
            raise self._wrong(at, "a closing bracket that was never opened", "remove it")
        depth, length = len(self._open) - 1, self._open.pop()
        expected = self._shape[depth]
        if expected is None:
            self._shape[depth] = length
        elif expected != length:
            instead = f"{expected} are expected, as in the first list of this depth"
            raise self._wrong(at, f"a list of {length} ends here", instead)

    def _item(self, token: str, at: int) -> None:
        depth = len(self._open)
        if set(token) == {"."} and len(token) > 1:
            raise self._wrong(at, "'...', where numbers were left out", "give every number")
        if depth < len(self._shape):
            raise self._wrong(at, f"{shown(token)} beside a list", "nest all numbers equally deep")
        self._items_at = depth
        self._count()
        try:
            self._items.append(self._leaf(token))
        except NotANumber as error:
            raise Misread.of(self._place(at), error) from None
        self._texts.append(token.strip("'\""))

    def _count(self) -> None:
        if self._open:
            self._open[-1] += 1

    def _wrong(self, at: int, what: str, instead: str) -> Misread:
        return Misread(self._place(at), what, instead)

    def _place(self, at: int) -> str:
        return f"{self._where}, character {at + 1}"
