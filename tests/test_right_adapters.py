"""Correct kernels of other forms, from plan to comparison: none is flagged, unless it hides an unusual form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.vocabulary import FindingKind, Level

ROOT = Path(__file__).parents[1]
RIGHT = ROOT / "tests" / "right_adapters"
ADAPTERS = {path.stem.replace("_", "-"): path for path in sorted(RIGHT.glob("*.py")) if path.stem != "by_style"}
UNUSUAL = {  # the class of each, and the case in which it is seen
    "x-minus-lse": ("XMinusLse", "shifted"),
    "folded-scale": ("FoldedScale", "shifted"),
    "recomputed": ("Recomputed", "shifted"),
    "exp-of-x-minus-lse": ("ExpOfXMinusLse", "shifted"),
    "exp-of-log": ("ExpOfLog", "rising"),
    "online-by-element": ("OnlineByElement", "rising"),
}
CASES = """\
format: 1
theme: from the middle to the edges of the formats
cases:
  - id: middle
    why: ordinary logits
    source: here
    op: [softmax, log_softmax, softmin, logsumexp]
    dtype: [float16, bfloat16, float32, float64]
    x: {normal: {shape: [3, 7], scale: 3, seed: 1}}
    cotangent: [normal, ones]
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: long
    why: the error of a sum
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [bfloat16, float32, float64]
    x: {normal: {shape: [2, 130], seed: 2}}
    check: [forward, vjp, jvp, hvp]
  - id: tempered
    why: quotients are rounded before they cancel
    source: here
    op: [softmax, log_softmax, softmin]
    dtype: [float16, bfloat16, float32, float64]
    temperature: [0.7, 8]
    x: {normal: {shape: [2, 6], scale: 5, shift: 3, seed: 3}}
    check: [forward, vjp, jvp, hvp]
  - id: masked
    why: rows of any length
    source: here
    op: [masked_softmax, masked_log_softmax]
    dtype: [float16, bfloat16, float32, float64]
    x: {normal: {shape: [3, 6], scale: 2, seed: 4}}
    lengths: [6, 1, 4]
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: loss
    why: indices, smoothed, in every reduction
    source: here
    op: cross_entropy
    dtype: [float16, bfloat16, float32, float64]
    x: {normal: {shape: [4, 5], scale: 2, seed: 5}}
    targets: [4, -1, 0, 2]
    ignore_index: -1
    label_smoothing: 0.1
    reduction: [none, sum, mean]
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: equal
    why: every zero of a gradient is exact
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [float16, bfloat16, float32, float64]
    x: {full: {shape: [2, 9], value: 0.3}}
    cotangent: [ones, normal]
    check: [forward, vjp, jvp, hvp]
  - id: shifted
    why: logits far from zero, in which x - lse and a folded scale lose digits
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [float32, float64]
    x: {normal: {shape: [4, 9], shift: 10000, seed: 6}}
    check: [forward, vjp, jvp, hvp]
  - id: rising
    why: every element is a new maximum
    source: here
    op: [softmax, log_softmax, softmin, logsumexp]
    dtype: [float32, float64]
    x:
      -
        [0.0, 0.763, 1.631, 2.236, 2.946, 3.761, 4.313, 4.97, 5.733, 6.601, 7.206, 7.916, 8.731,
        9.283, 9.94, 10.703, 11.571, 12.176, 12.886, 13.701, 14.253, 14.91, 15.673, 16.541, 17.146,
        17.856, 18.671, 19.223, 19.88, 20.643, 21.511, 22.116, 22.826, 23.641, 24.193, 24.85,
        25.613, 26.481, 27.086, 27.796, 28.611, 29.163, 29.82, 30.583, 31.451, 32.056, 32.766,
        33.581]
    check: [forward, vjp, jvp, hvp]
  - id: saturated
    why: one probability is 1, the others are tiny, or underflow
    source: here
    op: [softmax, log_softmax, softmin]
    dtype: [float16, bfloat16, float32, float64]
    x: [[0, -12, -40, -90], [200, 0, -3, -700]]
    check: [forward, vjp, jvp, hvp]
  - id: no-probability
    why: minus infinity beside finite logits, and a row of one
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [float16, bfloat16, float32, float64]
    x: [[0, -.inf, 1, -2], [-.inf, -.inf, 3, -.inf]]
    check: [forward, vjp, jvp]
  - id: subnormal
    why: logits and heads below the smallest normal number
    source: here
    op: [softmax, log_softmax]
    dtype: [float32, float64]
    x: [[1e-40, -1e-41, 0, 3e-39]]
    cotangent: {full: 1e-40}
    check: [forward, vjp]
  - id: largest
    why: differences that overflow, and none that matters
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [float32, float64]
    x: [[3e38, -3e38, 0], [3e38, 3e38, 2.9e38]]
    check: [forward, vjp]
  - id: one
    why: nothing to choose from
    source: here
    op: [softmax, log_softmax, logsumexp]
    dtype: [float16, bfloat16, float32, float64]
    x: [[7], [-300]]
    check: [forward, vjp, jvp, jacobian, hvp]
"""


def harness(*arguments: str | Path, reports: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "harness", *map(str, arguments), "--reports", str(reports)]
    shown = os.pathsep.join((str(ROOT), str(RIGHT)))
    return subprocess.run(
        line,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": shown},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def undeclared(folder: Path, form: str, name: str) -> Path:
    """Write an adapter that computes as another does, and declares nothing."""
    path = folder / f"hides_{form}.py"
    base = f"from {form.replace('-', '_')} import {name}"
    path.write_text(f"{base}\n\n\nclass Hides({name}):\n    name = 'hides-{form}'\n    forms = ()\n")
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the comparison of all adapters says."""
    folder = tmp_path_factory.mktemp("right")
    (folder / "cases.yaml").write_text(CASES)
    planned = harness("plan", folder / "cases.yaml", reports=folder)
    assert planned.returncode == 0, planned.stderr
    hidden = [undeclared(folder, form, name) for form, (name, _) in UNUSUAL.items()]
    for path in (*ADAPTERS.values(), *hidden):
        done = harness("record", path, reports=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    done = harness("compare", reports=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    whole: dict[str, Any] = json.loads((folder / "selection" / "comparison.json").read_text())
    return whole["comparison"]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_correct_kernel_of_any_form_has_no_fault_and_its_numbers_are_judged(
    compared: dict[str, Any], adapter: str
) -> None:
    outcomes = [row["outcome"] for row in compared["verdicts"] if row["adapter"] == adapter]
    judged = [outcome for outcome in outcomes if outcome in ("exact", "within bound")]
    assert len(judged) > 0.9 * len(outcomes) > 300  # the laws alone judge rows at the edge of a format
    assert faults(compared, adapter) == []


@pytest.mark.parametrize("form", UNUSUAL)
def test_an_unusual_form_that_is_not_declared_is_a_fault_where_it_rounds_more(
    compared: dict[str, Any], form: str
) -> None:
    _, case = UNUSUAL[form]
    assert case in {case for case, _, _ in faults(compared, f"hides-{form}")}


def faults(compared: dict[str, Any], adapter: str) -> list[tuple[str, str, str]]:
    """Return case, kind and sentence of what an adapter is blamed for."""
    return [
        (one["case"], one["kind"], one["sentence"])
        for one in compared["findings"]
        if adapter in one["adapters"] and FindingKind(one["kind"]).level is Level.FAULT
    ]
