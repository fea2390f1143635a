"""The smallest input that still shows a finding: candidates are recorded and judged as cases are, round by round."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

import numpy as np

from harness.call import Call
from harness.campaign.chunk import Contender
from harness.compare.compare import run_of
from harness.compare.docket import judge_all
from harness.compare.excuse import excused
from harness.compare.parameters import shape_in_words
from harness.compare.verdict import Finding
from harness.layout import Layout
from harness.plan.digest import digest_of
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.problem import Problem
from harness.plan.store import write_plan
from harness.repeat.candidates import cuts, plainer, size_of
from harness.repeat.repeats import Smaller
from harness.repeat.smaller import row_of
from harness.repeat.symptom import is_same
from harness.vocabulary import FindingKind, Quantity

ROUNDS: Final = 60  # of candidates; halving reaches the end of a row of 70,000 in far fewer
_TRIED: Final = 24  # candidates of one finding in a round
_DYING: Final = 6  # the same where each takes its process along
_ELEMENTS: Final = 1 << 18  # of all candidates of a round: the next one has smaller ones


@dataclass(kw_only=True)
class Target:
    """A finding on its way to a smaller input: the smallest so far, and whether its rows are as few as they get."""

    finding: Finding
    problem: Problem
    best: Smaller | None = field(default=None)
    plain: bool = field(default=False)  # whether digits are being shortened, nothing being left to cut
    done: bool = field(default=False)
    failed: int = field(default=0)  # candidates, of the smallest so far, that do not show it
    untried: int = field(default=0)  # candidates that are left for the next round
    cut_short: bool = field(default=False)  # whether its time was up before nothing smaller was left to try

    @property
    def current(self) -> Smaller:
        """The smallest problem so far, and the finding of it."""
        return self.best or Smaller(problem=self.problem, finding=self.finding)

    def candidates(self, *, elements: int) -> list[Call]:
        """Return what to try next, smaller than the smallest so far, and of about so many elements in all."""
        problem, found = self.current.problem, self.current.finding
        quantity = self.quantity
        if self.plain:
            tried = plainer(problem.call, quantity)
        else:
            row, culprit = _place(problem.call, quantity, found)
            tried = cuts(problem.call, row, culprit)
        limit = size_of(problem.call)
        sized = sorted(((size_of(call), call) for call in tried), key=lambda one: one[0])
        smaller = [(size, call) for size, call in sized if size < limit][self.failed :]
        before = accumulate((size[0] for size, _ in smaller), initial=0)
        most = _DYING if self.finding.kind is FindingKind.CRASHED else _TRIED
        chosen = [call for (_, call), held in zip(smaller, before, strict=False) if held < elements][:most]
        self.untried = len(smaller) - len(chosen)
        self.failed += len(chosen)
        return chosen

    def learn(self, shown: Iterable[Smaller]) -> None:
        """Take the smallest of what still shows the finding; where nothing does, go on to digits, then to the end."""
        smallest = min(shown, key=lambda one: size_of(one.problem.call), default=None)
        if smallest is not None:
            self.best, self.failed = smallest, 0
        elif self.untried:
            return
        elif self.plain:
            self.done = True
        else:
            self.plain, self.failed = True, 0

    @property
    def sentence(self) -> str:
        """Say what became of it."""
        before, after = (shape_in_words(one.call.x.shape) for one in (self.problem, self.current.problem))
        if self.best is not None:
            smaller = f"{before} -> {after}" + (", when its time was up" if self.cut_short else "")
        else:
            smaller = f"{before}: " + ("its time was up" if self.cut_short else "nothing smaller shows it")
        return f"{self.finding.case}: {self.quantity.value}: {self.finding.kind.value}: {smaller}"

    @property
    def quantity(self) -> Quantity:
        """The quantity that the finding is about."""
        assert self.finding.quantity is not None  # noqa: S101 - only findings of one evaluation are shrunk
        return self.finding.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where candidates are tried: the adapter, a folder for its recordings, and what excuses a finding."""

    contender: Contender
    folder: Path
    cases: Mapping[str, CaseRecord]
    ledger: tuple[LedgerEntry, ...]


def shrink(
    targets: Sequence[Target],
    bench: Bench,
    *,
    seconds: float,
    finished: Callable[[Target], None],
    heard: Callable[[], None] = lambda: None,
) -> None:
    """Make the inputs of ``targets``, all findings about the bench's adapter, as small as they get.

    No round begins after ``seconds``: the targets share their rounds, and so their time. ``heard`` is called after each
    round, and ``finished`` with each target as soon as nothing smaller is found, or its time is up. Raise as
    :meth:`~harness.campaign.recorder.Recorder.record` does, with what was found until then in the targets, all of which
    are finished.
    """
    end = time.monotonic() + seconds
    try:
        for number in range(ROUNDS):
            open_targets = [target for target in targets if not target.done]
            if time.monotonic() > end or not open_targets:
                break
            _round(open_targets, bench, number=number)
            for target in open_targets:
                if target.done:
                    finished(target)
            heard()
    finally:
        for target in targets:
            if not target.done:
                target.done = target.cut_short = True
                finished(target)


def _round(targets: Sequence[Target], bench: Bench, *, number: int) -> None:
    """Try the next candidates of all ``targets``, and have each learn from its own."""
    elements = _ELEMENTS // len(targets)
    tried = [(one, _candidates(one, name=str(k), elements=elements)) for k, one in enumerate(targets)]
    problems = [problem for _, candidates in tried for problem in candidates]
    findings = _judged(bench, problems, number=number) if problems else {}
    for target, candidates in tried:
        found = ((problem, one) for problem in candidates for one in findings.get(problem.id, ()))
        target.learn(Smaller(problem=problem, finding=one) for problem, one in found if is_same(one, target.finding))


def _candidates(target: Target, *, name: str, elements: int) -> list[Problem]:
    check = tuple(dict.fromkeys((Quantity.FORWARD, target.quantity)))
    return [
        replace(target.problem, id=f"{name}/{k}", call=call, check=check, probe=False)
        for k, call in enumerate(target.candidates(elements=elements))
    ]


def _judged(bench: Bench, problems: Sequence[Problem], *, number: int) -> dict[str, list[Finding]]:
    """Record ``problems`` and return the findings, with their excuses, by problem."""
    asked = tuple(problems)
    plan = Plan(
        digest=digest_of(asked),
        problems=asked,
        cases={name: replace(case, problems=0) for name, case in bench.cases.items()},
        ledger=bench.ledger,
        selection="candidates for a smaller input",
    )
    home = bench.folder / str(number)
    write_plan(plan, Layout(home).plan)
    recording = bench.contender.recorder.record(plan, home, name=bench.contender.name)
    run = run_of(bench.contender.name, recording, required=True)
    judged = judge_all(plan.problems, runs=[run], entries={run.name: recording.entries}, progress=lambda _done: None)
    shutil.rmtree(home)
    found: dict[str, list[Finding]] = {}
    for one in excused(plan, [run], judged.findings, recorded={run.name: recording.finished}):
        for name in one.problems[:1]:
            found.setdefault(name, []).append(one)
    return found


def _place(call: Call, quantity: Quantity, finding: Finding) -> tuple[tuple[int, ...], int | None]:
    """Return the row that a finding is about, the first where it is about all, and the element along it, if any."""
    batch = call.batch_shape
    if finding.kind is FindingKind.INCONSISTENT_ROW and "row_at" in finding.evidence:
        return tuple(int(index) for index in finding.evidence["row_at"]), None
    if "at" in finding.evidence:
        at = tuple(int(index) for index in finding.evidence["at"])
        row = row_of(call, quantity, at)
        along = call.axis % call.x.ndim if call.x.ndim else 0
        culprit = at[len(at) - call.x.ndim + along] if call.x.ndim and len(at) >= call.x.ndim else None
        return row if row is not None else (0,) * len(batch), culprit
    number = int(finding.evidence.get("row", 0))
    return tuple(int(index) for index in np.unravel_index(number, batch)) if batch else (), None
