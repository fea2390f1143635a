"""Kernels of one's own, as the README shows them: what it quotes is what the files hold and what the command prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.adapters import quoted
from tests.adapters.quoted import KERNELS, SESSION

README = quoted.README.read_text(encoding="utf-8")
QUOTED = re.findall(r"```(?:python|c)\n(?:# |/\* )(\w+\.\w+)(?: \*/)?\n(.*?)```", README, flags=re.DOTALL)
SESSIONS = [(command, shown) for verb, command, shown in SESSION.findall(README) if verb == "harness"]
PROGRAMS = [(command, shown) for verb, command, shown in SESSION.findall(README) if verb == "python"]
NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return quoted.workspace(tmp_path)


def verify(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `verify` without looking for smaller inputs, of which only what the README shows says anything."""
    return quoted.run(workspace, *arguments, "--shrink", "0")


def test_every_kernel_is_quoted_and_every_quotation_is_a_kernel() -> None:
    assert {name for name, _ in QUOTED} == {
        file.name for file in KERNELS.glob("my_*.*") if file.suffix in (".py", ".c")
    }


@pytest.mark.parametrize(("name", "text"), QUOTED, ids=[name for name, _ in QUOTED])
def test_what_the_readme_quotes_is_the_file(name: str, text: str) -> None:
    assert text == (KERNELS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command.split()[2] for command, _ in SESSIONS])
def test_the_commands_of_the_readme_print_what_it_shows(command: str, shown: str, workspace: Path) -> None:
    if "my_compiled" in command and shutil.which("cc") is None:
        pytest.skip("the example is compiled with cc, which is not here")
    done = quoted.run(workspace, *command.split())
    assert done.returncode == (1 if "wrong" in command else 0), done.stdout + done.stderr
    assert NUMBER.sub("#", shown) == NUMBER.sub("#", done.stdout)  # the last digits are those of NumPy's exp
    assert (workspace / shown.splitlines()[-1].removeprefix("page: ")).is_file()
    for program, printed in (each for each in PROGRAMS if each[0] in shown):
        assert quoted.run(workspace, program, module=False).stdout == printed


def test_every_program_that_the_readme_runs_is_one_that_a_session_names() -> None:
    assert PROGRAMS
    assert all(any(program in shown for _, shown in SESSIONS) for program, _ in PROGRAMS)


RAISING = """\
import numpy as np


def softmax(x):
    return _launch(x)


def _launch(x):
    raise RuntimeError("no more registers")
"""


def test_an_exception_reads_as_the_readme_says(workspace: Path) -> None:
    (quoted,) = re.findall(r"```text\n(.*?)\n```", README, flags=re.DOTALL)
    (workspace / "my_kernel.py").write_text(RAISING)
    done = verify(workspace, "verify", "my_kernel.py", "-k", "tile-16")
    assert done.returncode == 1
    assert f"my_kernel: the forward of softmax raised {quoted}" in done.stdout
    assert "The adapter's file raised an exception (1 problem)" in done.stdout
    assert "nothing was judged: the findings below say why" in done.stdout
    assert "framework" not in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("nosuch.py", None, "nosuch.py: there is no such file"),
        ("nosuch", None, "there is no adapter 'nosuch'"),
        ("broken.py", "import numpy\n\nnumpy.softmax\n", "broken.py: the adapter's file does not run"),
        ("slip.py", "def softmax(x):\n    return x\n\n\ndef softmax_vpj(x):\n    return x\n", "slip.py:5"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_refused_before_anything_is_planned(
    file: str, text: str | None, reason: str, workspace: Path
) -> None:
    if text is not None:
        (workspace / file).write_text(text)
    done = verify(workspace, "verify", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert not (workspace / "reports").exists()


def test_a_kernel_that_aborts_may_be_tried_again_with_no_placeholder(workspace: Path) -> None:
    (workspace / "aborting.py").write_text("import os\n\n\ndef softmax(x):\n    os.abort()\n")
    done = verify(workspace, "verify", "aborting.py", "-k", "tile-16")
    assert done.returncode == 1
    assert "it was ended by SIGABRT; the same command with --fresh tries again" in done.stdout
    assert "JAX signatures" not in done.stdout


def test_the_class_of_the_readme_is_a_right_kernel(workspace: Path) -> None:
    done = verify(workspace, "verify", "my_class.py", "-k", "tile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "float16" in done.stdout
    assert "22  the adapter has no bfloat16" in done.stdout


@pytest.mark.skipif(shutil.which("cc") is None, reason="the kernel is compiled with cc, which is not here")
def test_a_library_that_is_compiled_anew_is_asked_anew(workspace: Path) -> None:
    command = ("verify", "my_compiled.py", "-k", "tile-17")
    assert "recorded" in verify(workspace, *command).stdout
    assert "already recorded" in verify(workspace, *command).stdout
    source = workspace / "my_compiled.c"
    source.write_text(source.read_text().replace("(v[k] - dot)", "(v[k] + dot)"))
    again = verify(workspace, *command)
    assert "the adapter's source" in again.stderr
    assert again.returncode == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="the kernel is compiled with cc, which is not here")
def test_a_compiled_kernel_that_crashes_costs_that_evaluation_alone(workspace: Path) -> None:
    source = workspace / "my_compiled.c"
    source.write_text(source.read_text().replace("float dot = 0;", "float dot = n == 17 ? *(volatile float *)8 : 0;"))
    done = verify(workspace, "verify", "my_compiled.py", "-k", "tile-17 or tile-16")
    assert done.returncode == 1
    assert "1 crashed" in done.stdout
    assert "3 agreed" in done.stdout


def test_an_adapter_may_be_named_in_two_ways_and_has_to_be_in_one(workspace: Path) -> None:
    assert verify(workspace, "verify", "my_softmax.py", "--adapter", "my_class.py").returncode == 2
    neither = verify(workspace, "verify")
    assert (neither.returncode, "name an adapter" in neither.stderr) == (2, True)


def test_a_kernel_is_asked_only_what_is_of_its_ops_and_told_what_was_left_out(workspace: Path) -> None:
    (workspace / "only_lse.py").write_text(
        "import numpy as np\n\n\ndef logsumexp(x, axis):\n    return np.log(np.exp(x).sum(axis=axis))\n"
    )
    done = verify(workspace, "verify", "only_lse.py", "-k", "tile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "planned: 2 evaluations of 1 problem from 1 case; 1 asked" in done.stdout
    assert "1  the file has no logsumexp_vjp" in done.stdout
    assert "not planned, since the kernel has none of them: softmax, log_softmax" in done.stdout


def test_a_kernel_that_prints_is_understood_all_the_same(workspace: Path) -> None:
    talking = (
        "import atexit\n\natexit.register(print, 'bye')\nname = 'talks'\n\n\ndef softmin(x, axis):\n    return x\n"
    )
    (workspace / "talking.py").write_text(talking)
    done = verify(workspace, "verify", "talking.py", "-k", "tile")
    assert "verify/talks/" in done.stdout
    assert "not planned, since the kernel has none of them: softmax, " in done.stdout


def test_a_kernel_that_lacks_everything_asked_proves_nothing(workspace: Path) -> None:
    (workspace / "wide.py").write_text("dtypes = ('float64',)\n\n\ndef softmax(x, axis):\n    return x\n")
    done = verify(workspace, "verify", "wide.py", "-k", "tile")
    assert done.returncode == 3
    assert "nothing was judged" in done.stdout
