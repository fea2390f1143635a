"""Several processes judge as one does, bit for bit, and what one of them leaves undone is judged all the same."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.compare.compare import compare, run_of
from harness.compare.docket import FEWEST, judge_all
from harness.compare.kept.cabinet import Cabinet
from harness.compare.pairing import Pairing
from harness.copies import Jobs
from harness.plan.plan import Plan
from harness.record.recording import Recording
from harness.vocabulary import DType, Op, Outcome, Quantity, Reduction
from tests.compare.bench import RIGHT, TRUE, plan, problem, recording
from tests.compare.kept.marks import mark, remembered, taken_over

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
DERIVED = (Quantity.FORWARD, Quantity.VJP, Quantity.JVP)


def silent(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture(scope="module")
def asked() -> Plan:
    """Problems of every kind: stacks, shifted logits, equivalent calls, a batch in one piece, zero gradients."""
    rng = np.random.default_rng(5)
    found = []
    for number, dtype in enumerate([dtype for dtype in DType if dtype.floating] * 4):
        x, v = rng.standard_normal((2, 3, 4 + number))
        shifted = problem(np.round(8 * x) / 8 + 4, v, dtype=dtype, check=DERIVED, case=f"shifted-{number}")
        found += [problem(np.round(8 * x) / 8, v, dtype=dtype, check=DERIVED, case=f"drawn-{number}"), shifted]
        found.append(problem(x, np.ones_like(x), dtype=dtype, check=DERIVED, case=f"ones-{number}"))
    targets = rng.integers(0, 5, 7)
    for number, reduction in enumerate(Reduction):
        shape = (7,) if reduction is Reduction.NONE else ()
        x, v = rng.standard_normal((7, 5)), rng.standard_normal(shape)
        given = {"op": Op.CROSS_ENTROPY, "targets": targets, "reduction": reduction}
        found.append(problem(x, v, check=DERIVED[:2], case=f"loss-{number}", **given))
    whole = plan(*found)
    tagged = {name: replace(case, tags=("same-as-this",)) for name, case in whole.cases.items() if name.endswith("-3")}
    return replace(whole, cases=whole.cases | tagged)


@pytest.fixture(scope="module")
def recordings(asked: Plan) -> Mapping[str, Recording]:
    wrong = TRUE | {Quantity.VJP: lambda call: 2 * TRUE[Quantity.VJP](call)}
    return {"right": recording(asked, TRUE), "wrong": recording(asked, wrong, adapter="wrong")}


@pytest.fixture(scope="module")
def alone(asked: Plan, recordings: Mapping[str, Recording]) -> str:
    return repr(compare(asked, recordings))


@pytest.mark.parametrize("number", [2, 3])
def test_several_processes_say_what_one_says(
    asked: Plan, recordings: Mapping[str, Recording], alone: str, number: int
) -> None:
    here: list[int] = []
    found = compare(asked, recordings, jobs=Jobs(number, silent), progress=lambda _: here.append(copies()))
    assert max(here) == number
    assert repr(found) == alone
    assert "same-as-this" in alone


def test_what_several_processes_judged_is_kept_by_one(
    asked: Plan, recordings: Mapping[str, Recording], alone: str, tmp_path: Path
) -> None:
    path = tmp_path / "kept.sqlite"
    with closing(Cabinet(path, note=silent)) as kept:
        assert repr(compare(asked, recordings, kept=kept, jobs=Jobs(2, silent))) == alone
    again, _ = remembered(asked, recordings, path)
    assert repr(again) == alone
    assert mark(path) == len(asked.problems)
    assert taken_over(remembered(asked, recordings, path)[0]) == {each.id for each in asked.problems}


def test_a_process_that_is_killed_loses_nothing(
    asked: Plan, recordings: Mapping[str, Recording], alone: str, tmp_path: Path
) -> None:
    said: list[str] = []
    killed: list[int] = []

    def kill_one(_: int) -> None:
        for child in multiprocessing.active_children()[: 1 - len(killed)]:
            child.kill()
            killed.append(1)

    with closing(Cabinet(tmp_path / "kept.sqlite", note=silent)) as kept:
        found = compare(asked, recordings, kept=kept, jobs=Jobs(2, said.append), progress=kill_one)
    assert repr(found) == alone
    assert said == ["a process that worked beside this one was ended by SIGKILL: what it was at is done again"]
    assert taken_over_of(asked, recordings, tmp_path / "kept.sqlite") == {each.id for each in asked.problems}


def test_few_problems_are_judged_by_one() -> None:
    rng = np.random.default_rng(6)
    few = plan(*(problem(*rng.standard_normal((2, 2, 3 + n)), case=f"case-{n}") for n in range(FEWEST - 1)))
    here: list[int] = []
    compare(few, {"right": recording(few, RIGHT)}, jobs=Jobs(2, silent), progress=lambda _: here.append(copies()))
    assert set(here) == {0}


@pytest.mark.parametrize("memory", [600_000, 1_000_000])  # bytes, for 1,000 elements: one such problem, or two
def test_what_takes_much_memory_is_judged_when_the_others_have_ended(memory: int) -> None:
    """Of a limit that one problem may use up, two copies and this process must not use more together."""
    rng = np.random.default_rng(7)
    sizes = [3, 4] * (FEWEST // 2) + [500]  # two stacks, one for each copy
    several = plan(*(problem(*rng.standard_normal((2, 2, n)), case=f"case-{k}") for k, n in enumerate(sizes)))
    recorded = recording(several, RIGHT)
    here: list[tuple[int, int]] = []
    found = judge_all(
        several.problems,
        runs=[run_of("right", recorded, required=False)],
        entries={"right": recorded.entries},
        pairing=Pairing({}),
        progress=lambda done: here.append((done, copies())),
        memory=memory,
        jobs=Jobs(2, silent),
    )
    assert here[-1] == (len(sizes), 0)
    assert here[-2] == (FEWEST, 2)
    assert all(verdict.outcome is not Outcome.OUT_OF_MEMORY for verdict in found.verdicts)


def copies() -> int:
    return len(multiprocessing.active_children())


def taken_over_of(asked: Plan, recordings: Mapping[str, Recording], path: Path) -> set[str]:
    mark(path)
    return taken_over(remembered(asked, recordings, path)[0])
