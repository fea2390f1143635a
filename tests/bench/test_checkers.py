"""A verified vjp beside the frameworks' checkers: what is timed is a verdict, and every checker has its score."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.reference import ReferenceAdapter
from harness.bench.checkers import beside, of_torch
from harness.bench.checkers.there import OURS, answer
from harness.bench.checkers.verified import drawn, flagged
from harness.bench.contract import NotMeasured, Ratio
from harness.bench.elsewhere import asked_there
from harness.call import Call
from harness.selftest.checkers.program import BY_FRAMEWORK
from harness.vocabulary import DType
from tests.adapters.interpreters import interpreter

SHAPE = (8, 16)


class Forgetful(ReferenceAdapter):  # type: ignore[misc] # it is final for everyone but a test
    """A backward in which one element is off by 1e-12 of itself."""

    def vjp(self, call: Call) -> NDArray[Any]:
        gradient = super().vjp(call)
        gradient[0, 0] *= 1 + 1e-12
        return gradient


def found(**changed: Any) -> dict[str, Any]:
    there: dict[str, Any] = {
        "seconds": {OURS: [1.0, 3.0], "jax.test_util.check_grads": [4.0, 4.0]},
        "counts": {OURS: 200, "jax.test_util.check_grads": 7},
        "refused": {OURS: (0, 8), "jax.test_util.check_grads": (0, 2)},
        "version": "JAX 0",
    }
    return there | changed


@pytest.mark.parametrize("dtype", [DType.FLOAT64, DType.FLOAT32])
def test_a_right_kernel_is_flagged_nowhere_and_a_wrong_one_everywhere(dtype: DType) -> None:
    problems = drawn(SHAPE, dtype, seed=0, count=3)
    assert flagged(problems, ReferenceAdapter()) == 0
    wrong = drawn(SHAPE, DType.FLOAT64, seed=0, count=3)
    assert len(wrong) == flagged(wrong, Forgetful())


def test_every_repetition_has_numbers_of_its_own() -> None:
    one, other = (drawn(SHAPE, DType.FLOAT64, seed=seed, count=2) for seed in (0, 1))
    arrays = [array for problem in (*one, *other) for array in (problem.call.x, problem.call.cotangent)]
    assert len(arrays) == len({array.tobytes() for array in arrays if array is not None})
    again = drawn(SHAPE, DType.FLOAT64, seed=0, count=2)
    assert all(np.array_equal(a.call.x, b.call.x) for a, b in zip(one, again, strict=True))


@pytest.mark.parametrize("framework", list(beside.DTYPES))
def test_ours_and_the_checkers_are_timed_in_the_framework_s_own_python(framework: str) -> None:
    asked = {"framework": framework, "shape": SHAPE, "dtype": "float64", "problems": 3, "repetition": 0, "seconds": 0}
    checkers = [name for name in BY_FRAMEWORK[framework] if not name.startswith("y.sum()")]
    for ours, names in ((True, [OURS]), (False, checkers)):
        done: list[int] = []
        there = asked_there(
            "harness.bench.checkers.there",
            {**asked, "ours": ours},
            python=Path(interpreter(framework)),
            environ=os.environ,
            progress=done.append,
        )
        assert sorted(names) == sorted(there["seconds"])
        assert all(tried for _, tried in there["refused"].values())
        assert not any(refused for refused, _ in there["refused"].values())
        assert there["counts"] == dict.fromkeys(names, 3 if ours else 1)
        assert bool(there["version"]) == ours
        assert done == [1]


def test_a_checker_that_refuses_a_right_kernel_is_timed_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True, True])
    monkeypatch.setattr(of_torch, "checks", lambda: {"never": lambda _: False, "at times": lambda _: next(answers)})
    asked = {"framework": "torch", "shape": SHAPE, "dtype": "float64", "problems": 3, "repetition": 0, "seconds": 0}
    there = answer(asked | {"ours": False}, progress=lambda _: None)
    assert there["refused"] == {"never": (2, 2), "at times": (1, 2)}
    assert there["seconds"].keys() == {"never", "at times"}


def test_a_ratio_is_ours_over_theirs_with_its_target_and_what_both_see() -> None:
    (one,) = beside._figures(found(), SHAPE, "float64")
    assert isinstance(one, Ratio)
    assert (one.of.median, one.at_most, one.cost) == (0.5, 1 / 8, 2000.0)
    with beside.SCORE.open(encoding="utf-8", newline="") as file:
        mine = [row for row in csv.DictReader(file) if (row["checker"], row["dtype"]) == (OURS, "float64")]
    tried = sum(int(row["tried"]) for row in mine if not row["fault"].startswith("("))
    assert one.subject == f"a verified vjp ({tried} of {tried} faults seen)"


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        ((1, 8), (0, 2), "this harness flags the framework's own softmax"),
        ((0, 8), (6, 6), "jax.test_util.check_grads refuses the framework's own softmax every time"),
    ],
)
def test_who_refuses_a_right_kernel_has_no_figure(ours: tuple[int, int], theirs: tuple[int, int], reason: str) -> None:
    refused = {OURS: ours, "jax.test_util.check_grads": theirs}
    (one,) = beside._figures(found(refused=refused), SHAPE, "float32")
    assert one == NotMeasured(setting="float32 (8, 16)", reason=reason)


def test_a_checker_that_refuses_some_right_results_has_a_figure_that_says_so() -> None:
    refused = {OURS: (0, 8), "jax.test_util.check_grads": (2, 6)}
    (one,) = beside._figures(found(refused=refused), SHAPE, "float64")
    assert isinstance(one, Ratio)
    assert one.note == "JAX 0; it refuses 2 of 6 right results"


def test_every_checker_with_a_target_has_a_score() -> None:
    with beside.SCORE.open(encoding="utf-8", newline="") as file:
        scored = {row["checker"] for row in csv.DictReader(file)}
    assert {checker for targets in beside.AT_MOST.values() for checker in targets} <= scored
