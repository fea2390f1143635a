"""Recorders side by side, stood in for by scripts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli.sidebyside import Recorders

SIGN = "sign"


@pytest.fixture
def recorders(tmp_path: Path) -> Recorders:
    """One that is done once it is told, and one that is done when there is the file ``sign``."""
    wait = f"for turn in $(seq 3000); do [ -e {tmp_path / SIGN} ] && exit; sleep 0.01; done"
    scripts = {"mxnet": "read told", "torch": f"read told; {wait}"}
    environ = dict(os.environ)
    for name, script in scripts.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        environ[f"HARNESS_PYTHON_{name.upper()}"] = str(path)
    return Recorders(scripts, reports=tmp_path, environ=environ, environments=tmp_path / "none")


def test_what_is_done_is_told_of_while_another_is_not(recorders: Recorders, tmp_path: Path) -> None:
    done = []

    def meanwhile(adapter: str) -> None:
        done.append(adapter)
        (tmp_path / SIGN).touch()

    with recorders:
        recorders.begin()
        recorders.wait(meanwhile)
    assert done == ["mxnet"]
