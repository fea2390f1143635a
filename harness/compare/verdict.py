"""What comparing says of one evaluation, and of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from harness.vocabulary import FindingKind, Level, Outcome, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One row of the comparison table: an adapter, a problem, a quantity, and how the result stands to the oracle.

    Numbers are None where nothing was judged. ``share`` is the worst error as a share of its bound: above 1 is beyond
    it. ``row_share`` is the same for the row test (the elements of a row agree on one common factor), ``row_scalar``
    for that factor itself, and ``row_at`` is the index, over the remaining axes, of the row in which one of the two is
    worst. ``ulps`` counts units in the last place of the correctly rounded oracle.

    ``dtype`` is that of the primal, ``result_dtype`` that of this result: the one that came back, or else the one that
    was due; ``output_dtype`` that of the op's output, another one where results of another dtype are asked for.
    ``parameters`` are those of the call as one text, ``reduction`` that of a loss. ``invariants`` names the
    laws that the result breaks, by their findings. ``working``, ``accumulation`` and ``forms`` are what the kernel
    declares, which decides its bound. ``inputs`` and ``result`` are digests of what was asked, input bits included, and
    of the bits that came back: they tell runs apart.

    How accurate it is, to be added up over results: of ``computed`` elements ``rounded`` are the correctly rounded
    value, and ``flushed`` are 0 where that is below the smallest normal number. ``normal`` elements are not below it:
    ``normal_ulps`` is the largest error of theirs in ulps, ``normal_ulps_sum`` the sum of all, ``normal_ulps_at`` the
    index of the largest. ``eps`` and so on are the same for errors over eps times the natural scale of all that is
    computed (:mod:`reference.scale`).
    """

    adapter: str
    problem: str
    case: str
    op: str
    parameters: str = ""
    reduction: str = ""
    axis: int
    dtype: str
    result_dtype: str = ""
    output_dtype: str = ""
    mode: str
    shape: tuple[int, ...]
    cotangent: str
    quantity: Quantity
    outcome: Outcome
    detail: str = ""  # exception text, reason, or what differs, in a sentence
    elements: int = 0
    exact_elements: int = 0
    ulps: float | None = None
    share: float | None = None
    row_share: float | None = None
    row_scalar: float | None = None
    row_at: tuple[int, ...] | None = None
    at: tuple[int, ...] | None = None  # index of the worst element
    got: float | None = None
    want: float | None = None
    error: float | None = None  # absolute, at that element, against the exact oracle
    bound: float | None = None
    invariants: tuple[str, ...] = ()
    working: str = ""
    accumulation: str = ""
    forms: tuple[str, ...] = ()
    inputs: str = ""
    result: str = ""  # empty where no array came back
    computed: int = 0
    rounded: int = 0
    flushed: int = 0
    normal: int = 0
    normal_ulps: float | None = None
    normal_ulps_sum: float | None = None
    normal_ulps_at: tuple[int, ...] | None = None
    eps: float | None = None
    eps_sum: float | None = None
    eps_at: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person should read: its cause in a sentence, with the numbers that prove it."""

    kind: FindingKind
    case: str
    sentence: str
    problems: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()  # empty where the finding is a matter of the mathematics alone
    quantity: Quantity | None = None
    evidence: dict[str, Any] = field(default_factory=dict)  # JSON values: numbers, decimal and hex strings, lists
    excuse: str | None = None  # why it does not fail the run: expected by the case, or known to the ledger
    ledger: str | None = None  # the id of the ledger entry that knows it
    expired: str | None = None  # the id of the one that would, had it not expired

    @property
    def level(self) -> Level:
        """The weight of this finding's kind."""
        return self.kind.level

    @property
    def of_no_evaluation(self) -> bool:
        """Whether this finding is about no result of an adapter: nothing of an earlier run can be held against it."""
        return not (self.adapters and self.problems)

    @property
    def unexpected(self) -> bool:
        """Whether this finding fails the run."""
        return self.level is not Level.EXPLANATION and self.excuse is None


def json_value(value: Any) -> Any:
    """Return a value that JSON has: an infinity or NaN becomes its text."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
