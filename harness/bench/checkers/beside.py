"""A verified vjp beside the checkers of each framework, in its own Python, and what the self-test says of both."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import harness.selftest
from harness.bench.checkers.there import OURS
from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.elsewhere import asked_there
from harness.bench.pace import ratio
from harness.campaign.interpreter import NoInterpreter

SHAPES: Final = ((8, 16), (32, 100))
DTYPES: Final = {  # gradcheck in single precision warns, and refuses right kernels
    "torch": ("float64",),
    "jax": ("float64", "float32"),
    "mxnet": ("float64", "float32"),
}
SCORE: Final = Path(harness.selftest.__file__).with_name("score.csv")
_SLOW, _FAST = "torch.autograd.gradcheck", "torch.autograd.gradcheck, fast mode"
_CHECK_GRADS, _NUMERIC = "jax.test_util.check_grads", "mxnet.test_utils.check_numeric_gradient"
AT_MOST: Final[Mapping[tuple[int, ...], Mapping[str, float]]] = {
    (8, 16): {_SLOW: 1 / 8, _CHECK_GRADS: 1 / 8, _NUMERIC: 1 / 8, _FAST: 1.0},
    (32, 100): {_SLOW: 1 / 50, _NUMERIC: 1 / 50, _CHECK_GRADS: 1.5},
}
_PROBLEMS: Final = {Effort.QUICK: 5, Effort.USUAL: 200, Effort.FULL: 200}
_REPETITIONS: Final = {Effort.QUICK: 1, Effort.USUAL: 3, Effort.FULL: 9}
_SECONDS: Final = {Effort.QUICK: 0.0, Effort.USUAL: 0.5, Effort.FULL: 2.0}


def _measure(setup: Setup) -> Iterator[Figure]:
    for framework, dtypes in DTYPES.items():
        try:
            python = setup.python(framework)
        except NoInterpreter as error:
            yield NotMeasured(setting=framework, reason=str(error))
            continue
        for shape, dtype in itertools.product(SHAPES, dtypes):
            question = {
                "framework": framework,
                "shape": shape,
                "dtype": dtype,
                "problems": _PROBLEMS[setup.effort],
                "seconds": _SECONDS[setup.effort],
            }
            yield from _figures(_by_turns(question, python, setup), shape, dtype)


def _by_turns(question: Mapping[str, Any], python: Path, setup: Setup) -> dict[str, Any]:
    """Return what both sides say: seconds by part and repetition, right results refused and tried, and the version."""
    seconds: dict[str, list[float]] = {}
    refused: dict[str, list[tuple[int, int]]] = {}
    version, repetitions = "", _REPETITIONS[setup.effort]
    step = f"checkers: {question['framework']} {question['dtype']} {question['shape']}"
    with setup.step(step, repetitions) as progress:
        for repetition in range(repetitions):
            for ours in (True, False) if repetition % 2 else (False, True):
                said = asked_there(
                    "harness.bench.checkers.there",
                    {**question, "ours": ours, "repetition": repetition},
                    python=python,
                    environ=setup.environ,
                    progress=lambda _done: None,
                )
                for name, each in said["seconds"].items():
                    seconds.setdefault(name, []).append(each)
                for name, one in said["refused"].items():
                    refused.setdefault(name, []).append(one)
                version = said["version"] or version
            progress(repetition + 1)
    together = {name: tuple(map(sum, zip(*each, strict=True))) for name, each in refused.items()}
    return {"seconds": seconds, "refused": together, "version": version}


def _figures(found: Mapping[str, Any], shape: tuple[int, ...], dtype: str) -> Iterator[Figure]:
    """Yield our cost over that of each checker that ever accepts a right kernel; ours always must, or there is none."""
    setting = f"{dtype} {shape}"
    if found["refused"][OURS][0]:
        yield NotMeasured(setting=setting, reason="this harness flags the framework's own softmax")
        return
    for checker, (refused, tried) in found["refused"].items():
        if checker == OURS:
            continue
        if refused == tried:
            yield NotMeasured(setting=setting, reason=f"{checker} refuses the framework's own softmax every time")
            continue
        yield Ratio(
            setting=setting,
            subject=f"a verified vjp ({_seen(OURS, dtype)})",
            against=f"{checker} ({_seen(checker, dtype)})",
            of=ratio(found["seconds"], OURS, checker),
            at_most=AT_MOST[shape].get(checker),
            cost=1e3 * median(found["seconds"][OURS]),
            unit="ms of CPU",
            note=found["version"] + (f"; it refuses {refused} of {tried} right results" if refused else ""),
        )


def _seen(checker: str, dtype: str) -> str:
    """Return how many of the self-test's wrong rules a checker catches, as its kept score has them."""
    with SCORE.open(encoding="utf-8", newline="") as file:
        mine = [row for row in csv.DictReader(file) if (row["checker"], row["dtype"]) == (checker, dtype)]
    wrong = [row for row in mine if not row["fault"].startswith("(")]
    return f"{sum(int(row['refused']) for row in wrong)} of {sum(int(row['tried']) for row in wrong)} faults seen"


BENCHMARK: Final = Benchmark(
    name="checkers",
    compares=(
        "a verified vjp of the framework's softmax (its calls, oracle, bounds, laws, verdict; 200 problems judged in "
        "stacks) with the framework's own gradient checkers, at their defaults: at (8, 16) at most 1/8 of the time of "
        "check_grads, gradcheck and check_numeric_gradient and no more than gradcheck's fast mode; at (32, 100) at "
        "most 1/50 of gradcheck and check_numeric_gradient, and 1.5 times check_grads"
    ),
    measure=_measure,
)
