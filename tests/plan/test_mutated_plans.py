"""Damaged plans: each is refused, or is the plan that was made; none raises, hangs, or asks something else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.compare.compare import compare
from harness.plan.library import load_library, make_plan
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan, write_plan
from harness.report.write import render
from tests.faults_under_load.amounts import chance, mutants
from tests.faults_under_load.mutations import damaged_bytes, damaged_value
from tests.faults_under_load.resealed import write_sealed

PARTS = 10  # tests that share the work
CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """Return a plan of some cases of the library, with the ledger, and where it is."""
    folder = tmp_path_factory.mktemp("plan") / "plan"
    write_plan(make_plan(load_library([CASES / "forum.yaml", CASES / "tiles.yaml"])), folder)
    return read_plan(folder), folder


def read_or_refused(folder: Path) -> Plan | None:
    """Return the plan in ``folder``; None where it is refused, with what to do."""
    try:
        return read_plan(folder)
    except PlanError as error:
        if "harness plan" in str(error) or "same harness" in str(error):
            return None
        raise


@pytest.mark.parametrize("part", range(PARTS))
def test_a_plan_with_a_damaged_file_is_refused_or_the_same(
    part: int, original: tuple[Plan, Path], tmp_path: Path
) -> None:
    plan, folder = original
    for number in range(part, mutants(100, of="PLANS") // 2, PARTS):
        source = chance("plan", number)
        shutil.rmtree(tmp_path / "plan", ignore_errors=True)
        shutil.copytree(folder, tmp_path / "plan")
        path = source.choice(sorted((tmp_path / "plan").iterdir()))
        path.write_bytes(damaged_bytes(path.read_bytes(), source))
        found = read_or_refused(tmp_path / "plan")
        if found is not None:
            assert found.digest == plan.digest, number
            assert (found.cases, found.ledger, found.selection) == (plan.cases, plan.ledger, plan.selection), number
            assert (found.themes, len(found.problems)) == (plan.themes, len(plan.problems)), number


@pytest.mark.parametrize("part", range(PARTS))
def test_a_plan_whose_values_were_changed_and_sealed_again_is_refused_or_can_be_reported_on(
    part: int, original: tuple[Plan, Path], tmp_path: Path
) -> None:
    plan, folder = original
    for number in range(part, mutants(100, of="PLANS") // 2, PARTS):
        source = chance("plan values", number)
        shutil.rmtree(tmp_path / "plan", ignore_errors=True)
        shutil.copytree(folder, tmp_path / "plan")
        if source.random() < 0.5:
            header = json.loads((folder / "plan.json").read_text())
            del header["seal"]
            write_sealed(tmp_path / "plan" / "plan.json", damaged_value(header, source))
        else:
            lines = (folder / "problems.jsonl").read_text().splitlines()
            at = source.randrange(len(lines))
            lines[at] = json.dumps(damaged_value(json.loads(lines[at]), source))
            (tmp_path / "plan" / "problems.jsonl").write_text("\n".join(lines) + "\n")
        found = read_or_refused(tmp_path / "plan")
        if found is not None:
            assert found.digest == plan.digest, number
            assert render(compare(found, {}, required=["reference"])), number
