"""`harness explain` as a person runs it: with NumPy and click alone, and an exit code that tells right from wrong."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from harness.cli.explain import EXAMPLES
from tests.adapters.interpreters import interpreter

ROOT = Path(__file__).parents[2]
ONLY = """
import importlib.metadata as metadata, sys
own = {"numpy", "click", "colorama"}
brought = {name for name, owners in metadata.packages_distributions().items() if not own & {o.lower() for o in owners}}
for name in brought:
    sys.modules[name] = None  # an import of it fails
from harness.cli import main
sys.argv[0] = "harness"
main()
"""


def harness(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the Python that has no framework, from which all but NumPy and click is taken away."""
    line = [interpreter("reference"), "-c", ONLY, *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def commands() -> list[str]:
    """Every command line of the README and of the verb's help that asks with numbers."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"harness (explain --(?:op|x) .*)", readme + EXAMPLES)


@pytest.mark.parametrize("line", commands())
def test_every_command_that_is_written_down_runs_with_numpy_and_click_alone(line: str) -> None:
    done = harness(*shlex.split(line))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        ("The exact numbers, rounded once to ", "A plain list is read as the one row along axis 1")
    )
    assert done.stderr == ""


def test_the_readme_shows_what_its_command_prints() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^    A plain list is read .*?(?=^\S)", readme, flags=re.MULTILINE | re.DOTALL)
    line = next(line for line in commands() if "--got" in line)
    assert line in readme
    assert dedent(shown).rstrip() == harness(*shlex.split(line)).stdout.rstrip()


def test_the_help_asks_about_the_forums_numbers() -> None:
    assert any("[[[[0.1]], [[2]]]]" in line for line in commands())


def test_what_is_wrong_has_an_exit_code_of_its_own() -> None:
    done = harness("explain", "--x", "[0.1, 2]", "--cotangent", "one_hot:0", "--got", "[0, 0]")
    assert done.returncode == 1
    assert "What you got is wrong." in done.stdout
    assert "should be 0.113180" in done.stdout


@pytest.mark.parametrize(
    ("got", "exit_code", "said"),
    [
        ("[0, 0]", 0, "neither right nor wrong, but a matter of policy"),
        ("[nan, nan]", 0, "What you got is right"),
    ],
)
def test_a_policy_is_not_wrong(got: str, exit_code: int, said: str) -> None:
    done = harness("explain", "--op", "masked_softmax", "--x", "[0.1, 2]", "--mask", "[0, 0]", "--got", got)
    assert done.returncode == exit_code
    assert said in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to explain: give --x with numbers"),
        (["--op", "softmax"], "nothing to explain"),
        (["--x", "[1, 2"], "--x, character 6: a bracket is not closed"),
        (["--snippets", "--x", "[1]"], "--snippets without a case"),
        (["a-case", "--x", "[1]"], "--x beside the case 'a-case'"),
        (["--x", "[1]", "--op", "sofmax"], "Invalid value for '--op'"),
        (
            ["--x", "tensor([1.], dtype=torch.bfloat16)", "--dtype", "float32"],
            "--x: printed as bfloat16, and --dtype says float32",
        ),
        (["--x", "[1]", "--quantity", "jacobian"], "Invalid value for '--quantity'"),
        (["a-case", "--reports", "no-such-folder"], "no-such-folder"),
    ],
)
def test_a_wrong_command_line_is_told_from_a_wrong_result(arguments: list[str], words: str) -> None:
    done = harness("explain", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recorded_case_is_shown_with_a_program_that_repeats_what_was_found(tmp_path: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(
        "format: 1\ntheme: a test\ncases:\n"
        "  - {id: implicit, why: to be repeated, source: a test, op: softmax, x: [[0.1, 2]], cotangent: implicit}\n"
    )
    for who, verb in (("plan", ["plan", str(cases)]), ("torch", ["record", "torch"])):
        line = [interpreter(who), "-m", "harness", *verb, "--reports", str(tmp_path)]
        subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    short = harness("explain", "implicit", "--reports", str(tmp_path))
    assert short.returncode == 0, short.stderr
    assert "\n    result = x.grad\n" in short.stdout.partition("Repeat it")[2]
    every = harness("explain", "implicit", "--snippets", "--reports", str(tmp_path))
    assert "--snippets prints" not in every.stdout
    assert every.stdout.count("import torch") >= short.stdout.count("import torch") == 1


def test_a_recorded_case_is_explained_with_numpy_and_click_alone(tmp_path: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(
        "format: 1\ntheme: a test\ncases:\n"
        "  - {id: summed, why: to be explained, source: a test, op: softmax, x: [[0.1, 2]], cotangent: ones}\n"
    )
    for verb in (["plan", str(cases)], ["record", "reference"]):
        line = [interpreter("plan"), "-m", "harness", *verb, "--reports", str(tmp_path)]
        subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    done = harness("explain", "summed", "--reports", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for words in ("summed-output-zero-gradient", "With a cotangent that asks for output", "reference  vjp"):
        assert words in done.stdout
    (tmp_path / "shrunk").mkdir()  # which takes more than NumPy to read
    without = harness("explain", "summed", "--reports", str(tmp_path))
    assert (without.returncode, without.stdout) == (0, done.stdout)
    assert "shrunk are not read: this interpreter lacks pydantic" in without.stderr
