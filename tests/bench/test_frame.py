"""The frame of the benchmarks: turns and ratios, parts in other interpreters, what is written, and exit codes."""

from __future__ import annotations

import csv
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.bench.benchmarks import MODULES, benchmark_named
from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.elsewhere import BenchmarkFailed, asked_there
from harness.bench.pace import Spread, interleaved, once, ratio
from harness.bench.table import COLUMNS, csv_text, kept_text
from harness.cli import bench
from tests.adapters.interpreters import ROOT

ABSENT = NotMeasured(setting="jax", reason="there is no Python with jax")


def step(_label: str, _total: int) -> AbstractContextManager[Callable[[int], None]]:
    return nullcontext(lambda _done: None)


def figure(of: float, *, at_most: float | None = None) -> Ratio:
    return Ratio(
        setting="float32 (8, 16)",
        subject="ours",
        against="theirs",
        of=once(of),
        at_most=at_most,
        cost=1.5,
        unit="ms",
    )


def test_every_repetition_runs_all_parts_and_begins_with_another_one() -> None:
    order: list[str] = []
    parts = {name: (lambda name=name: order.append(name)) for name in "abc"}
    ticks = itertools.count()
    times = interleaved(parts, repetitions=3, clock=lambda: float(next(ticks)))
    assert order == list("abc" + "abc" + "bca" + "cab")  # the first three warm up
    assert times == {"a": [1.0] * 3, "b": [1.0] * 3, "c": [1.0] * 3}


def test_parts_that_are_warm_are_not_run_once_more() -> None:
    order: list[str] = []
    interleaved({"a": lambda: order.append("a")}, repetitions=2, warm=True)
    assert order == ["a", "a"]


def test_a_ratio_is_the_median_of_the_repetitions_own_ratios() -> None:
    spread = ratio({"ours": [2.0, 30.0, 4.0], "theirs": [1.0, 10.0, 1.0]}, "ours", "theirs")
    assert spread == Spread(median=3.0, lowest=2.5, highest=3.5, repetitions=3)
    assert ratio({"ours": [3.0], "theirs": [2.0]}, "ours", "theirs") == once(1.5)


@pytest.mark.parametrize(("of", "met"), [(1.2, True), (1.21, False), (float("nan"), False)])
def test_a_target_is_met_by_what_is_at_most_that(of: float, met: bool) -> None:
    assert figure(of, at_most=1.2).met is met
    assert figure(of).met


def test_every_benchmark_has_the_name_it_is_listed_under_and_says_what_it_compares() -> None:
    for name in MODULES:
        one = benchmark_named(name)
        assert name == one.name
        assert one.compares


def test_a_part_runs_in_another_interpreter_and_says_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "doubling.py").write_text(
        "def answer(asked, *, progress):\n    progress(1)\n    return [2 * one for one in asked]\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done: list[int] = []
    found = asked_there("doubling", [1, 2.5], python=Path(sys.executable), environ=environ, progress=done.append)
    assert found == [2, 5.0]
    assert done == [1]


def test_a_part_that_fails_is_no_figure() -> None:
    with pytest.raises(BenchmarkFailed, match="exit code"):
        asked_there("x", None, python=Path("/bin/false"), environ=os.environ, progress=lambda _done: None)


def test_figures_of_record_replace_those_of_the_same_benchmark_alone() -> None:
    before = csv_text({"b": [figure(1.0), figure(2.0)], "a": [figure(3.0)]})
    after = list(csv.DictReader(kept_text(before, {"b": [figure(4.0), ABSENT]}).splitlines()))
    assert [(row["benchmark"], row["ratio"]) for row in after] == [("a", "3"), ("b", "4"), ("b", "")]
    assert ABSENT.reason == after[-1]["not measured"]
    assert list(COLUMNS) == list(after[0])


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ([figure(1.0, at_most=2.0)], 0),
        ([figure(3.0, at_most=2.0), ABSENT], 1),
        ([figure(1.0, at_most=2.0), ABSENT], 3),
    ],
)
def test_the_verb_writes_the_figures_and_ends_as_the_targets_say(
    figures: list[Figure], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(setup: Setup) -> Iterator[Figure]:
        assert setup.effort is Effort.QUICK
        assert not list(setup.folder.iterdir())
        yield from figures

    one = Benchmark(name="reference", compares="one thing with another", measure=measure)
    monkeypatch.setattr(bench, "benchmark_named", lambda _name: one)
    done = CliRunner().invoke(bench.command, ["reference", "--effort", "quick", "--reports", str(tmp_path)])
    assert code == done.exit_code, done.output
    assert csv_text({"reference": figures}) == (tmp_path / "reference.csv").read_text(encoding="utf-8")
    assert "float32 (8, 16)" in done.output


def test_a_benchmark_that_nobody_knows_is_said(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "harness", "bench", "no-such", "--reports", str(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 2
    assert "no benchmark is called 'no-such'; there are " in done.stderr
