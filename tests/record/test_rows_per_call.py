"""Calls of some rows at a time, and evaluations that cannot fit into memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.registry import load
from harness.record.evaluate import evaluate
from harness.record.foreseen import least_memory
from harness.record.recording import OutOfMemory, Raised, Returned
from harness.record.runner import Ending
from harness.record.store import read_recording
from harness.vocabulary import Op, Quantity, Reduction
from tests.record.bench import LIMITS, WRONG, Notes, bits, problem, run, write

Honest: Any = load(str(WRONG / "honest.py"))
X = np.random.default_rng(0).standard_normal((5, 3))


class Counting(Honest):
    """Note the shape of every call, and whatever ``spoil`` does to an answer."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, call: Any) -> Any:
        self.shapes.append(call.x.shape)
        return super().forward(call)


def test_a_framework_is_handed_so_many_rows_at_a_time_and_the_entry_says_so() -> None:
    adapter, asked = Counting(), problem("p", X)
    whole = evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    entry = evaluate(adapter, asked, Quantity.FORWARD, memory=1, rows_per_call=2)
    assert adapter.shapes == [(5, 3), (2, 3), (2, 3), (1, 3)]
    assert bits(entry) == bits(whole)
    assert (whole.rows_per_call, entry.rows_per_call) == (None, 2)
    assert entry.inputs_changed == ()


def test_a_call_of_no_more_rows_than_that_stays_whole() -> None:
    adapter = Counting()
    entry = evaluate(adapter, problem("p", X), Quantity.FORWARD, memory=1, rows_per_call=5)
    assert adapter.shapes == [(5, 3)]
    assert entry.rows_per_call is None


def test_what_is_made_of_all_rows_stays_whole() -> None:
    adapter = load("reference")()
    given = {"op": Op.CROSS_ENTROPY, "targets": np.int32([0, 1, 2, 0, 1]), "reduction": Reduction.MEAN}
    entry = evaluate(adapter, problem("p", X, **given), Quantity.FORWARD, memory=1, rows_per_call=2)
    assert entry.rows_per_call is None
    assert isinstance(entry.result, Returned)
    assert evaluate(adapter, problem("p", X), Quantity.JACOBIAN, memory=1, rows_per_call=2).rows_per_call is None


def test_a_change_of_an_input_in_some_call_is_seen() -> None:
    class Changes(Honest):  # type: ignore[misc]
        def forward(self, call: Any) -> Any:
            if len(call.x) == 1:
                call.x[0, 0] = 7.0
            return super().forward(call)

    assert evaluate(Changes(), problem("p", X), Quantity.FORWARD, memory=1, rows_per_call=2).inputs_changed == ("x",)


def test_an_answer_of_another_shape_to_some_rows_is_refused() -> None:
    class Short(Honest):  # type: ignore[misc]
        def forward(self, call: Any) -> Any:
            return super().forward(call)[:1]

    result = evaluate(Short(), problem("p", X), Quantity.FORWARD, memory=1, rows_per_call=2).result
    expected = "returned shape (1, 3) of a call of 2 rows, expected (2, 3)"
    assert result == Raised("AdapterError", expected)


def test_an_answer_of_two_dtypes_is_refused() -> None:
    class Narrows(Honest):  # type: ignore[misc]
        def forward(self, call: Any) -> Any:
            answer = super().forward(call)
            return answer if len(answer) > 1 else answer.astype(np.float32)

    result = evaluate(Narrows(), problem("p", X), Quantity.FORWARD, memory=1, rows_per_call=2).result
    assert result == Raised("AdapterError", "returned float32 of some rows, and float64 of others")


def test_a_recording_of_parts_says_so_and_is_not_taken_for_one_of_whole_calls(tmp_path: Path) -> None:
    plan, notes = write(tmp_path, [problem("p", X)]), Notes()
    whole = run("honest", tmp_path, plan)
    cut = run("honest", tmp_path, plan, notes=notes, rows_per_call=2)
    assert cut.ending is Ending.RECORDED
    assert any("--rows-per-call" in note for note in notes)
    read = read_recording(cut.folder, plan=plan.digest)
    assert read.header.rows_per_call == 2
    assert {entry.rows_per_call for entry in read.entries.values()} == {2}
    assert json.loads((cut.folder / "header.json").read_text())["rows_per_call"] == 2
    for key, entry in whole.read().entries.items():
        assert bits(read.entries[key]) == bits(entry)
    assert run("honest", tmp_path, plan, rows_per_call=2).ending is Ending.ALREADY


@pytest.mark.parametrize(("rows", "expected"), [(None, (3 + 1) * 120), (2, 3 * 48 + 120), (9, (3 + 1) * 120)])
def test_what_an_evaluation_needs_is_its_inputs_and_its_result(rows: int | None, expected: int) -> None:
    assert least_memory(problem("p", X).call, Quantity.VJP, rows_per_call=rows) == expected


def test_the_jacobian_counts_in_full() -> None:
    assert least_memory(problem("p", X).call, Quantity.JACOBIAN, rows_per_call=None) == 3 * 120 + 15 * 15 * 8


def test_what_cannot_fit_is_out_of_memory_without_being_tried_and_the_rest_is_recorded(tmp_path: Path) -> None:
    large = problem("large", np.zeros((1 << 12, 1 << 12)), tangent=0)
    plan = write(tmp_path, [problem("small", X), large])
    limits = replace(LIMITS, memory=400 << 20)
    done = run("honest", tmp_path, plan, limits=limits)
    assert {key[0] for key, entry in done.read().entries.items() if isinstance(entry.result, OutOfMemory)} == {"large"}
    needs = (3 + 1) * (8 << 24)
    read = read_recording(done.folder, plan=plan.digest)
    assert read.entries["large", Quantity.VJP].result == OutOfMemory(limits.memory, needs)
    assert isinstance(read.entries["small", Quantity.VJP].result, Returned)
