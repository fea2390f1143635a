"""A part of the case library, judged at once or part by part: the same comparison, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.compare.compare import NotRun, compare
from harness.compare.store import write_comparison
from harness.plan.library import load_library, make_plan
from harness.plan.plan import Plan
from harness.record.recording import Recording
from harness.vocabulary import Quantity
from tests.compare.bench import TRUE, Kernel, recording
from tests.compare.kept.marks import remembered

CASES = Path(__file__).parents[3] / "cases"
FILES = ("zero-gradients.yaml", "moving-off-mxnet.yaml", "infinities-and-nan.yaml")


def planned(keyword: str | None = None) -> Plan:
    return make_plan(load_library([CASES / name for name in FILES]), keyword=keyword, selection="a test")


def _off(quantity: Quantity) -> Kernel:
    """A wrong rule: the reference's own answer in some problems, a multiple of it or a NaN in others."""

    def kernel(call: Call) -> Any:
        true = TRUE[quantity](call)
        if true.size and true.dtype.kind == "f":
            kind = int(np.frombuffer(call.x.tobytes(), np.uint8).sum()) % 4
            return true * true.dtype.type((1, 1, 2, np.nan)[kind])
        return true

    return kernel


def recorded(asked: Plan) -> Mapping[str, Recording | NotRun]:
    wrong = {quantity: _off(quantity) for quantity in Quantity}
    return {"right": recording(asked, TRUE, adapter="right"), "wrong": recording(asked, wrong, adapter="wrong")}


@pytest.fixture(scope="module")
def asked() -> Plan:
    return planned("float32")


@pytest.fixture(scope="module")
def recordings(asked: Plan) -> Mapping[str, Recording | NotRun]:
    return recorded(asked)


@pytest.fixture(scope="module")
def true(asked: Plan, recordings: Mapping[str, Recording | NotRun], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_comparison(compare(asked, recordings), tmp_path_factory.mktemp("true")).read_bytes()


def test_part_by_part_is_the_same_as_at_once(
    tmp_path: Path, asked: Plan, recordings: Mapping[str, Recording | NotRun], true: bytes
) -> None:
    path = tmp_path / "kept.sqlite"
    part = planned("float32 and (zero or cross_entropy)")
    assert 0 < len(part.problems) < len(asked.problems)
    remembered(part, recorded(part), path)
    for _ in range(2):
        found, said = remembered(asked, recordings, path)
        assert write_comparison(found, tmp_path).read_bytes() == true
        assert said == []


def test_what_is_judged_to_be_kept_is_judged_as_ever(
    tmp_path: Path, asked: Plan, recordings: Mapping[str, Recording | NotRun], true: bytes
) -> None:
    found, _ = remembered(asked, recordings, tmp_path / "kept.sqlite", fresh=True)
    assert write_comparison(found, tmp_path).read_bytes() == true
