"""All cells, all checks: thresholds of many rows, summed up as median and 95 % quantile."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.sensitivity.checks import ARRAYS, BY_FRAMEWORK
from harness.campaign.sensitivity.ours import ours
from harness.campaign.sensitivity.trials import DTYPES, Cell, Trials, cells, trials
from harness.record.elsewhere import reachable

OURS: Final = "this harness"
_QUANTILE: Final = 0.95


class CheckFailed(Exception):
    """The program that runs a framework's own checks ended with an error, which stands on stderr above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The smallest relative error of one element that a check flags, in unit roundoffs, over ``rows`` rows.

    ``alarms`` counts the rows that it flags with nothing planted; they count as 0. Infinity: no error is flagged. NaN:
    there are no rows, since every exact value is 0, to which nothing is relative.
    """

    cell: Cell
    check: str
    rows: int
    alarms: int
    median: float
    quantile: float  # 95 %


def sensitivity(
    lengths: Sequence[int],
    pythons: Mapping[str, Path],
    *,
    rows: Callable[[int], int],
    seed: int,
    environ: Mapping[str, str],
    progress: Callable[[int], None],
) -> Iterator[Sensitivity]:
    """Yield the sensitivity of every check in every cell, length by length, dtype by dtype.

    ``pythons`` holds the interpreter of each framework whose checks are measured beside ours, ``rows`` says how many
    rows of a length are tried. ``progress`` is called with the number of cells done. Raise :class:`CheckFailed`.
    """
    done = 0
    for n, dtype in itertools.product(lengths, DTYPES):  # of the longest rows, all dtypes at once would fill the memory
        drawn = [trials(cell, rows=rows(n), seed=seed) for cell in cells((n,)) if cell.dtype is dtype]
        beside = [_beside(framework, drawn, python, environ) for framework, python in pythons.items()]
        for number, trial in enumerate(drawn):
            yield _summary(trial, OURS, ours(trial))
            for found in beside:
                for check, sizes in found[number].items():
                    yield _summary(trial, check, sizes)
            done += 1
            progress(done)


def interpreters(
    frameworks: Sequence[str], *, environ: Mapping[str, str], environments: Path
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the Python of each framework, and of those that have none the reason."""
    found, absent = {}, {}
    for framework in frameworks:
        try:
            here = framework == "numpy"
            python = (
                Path(sys.executable) if here else interpreter(framework, environ=environ, environments=environments)
            )
            found[framework] = python
        except NoInterpreter as error:
            absent[framework] = str(error)
    return found, absent


def _beside(
    framework: str, drawn: Sequence[Trials], python: Path, environ: Mapping[str, str]
) -> list[dict[str, NDArray[np.float64]]]:
    """Return the thresholds of a framework's own checks, for each of ``drawn``."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, trial in enumerate(drawn):
        arrays |= {f"{number}/{name}": getattr(trial, name) for name in ARRAYS}
        arrays[f"{number}/dtype"] = np.array(trial.cell.dtype.value)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "trials.npz", Path(folder) / "thresholds.npz"
        np.savez(source, **cast("Any", arrays))  # by its type every keyword might be savez's own flag
        line = [str(python), "-m", "harness.campaign.sensitivity.checks", framework, str(source), str(target)]
        with reachable(environ) as environment:
            done = subprocess.run(line, env=environment, check=False)  # noqa: S603 - as in recording
        if done.returncode:
            raise CheckFailed(f"{' '.join(line)}: it ended with exit code {done.returncode}")
        with np.load(target, allow_pickle=False) as file:
            return [
                {check: file[f"{number}/{check}"] for check in BY_FRAMEWORK[framework]} for number in range(len(drawn))
            ]


def _summary(trial: Trials, check: str, sizes: NDArray[np.float64]) -> Sensitivity:
    median, quantile = (
        float(np.quantile(sizes, q, method="higher")) if len(sizes) else math.nan for q in (0.5, _QUANTILE)
    )
    return Sensitivity(
        cell=trial.cell,
        check=check,
        rows=len(sizes),
        alarms=int((sizes == 0).sum()),
        median=median,
        quantile=quantile,
    )
