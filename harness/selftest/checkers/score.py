"""Every checker before every job, counted fault by fault."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.program import answer_of
from harness.selftest.checkers.jobs import DTYPES, RIGHT, Job, candidates, right_jobs
from harness.selftest.checkers.ours import due, refused
from harness.selftest.checkers.program import BY_FRAMEWORK
from harness.vocabulary import DType
from reference.faults import Fault

OURS: Final = "this harness"
_SETTINGS_PER_FAULT: Final = 2  # in each dtype, the first at which it shows

Answers = Mapping[str, Sequence[tuple[bool, float]]]  # by checker, for each job: refused, seconds
Progress = Callable[[int], None]


class CheckerFailed(Exception):
    """The program that runs a framework's checkers ended with an error, which stands on stderr above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often a checker refused kernels of one fault, or right ones (:data:`RIGHT`), in a dtype.

    ``seconds``: the median of one check. ``not_run``: why there is nothing to count.
    """

    checker: str
    dtype: DType
    fault: str
    tried: int
    refused: int
    seconds: float | None = None
    not_run: str = ""


def all_jobs(faults: Sequence[Fault], *, seed: int, progress: Progress) -> list[Job]:
    """Return the jobs: of each fault some where it changes a gradient obviously, and the right ones."""
    found: list[Job] = []
    for done, fault in enumerate(faults, start=1):
        for dtype in DTYPES:
            shortest = (next(filter(due, several), None) for several in candidates(fault, dtype, seed=seed))
            found += itertools.islice((job for job in shortest if job is not None), _SETTINGS_PER_FAULT)
        progress(done)
    return [*found, *right_jobs(seed=seed)]


def frameworks_here(environ: Mapping[str, str], environments: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the Python of each framework that has checkers, and of those that have none the reason."""
    pythons, absent = {}, {}
    for framework in BY_FRAMEWORK:
        try:
            pythons[framework] = interpreter(framework, environ=environ, environments=environments)
        except NoInterpreter as error:
            absent[framework] = str(error)
    return pythons, absent


def ours(jobs: Sequence[Job], *, progress: Progress) -> Answers:
    """Return what this harness says of each job."""
    answers = []
    for done, job in enumerate(jobs, start=1):
        answers.append(refused(job))
        progress(done)
    return {OURS: answers}


def beside(
    framework: str, jobs: Sequence[Job], python: Path, environ: Mapping[str, str], *, progress: Progress
) -> Answers:
    """Return what the checkers of ``framework`` say of each job; raise :class:`CheckerFailed`."""
    program = ("harness.selftest.checkers.program", framework)
    asked = [job.fields for job in jobs]
    answers: Answers = answer_of(
        program, asked, python=python, environ=environ, progress=progress, failed=CheckerFailed
    )
    return answers


def scores(faults: Iterable[Fault], jobs: Sequence[Job], answers: Answers) -> Iterator[Score]:
    """Yield the score of each checker, dtype and fault, and of right rules; also of faults without a job."""
    kinds = [*(fault.name for fault in faults), RIGHT]
    for checker, given in answers.items():
        for dtype in DTYPES:
            for kind in kinds:
                mine = [one for job, one in zip(jobs, given, strict=True) if (job.fault, job.dtype) == (kind, dtype)]
                yield Score(
                    checker=checker,
                    dtype=dtype,
                    fault=kind,
                    tried=len(mine),
                    refused=sum(one[0] for one in mine),
                    seconds=median(one[1] for one in mine) if mine else None,
                )


def absent_scores(framework: str, reason: str) -> Iterator[Score]:
    """Yield what there is to say of the checkers of a framework that is not there."""
    for checker in BY_FRAMEWORK[framework]:
        for dtype in DTYPES:
            yield Score(checker=checker, dtype=dtype, fault=RIGHT, tried=0, refused=0, not_run=reason)
