"""What the digest of the judge covers: all code that judging imports, NumPy, and what it runs on."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.compare.kept.judge import digest_of_code, harness_digest, judge_digest, judging_files, surroundings

ROOT = Path(harness.__path__[0]).parent


def _file_of(module: str) -> Path | None:
    """The file of one of our modules; None for a name inside one."""
    place = ROOT.joinpath(*module.split("."))
    if place.is_dir():
        return place / "__init__.py"
    return place.with_suffix(".py") if place.with_suffix(".py").exists() else None


def _imported(file: Path) -> set[Path]:
    """The files of our own modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = {name for name in names if name.partition(".")[0] in ("harness", "reference")}
    packages = {name.rsplit(".", depth)[0] for name in ours for depth in range(1, name.count(".") + 1)}
    return {found for name in ours | packages if (found := _file_of(name)) is not None}


def test_every_module_that_judging_imports_is_covered() -> None:
    """Judging is ``compare`` and what it imports.

    But for what keeps its own judgements; and of the registry of adapters it wants the names, no adapter.
    """
    ends = {*(ROOT / "harness" / "compare" / "kept").iterdir(), ROOT / "harness" / "adapters" / "registry.py"}
    start = ROOT / "harness" / "compare" / "compare.py"
    seen, waiting = {start}, [start]
    while waiting:
        file = waiting.pop()
        if file not in ends:
            new = _imported(file) - seen
            seen |= new
            waiting += new
    assert len(seen) > 100
    assert not sorted(str(file.relative_to(ROOT)) for file in seen - set(judging_files()))


@pytest.mark.parametrize("changed", ["reference/truth.py", "harness/compare/measure.py", "harness/vocabulary.py"])
def test_a_changed_byte_of_the_judges_code_makes_another_judge(tmp_path: Path, changed: str) -> None:
    files = [tmp_path / file.relative_to(ROOT) for file in judging_files()]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file.relative_to(tmp_path), file)
    before = digest_of_code(files, root=tmp_path, beside={})
    assert before == digest_of_code(judging_files(), root=ROOT, beside={})
    (tmp_path / changed).write_bytes((tmp_path / changed).read_bytes() + b"\n")
    assert digest_of_code(files, root=tmp_path, beside={}) != before


def test_another_numpy_makes_another_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    before = judge_digest.__wrapped__()
    monkeypatch.setattr(np, "__version__", "2.999")
    assert judge_digest.__wrapped__() != before


def test_other_instructions_of_the_processor_make_another_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    before = judge_digest.__wrapped__()
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX512F")
    assert judge_digest.__wrapped__() != before
    assert surroundings()["platform"]["instructions"]


def test_the_digest_of_the_harness_covers_what_the_judges_does_not() -> None:
    assert len({judge_digest(), harness_digest()}) == 2
    assert all(len(digest) == 64 for digest in (judge_digest(), harness_digest()))
