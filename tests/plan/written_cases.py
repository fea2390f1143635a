"""One case, of the keys that a test is about."""

from __future__ import annotations

from pathlib import Path

from harness.plan.library import load_library, make_plan
from harness.plan.problem import Problem

HEAD = "format: 1\ntheme: a theme\ncases:\n  - id: case\n    why: a reason\n    source: this test\n"


def problems_of(folder: Path, text: str) -> dict[str, Problem]:
    """Return the problems of a case with the lines of ``text``, by id."""
    (folder / "a.yaml").write_text(HEAD + "".join(f"    {line}\n" for line in text.splitlines()))
    return {problem.id: problem for problem in make_plan(load_library([folder])).problems}
