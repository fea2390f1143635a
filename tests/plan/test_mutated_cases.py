"""Damaged case files: each is refused with places in it, or becomes a plan that comes back; none raises or hangs."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.plan.faults import BadCases
from harness.plan.library import TooManySignatures, load_library, make_plan
from harness.plan.select import SelectionError
from harness.plan.store import read_plan, write_plan
from tests.faults_under_load.amounts import chance, mutants
from tests.faults_under_load.mutations import damaged_bytes, damaged_value

CASES = Path(__file__).parents[2] / "cases"
SECONDS = 20  # of computing, in which a damaged file has to be refused or planned; waiting for others does not count
MEMORY = 32 << 20  # bytes that the arrays of one case may need here
PARTS = 50  # tests that share the work


@contextmanager
def no_longer_than(seconds: int) -> Iterator[None]:
    """Fail what hangs."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.fixture(scope="module")
def originals() -> list[tuple[bytes, dict[str, Any]]]:
    """Return every case file of the library, and the ledger, as bytes and as values."""
    files = sorted(CASES.glob("*.yaml"))
    return [(path.read_bytes(), YAML(typ="safe", pure=True).load(path.read_text())) for path in files]


def damaged_file(originals: list[tuple[bytes, dict[str, Any]]], number: int) -> bytes:
    """Return a case file of a few cases of the library, damaged as bytes or as values."""
    source = chance("case file", number)
    content, value = source.choice(originals)
    if source.random() < 0.5:
        head, *cases = content.split(b"\n  - id: ")
        some = source.sample(cases, min(len(cases), source.choice((1, 1, 2, 5))))
        return damaged_bytes(b"\n  - id: ".join([head, *some]), source)
    key = "cases" if "cases" in value else "ledger"
    some = source.sample(value[key], min(len(value[key]), source.choice((1, 1, 2, 5))))
    damaged = damaged_value({**value, key: some}, source)
    text = json.dumps(damaged, indent=source.choice((None, 1)), ensure_ascii=source.random() < 0.5, default=str)
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_case_file_is_refused_with_its_faults_or_planned(
    part: int, originals: list[tuple[bytes, dict[str, Any]]], tmp_path: Path
) -> None:
    for array in CASES.glob("*.npy"):
        shutil.copy(array, tmp_path)
    path = tmp_path / "damaged.yaml"
    for number in range(part, mutants(500, of="CASES"), PARTS):
        content = damaged_file(originals, number)
        path.write_bytes(content)
        with no_longer_than(SECONDS):
            try:
                answer = refused_or_planned(path, content, tmp_path / "plan")
            except Exception as error:
                raise AssertionError(f"number {number}, kept as {path}") from error
        assert answer, f"number {number}, kept as {path}"


def refused_or_planned(path: Path, content: bytes, folder: Path) -> bool:
    """Whether a file is refused by faults that point into it and say what to do, or planned as what comes back."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    try:
        plan = make_plan(load_library([path], memory=MEMORY))
    except BadCases as error:
        return bool(error.faults) and all(
            1 <= fault.line <= lines + 1
            and fault.column >= 1
            and fault.what
            and fault.instead
            and fault.text.encode()
            and len(fault.text.splitlines()) == 1
            for fault in error.faults
        )
    except (SelectionError, TooManySignatures) as error:
        return bool(str(error))
    write_plan(plan, folder)
    return read_plan(folder).digest == plan.digest
