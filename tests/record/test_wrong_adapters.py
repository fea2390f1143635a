from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Precision
from harness.adapters.registry import AdapterFault
from harness.plan.plan import Plan
from harness.record.crew import BATCH, HOPELESS
from harness.record.recording import Crashed, OutOfMemory, Raised, Recording, Result, Returned, TimedOut, Unsupported
from harness.record.runner import Ending
from harness.record.segment import segments
from harness.record.watch import CannotGoOn
from harness.vocabulary import DType, Mode, Quantity
from tests.record.bench import LIMITS, MARKED, around_the_mark, problem, run, same, write

OF_FLOAT64 = Precision(working=DType.FLOAT64, accumulation=DType.FLOAT64)
BRIEF = replace(LIMITS, timeout=1.0)
SMALL = replace(LIMITS, memory=400 << 20)


@dataclass(frozen=True)
class Bed:
    """A plan on disk, and what it is recorded as where nothing goes wrong."""

    reports: Path
    plan: Plan
    honest: Recording


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Bed:
    reports = tmp_path_factory.mktemp("reports")
    plan = write(reports, around_the_mark())
    return Bed(reports, plan, run("honest", reports, plan).read())


@pytest.mark.parametrize(
    ("adapter", "expected", "limits"),
    [
        ("raises", Raised("ArithmeticError", "the kernel gave up on row 3"), LIMITS),
        ("raises_unreadable", Raised("Unreadable", "(this exception has no readable text)"), LIMITS),
        ("exits_python", Raised("SystemExit", "leaving"), LIMITS),
        ("returns_list", Raised("AdapterError", "returned a list, expected a numpy array"), LIMITS),
        ("returns_none", Raised("AdapterError", "returned nothing (None), expected a numpy array"), LIMITS),
        (
            "returns_objects",
            Raised("AdapterError", "returned an array of dtype object, expected plain numbers"),
            LIMITS,
        ),
        (
            "computes_in_integers",
            Raised(
                "AdapterError",
                f"precision() returned {Precision(working=DType.INT32, accumulation=DType.FLOAT64)}, expected dtypes "
                "of floating point numbers",
            ),
            LIMITS,
        ),
        (
            "names_precision_in_text",
            Raised(
                "AdapterError",
                "precision() returned Precision(working='float32', accumulation='float64', forms=()), expected members "
                "of DType in it",
            ),
            LIMITS,
        ),
        (
            "names_form_in_text",
            Raised(
                "AdapterError",
                f"precision() returned {replace(OF_FLOAT64, forms='recomputed')}, expected a tuple of members of Form "
                "as its forms",
            ),
            LIMITS,
        ),
        ("returns_endless_view", OutOfMemory(LIMITS.memory), LIMITS),
        ("is_refused_memory", OutOfMemory(LIMITS.memory), LIMITS),
        ("eats_memory", OutOfMemory(SMALL.memory), SMALL),
        ("hangs", TimedOut(1.0), BRIEF),
        ("segfaults", Crashed("it was ended by SIGSEGV"), LIMITS),
        ("aborts", Crashed("it was ended by SIGABRT; its last words: kernel: assertion failed: n > 0"), LIMITS),
        ("speaks_then_dies", Crashed("it was ended by SIGFPE"), LIMITS),
        (
            "prints_and_aborts",
            Crashed("it was ended by SIGABRT; its last words: tile | tile | kernel: out of tiles"),
            LIMITS,
        ),
        ("exits_process", Crashed("it exited with code 3"), LIMITS),
    ],
)
def test_what_an_adapter_does_wrong_is_the_result_of_that_evaluation_and_of_no_other(
    adapter: str, expected: Result, limits: Any, bed: Bed
) -> None:
    done = run(adapter, bed.reports, bed.plan, limits=limits)
    assert done.ending is Ending.RECORDED
    assert done.read().complete
    assert done.read().entries[MARKED].result == expected
    assert same(done.read(), bed.honest, but=[MARKED])


@pytest.mark.parametrize(
    ("adapter", "shape", "dtype"), [("wrong_shape", (1,), "float64"), ("wrong_dtype", (2, 3), "float32")]
)
def test_a_wrong_array_is_kept_as_it_came(adapter: str, shape: tuple[int, ...], dtype: str, bed: Bed) -> None:
    recording = run(adapter, bed.reports, bed.plan).read()
    result = recording.entries[MARKED].result
    assert isinstance(result, Returned)
    assert (result.value.shape, result.value.dtype.name, result.dtype) == (shape, dtype, dtype)
    assert same(recording, bed.honest, but=[MARKED])


def test_nan_is_kept_as_a_number_that_came_back(bed: Bed) -> None:
    recording = run("nan_for_zero", bed.reports, bed.plan).read()
    result = recording.entries[MARKED].result
    assert isinstance(result, Returned)
    assert np.isnan(result.value).any()
    assert same(recording, bed.honest, but=[MARKED])


def test_a_changed_input_is_named_and_reaches_no_other_evaluation(bed: Bed) -> None:
    recording = run("changes_input", bed.reports, bed.plan).read()
    assert recording.entries[MARKED].inputs_changed == ("x",)
    assert same(recording, bed.honest, but=[MARKED])
    assert all(entry.inputs_changed == () for entry in bed.honest.entries.values())


@pytest.mark.parametrize("adapter", ["prints", "reuses_buffer"])
def test_habits_of_real_kernels_change_nothing(adapter: str, bed: Bed) -> None:
    assert same(run(adapter, bed.reports, bed.plan).read(), bed.honest)


def test_an_adapter_that_closes_its_input_in_every_call_closes_no_file_of_the_recorder(tmp_path: Path) -> None:
    plan = write(tmp_path, [problem(f"p{k}", [0.0, k]) for k in range(BATCH)])  # two evaluations each: two segments
    done = run("closes_input", tmp_path, plan)
    assert len(segments(done.folder)) >= 2
    assert same(done.read(), run("honest", tmp_path, plan).read())


def test_an_adapter_that_always_dies_is_given_up_and_every_evaluation_accounted_for(tmp_path: Path) -> None:
    plan = write(tmp_path, [problem(f"p{k}", [0.0, k]) for k in range(HOPELESS // 2 + 2)])
    done = run("always_dies", tmp_path, plan)
    hows = [entry.result.how for entry in done.read().entries.values() if isinstance(entry.result, Crashed)]
    assert len(hows) == done.planned == HOPELESS + 4
    assert hows[:HOPELESS] == ["it exited with code 7"] * HOPELESS
    assert all(how.startswith("not tried: ") for how in hows[HOPELESS:])


def test_a_process_that_lasts_for_a_few_calls_costs_each_time_the_one_that_it_dies_of(tmp_path: Path) -> None:
    plan = write(tmp_path, [problem(f"p{k}", [0.0, k], check=[Quantity.FORWARD]) for k in range(40)])
    recording = run("dies_of_its_fifth_call", tmp_path, plan).read()
    crashed = [int(name[1:]) for (name, _), entry in recording.entries.items() if isinstance(entry.result, Crashed)]
    assert len(recording.entries) == 40
    assert len(crashed) <= 40 // 5 + 2  # until the recorder knows, what was not yet on the disk is done again


def test_a_full_disk_is_neither_a_result_nor_a_fault_of_the_harness(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    with pytest.raises(CannotGoOn, match=r"fills_the_disk: cannot be written: .*File too large"):
        run("fills_the_disk", tmp_path, plan)


@pytest.mark.parametrize(
    ("adapter", "words"),
    [
        ("unavailable", "no such accelerator here; plug one in"),
        (
            "dies_at_start",
            "the process died while the adapter was being loaded: it exited with code 9; its last words: "
            "libkernel.so: undefined symbol: gemm",
        ),
    ],
)
def test_a_framework_that_cannot_be_used_leaves_a_recording_that_says_why(adapter: str, words: str, bed: Bed) -> None:
    done = run(adapter, bed.reports, bed.plan)
    assert done.ending is Ending.NOT_RUN
    assert done.folder.name == adapter
    assert done.read().complete
    assert done.read().header.not_run == words
    assert done.read().entries == {}


@pytest.mark.parametrize(
    ("adapter", "words"),
    [
        ("fails_to_start", r"fails_to_start\.py\", line 10, in describe"),
        ("describes_in_numbers", "describe.. has to return a Description of texts.* 64 is not a text"),
        ("does_not_import", "No module named 'no_such_package_anywhere'"),
        ("no_adapter", "found none"),
        ("two_adapters", "found One, Two"),
        ("lacks_methods", "lacks describe, unsupported"),
        ("takes_built_in_name", "that of a built-in adapter"),
        ("bad_name", "cannot name a folder"),
        ("jaks", "did you mean 'jax'"),
        ("/nowhere/kernel.py", "there is no such file"),
    ],
)
def test_an_adapter_that_is_wrong_in_itself_is_told_so(adapter: str, words: str, bed: Bed) -> None:
    with pytest.raises(AdapterFault, match=words):
        run(adapter, bed.reports, bed.plan)


def test_the_traceback_of_an_adapter_leaves_out_the_harness(bed: Bed) -> None:
    with pytest.raises(AdapterFault) as caught:
        run("fails_to_start", bed.reports, bed.plan)
    assert "worker.py" not in str(caught.value)


def test_a_mode_that_an_adapter_lacks_is_unsupported(tmp_path: Path) -> None:
    plan = write(tmp_path, [problem("compiled", [0.0, 1.0], mode=Mode.JIT, check=[Quantity.FORWARD])])
    entry = run("honest", tmp_path, plan).read().entries["compiled", Quantity.FORWARD]
    assert entry.result == Unsupported("this adapter has no jit mode, only eager")
    assert entry.mode is Mode.JIT
