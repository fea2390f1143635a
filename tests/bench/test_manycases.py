from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.manycases import write_cases
from harness.plan.library import load_library, make_plan


@pytest.mark.parametrize("number", [10, 1003])
def test_there_are_as_many_problems_as_asked_for_and_all_are_different(tmp_path: Path, number: int) -> None:
    write_cases(tmp_path / "cases", number)
    plan = make_plan(load_library([tmp_path / "cases"]))
    assert len(plan.problems) == len(plan.cases) == number
    assert len({problem.call.x.tobytes() for problem in plan.problems}) == number
    assert {problem.call.x.shape for problem in plan.problems} == {(4, 8)}
