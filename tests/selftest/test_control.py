from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness.compare.judge
import harness.selftest.bench
import harness.selftest.control
from harness.adapters.reference import ReferenceAdapter
from harness.compare.findings import of_evaluation
from harness.compare.oracle import Oracle
from harness.compare.verdict import Finding
from harness.selftest.bench import Bench, answer
from harness.selftest.change import told_apart
from harness.selftest.control import Control, Grid, control
from harness.selftest.kernels import Wrong, evaluation_of
from harness.selftest.problems import HEADS, SPREAD, asks, problems
from harness.selftest.right import RIGHT
from harness.selftest.settings import SETTINGS, Setting
from harness.selftest.slips import SLIPS, Slip
from harness.selftest.text import COLUMNS, csv_text, summary, tables
from harness.selftest.verdict import complaints
from harness.vocabulary import DType, Quantity
from reference.faults import CATALOGUE, Fault
from reference.truth import Truth
from tests.selftest.otherbounds import times

ROOT = Path(__file__).parents[2]
SOFTMAX = SETTINGS[0]
SMALL = Grid(settings=(SOFTMAX,), dtypes=(DType.FLOAT32,), lengths=(3,))


def named(name: str) -> Fault:
    return next(fault for fault in CATALOGUE if fault.name == name)


DOT = named("dot-term-missing")
ELEMENTWISE = next(slip for slip in SLIPS if slip.name == "elementwise-backward")


def run(*faults: Fault, slips: tuple[Slip, ...] = (), grid: Grid = SMALL) -> Control:
    return control(faults, slips, grid, progress=lambda _: None)


class BlindOracle(Oracle):
    """Bounds a thousand million times too wide, and neither row test nor laws."""

    def of_stack(self, *arguments: Any, **options: Any) -> Truth:
        return times(super().of_stack(*arguments, **options), 1e9)

    def rows(self, *_: Any, **__: Any) -> None:
        return None

    def violations(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


def test_a_harness_that_sees_and_names_is_sound() -> None:
    found = run(DOT, slips=(ELEMENTWISE,))
    assert list(complaints(found, [DOT], [ELEMENTWISE])) == []
    (slipped,) = found.slipped.values()
    assert slipped.due == slipped.caught == slipped.tellable == slipped.named > 0
    count = next(count for where, count in found.wrong.items() if where.quantity is Quantity.VJP)
    assert count.tried >= len(HEADS)
    assert count.due == count.caught == count.tellable == count.named > 0


def test_a_blind_harness_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is beyond its bounds then, so something that knows no bound has to notice."""
    monkeypatch.setattr(harness.compare.judge, "Oracle", BlindOracle)
    said = list(complaints(run(DOT, slips=(ELEMENTWISE,)), [DOT], [ELEMENTWISE]))
    assert any("dot-term-missing was missed" in one for one in said)
    assert any("elementwise-backward was missed" in one for one in said)


def test_a_fault_that_is_not_named_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(*arguments: Any) -> list[Finding]:
        return [replace(one, evidence={**one.evidence, "faults": []}) for one in of_evaluation(*arguments)]

    monkeypatch.setattr(harness.selftest.bench, "of_evaluation", nameless)
    said = list(complaints(run(DOT, slips=(ELEMENTWISE,)), [DOT], [ELEMENTWISE]))
    assert any("dot-term-missing was not named" in one for one in said)
    assert any("elementwise-backward was not named" in one for one in said)


def test_a_fault_that_nothing_tries_fails() -> None:
    ignored = named("mask-ignored")
    assert list(complaints(run(ignored), [ignored])) == [
        "mask-ignored was tried nowhere: no setting of the self-test gives it a place"
    ]


def test_a_right_kernel_that_is_flagged_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    class AlmostRight(Oracle):
        def of_stack(self, *arguments: Any, **options: Any) -> Truth:
            return times(super().of_stack(*arguments, **options), 1e-9)

    monkeypatch.setattr(harness.compare.judge, "Oracle", AlmostRight)
    assert any("a right kernel (reference) was flagged" in one for one in complaints(run(), []))


def test_the_same_seed_gives_the_same_counts_and_another_other_logits() -> None:
    assert csv_text(run(DOT)) == csv_text(run(DOT))
    one, other = (problems(SOFTMAX, DType.FLOAT64, 3, seed=seed)[0].call.x for seed in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("dtype", [DType.BFLOAT16, DType.FLOAT32])
def test_no_right_kernel_is_flagged(setting: Any, dtype: DType) -> None:
    bench = Bench(problems(setting, dtype, 10, seed=5))
    for kernel in RIGHT:
        forwards = bench.forwards(kernel)
        for quantity in Quantity:
            asked = [one for one in bench.problems if asks(one, quantity)]
            results = {one.id: answer(kernel, one, quantity) for one in asked}
            given = {name: result for name, result in results.items() if result is not None}
            fates = bench.fates(kernel, quantity, given, forwards=forwards)
            assert fates.keys() == given.keys()
            assert not any(fate.caught or fate.beyond or fate.obvious for fate in fates.values())


def test_a_change_below_the_bound_is_counted_and_asked_of_nobody() -> None:
    bench = Bench(problems(SOFTMAX, DType.FLOAT32, 3, seed=0)[:1])
    (problem,), reference = bench.problems, ReferenceAdapter()
    right = reference.forward(problem.call)
    (fate,) = bench.fates(reference, Quantity.FORWARD, {problem.id: np.nextafter(right, np.float32(2))}).values()
    assert fate.changed
    assert (fate.beyond, fate.obvious, fate.caught) == (False, False, False)


def test_an_infinity_is_told_apart_from_a_finite_truth() -> None:
    log_softmax = next(one for one in SETTINGS if one.name == "log_softmax")
    spread = next(one for one in problems(log_softmax, DType.FLOAT32, 3, seed=0) if one.cotangent_name == SPREAD)
    precision = ReferenceAdapter().precision(spread.call, Quantity.FORWARD)
    evaluation = evaluation_of(spread.call, Quantity.FORWARD, precision)
    found = named("logarithm-of-probability").answer(evaluation)
    assert found is not None
    assert np.isinf(found.value.hi).any()
    assert told_apart(found, evaluation.truth, of=evaluation.result_format)
    assert not told_apart(evaluation.right, evaluation.truth, of=evaluation.result_format)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_every_fault_has_a_setting_where_it_changes_something(fault: Fault) -> None:
    drawn = (
        (one, quantity)
        for n in (3, 129, 1000)
        for setting in SETTINGS
        for dtype in (DType.FLOAT32, DType.FLOAT64)  # some faults are those of the finer one
        if dtype in setting.dtypes
        for one in problems(setting, dtype, n, seed=0)
        for quantity in one.check
        if fault.concerns(setting.op.value, quantity.value)
    )
    precision = ReferenceAdapter().precision
    assert any(
        fault.answer(evaluation_of(problem.call, quantity, precision(problem.call, quantity))) is not None
        for problem, quantity in drawn
    )


def test_the_wrong_adapter_is_right_where_its_fault_has_no_place() -> None:
    problem = problems(SOFTMAX, DType.FLOAT64, 3, seed=0)[0]
    right = ReferenceAdapter().vjp(problem.call)
    assert np.array_equal(right, Wrong(named("mask-ignored")).vjp(problem.call))
    assert not np.array_equal(right, Wrong(DOT).vjp(problem.call))


def test_the_tables_hold_what_was_counted() -> None:
    found = run(DOT, slips=(ELEMENTWISE,))
    lines = csv_text(found).splitlines()
    assert ",".join(COLUMNS) == lines[0]
    assert len(found.wrong) + len(found.slipped) + len(found.right) + 1 == len(lines)
    wrong, slipped = (sum(count.tried for count in counts.values()) for counts in (found.wrong, found.slipped))
    every = [line for line in tables(found, [DOT], [ELEMENTWISE]) if line.startswith("| all |")]
    assert [f"| all | {number} |" in line for number, line in zip((wrong, slipped), every, strict=True)] == [True, True]
    assert f"{wrong} wrong results" in summary(found)
    assert f"{slipped} results of kernels written step by step" in summary(found)


def test_what_was_not_asked_for_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def noted(setting: Setting, *arguments: Any, **options: Any) -> tuple[Any, ...]:
        tried.append(setting.name)
        return tuple(problems(setting, *arguments, **options))

    monkeypatch.setattr(harness.selftest.control, "problems", noted)
    grid = Grid(dtypes=(DType.FLOAT64,), lengths=(3,))
    found = control([named("loss-sign")], (), grid, right=(), progress=lambda _: None)
    assert {name.partition(",")[0] for name in tried} == {"cross_entropy"}
    assert {where.quantity for where in found.wrong} == {Quantity.FORWARD}
    assert not found.right
    assert list(complaints(found, [named("loss-sign")], right=())) == []
    assert "No right kernel was tried." in summary(found)


@pytest.mark.parametrize("names", ["", " , "])
def test_no_name_is_no_selection(names: str, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "harness", "selftest", "--faults", names, "--reports", str(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--faults: no name" in done.stderr
    assert list(tmp_path.iterdir()) == []
