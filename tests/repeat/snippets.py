"""Snippets run where their framework is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.adapters.interpreters import ROOT, interpreter

RUNNER = Path(__file__).with_name("runner.py")


def outcomes(framework: str, snippets: Sequence[str], folder: Path) -> list[dict[str, Any]]:
    """Run ``snippets`` in the Python of ``framework``, in one process, where nothing of this project is to be found.

    Those of the reference find it, and nothing else: it is what they are about.
    """
    python = sys.executable if framework == "reference" else interpreter(framework)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if framework == "reference":
        (folder / "reference").symlink_to(ROOT / "reference")
        environment["PYTHONPATH"] = str(folder)
    written = folder / f"{framework}.json"
    done = subprocess.run(
        [python, "-P", str(RUNNER), str(written)],
        cwd=folder,
        env=environment,
        input=json.dumps(list(snippets)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(written.read_text(encoding="utf-8"))
    return found


def bits(array: Any) -> tuple[list[int], list[str]]:
    """Return an array of floats in a form that is equal exactly where all bits are, but those of a NaN."""
    return list(np.shape(array)), [value.hex() for value in np.ravel(array).tolist()]
