"""What JAX has compiled is kept, for this machine alone, and changes no bit of what is recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.framework import usable_cpus
from harness.record import compiled
from harness.record.compiled import compiled_here
from harness.record.recording import Recording
from harness.record.store import read_recording
from harness.vocabulary import DType, Mode, Op, Quantity
from tests.adapters.interpreters import ROOT, interpreter, record
from tests.record.bench import problem, same, write

ROW = [[0.1, 2.0, -3.5, 0.25, 1.0, 7.0, -0.5]]
PROBLEMS = [
    problem("float32", ROW, dtype=DType.FLOAT32, check=list(Quantity)),
    problem("float16", ROW, dtype=DType.FLOAT16),
    problem("logarithms", ROW, op=Op.LOG_SOFTMAX),
    problem("eager", ROW, mode=Mode.EAGER),
]


def recorded(reports: Path) -> Recording:
    plan = write(reports, PROBLEMS)
    record("jax", reports)
    return read_recording(reports / "recordings" / "jax", plan=plan.digest)


def contents(home: Path) -> dict[Path, bytes]:
    """Return what is kept: executables of compiled calls, and JAX's own cache of eager ones."""
    return {file: file.read_bytes() for ending in ("*.executable", "*-cache") for file in home.glob(ending)}


def test_a_recording_has_the_same_bits_from_a_kept_a_damaged_and_no_compilation(tmp_path: Path) -> None:
    first = recorded(tmp_path)
    (home,) = (tmp_path / "cache" / "jax").iterdir()
    kept = contents(home)
    compiled_calls = sum(len(each.check) for each in PROBLEMS if each.call.mode is not Mode.EAGER)
    assert len(list(home.glob("*.executable"))) == compiled_calls
    assert len(kept) > compiled_calls
    for file in (tmp_path / "recordings" / "jax").iterdir():
        file.unlink()
    again = recorded(tmp_path)
    assert contents(home) == kept  # all of it was found
    assert same(again, first)
    for number, file in enumerate(sorted(kept)):
        file.write_bytes(kept[file][: number % 3 * len(kept[file]) // 3])  # as a killed process could have left it
    for file in (tmp_path / "recordings" / "jax").iterdir():
        file.unlink()
    assert same(recorded(tmp_path), first)


@pytest.mark.skipif(usable_cpus() < 2, reason="a single processor compiles nothing ahead")
def test_a_recording_has_the_same_bits_where_another_process_compiles_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = [
        problem(f"{mode.value} {n}", [[k % 7 / 3 for k in range(n)]], dtype=DType.FLOAT32, mode=mode)
        for mode, lengths in ((Mode.JIT, range(2, 32)), (Mode.EAGER, range(2, 5)))
        for n in lengths
    ]
    plan, home = write(tmp_path, lengths), tmp_path / "recordings" / "jax"

    def fresh() -> tuple[Recording, int]:
        record("jax", tmp_path, "--fresh")
        calls = json.loads((home / "run.json").read_text())["calls ahead"]
        shutil.move(home, tmp_path / f"{calls} ahead")
        return read_recording(tmp_path / f"{calls} ahead", plan=plan.digest), calls

    together, ahead = fresh()
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/proc/nothing can be kept here")
    alone, none = fresh()
    assert (ahead > 0, none) == (True, 0)
    assert same(together, alone)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what ``jax_kept_program`` finds of executables that are kept, in JAX's own Python."""
    program = Path(__file__).with_name("jax_kept_program.py")
    line = [interpreter("jax"), "-W", "ignore", str(program), str(tmp_path_factory.mktemp("kept"))]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_what_is_kept_is_neither_traced_nor_compiled_again_and_gives_the_same_bits(found: dict[str, Any]) -> None:
    assert (found["made"], found["found"], found["same"]) == (1, 0, True)


def test_what_is_cut_short_or_changed_is_made_anew_and_then_found(found: dict[str, Any]) -> None:
    assert found["damaged"] == [1, 0] * 4


@pytest.mark.parametrize("other", ["source", "name", "dtype", "shape"])
def test_nothing_else_is_taken_for_it(other: str, found: dict[str, Any]) -> None:
    assert found[f"other {other}"] == 1


def test_every_op_and_quantity_has_the_bits_of_plain_jit_made_or_found(found: dict[str, Any]) -> None:
    assert found["differing"] == []
    assert found["files"] == found["asked"]


@pytest.fixture
def jax_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "has_jax", lambda: True)


@pytest.mark.usefixtures("jax_installed")
def test_it_is_kept_apart_for_another_machine_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def home(**environ: str) -> str:
        return compiled_here(tmp_path, environ)["JAX_COMPILATION_CACHE_DIR"]

    here = home()
    assert home() == here
    assert home(XLA_FLAGS="--xla_cpu_enable_fast_math=true") != here
    for name, value in [
        ("usable_cpus", 1023),
        ("processor_features", "mmx"),
        ("installed_packages", ("jaxlib==0.1",)),
        ("describe_platform", {"machine": "abacus"}),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(compiled, name, lambda value=value: value)
            assert home() != here


@pytest.mark.usefixtures("jax_installed")
def test_the_folders_that_were_used_longest_ago_go(tmp_path: Path) -> None:
    for age in range(5):
        (tmp_path / f"old-{age}").mkdir()
        os.utime(tmp_path / f"old-{age}", (1000 - age, 1000 - age))
    here = compiled_here(tmp_path, {})["JAX_COMPILATION_CACHE_DIR"]
    assert {each.name for each in tmp_path.iterdir()} == {Path(here).name, "old-0", "old-1"}


def test_a_framework_that_compiles_nothing_neither_keeps_a_folder_nor_removes_that_of_jax(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "has_jax", lambda: False)
    assert compiled_here(tmp_path, {"A": "b"}) == {"A": "b"}
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("jax_installed")
def test_a_folder_of_one_s_own_is_left_alone(tmp_path: Path) -> None:
    environ = {"JAX_COMPILATION_CACHE_DIR": "/mine"}
    assert compiled_here(tmp_path, environ) == environ
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("jax_installed")
def test_where_no_folder_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert compiled_here(tmp_path / "file", {"A": "b"}) == {"A": "b"}
