"""A part of a benchmark in another Python, which has the framework that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.campaign.program import answer_of


class BenchmarkFailed(Exception):
    """A part of a benchmark ended with an error, which stands on stderr above."""


def asked_there(
    module: str, question: Any, *, python: Path, environ: Mapping[str, str], progress: Callable[[int], None]
) -> Any:
    """Return what ``answer(question, progress=...)`` of ``module`` returns in the interpreter ``python``.

    Question and answer travel as JSON. Raise :class:`BenchmarkFailed` where the program fails.
    """
    program = ("harness.bench.program", module)
    return answer_of(program, question, python=python, environ=environ, progress=progress, failed=BenchmarkFailed)
