"""The recorder's own code, as one digest: a recording made by another recorder is not continued."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from harness.adapters.registry import BUILT_IN

_HARNESS = Path(__file__).resolve().parents[1]
_ALONE = ("arraypack.py", "call.py", "parts.py", "vocabulary.py")


def recorder_digest(harness: Path = _HARNESS) -> str:
    """Return the SHA-256 of what stands between a plan and a recording of it, in the package folder ``harness``.

    That is the recorder, calls, their parts and words, packs of arrays, and of the adapters what is no part of a single
    one: those have digests of their own (:func:`harness.adapters.registry.source_digest`), and so has the plan, which
    decides inputs.
    """
    sha = hashlib.sha256()
    for file in sorted(_files(harness)):
        sha.update(f"{file.relative_to(harness).as_posix()}\0".encode())
        sha.update(hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()


def _files(harness: Path) -> Iterable[Path]:
    yield from (harness / name for name in _ALONE)
    yield from (harness / "record").glob("*.py")
    for file in (harness / "adapters").glob("*.py"):
        if file.stem.partition("_")[0] not in BUILT_IN:
            yield file
