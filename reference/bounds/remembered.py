"""What was made last, remembered by what it was made of: a few large things, or many small ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

_FEWEST = 2  # however large they are


class Remembered(Generic[T]):
    """What was asked for last, as long as all of it together has at most ``elements``; the last two in any case.

    What is made may be made of other things that are asked for meanwhile.
    """

    def __init__(self, *, elements: int) -> None:
        self._elements = elements
        self._held = 0
        self._made: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how much is remembered."""
        return len(self._made)

    def once(self, key: Hashable, make: Callable[[], T], *, elements: int) -> T:
        """Return what was made under ``key``, or make it: then what was asked for longest ago makes room first."""
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key][0]
        self._make_room(elements)
        made = make()
        self._make_room(elements)  # again: others may have come
        self._made[key] = (made, elements)
        self._held += elements
        return made

    def _make_room(self, elements: int) -> None:
        while len(self._made) >= _FEWEST and self._held + elements > self._elements:
            _, (_, freed) = self._made.popitem(last=False)
            self._held -= freed
