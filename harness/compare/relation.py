"""How two results stand to each other: words and records of the pairwise view."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.vocabulary import Quantity


class Relation(StrEnum):
    """How two results of equivalent calls stand to each other, in the order in which it is decided."""

    UNANSWERED = "not both answered"  # one is unsupported, or did not run
    EQUAL = "equal"  # the same numbers, NaN where the other has NaN
    POLICY = "policy"  # one refuses, or has its own answer where none is defined
    FAULT = "fault of one"
    BOTH_AT_FAULT = "fault of both"
    NO_BOUND = "no bound"  # rounding explains any difference between them
    WITHIN = "within the sum of both bounds"
    FACTOR = "constant factor"  # one is the other times a number, to the sum of both bounds
    DIFFERENT = "different"  # both are right, and what was asked of them is not the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two results held against each other: of two adapters for one problem, or of problems that a tag calls alike.

    ``difference`` is the largest absolute one, ``share`` the largest share of the sum of both bounds, and ``at`` where
    that is: None where no numbers were compared. ``factor`` times the second result is the first; ``factor_is`` says
    what it equals. ``faulty`` names the adapters whose result the oracle does not explain.
    """

    first: str  # adapter
    second: str
    problem: str
    other: str  # the second one's problem: the same, but for equivalent calls
    op: str
    other_op: str
    dtype: str
    quantity: Quantity
    relation: Relation
    difference: float | None = None
    share: float | None = None
    at: tuple[int, ...] | None = None
    factor: float | None = None
    factor_is: str = ""
    faulty: tuple[str, ...] = ()
    group: str = ""  # the tag by which the problems are called alike; empty for one problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCount:
    """How often two adapters stand to each other in one way, and the largest share of the sum of their bounds."""

    first: str
    second: str
    op: str
    dtype: str
    quantity: Quantity
    relation: Relation
    count: int
    share: float | None = None
    problem: str = ""  # where that share is met


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The pairwise view: every pair of adapters counted, those that differ one by one, and equivalent calls."""

    counts: tuple[PairCount, ...] = ()
    notable: tuple[Pair, ...] = ()
    equivalents: tuple[Pair, ...] = ()
