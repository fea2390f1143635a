"""Arrays that the plan drew, as the few lines of NumPy that draw them again: every bit, in place of packed bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.plan.draw import Stream, normal_draws
from harness.repeat.literal import is_packed, literal

LARGEST: Final = 1 << 20  # elements: the program holds twelve words for each
CALLED: Final = "normal("
DEFINITION: Final = (  # of harness.plan.draw.normals_from, all draws at a time
    "def normal(count, seed, stream):  # twelve uniform numbers less six: the same bits with every NumPy",
    "    words = np.random.PCG64([seed, stream]).random_raw(12 * count).reshape(count, 12)",
    "    total = (words >> np.uint64(11)).sum(axis=1, dtype=np.uint64).astype(np.int64)",
    "    return np.ldexp((total - (6 << 53)).astype(np.float64), -53)",
)
_STREAMS: Final = {"x": Stream.X, "cotangent": Stream.COTANGENT, "tangent": Stream.TANGENT}
_RULE: Final = re.compile(r"\bnormal:\s*\{([^{}]*)\}")
_NUMBER: Final = re.compile(r"\b(seed|scale|shift):\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)")
_FIRST: Final = 64  # elements that are compared before all of them are drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What a case says of its draws, as it says it."""

    seed: str = "0"
    scale: str = "1"
    shift: str = "0"

    def expression(self, array: NDArray[Any], stream: Stream) -> str:
        """Return the expression that draws ``array``, given :data:`DEFINITION`."""
        drawn = f"{CALLED}{array.size}, {int(self.seed)}, {int(stream)})"
        scaled = drawn if float(self.scale) == 1 else f"{float(self.scale)!r} * {drawn}"
        shifted = scaled if float(self.shift) == 0 else f"{float(self.shift)!r} + {scaled}"
        whole = drawn if shifted == drawn else f"({shifted})"
        shaped = whole if array.ndim == 1 else f"{whole}.reshape({array.shape})"
        return shaped if array.dtype == np.float64 else f"{shaped}.astype(np.{array.dtype.name})"

    def draws(self, array: NDArray[Any], stream: Stream) -> bool:
        """Tell whether ``array`` is what this rule draws, bit for bit."""
        flat = array.reshape(-1)
        for count in (_FIRST, flat.size):
            with np.errstate(over="ignore", under="ignore"):
                drawn = float(self.shift) + float(self.scale) * normal_draws(count, seed=int(self.seed), stream=stream)
                same = drawn.astype(array.dtype).tobytes() == flat[:count].tobytes()
            if not same:
                return False
        return True


def drawn(call: Call, text: str) -> dict[str, str]:
    """Return the expressions that draw arrays of ``call`` again, by those that :func:`literal` packs them into.

    ``text`` is the YAML of the case, whose normal draws are tried; what they do not give bit for bit stays packed.
    """
    rules = tuple(_rules(text))
    found = {}
    for name, stream in _STREAMS.items():
        array = getattr(call, name)
        if array is None or array.dtype.kind != "f" or not _FIRST < array.size <= LARGEST:
            continue
        packed = literal(array)
        rule = next((one for one in rules if one.draws(array, stream)), None) if is_packed(packed) else None
        if rule is not None:
            found[packed] = rule.expression(array, stream)
    return found


def _rules(text: str) -> Iterator[_Rule]:
    yield _Rule()  # of a vector that no case has to ask for
    for written in _RULE.findall(text):
        yield _Rule(**dict(_NUMBER.findall(written)))
