"""What a finished chunk leaves on the disk: its cells and findings, under everything that decided them.

::

    campaign/
      kept/<adapter>/<seed>-<first>-<last>.json

A file is believed only where the same problems, judged by the same code and ledger, would be recorded by the same
adapter in the same surroundings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.campaign.cell import Cell
from harness.compare.verdict import Finding
from harness.plan.codec import entry_to_json
from harness.plan.plan import LedgerEntry
from harness.record.recording import Header
from harness.wholefile import write_whole

FORMAT = "softmax-harness campaign"
VERSION = 2
_ELSEWHERE = ("file", "line", "why", "link")  # of a ledger entry: what decides nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What decides a chunk's result: the problems' bits, the judge, the ledger, and who was recorded."""

    plan: str
    judge: str
    ledger: str
    header: Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The result of one chunk for one adapter; ``seconds`` is what recording and its part of judging took.

    ``findings`` are those that nothing excuses.
    """

    key: Key
    problems: int
    seconds: float
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]


class _File(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")

    format: str = FORMAT
    version: int = VERSION
    kept: Kept


def key_of(plan: str, header: Header, *, judge: str, ledger: Iterable[LedgerEntry]) -> Key:
    """Return the key of a chunk with the plan's digest ``plan``; ``judge`` is the digest of the code that judges."""
    entries = [{k: v for k, v in entry_to_json(entry).items() if k not in _ELSEWHERE} for entry in ledger]
    text = json.dumps(entries, sort_keys=True, default=str)
    return Key(
        plan=plan,
        judge=judge,
        ledger=hashlib.sha256(text.encode()).hexdigest(),
        header=replace(header, plan=plan),
    )


def keep(kept: Kept, path: Path) -> None:
    """Write ``kept`` to ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _File(kept=kept).model_dump_json(indent=1) + "\n")


def find(path: Path, key: Key) -> Kept | None:
    """Return what is kept at ``path``, or None where there is nothing that ``key`` would give again."""
    try:
        file = _File.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    believed = file.format == FORMAT and file.version == VERSION and file.kept.key == key
    return file.kept if believed else None
