"""A case file of as many small problems as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

_KINDS: Final = tuple(product(("softmax", "log_softmax", "softmin", "logsumexp"), ("float32", "float64")))


def case_file(problems: int) -> str:
    """Return the text of a case file of ``problems`` cases, each of one problem of four rows of eight logits."""
    return "".join(f"{line}\n" for line in _lines(problems))


def _lines(problems: int) -> Iterator[str]:
    yield "format: 1"
    yield "theme: many small problems"
    yield "cases:"
    for number in range(problems):
        op, dtype = _KINDS[number % len(_KINDS)]
        yield f"  - id: small-{number:05d}"
        yield "    why: one of many"
        yield "    source: made by a benchmark"
        yield f"    op: {op}"
        yield f"    dtype: {dtype}"
        yield f"    x: {{normal: {{shape: [4, 8], scale: 3, seed: {number}}}}}"
        yield f"    cotangent: {{normal: {{seed: {number + problems}}}}}"
        yield "    check: [forward, vjp]"
