"""All cells, all checks: thresholds of many rows, summed up as median and 95 % quantile."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.sensitivity import kept
from harness.campaign.sensitivity.checks import ARRAYS, BY_FRAMEWORK
from harness.campaign.sensitivity.figure import Sensitivity
from harness.campaign.sensitivity.ours import ours
from harness.campaign.sensitivity.trials import DTYPES, Cell, Trials, cells, stacked, together
from harness.record.elsewhere import reachable

OURS: Final = "this harness"
_QUANTILE: Final = 0.95


class CheckFailed(Exception):
    """The program that runs a framework's own checks ended with an error, which stands on stderr above."""


def sensitivity(
    lengths: Sequence[int],
    pythons: Mapping[str, Path],
    *,
    rows: Callable[[int], int],
    seed: int,
    folder: Path,
    environ: Mapping[str, str],
    progress: Callable[[int], None],
) -> Iterator[Sensitivity]:
    """Yield the sensitivity of every check in every cell, length by length, dtype by dtype.

    ``pythons`` holds the interpreter of each framework whose checks are measured beside ours, ``rows`` says how many
    rows of a length are tried. What is finished of a length and dtype is kept in ``folder``, and taken over from there.
    ``progress`` is called with the number of cells done. Raise :class:`CheckFailed`.
    """
    code, versions = kept.code_digest(), kept.versions(pythons)
    done = 0
    for n, dtype in itertools.product(lengths, DTYPES):  # of the longest rows, all dtypes at once would fill the memory
        asked = [cell for cell in cells((n,)) if cell.dtype is dtype]
        key = kept.Key(code=code, seed=seed, rows=rows(n), versions=versions)
        path = folder / f"{n}-{dtype}.json"
        found = kept.find(path, key)
        if found is None:
            each = _measured(asked, pythons, rows=rows(n), seed=seed, environ=environ, progress=_beyond(done, progress))
            found = tuple(each)
            kept.keep(found, path, key)
        yield from found
        done += len(asked)
        progress(done)


def by_ours(cell: Cell, *, rows: int, seed: int) -> tuple[Trials, NDArray[np.float64]]:
    """Return the rows of a cell and our thresholds, sought first near those of the rows before; no judge is kept."""
    drawn: list[Trials] = []
    sizes: list[NDArray[np.float64]] = []
    near = 16.0  # where most row tests see an error
    for stack in stacked(cell, rows=rows, seed=seed):
        found = ours(stack, near=near)
        drawn.append(stack.trials)
        sizes.append(found)
        if len(found):
            near = float(np.quantile(found, 0.5, method="higher"))
    return together(drawn), np.concatenate(sizes)


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


def _beyond(done: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda more: progress(done + more)


def _measured(
    asked: Sequence[Cell],
    pythons: Mapping[str, Path],
    *,
    rows: int,
    seed: int,
    environ: Mapping[str, str],
    progress: Callable[[int], None],
) -> Iterator[Sensitivity]:
    """Yield the sensitivities of all checks, cell by cell; each framework's program is started once for all."""
    drawn, mine = [], []
    for number, cell in enumerate(asked, start=1):
        trials, sizes = by_ours(cell, rows=rows, seed=seed)
        drawn.append(trials)
        mine.append(sizes)
        progress(number)
    beside = [_beside(framework, drawn, python, environ) for framework, python in pythons.items()]
    for number, cell in enumerate(asked):
        yield _summary(cell, OURS, mine[number])
        for found in beside:
            for check, sizes in found[number].items():
                yield _summary(cell, check, sizes)


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


def _summary(cell: Cell, check: str, sizes: NDArray[np.float64]) -> Sensitivity:
    median, quantile = (
        float(np.quantile(sizes, q, method="higher")) if len(sizes) else math.nan for q in (0.5, _QUANTILE)
    )
    return Sensitivity(
        cell=cell,
        check=check,
        rows=len(sizes),
        alarms=int((sizes == 0).sum()),
        median=median,
        quantile=quantile,
    )
