"""Kept judgements with a mark on them: so a test sees which ones a comparison took over."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from harness.compare.compare import NotRun, compare
from harness.compare.comparison import Comparison
from harness.compare.kept.cabinet import Cabinet
from harness.plan.plan import Plan
from harness.record.recording import Recording

MARK = "from an earlier run"


def remembered(
    asked: Plan, recordings: Mapping[str, Recording | NotRun], path: Path, *, fresh: bool = False
) -> tuple[Comparison, list[str]]:
    """Compare with what is kept in ``path``; return what was said of that file too."""
    said: list[str] = []
    with closing(Cabinet(path, note=said.append, fresh=fresh)) as kept:
        return compare(asked, recordings, kept=kept), said


def mark(path: Path) -> int:
    """Write the mark into every judgement that is kept, checksum and all; return into how many."""
    with closing(sqlite3.connect(path)) as file, file:
        rows = file.execute("SELECT key, value FROM kept").fetchall()
        marked = 0
        for key, value in rows:
            content = json.loads(value)
            if isinstance(content, dict) and "verdicts" in content:
                content["verdicts"] = [verdict | {"detail": MARK} for verdict in content["verdicts"]]
                text = json.dumps(content).encode()
                checksum = hashlib.sha256(key + text).digest()
                file.execute("UPDATE kept SET value = ?, sum = ? WHERE key = ?", (text, checksum, key))
                marked += 1
    return marked


def taken_over(comparison: Comparison) -> set[str]:
    """The problems whose verdicts bear the mark: each has it everywhere, or nowhere."""
    marked = {verdict.problem for verdict in comparison.verdicts if verdict.detail == MARK}
    assert not marked & {verdict.problem for verdict in comparison.verdicts if verdict.detail != MARK}
    return marked
