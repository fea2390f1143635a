"""Case files of as many small problems as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

_KINDS: Final = tuple(product(("softmax", "log_softmax", "softmin", "logsumexp"), ("float32", "float64")))
_IN_A_FILE: Final = 1000  # cases: a case file has a largest size


def write_cases(folder: Path, problems: int) -> None:
    """Write case files of ``problems`` cases to ``folder``, each of one problem of four rows of eight logits."""
    folder.mkdir(parents=True)
    for first in range(0, problems, _IN_A_FILE):
        lines = _lines(range(first, min(first + _IN_A_FILE, problems)))
        (folder / f"small-{first:05d}.yaml").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _lines(numbers: range) -> Iterator[str]:
    yield "format: 1"
    yield "theme: many small problems"
    yield "cases:"
    for number in numbers:
        op, dtype = _KINDS[number % len(_KINDS)]
        yield f"  - id: small-{number:05d}"
        yield "    why: one of many"
        yield "    source: made by a benchmark"
        yield f"    op: {op}"
        yield f"    dtype: {dtype}"
        yield f"    x: {{normal: {{shape: [4, 8], scale: 3, seed: {number}}}}}"
        yield f"    cotangent: {{normal: {{seed: {number + 1}}}}}"
        yield "    check: [forward, vjp]"
