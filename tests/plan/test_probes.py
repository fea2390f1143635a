from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.plan.library import load_library, make_plan
from harness.plan.problem import Problem
from harness.plan.store import read_plan, write_plan

CASE = """\
format: 1
theme: one case
cases:
  - id: {name}
    why: to be probed or not
    source: this test
    op: {op}
    dtype: {dtype}
    x: {x}
    cotangent: {cotangent}
    check: {check}
"""


def problems(folder: Path, **words: str) -> tuple[Problem, ...]:
    text = {"name": "a-case", "op": "softmax", "dtype": "float32", "x": "[[1, 2, 4]]", "check": "[vjp]"} | words
    (folder / "a.yaml").write_text(CASE.format(**text))
    plan = make_plan(load_library([folder / "a.yaml"]))
    write_plan(plan, folder / "plan")
    return read_plan(folder / "plan").problems


def probes(folder: Path, **words: str) -> list[Problem]:
    return [problem for problem in problems(folder, **words) if problem.probe]


@pytest.mark.parametrize("cotangent", ["ones", "implicit", "zeros", "{full: 0.5}", "[[3, 3, 3]]", "[ones, {full: 2}]"])
def test_a_case_in_the_null_space_is_probed(tmp_path: Path, cotangent: str) -> None:
    found = probes(tmp_path, cotangent=cotangent)
    assert [probe.cotangent_name.removeprefix("probe ") for probe in found] == [
        "normal",
        "normal about 1",
        "one_hot 0",
        "one_hot 1",
        "one_hot 2",
    ]


@pytest.mark.parametrize(
    "words",
    [
        {"cotangent": "[ones, {one_hot: 0}]"},
        {"cotangent": "normal"},
        {"cotangent": "ones", "check": "[vjp, jacobian]"},
        {"cotangent": "ones", "op": "log_softmax"},
        {"cotangent": "ones", "op": "[softmax, log_softmax]"},
        {"cotangent": "ones", "x": "[[1], [2]]"},
        {"cotangent": "ones", "x": "0.5"},
        {"cotangent": "ones", "x": "{full: {shape: [2, 0]}}"},
    ],
)
def test_a_case_that_proves_something_or_has_nothing_to_prove_is_left_alone(
    tmp_path: Path, words: dict[str, str]
) -> None:
    assert probes(tmp_path, **words) == []


def test_no_probe_lies_in_the_null_space_itself(tmp_path: Path) -> None:
    for probe in probes(tmp_path, cotangent="ones"):
        assert probe.call.cotangent is not None
        assert np.ptp(probe.call.cotangent, axis=-1).min() > 0


def test_along_a_long_axis_the_ends_are_probed(tmp_path: Path) -> None:
    found = probes(tmp_path, cotangent="ones", x="{normal: {shape: [2, 40]}}")
    assert [probe.cotangent_name for probe in found][-2:] == ["probe one_hot 0", "probe one_hot 39"]


def test_every_dtype_is_probed(tmp_path: Path) -> None:
    found = probes(tmp_path, cotangent="ones", dtype="[float32, float64]")
    assert {str(probe.call.dtype) for probe in found} == {"float32", "float64"}


@pytest.mark.parametrize(
    ("name", "dtype", "cotangent", "first"),
    [
        ("mean-ones", "float32", "ones", "mean-ones[probe normal]"),
        ("a-case", "[float32]", "ones", "a-case[float32,probe normal]"),
        ("a-case", "[float32]", "[ones, zeros]", "a-case[float32,probe normal]"),
    ],
)
def test_a_probe_is_named_after_its_case_and_parameters(
    tmp_path: Path, name: str, dtype: str, cotangent: str, first: str
) -> None:
    assert probes(tmp_path, name=name, dtype=dtype, cotangent=cotangent)[0].id == first


def test_ids_stay_distinct(tmp_path: Path) -> None:
    names = [problem.id for problem in problems(tmp_path, cotangent="[ones, implicit]", dtype="[float32, float64]")]
    assert len(set(names)) == len(names)
