"""Every snippet of a comparison shows what its finding says, run where nothing of this project is.

Of the current comparison in ``reports``, where there is one of the current plan; else of cases that are recorded here.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli.repeated import repeats_of
from harness.compare.comparison import Comparison
from harness.compare.store import ComparisonUnreadable, read_comparison
from harness.compare.verdict import Finding
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan
from harness.repeat.repeats import Repeat, key_of
from harness.vocabulary import FindingKind
from tests.adapters.interpreters import ROOT, interpreter, record
from tests.repeat.snippets import outcomes

HERE = ("mxnet", "torch")  # what is recorded where nothing is at hand
CASES = (  # with faults of every kind, drawn and written inputs, some of no rows, one whose snippet crashes
    "accumulation-of-a-vocabulary or mixed-half-of-equal-logits or smoothing-a-vocabulary or "
    "cross-entropy-empty-batch or found-sum-beyond-half or lengths-middle-axis or half-sixteen-rows or "
    "large-negative-only or accumulation-of-losses or inf-causal-mask or tolerance-for-each-backend"
)
ENDS = (FindingKind.CRASHED, FindingKind.TIMED_OUT, FindingKind.OUT_OF_MEMORY)  # take the process with them
REFUSES = (FindingKind.RAISED, FindingKind.IMPLICIT_REFUSED, FindingKind.SHAPE_REFUSED)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan)")


def at_hand(reports: Path) -> tuple[Comparison, Plan] | None:
    """Return the comparison of the current plan in ``reports``, and the plan; None where there is none."""
    layout = Layout(reports)
    try:
        plan = read_plan(layout.plan)
        comparison = read_comparison(layout.home(selected=plan.selection is not None))
    except (PlanError, ComparisonUnreadable, OSError):
        return None
    return (comparison, plan) if comparison.plan == plan.digest else None


def harness(*arguments: str) -> int:
    line = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, check=False, timeout=300).returncode


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, dict[Any, Repeat]]:
    reports = ROOT / "reports"
    found = at_hand(reports)
    if found is None:
        reports = tmp_path_factory.mktemp("recorded")
        assert harness("plan", "-k", CASES, "--reports", str(reports)) == 0
        for framework in HERE:
            record(framework, reports)
        harness("compare", "--reports", str(reports), "--only", ",".join(HERE))
        found = at_hand(reports)
        assert found is not None
    comparison, plan = found
    return comparison, repeats_of(comparison, plan, reports)


def repeated(compared: tuple[Comparison, dict[Any, Repeat]], framework: str) -> Iterator[tuple[Finding, Repeat]]:
    comparison, repeats = compared
    for finding in comparison.findings:
        repeat = repeats.get(key_of(finding))
        if repeat is not None and repeat.snippet and finding.adapters == (framework,):
            yield finding, repeat


def shows(finding: Finding, outcome: dict[str, Any]) -> bool:
    """Tell whether what a program printed, or raised, is what the finding says."""
    if finding.kind in REFUSES:
        return str(finding.evidence.get("detail", "")).startswith(str(outcome.get("raised")))
    if "raised" in outcome or not outcome["printed"]:
        return False
    lines = [line.split(maxsplit=1)[-1] for line in outcome["printed"].splitlines()]
    if "law" in finding.evidence:
        got = float(lines[0])
        says = 1.0 if finding.evidence["law"] in ("sum-to-one", "exponentials") else 0.0
        return not abs(got - says) <= finding.evidence.get("bound", 0.0)
    if "row_at" in finding.evidence and finding.kind is FindingKind.INCONSISTENT_ROW:
        return any(float(number) for number in NUMBER.findall(outcome["printed"].split("error")[-1]))
    if "at" in finding.evidence and "want" in finding.evidence:
        got, expected = (float.fromhex(line.split()[1]) for line in lines)
        return got != expected and not (math.isnan(got) and math.isnan(expected))
    return len(lines) < 2 or lines[0] != lines[1]


@pytest.mark.parametrize("framework", ["mxnet", "torch", "jax"])
def test_each_program_shows_what_its_finding_says(
    framework: str, compared: tuple[Comparison, dict[Any, Repeat]], tmp_path: Path
) -> None:
    tried = [pair for pair in repeated(compared, framework) if pair[0].kind not in ENDS]
    if not tried:
        pytest.skip(f"no finding about {framework} is at hand")
    ran = outcomes(framework, [repeat.snippet for _, repeat in tried], tmp_path)
    silent = [
        (finding.problems[0], finding.kind.value, finding.quantity, outcome)
        for (finding, _), outcome in zip(tried, ran, strict=True)
        if not shows(finding, outcome)
    ]
    assert silent == []


def test_a_program_of_a_crash_ends_its_process(compared: tuple[Comparison, dict[Any, Repeat]], tmp_path: Path) -> None:
    for framework in ("mxnet", "torch", "jax"):
        for finding, repeat in repeated(compared, framework):
            if finding.kind is FindingKind.CRASHED:
                line = [interpreter(framework), "-P", "-c", repeat.snippet]
                done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=False, timeout=120)
                assert done.returncode < 0, (finding.problems[0], done.stderr)


def test_every_fault_has_a_program_or_says_why_not(compared: tuple[Comparison, dict[Any, Repeat]]) -> None:
    comparison, repeats = compared
    faults = [one for one in comparison.findings if one.level.value == "fault" and one.adapters]
    assert faults
    for finding in faults:
        repeat = repeats[key_of(finding)]
        assert repeat.snippet or repeat.about
