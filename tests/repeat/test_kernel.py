"""What is known of a kernel's file: asked only by who may run it, kept, and not believed once the file has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.record.origin import Origin, keep_origin, read_origin
from harness.record.recording import Header
from harness.repeat.kernel import Kernel, Unknown, kernel_of
from tests.adapters.interpreters import ROOT

TEXT = "def softmax(x, axis):\n    return x\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a_kernel.py"
    path.write_text(TEXT)
    return path


def header(file: Path) -> Header:
    """Return what a recording of the file says, with its digest as the process that records it takes it."""
    code = (
        "import sys; from harness.record import worker; from harness.adapters.registry import load, source_digest; "
        "print(source_digest(load(sys.argv[1])))"
    )
    line = [sys.executable, "-c", code, str(file)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return Header(adapter="a_kernel", plan="p", source=done.stdout.strip())


def origin(file: Path, python: str = sys.executable) -> Origin:
    return Origin(adapter=str(file), python=python)


def test_to_read_runs_nothing(file: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    found = kernel_of(header(file), origin(file, str(script)), kept=tmp_path / "kept.json")
    assert isinstance(found, Unknown)
    assert "`harness shrink`" in found.reason
    assert not marker.exists()


def test_what_was_asked_once_is_kept_until_the_file_changes(file: Path, tmp_path: Path) -> None:
    kept, known = tmp_path / "kept.json", header(file)
    asked = kernel_of(known, origin(file), kept=kept, environ=os.environ)
    assert isinstance(asked, Kernel)
    assert asked.profile.functions == {"softmax": {"taken": ["axis", "x"], "needed": ["axis", "x"]}}
    assert kernel_of(known, origin(file), kept=kept) == asked
    file.write_text(TEXT + "# another\n")
    assert isinstance(kernel_of(known, origin(file), kept=kept), Unknown)
    changed = kernel_of(known, origin(file), kept=kept, environ=os.environ)
    assert isinstance(changed, Unknown)
    assert "has changed since it was recorded" in changed.reason


def test_one_that_hangs_when_it_is_loaded_is_left(file: Path, tmp_path: Path) -> None:
    known = header(file)
    file.write_text("import time\n\ntime.sleep(600)\n")
    found = kernel_of(known, origin(file), kept=tmp_path / "kept.json", environ=os.environ, patience=0.5)
    assert found == Unknown(reason=f"{file} was not loaded within 0.5 seconds.")


def test_an_origin_is_a_whole_path_and_one_of_before_is_none(tmp_path: Path) -> None:
    keep_origin(tmp_path, Origin(adapter="folder/kernel.py", python="/usr/bin/python3", device="cuda:0"))
    assert read_origin(tmp_path) == Origin(
        adapter=str(Path("folder/kernel.py").absolute()), python="/usr/bin/python3", device="cuda:0"
    )
    assert read_origin(tmp_path / "elsewhere") is None
    (tmp_path / "origin.json").write_text("[]")
    assert read_origin(tmp_path) is None
