"""The page of what the harness found: its snippets print what it says, and its names are the ledger's."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import harness.campaign
from harness.plan.library import load_library
from harness.record.surroundings import describe_platform
from tests.adapters.interpreters import interpreter

ROOT = Path(__file__).parents[2]
PAGE = (Path(harness.campaign.__path__[0]) / "FOUND.md").read_text(encoding="utf-8")
SNIPPETS = [
    (re.findall(r"^import (mxnet|torch|jax)\b", code, flags=re.MULTILINE), code, printed)
    for code, printed in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
]


@pytest.mark.skipif("avx2" not in describe_platform()["instructions"].split(), reason="oneDNN's kernels need AVX2")
@pytest.mark.parametrize(("frameworks", "snippet", "printed"), SNIPPETS)
def test_a_snippet_prints_what_the_page_says(frameworks: list[str], snippet: str, printed: str, tmp_path: Path) -> None:
    (framework,) = set(frameworks)
    done = subprocess.run(
        [interpreter(framework), "-c", snippet],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.stdout == printed, done.stderr


def test_every_snippet_is_one_that_was_run() -> None:
    assert len(SNIPPETS) == PAGE.count("```python") > 0


def test_every_finding_names_its_framework_and_version_and_has_a_snippet() -> None:
    *findings, last = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert last.startswith("Near the bound, and right")
    for finding in findings:
        assert re.match(r"(MXNet 1\.9\.1|PyTorch 2\.13\.0|JAX 0\.10\.2): ", finding)
        assert "```python" in finding


def test_the_page_is_about_every_entry_of_the_ledger_for_any_case_and_no_other() -> None:
    ledger = load_library([ROOT / "cases"]).ledger
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGE))
    assert named == {entry.id for entry in ledger if entry.case is None}
