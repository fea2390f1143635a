from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.plan.carrier import encoded
from harness.plan.library import load_library, make_plan
from harness.plan.problem import Problem
from harness.plan.store import read_plan, write_plan
from harness.vocabulary import DType

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
    {more}
"""


def problems(folder: Path, **words: str) -> tuple[Problem, ...]:
    text = {
        "name": "a-case",
        "op": "softmax",
        "dtype": "float32",
        "x": "[[1, 2, 4]]",
        "check": "[vjp]",
        "more": "",
    } | words
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
        {"cotangent": "[zeros, ones]", "op": "log_softmax"},
        {"cotangent": "ones", "x": "[[1], [2]]"},
        {"cotangent": "ones", "x": "0.5"},
        {"cotangent": "ones", "x": "{full: {shape: [2, 0]}}"},
    ],
)
def test_a_case_that_proves_something_or_has_nothing_to_prove_is_left_alone(
    tmp_path: Path, words: dict[str, str]
) -> None:
    assert probes(tmp_path, **words) == []


@pytest.mark.parametrize(
    ("op", "more", "cotangent"),
    [
        ("softmin", "", "ones"),
        ("masked_softmax", "mask: [[true, false, true]]", "[[3, 1, 3]]"),
        ("masked_softmax", "mask: [[true, false, true]]", "[[3, .nan, 3]]"),
        ("masked_softmax", "lengths: [2]", "[[3, 3, 7]]"),
        ("log_softmax", "", "zeros"),
        ("masked_log_softmax", "lengths: [2]", "zeros"),
        ("cross_entropy", "targets: [1]", "zeros"),
        ("logsumexp", "", "zeros"),
    ],
)
def test_other_ops_have_null_spaces_too(tmp_path: Path, op: str, more: str, cotangent: str) -> None:
    found = probes(tmp_path, op=op, more=more, cotangent=cotangent)
    assert found
    for probe in found:
        base = next(problem for problem in problems(tmp_path, op=op, more=more, cotangent=cotangent))
        for name in ("x", "mask", "lengths", "targets"):
            np.testing.assert_array_equal(getattr(probe.call, name), getattr(base.call, name))
        assert probe.call.cotangent is not None
        assert probe.call.cotangent.shape == probe.call.output_shape


@pytest.mark.parametrize(
    ("op", "more", "cotangent"),
    [
        ("masked_softmax", "mask: [[true, false, true]]", "[[3, 3, 1]]"),
        ("masked_softmax", "mask: [[true, false, false]]", "ones"),
        ("masked_softmax", "lengths: [1]", "ones"),
        ("masked_softmax", "lengths: [0]", "ones"),
        ("masked_log_softmax", "lengths: [2]", "ones"),
        ("logsumexp", "", "ones"),
        ("logsumexp", "", "implicit"),
        ("cross_entropy", "targets: [1]\n    reduction: mean", "implicit"),
        ("softmax_output", "targets: [1]", "zeros"),
        ("softmax_output", "targets: [1]", "ones"),
    ],
)
def test_other_ops_prove_something_or_have_nothing_to_prove(tmp_path: Path, op: str, more: str, cotangent: str) -> None:
    assert probes(tmp_path, op=op, more=more, cotangent=cotangent) == []


def test_a_loss_is_probed_by_what_has_the_shape_of_its_output(tmp_path: Path) -> None:
    more = "targets: [1]\n    reduction: [none, sum]"
    found = probes(tmp_path, op="cross_entropy", more=more, cotangent="zeros")
    assert [probe.id for probe in found] == [
        "a-case[none,probe normal]",
        "a-case[none,probe normal about 1]",
        "a-case[sum,probe normal]",
        "a-case[sum,probe normal about 1]",
    ]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_probes_of_a_narrow_dtype_are_the_wide_ones_rounded(tmp_path: Path, dtype: str) -> None:
    wide = [probe.call.cotangent for probe in probes(tmp_path, cotangent="ones", dtype="float64")]
    narrow = [probe.call.cotangent for probe in probes(tmp_path, cotangent="ones", dtype=dtype)]
    for one, other in zip(wide, narrow, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(other, encoded(one, DType(dtype)), strict=True)


def test_a_probe_in_mixed_precision_has_the_dtype_of_the_result(tmp_path: Path) -> None:
    found = probes(tmp_path, cotangent="ones", dtype="float16", more="result_dtype: float32")
    assert {str(probe.call.cotangent.dtype) for probe in found if probe.call.cotangent is not None} == {"float32"}


def test_each_temperature_is_probed(tmp_path: Path) -> None:
    found = probes(tmp_path, cotangent="[ones, zeros]", more="temperature: [0.5, 2]")
    assert {probe.call.temperature for probe in found} == {0.5, 2.0}
    assert found[0].id == "a-case[T=0.5,probe normal]"


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
