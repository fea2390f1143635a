"""A kernel from outside that is wrong: shrunk, told once for each cause, and shown by a program that calls its file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.adapters.interpreters import ROOT, interpreter

CASE = """\
format: 1
theme: a kernel of one's own
cases:
  - id: a-vjp
    why: a gradient that every wrong rule changes
    source: here
    op: softmax
    x: [[0.5, 1.5, -2, 0.25, 3], [0.1, -0.7, 2, 1, 0.3], [4, 1, -1, 2, 0.6]]
    dtype: DTYPE
    axis: 1
    cotangent: {normal: {seed: 3}}
    check: [forward, vjp]
"""
NUMPY = """\
import numpy as np


def softmax(x, axis):
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    y = y / y.sum(axis=axis, keepdims=True)
    return y, y


def softmax_vjp(saved, cotangent):
    return saved * cotangent
"""
SAVING_CLASS = """\
import numpy as np

from harness.adapters.contract import Adapter, Description
from harness.vocabulary import DType, Mode, Op


class Saving(Adapter):
    name = "saving"
    modes = (Mode.EAGER,)
    ops = (Op.SOFTMAX,)
    dtypes = (DType.FLOAT32, DType.FLOAT64)
    devices = ("cpu", "simulator")

    def __init__(self, device="simulator"):
        self._device = device

    def describe(self):
        return Description(framework="Saving", version="1", device=self._device, threads=1)

    def unsupported(self, call, quantity):
        return None

    def forward(self, call):
        e = np.exp(call.x - call.x.max(axis=call.axis, keepdims=True))
        y = e / e.sum(axis=call.axis, keepdims=True)
        return y, {"y": y, "device": self._device}

    def vjp(self, call, *, saved):
        factor = 2 if saved["device"] == "cpu" else 1
        y, v = saved["y"], call.cotangent
        return (factor * y * (v - (y * v).sum(axis=call.axis, keepdims=True))).astype(call.x.dtype)
"""
TORCH = """\
import torch

arrays = "torch"
dtypes = ("bfloat16", "float32")
accumulation = working = "float32"


def softmax(x, axis):
    return torch.softmax(x, axis)


def softmax_vjp(x, cotangent, axis):
    x = x.detach().requires_grad_()
    return -torch.autograd.grad(torch.softmax(x, axis), x, cotangent)[0]
"""
CASE_OF_AN_OP = """\
  - {id: of-NAME, why: each op is wrong in its own way, source: here, op: OP, dtype: float32, axis: 1,
     x: [[0.5, 1.5, -2, 0.25, 3], [4, 1, -1, 2, 0.6]], cotangent: {normal: {seed: 3}}, check: [forward, vjp]}
"""
RAISING = """\
def softmax(x, axis):
    if x.shape[axis] > 1:
        raise RuntimeError('too long')
    return x * 0 + 1


def log_softmax(x, axis):
    n = x.shape[axis]
    if n == 5:
        raise RuntimeError(f"{n} is not supported")
    if n < 3:
        raise RuntimeError("too short")
    return 0 * x - 1
"""
ABORTING = "import os\n\n\ndef softmax(x, axis):\n    os.abort()\n"
NO_ARRAYS = (
    NUMPY.replace("return y, y", "return y")
    + NUMPY.partition("\n\n")[2].replace("softmax", "softmin").replace("return y, y", "return y, y, y")
    + "\n\ndef log_softmax(x, axis):\n    return {'y': x}\n"
)
CLASS_SAVING_NOTHING = SAVING_CLASS.replace('return y, {"y": y, "device": self._device}', "return y")
SHOWN = re.compile(r"a program that shows it: (\S+)")
RESULT = re.compile(r"got +(.*)\nexpected +(.*)\n")


def harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def verified(
    folder: Path, text: str, *arguments: str, dtype: str = "float32", ops: Sequence[str] = (), code: int = 1
) -> str:
    """Write a kernel and its case into ``folder``, or a case for each of ``ops``; return what `verify` prints of it."""
    (folder / "kernel.py").write_text(text)
    heading, _, of_softmax = CASE.partition("cases:\n")
    cases = "".join(
        CASE_OF_AN_OP.replace("OP", op).replace("NAME", op.replace("_", "-")) for op in ops
    ) or of_softmax.replace("DTYPE", dtype)
    (folder / "case.yaml").write_text(f"{heading}cases:\n{cases}")
    done = harness(folder, "verify", "--adapter", "kernel.py", "--cases", "case.yaml", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def ran(folder: Path, program: str, *, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run a program that `verify` has named, from another folder, where nothing of this project is to be found."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-P", str(folder / program)],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def shows(done: subprocess.CompletedProcess[str]) -> bool:
    found = RESULT.search(done.stdout)
    assert found is not None, done.stdout + done.stderr
    return found[1] != found[2]


def message(said: str, *words: str) -> str:
    """Return the one message of `verify` that has all these ``words``."""
    (found,) = [text for text in re.split(r"^  (?=\S)", said, flags=re.M) if all(word in text for word in words)]
    return found


@pytest.fixture(scope="module")
def raising(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("raising")
    return folder, verified(folder, RAISING, ops=("softmax", "log_softmax"))


@pytest.fixture(scope="module")
def no_arrays(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("no-arrays")
    return folder, verified(folder, NO_ARRAYS, "--shrink", "0", ops=("softmax", "softmin", "log_softmax"))


@pytest.fixture(scope="module")
def unshrunk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("unshrunk")
    return folder, verified(folder, NUMPY, "--shrink", "0")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("plain")
    return folder, verified(folder, NUMPY)


def test_plain_functions_are_shrunk_and_called_by_their_programs(plain: tuple[Path, str]) -> None:
    folder, said = plain
    assert "the smallest input that shows it: 1 x 1, cut from 3 x 5" in said
    programs = SHOWN.findall(said)
    assert len(programs) == 2
    for program in programs:
        done = ran(folder, program)
        assert done.stderr == ""
        assert shows(done)
        assert f'FILE = "{folder / "kernel.py"}"' in (folder / program).read_text()


def test_an_element_is_printed_as_decimal_and_as_bits(plain: tuple[Path, str]) -> None:
    _, said = plain
    (got, bits), (want, right) = re.findall(r"(?:got|expected) +(\S+)  (-?0x\S+)", said)[:2]
    assert float(got) == float.fromhex(bits)
    assert float(want) == float.fromhex(right)
    assert got != want


def test_a_program_stops_to_show_it_once_the_file_is_mended_and_says_that_it_has_changed(
    plain: tuple[Path, str], tmp_path: Path
) -> None:
    folder, said = plain
    (program, *_) = SHOWN.findall(said)
    moved = tmp_path / "kernel.py"
    moved.write_text(NUMPY.replace("saved * cotangent\n", "saved * (cotangent - (saved * cotangent).sum())\n"))
    text = (folder / program).read_text().replace(str(folder / "kernel.py"), str(moved))
    (tmp_path / "program.py").write_text(text)
    done = ran(tmp_path, "program.py")
    assert not shows(done)
    assert f"{moved} has changed since this was found" in done.stderr


def test_findings_json_and_the_page_have_the_program_too(plain: tuple[Path, str]) -> None:
    folder, said = plain
    (file,) = re.findall(r"every finding: (\S+)", said)
    findings = json.loads((folder / file).read_text(encoding="utf-8"))["findings"]
    snippets = [one["repeat"]["snippet"] for one in findings if one["unexpected"]]
    assert (folder / SHOWN.findall(said)[0]).read_text() in snippets
    assert "spec_from_file_location" in (folder / file).with_name("index.html").read_text(encoding="utf-8")


def test_shrink_takes_up_what_verify_left_out(unshrunk: tuple[Path, str], tmp_path: Path) -> None:
    folder, said = unshrunk
    assert "the smallest input" not in said
    assert all(shows(ran(folder, program)) for program in SHOWN.findall(said))
    shutil.copytree(folder / "reports", tmp_path / "reports")
    done = harness(tmp_path, "shrink", "--reports", "reports/verify/kernel")
    assert done.returncode == 0, done.stderr
    assert "a-vjp: vjp: beyond-bound: 3 x 5 -> 1 x 1" in done.stdout
    assert harness(tmp_path, "report", "--reports", "reports/verify/kernel").returncode == 0
    page = (tmp_path / "reports/verify/kernel/selection/index.html").read_text(encoding="utf-8")
    assert "Its input is the smallest that was found to show it." in page
    again = harness(tmp_path, "shrink", "--reports", "reports/verify/kernel/selection")
    assert "kernel: 2 of 2 faults were shrunk before" in again.stdout


def test_a_file_that_is_gone_or_changed_cannot_be_shrunk_and_it_is_said(unshrunk: tuple[Path, str]) -> None:
    folder, _ = unshrunk
    kernel = folder / "kernel.py"
    try:
        kernel.write_text(NUMPY + "# another\n")
        changed = harness(folder, "shrink", "--reports", "reports/verify/kernel")
        kernel.unlink()
        gone = harness(folder, "shrink", "--reports", "reports/verify/kernel")
    finally:
        kernel.write_text(NUMPY)
    assert (changed.returncode, "kernel is not what was compared: the adapter's source" in changed.stderr) == (3, True)
    assert gone.returncode == 3
    assert f"{kernel}, with which it was recorded, is gone" in gone.stderr


def test_a_neighbour_that_has_changed_is_named(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text(NUMPY)
    said = verified(tmp_path, "from beside import softmax, softmax_vjp\n", "--shrink", "0")
    (tmp_path / "beside.py").write_text(NUMPY + "# another\n")
    done = ran(tmp_path, SHOWN.findall(said)[0])
    assert shows(done)
    assert f"{tmp_path / 'beside.py'} has changed since this was found" in done.stderr


def test_a_class_with_saved_state_is_called_on_its_device(tmp_path: Path) -> None:
    said = verified(tmp_path, SAVING_CLASS, "--device", "cpu", "--shrink", "15")
    (program, *_) = SHOWN.findall(said)
    assert 'made(load(FILE), device="cpu")' in (tmp_path / program).read_text()
    assert shows(ran(tmp_path, program))
    assert "the smallest input that shows it: 1 x 2" in said
    verified(tmp_path, SAVING_CLASS, "--fresh", code=0)  # on its default, where it is right


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_kernel_of_torch_is_called_where_torch_is(dtype: str, tmp_path: Path) -> None:
    python = interpreter("torch")
    said = verified(tmp_path, TORCH, "--python", python, "--shrink", "1", dtype=dtype)
    (program, *_) = SHOWN.findall(said)
    assert f"Run it with {python}" in (tmp_path / program).read_text()
    assert shows(ran(tmp_path, program, python=python))


@pytest.mark.skipif(shutil.which("cc") is None, reason="the kernel is compiled with cc, which is not here")
def test_a_compiled_kernel_is_called_through_its_file(tmp_path: Path) -> None:
    for name in ("my_compiled.c", "my_compiled.py"):
        shutil.copy(ROOT / "tests" / "own_kernels" / name, tmp_path)
    source = tmp_path / "my_compiled.c"
    source.write_text(source.read_text().replace("(v[k] - dot)", "(v[k] + dot)"))
    (tmp_path / "case.yaml").write_text(CASE.replace("DTYPE", "float32"))
    done = harness(tmp_path, "verify", "my_compiled.py", "--cases", "case.yaml", "--shrink", "15")
    assert done.returncode == 1, done.stderr
    shown = ran(tmp_path, SHOWN.findall(done.stdout)[0])
    assert shows(shown)
    assert shown.stderr == ""


def test_what_raises_raises_in_its_program_and_is_shrunk(raising: tuple[Path, str]) -> None:
    folder, said = raising
    found = message(said, "the forward of softmax raised")
    assert found.startswith("The adapter's file raised an exception (1 problem), as in of-softmax:")
    assert "the smallest input that shows it: 1 x 2" in found
    done = ran(folder, *SHOWN.findall(found))
    assert done.returncode == 1
    assert done.stderr.endswith("RuntimeError: too long\n")


def test_another_exception_is_no_smaller_input(raising: tuple[Path, str]) -> None:
    folder, said = raising
    found = message(said, "the forward of log_softmax raised")
    assert "the smallest input that shows it: 1 x 5, cut from 2 x 5" in found
    done = ran(folder, *SHOWN.findall(found))
    assert done.stderr.endswith("RuntimeError: 5 is not supported\n")


def test_what_is_no_array_is_shown_as_what_it_is(no_arrays: tuple[Path, str]) -> None:
    folder, said = no_arrays
    done = ran(folder, *SHOWN.findall(message(said, "the forward of log_softmax raised")))
    assert "returned <class 'dict'>" in done.stdout
    assert "returned a dict, expected a numpy array" in done.stdout


SAVED_NOTHING = "a derivative takes 'saved', and forward saved nothing: return (output, saved) from it"
NO_PAIR = "forward returned a tuple of 3, expected an array, or (output, saved)"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("the vjp of softmax raised", SAVED_NOTHING),
        ("the forward of softmin raised", NO_PAIR),
        ("the vjp of softmin raised", NO_PAIR),
    ],
)
def test_what_is_not_saved_as_it_must_be_is_said_by_the_program_as_by_the_finding(
    words: str, expected: str, no_arrays: tuple[Path, str]
) -> None:
    folder, said = no_arrays
    found = message(said, words, expected)
    done = ran(folder, *SHOWN.findall(found))
    assert expected in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_class_that_saves_nothing_is_told_so_by_its_program(tmp_path: Path) -> None:
    said = verified(tmp_path, CLASS_SAVING_NOTHING, "--shrink", "0")
    assert SAVED_NOTHING in said
    assert SAVED_NOTHING in ran(tmp_path, *SHOWN.findall(said)).stderr


def test_what_ends_its_process_ends_that_of_its_program(tmp_path: Path) -> None:
    said = verified(tmp_path, ABORTING, "--shrink", "2")
    assert ran(tmp_path, SHOWN.findall(said)[0]).returncode == -signal.SIGABRT


def test_an_interruption_while_it_shrinks_leaves_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(NUMPY)
    (tmp_path / "case.yaml").write_text(CASE.replace("DTYPE", "float32"))
    line = [sys.executable, "-m", "harness", "verify", "kernel.py", "--cases", "case.yaml"]
    running = subprocess.Popen(
        line,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 120
    while not (tmp_path / "reports/verify/kernel/shrunk/work").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    said, heard = running.communicate(timeout=120)
    assert running.returncode == 1, heard
    assert "interrupted while looking for smaller inputs" in heard
    assert "Error beyond the rounding bound (1 problem" in said
    assert shows(ran(tmp_path, SHOWN.findall(said)[0]))
