"""Numbers of a question that are not zero, and that its dtype has as zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.call import Call
from harness.explain.arrays import named
from harness.explain.reading import a_number, read_array
from harness.explain.words import Words
from reference.formats import format_named


def vanished(words: Words, call: Call) -> Iterator[str]:
    """Yield a sentence for each array that underflow changes: the first number that became zero, and how many did."""
    for name in ("x", "cotangent", "tangent", "targets"):
        text, array = getattr(words, name), getattr(call, name)
        if text is None or named(text) or (name == "targets" and call.index_targets):
            continue
        written = read_array(text, a_number, where=f"--{name}")
        zero = np.asarray(array.reshape(-1) == 0)
        lost = [place for place, value in enumerate(written.items) if zero[place] and float(value) != 0]
        if lost:
            at = [int(index) for index in np.unravel_index(lost[0], written.shape)]
            smallest = format_named(call.dtype.value).smallest_subnormal
            others = f"; so {'are' if len(lost) > 2 else 'is'} {len(lost) - 1} more" if len(lost) > 1 else ""
            place = f"element {at} of --{name}" if at else f"--{name}"
            yield (
                f"{written.texts[lost[0]]}, {place}, is taken as 0: the smallest number above zero that "
                f"{call.dtype.value} has is {smallest:.2g}{others}."
            )
