"""Damaged recordings: each is refused, or its comparison shows what its bytes say; none raises, hangs, or passes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compare.compare import NotRun, compare
from harness.compare.comparison import Comparison
from harness.compare.gather import gather
from harness.plan.plan import Plan
from harness.report.write import render
from harness.vocabulary import DType, Quantity
from reference.formats import format_named
from tests.faults_under_load.amounts import chance, mutants
from tests.faults_under_load.mutations import damaged_bytes, damaged_value
from tests.faults_under_load.resealed import read_lines, reseal_recording, write_sealed
from tests.record.bench import problem, run, write

PARTS = 10  # tests that share the work
AGREED = {"exact", "within bound"}
FAR = 0.75  # of the largest number of a result: no bound of these small problems is as wide
X = [[0.5, -1.0, 2.0], [1.0, 0.25, -0.75]]
CHECK = [Quantity.FORWARD, Quantity.VJP, Quantity.JACOBIAN]
Rows = dict[tuple[str, str], Any]


class Original:
    """A recording of the reference, and what it is judged to be."""

    def __init__(self, folder: Path) -> None:
        dtypes = [DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16]
        problems = [problem(f"p-{dtype.value}", X, dtype=dtype, check=CHECK) for dtype in dtypes]
        self.plan: Plan = write(folder, problems)
        self.folder = folder / "recordings"
        run("reference", folder, self.plan)
        self.comparison = compare(self.plan, gather(self.folder, self.plan), required=["reference"])
        self.rows = rows(self.comparison)
        self.entries = read_lines(next(self.folder.glob("reference/segment-*.jsonl")))[1:]
        self.pack = next(self.folder.glob("reference/segment-*.npy")).read_bytes()[128:]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    made = Original(tmp_path_factory.mktemp("original"))
    assert {row.outcome.value for row in made.rows.values()} <= AGREED
    return made


def rows(comparison: Comparison) -> Rows:
    return {(row.problem, row.quantity): row for row in comparison.verdicts}


def judged(recordings: Path, plan: Plan) -> Comparison | None:
    """Return the comparison of what is in ``recordings``, rendered too; None where it is refused, with a reason."""
    found = gather(recordings, plan)
    comparison = compare(plan, found, required=["reference"])
    assert render(comparison)
    refused = [each for each in found.values() if isinstance(each, NotRun)]
    assert all(each.reason for each in refused)
    ran = [each for each in comparison.adapters if each.ran]
    assert bool(ran) != bool(refused or not found)
    return comparison if ran else None


@pytest.mark.parametrize("part", range(PARTS))
def test_a_recording_with_a_damaged_file_is_refused_or_judged_as_before(
    part: int, original: Original, tmp_path: Path
) -> None:
    for number in range(part, mutants(100, of="RECORDINGS") // 2, PARTS):
        source = chance("recording", number)
        shutil.rmtree(tmp_path / "recordings", ignore_errors=True)
        shutil.copytree(original.folder, tmp_path / "recordings")
        files = sorted(path for path in (tmp_path / "recordings" / "reference").iterdir() if path.name != ".lock")
        path = source.choice(files)
        if source.random() < 0.1:
            path.unlink()
        else:
            path.write_bytes(damaged_bytes(path.read_bytes(), source))
        if path.name == "manifest.json" and not path.exists():
            continue  # that is an incomplete recording, of which other tests speak
        comparison = judged(tmp_path / "recordings", original.plan)
        if comparison is not None:
            assert rows(comparison) == original.rows, (number, path)
            assert comparison.adapters == original.comparison.adapters, (number, path)


@pytest.mark.parametrize("part", range(PARTS))
def test_entries_that_were_changed_and_sealed_again_are_refused_or_judged_by_what_they_say(
    part: int, original: Original, tmp_path: Path
) -> None:
    for number in range(part, mutants(100, of="RECORDINGS") // 2, PARTS):
        source = chance("entries", number)
        shutil.rmtree(tmp_path / "recordings", ignore_errors=True)
        shutil.copytree(original.folder, tmp_path / "recordings")
        home = tmp_path / "recordings" / "reference"
        lines = damaged_value(original.entries, source)
        if source.random() < 0.2:  # the right kind of thing in the wrong place: one array for another
            one, other = source.sample(range(len(original.entries)), 2)
            lines = json.loads(json.dumps(original.entries))
            lines[one]["result"]["array"] = lines[other]["result"]["array"]
        reseal_recording(home, lines)
        if source.random() < 0.2:
            header = json.loads((home / "header.json").read_text())
            del header["seal"]
            write_sealed(home / "header.json", damaged_value(header, source))
        comparison = judged(tmp_path / "recordings", original.plan)
        if comparison is not None:
            says_what_it_says(rows(comparison), lines, original, number)


def says_what_it_says(found: Rows, lines: list[Any], original: Original, number: int) -> None:
    """Hold verdicts against entries that are read here anew, by another way than the harness's."""
    there = {(line["problem"], line["quantity"]): line for line in lines}
    before = {(line["problem"], line["quantity"]): line for line in original.entries}
    for key, row in found.items():
        line, outcome = there.get(key), row.outcome.value
        where = (number, key, outcome)
        if line is None:
            assert outcome == "missing", where
        elif line["result"]["kind"] != "returned":
            assert outcome == line["result"]["kind"], where
        elif line == before[key]:
            forward = (key[0], "forward")  # the bound of a derivative follows from the kernel's own output
            assert row == original.rows[key] or there.get(forward) != before[forward], where
        elif far(line["result"], before[key]["result"], original.pack):
            assert outcome not in AGREED, where


def far(result: Mapping[str, Any], right: Mapping[str, Any], pack: bytes) -> bool:
    """Whether a result is not of the right form, or far from the right numbers in one element."""
    if result["dtype"] != right["dtype"] or result["array"]["shape"] != right["array"]["shape"]:
        return True
    got, want = numbers(result, pack), numbers(right, pack)
    return not bool(np.all(np.abs(got - want) <= FAR * np.abs(want).max()))


def numbers(result: Mapping[str, Any], pack: bytes) -> NDArray[np.float64]:
    """Return the numbers that a reference into a pack stands for."""
    array = result["array"]
    count = int(np.prod(array["shape"], dtype=object))
    stored = np.frombuffer(pack, array["dtype"], count, array["offset"]).reshape(array["shape"])
    if result["dtype"] == "bfloat16":
        return np.asarray(format_named("bfloat16").decode(stored), np.float64)
    return stored.astype(np.float64)
