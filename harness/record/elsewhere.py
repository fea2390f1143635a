"""Running this harness in another interpreter, which has the framework and need not have the harness installed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def reachable(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield ``environ`` such that any interpreter finds this harness, and nothing that is installed beside it."""
    beside = Path(__file__).resolve().parents[2]
    with TemporaryDirectory(prefix="harness-") as folder:
        for package in ("harness", "reference"):
            (Path(folder) / package).symlink_to(beside / package)
        path = os.pathsep.join(filter(None, [folder, environ.get("PYTHONPATH", "")]))
        yield {**environ, "PYTHONPATH": path}
