"""Names that stand in several places agree everywhere."""

from __future__ import annotations

import configparser
import re
import tomllib
from enum import StrEnum
from pathlib import Path

import pytest

from harness.adapters.registry import BUILT_IN
from harness.cli import EXIT_CODES, cli
from harness.cli.exits import Exit
from harness.compare.laws import FINDINGS
from harness.vocabulary import DType, Form, Normalization, Op, Quantity, Reduction
from reference.bounds.arithmetic import FORMS
from reference.formats import FORMATS
from reference.invariants import KINDS
from reference.question import INTEGER, OPS, QUANTITIES

ROOT = Path(__file__).parents[1]
TOX = configparser.ConfigParser(interpolation=None)
TOX.read(ROOT / "tox.ini")
LISTED = [name.strip() for name in TOX["tox"]["env_list"].split(",")]
ENVIRONMENTS = sorted({*LISTED, *(name.removeprefix("testenv:") for name in TOX if name.startswith("testenv:"))})
README = (ROOT / "README.md").read_text(encoding="utf-8")


def deps(environment: str) -> set[str]:
    """Names of the packages an environment of tox.ini asks for, with those it takes over from another section."""
    section = TOX[f"testenv:{environment}"] if f"testenv:{environment}" in TOX else TOX["testenv"]
    lines = section.get("deps", TOX["testenv"]["deps"]).split("\n")
    found: set[str] = set()
    for line in filter(None, lines):
        inherited = re.fullmatch(r"\{\[testenv:?([\w-]*)\]deps\}", line)
        if inherited:
            found |= deps(inherited[1] or "reference")
        elif not line.startswith("-"):
            found.add(re.split(r"[;=<>]", line)[0].strip())
    return found


def pinned(environment: str) -> dict[str, list[str]]:
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "constraints" / f"{environment}.txt").read_text().splitlines():
        name, _, version = line.partition(";")[0].partition("==")
        pins.setdefault(name.strip().lower().replace("_", "-"), []).append(version.strip())
    return pins


def test_every_adapter_has_a_tox_environment_of_its_name() -> None:
    assert set(BUILT_IN) <= set(ENVIRONMENTS)


@pytest.mark.parametrize("label", ["compare", "check"])
def test_every_adapter_is_recorded_under_both_labels(label: str) -> None:
    labels = dict(line.split(" = ") for line in TOX["tox"]["labels"].strip().splitlines())
    assert set(BUILT_IN) <= set(labels[label].split(", "))


def test_the_comparison_requires_every_adapter() -> None:
    required = re.search(r"--require (\S+)", TOX["testenv:report"]["commands"])
    assert required is not None
    assert sorted(required[1].split(",")) == sorted(BUILT_IN)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_is_fixed_by_its_constraints(environment: str) -> None:
    wanted = {name.lower().replace("_", "-") for name in deps(environment)}
    assert wanted <= set(pinned(environment)) | {"setuptools"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_constraints_are_plain_pins_that_name_no_place(environment: str) -> None:
    pin = re.compile(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*(; python_version [<>=]+ \"3\.\d+\")?")
    lines = (ROOT / "constraints" / f"{environment}.txt").read_text().splitlines()
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_no_constraints_are_left_over() -> None:
    assert sorted(path.stem for path in (ROOT / "constraints").glob("*.txt")) == sorted(ENVIRONMENTS)


def test_the_packages_extras_are_what_tox_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=;]", requirement)[0] for requirement in requirements}

    assert names(project["dependencies"]) == deps("reference")
    assert names(project["dependencies"]) | names(project["optional-dependencies"]["cases"]) == deps("plan")
    assert deps("plan") | names(project["optional-dependencies"]["report"]) == deps("report")


def test_the_readme_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| ", README, flags=re.MULTILINE)
    assert [int(row) for row in rows] == [int(code) for code in Exit]


def test_the_help_lists_every_exit_code() -> None:
    rows = re.findall(r"^  (\d+) ", EXIT_CODES, flags=re.MULTILINE)
    assert [int(row) for row in rows] == [int(code) for code in Exit]


def test_the_readmes_commands_use_the_tox_that_ci_uses() -> None:
    wanted = re.search(r'"(tox[^"]*)"', (ROOT / ".ci" / "run").read_text())
    assert wanted is not None
    commands = [line.strip() for line in README.splitlines() if "bin/tox run" in line and "python3 -m venv" in line]
    assert len(commands) == 2
    assert all(f'"{wanted[1]}"' in command for command in commands)


def test_the_readme_names_every_verb_of_the_command_line() -> None:
    pages = README + (ROOT / "cases" / "README.md").read_text() + (ROOT / "harness/adapters/README.md").read_text()
    assert [verb for verb in cli.list_commands(None) if f"harness {verb}" not in pages] == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Op, OPS),
        (Quantity, QUANTITIES),
        (Form, FORMS),
        (DType, (*FORMATS, INTEGER)),
        (Reduction, ("none", "sum", "mean")),
        (Normalization, ("null", "batch", "valid")),
    ],
)
def test_the_harness_and_the_reference_speak_of_the_same_things(ours: type[StrEnum], theirs: tuple[str, ...]) -> None:
    assert sorted(word.value for word in ours) == sorted(theirs)


def test_numbers_of_a_dtype_are_carried_alike_by_the_harness_and_the_reference() -> None:
    assert {one.name: one.carrier for one in FORMATS.values()} == {
        one.value: one.carrier for one in DType if one.floating
    }


def test_every_law_of_the_reference_has_its_finding() -> None:
    assert sorted(FINDINGS) == sorted(KINDS)
