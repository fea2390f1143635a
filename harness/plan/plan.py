"""A plan: all problems with their bits, and what the later stages need to know of the cases they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from harness.plan.digest import question_of
from harness.plan.problem import Problem
from harness.vocabulary import Circumstance, DType, FindingKind, Op, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFinding:
    """A finding that a case says must appear; for each of ``adapters`` where that is not empty."""

    kind: FindingKind
    adapters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedValue:
    """Numbers that somebody else printed: decimal texts, in C order, held against one adapter's result digit by digit.

    ``summed`` says that they are the Jacobian summed over the outputs: its rows added up one after the other, in the
    dtype of the problem.
    """

    adapter: str
    quantity: Quantity
    dtype: DType
    values: tuple[str, ...]
    summed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case as its author wrote it: for the report, for messages, and for what it expects."""

    id: str
    why: str
    source: str
    file: str  # as given on the command line, with forward slashes
    line: int
    text: str  # the YAML of this case
    problems: int  # how many problems the case expands into, whether or not all of them were selected
    tags: tuple[str, ...] = ()
    findings: tuple[ExpectedFinding, ...] = ()
    printed: tuple[PrintedValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A known difference: what is seen where, whose it is, and why.

    ``case``, ``op``, ``dtype`` and ``quantity`` say where; None means anywhere. ``when`` says what else is true there
    of the call or of the result. A difference whose error is above ``largest_error`` is another one, and not known:
    the absolute error of the worst element beyond its rounding bound, for a vjp or jvp divided by the sum of the sizes
    of its cotangent or tangent along the row; None allows any. ``largest_error_per_element`` limits the same error
    divided by the length of the axis. What was recorded after the day ``expires`` is not excused; None allows any day.
    """

    id: str
    case: str | None
    op: Op | None
    dtype: DType | None
    adapter: str
    kind: FindingKind
    quantity: Quantity | None
    largest_error: float | None
    owner: str  # upstream, design, ours
    why: str
    link: str
    version: str  # of the framework it was seen on, e.g. "1.9.1"; judged only where it was recorded
    platform: str  # system and machine, e.g. "linux-x86_64"; judged only where it was recorded
    file: str
    line: int
    when: Circumstance | None = None
    largest_error_per_element: float | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that record, compare and report need of the cases.

    ``digest`` covers the problems and their input bits, and nothing else: editing a case's ``why`` leaves recordings
    valid.
    ``selection`` is the text of what was selected on the command line, None for the whole library.
    """

    digest: str
    problems: tuple[Problem, ...]
    cases: dict[str, CaseRecord]
    ledger: tuple[LedgerEntry, ...] = ()
    selection: str | None = None
    themes: dict[str, str] = field(default_factory=dict)  # case file: its theme
    # what is known of questions already; of a problem by its identity, so that an edited one is another
    questions: dict[Problem, str] = field(default_factory=dict, repr=False, compare=False)

    def question(self, problem: Problem) -> str:
        """Return the digest of what the call of ``problem`` asks (:func:`harness.plan.digest.question_of`)."""
        return self.questions.get(problem) or question_of(problem.call)

    @property
    def evaluations(self) -> int:
        """How many quantities one adapter is asked for."""
        return sum(len(problem.check) for problem in self.problems)
