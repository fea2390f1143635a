"""What a result that somebody got is worth: judged by the bounds and laws of every case, as far as its digits go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import result_format
from harness.compare.assessment import Assessment
from harness.compare.findings import of_evaluation
from harness.compare.judge import Judge
from harness.compare.laws import FINDINGS
from harness.compare.verdict import Finding, Verdict
from harness.compare.zeros.find import DERIVATIVES
from harness.compare.zeros.flush import flushed
from harness.explain.arrays import stored
from harness.explain.digits import spread_of
from harness.explain.inputs import Inputs
from harness.explain.reading import Written
from harness.plan.number import WrittenFloat
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import DType, Level, Mode, Quantity
from reference.formats import Floats, format_named
from reference.truth import Truth
from reference.ulp import rounded

GOT: Final = "got"  # who returned a result that is judged here


class Standing(Enum):
    """How a result stands to the truth."""

    RIGHT = auto()  # a correct kernel may return this, and no law says otherwise
    WRONG = auto()
    POLICY = auto()  # there is no true answer, and it is another one than the convention of this harness
    UNDECIDED = auto()  # no bound and no law says anything, or too few digits of the inputs are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What the digits of a result leave open: ``most`` at the element ``at``, and how many times its bound that is.

    ``reads_the_same``: whether the truth of the inputs as they were read, written with as many digits, has the same.
    """

    most: float
    at: tuple[int, ...]
    bounds: float
    reads_the_same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How a result stands to the oracle; ``open``: what its digits leave open, if it is not wrong because of them.

    ``inputs``: what those of the inputs leave open, which ``open`` counts as well.

    ``undefined`` elements have no true value, and are NaN by convention. ``laws`` are those that it breaks, ``flushed``
    says what of it is zero by underflow, both in words.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    undefined: int = 0
    laws: tuple[str, ...] = ()
    flushed: tuple[str, ...] = ()
    open: Open | None = None
    inputs: Inputs | None = None

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.findings:
            policy = all(finding.level is Level.POLICY for finding in self.findings)
            unknown = self.inputs is not None and self.inputs.open is None
            return Standing.POLICY if policy else Standing.UNDECIDED if unknown else Standing.WRONG
        return Standing.RIGHT if self.verdict.outcome.agreed else Standing.UNDECIDED

    @property
    def right(self) -> bool:
        """Whether a correct kernel may return this, and no law says otherwise."""
        return self.standing is Standing.RIGHT

    @property
    def named(self) -> bool:
        """Whether a fault of the catalogue, or a factor, explains what is wrong."""
        return _named(self.findings)

    @property
    def main(self) -> tuple[Finding, ...]:
        """The findings to be told: those of the numbers themselves, or else the laws that they break."""
        own = tuple(finding for finding in self.findings if finding.kind not in FINDINGS.values())
        return own or self.findings


def worth_of(
    judge: Judge,
    problem: Problem,
    quantity: Quantity,
    written: Written[WrittenFloat],
    truth: Truth,
    *,
    inputs: Inputs | None = None,
) -> Worth:
    """Judge a result as it is written; where that fails, as the nearest number that prints like it.

    What the digits of the ``inputs`` leave open counts as if the result had been printed with as few. What is wrong
    either way is held against every fault as far as the digits go.
    """
    result = _Result(judge, problem, quantity, written, inputs=inputs)
    found = result.worth(result.as_written, result.spread)
    if result.spread is None or not _refuted(found):
        return found
    wanted = rounded(truth.value, result.format)
    printed = result.worth(result.nearest(wanted), None)
    if _refuted(printed):
        return found
    return replace(printed, open=result.left_open(wanted, truth))


def _refuted(worth: Worth) -> bool:
    """Say whether a result is not the answer to the numbers as they were read, whatever their digits leave open."""
    return bool(worth.findings) and worth.standing is not Standing.POLICY


class _Result:
    """A result as it was written, and the question that it answers."""

    def __init__(
        self,
        judge: Judge,
        problem: Problem,
        quantity: Quantity,
        written: Written[WrittenFloat],
        *,
        inputs: Inputs | None,
    ) -> None:
        self._judge, self._problem, self._quantity, self._inputs = judge, problem, quantity, inputs
        of_output = quantity in (Quantity.FORWARD, Quantity.JVP)
        self._due = DType(result_format(problem.call)) if of_output else problem.call.dtype
        self.format = format_named(self._due)
        self.as_written = stored(written, self._due, where="--got")
        self._own = spread_of(written, self.format)
        of_inputs = None if inputs is None else inputs.open
        self.spread = self._own if of_inputs is None else of_inputs + (0.0 if self._own is None else self._own)
        self._values = np.array([float(value) for value in written.items]).reshape(written.shape)

    def _towards(self, wanted: Floats, spread: Floats | None) -> Floats:
        """Return the numbers nearest to what is ``wanted`` among those that were written to within ``spread``."""
        within = 0.0 if spread is None else spread
        nearest = np.clip(wanted, self._values - within, self._values + within)
        return np.where(np.isfinite(wanted) & np.isfinite(self._values), nearest, self._values)

    def nearest(self, wanted: Floats) -> NDArray[Any]:
        """Return the same in the dtype that is due."""
        return self.format.encode(self._towards(wanted, self.spread))

    def left_open(self, wanted: Floats, truth: Truth) -> Open:
        """Return what the digits leave open where rounding leaves least."""
        assert self.spread is not None  # noqa: S101 - the caller has asked
        with np.errstate(all="ignore"):
            bounds = np.where(self.spread > 0, self.spread / truth.bound, 0.0)
        at = tuple(int(index) for index in np.unravel_index(int(bounds.argmax()), bounds.shape))
        same = (self._towards(wanted, self._own) == wanted) | np.isnan(wanted)
        return Open(most=float(self.spread[at]), at=at, bounds=float(bounds[at]), reads_the_same=bool(same.all()))

    def _of_formulas(self, spread: Floats | None) -> Floats | None:
        """Return by how much a result may be off a wrong formula that it follows."""
        if spread is None or self._inputs is None:
            return spread
        share = np.where(np.isfinite(self._values), np.abs(self._values), 0.0) * self._inputs.of_products
        return np.asarray(spread + share, dtype=np.float64)

    def worth(self, value: NDArray[Any], spread: Floats | None) -> Worth:
        """Return what numbers of the dtype that is due are worth; each was printed to within ``spread``."""
        problem, quantity = self._problem, self._quantity
        result = Returned(value=value, dtype=self._due.value)
        entry = Entry(problem=problem.id, quantity=quantity, result=result, mode=Mode.EAGER)
        assessed = _in_print(
            self._judge.assess(GOT, quantity, {(problem.id, quantity): entry})[problem.id], spread=spread
        )
        lost = flushed(problem, assessed)
        found = tuple(of_evaluation(problem, assessed, spread=self._of_formulas(spread)))
        if spread is not None and not _named(found):  # 0.5 may be all that there is of one half
            found = tuple(of_evaluation(problem, assessed))
        return Worth(
            verdict=assessed.verdict,
            findings=found,
            undefined=0 if assessed.oracle is None else int(assessed.oracle.undefined.sum()),
            laws=tuple(law.worst.sentence for law in assessed.broken),
            flushed=tuple(finding.sentence for finding in lost) if quantity in DERIVATIVES else (),
            inputs=self._inputs,
        )


def _named(findings: Iterable[Finding]) -> bool:
    return any(finding.evidence.get("faults") for finding in findings)


def _in_print(assessed: Assessment, *, spread: Floats | None) -> Assessment:
    """Return a judged result without the laws that it may break for want of digits alone."""
    if spread is None:
        return assessed
    slack = float(spread.sum())  # all of them, as if all were in the row, and off to the same side
    kept = tuple(law for law in assessed.broken if law.worst.measured - law.worst.allowed > slack)
    return replace(assessed, broken=kept)
