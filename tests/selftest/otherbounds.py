"""A truth with other bounds, for a judge who sees too much or too little."""

from __future__ import annotations

from dataclasses import replace

from reference.second import Second
from reference.truth import Truth


def times(true: Truth, factor: float) -> Truth:
    """The same values, with this many times their bounds in both readings."""

    def again() -> Second:
        return replace(true.second, bound=true.second.bound * factor)

    return replace(true, bound=true.bound * factor, again=again, in_rows=None)
