"""MXNet copies the arrays that it is handed, as its adapter declares: so a plan's own may be handed to it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.record.recording import Recording
from harness.record.store import read_recording
from harness.vocabulary import Mode
from tests.adapters import cells
from tests.adapters.interpreters import ROOT, interpreter, record
from tests.record.bench import same, write

COPIED = """
from harness.adapters import mxnet


class Copied(mxnet.MXNetAdapter):
    name = "copied"
    copies_inputs = False
"""


def test_what_is_made_of_an_array_keeps_its_bits_when_that_is_overwritten() -> None:
    program = Path(__file__).with_name("mxnet_arrays_program.py")
    line = [interpreter("mxnet"), "-W", "ignore", str(program)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["lost"] == []
    assert found["arrays"] > 200


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """Return recordings of all that can be asked: with the arrays of the plan, and with private copies."""
    reports = tmp_path_factory.mktemp("mxnet-arrays")
    plan = write(reports, [each for each in cells.problems() if each.call.mode is Mode.DEFAULT])
    (reports / "copied.py").write_text(COPIED)
    record("mxnet", reports)
    record("mxnet", reports, adapter=str(reports / "copied.py"))
    return [read_recording(reports / "recordings" / name, plan=plan.digest) for name in ("mxnet", "copied")]


def test_bits_do_not_depend_on_whether_arrays_are_copied_before(recordings: list[Recording]) -> None:
    themselves, copied = recordings
    assert same(themselves, copied)
