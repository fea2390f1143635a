"""The softmax family in one table: what is true of each op, so that few others have to name them one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is true of an op.

    ``rules``: whose rules answer it, of the five that :mod:`reference.rules.table` has. ``negated``: whether these are
    taken at -x. ``masked``, ``targets``, ``tempered``: whether a call has a mask, has targets, may have a temperature.
    """

    rules: str
    negated: bool = False
    masked: bool = False
    targets: bool = False
    tempered: bool = False


FAMILY: Final[Mapping[str, Traits]] = {
    "softmax": Traits(rules="softmax", tempered=True),
    "log_softmax": Traits(rules="log_softmax", tempered=True),
    "softmin": Traits(rules="softmax", tempered=True, negated=True),
    "logsumexp": Traits(rules="logsumexp"),
    "masked_softmax": Traits(rules="softmax", tempered=True, masked=True),
    "masked_log_softmax": Traits(rules="log_softmax", tempered=True, masked=True),
    "cross_entropy": Traits(rules="cross_entropy", targets=True),
    "softmax_output": Traits(rules="softmax_output", targets=True),
}

PROBABILITIES: Final = tuple(op for op, traits in FAMILY.items() if traits.rules == "softmax")
LOGARITHMS: Final = tuple(op for op, traits in FAMILY.items() if traits.rules == "log_softmax")
NEGATED: Final = tuple(op for op, traits in FAMILY.items() if traits.negated)
MASKED: Final = tuple(op for op, traits in FAMILY.items() if traits.masked)
WITH_TARGETS: Final = tuple(op for op, traits in FAMILY.items() if traits.targets)
TEMPERED: Final = tuple(op for op, traits in FAMILY.items() if traits.tempered)


def sibling(op: str, *, rules: str | None = None, negated: bool | None = None) -> str | None:
    """Return the op that differs from ``op`` in nothing but what is given, None where the family has none."""
    own = FAMILY[op]
    wanted = replace(own, rules=rules or own.rules, negated=own.negated if negated is None else negated)
    return next((name for name, traits in FAMILY.items() if traits == wanted), None)
