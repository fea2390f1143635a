"""What a case file says becomes problems, as the format promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.plan.library import load_library, make_plan
from harness.plan.plan import CaseRecord, Plan
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Mode, Op, Quantity

HEAD = """\
format: 1
theme: a theme
cases:
  - id: case
    why: >-
      because it
      is so
    source: this test
    op: softmax
"""


def plan_of(folder: Path, text: str) -> Plan:
    (folder / "a.yaml").write_text(HEAD + "".join(f"    {line}\n" for line in text.splitlines()))
    return make_plan(load_library([folder]))


def problems_of(folder: Path, text: str) -> dict[str, Problem]:
    return {problem.id: problem for problem in plan_of(folder, text).problems}


def test_what_a_case_leaves_out_has_a_default(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "x: [0.1, 2]")
    assert list(problems) == ["case[float32]", "case[float64]"]
    problem = problems["case[float64]"]
    assert (problem.call.op, problem.call.axis, problem.call.mode) == (Op.SOFTMAX, -1, Mode.DEFAULT)
    assert problem.check == (Quantity.FORWARD, Quantity.VJP)
    assert problem.cotangent_name == "normal"
    assert problem.call.tangent is None
    np.testing.assert_array_equal(problem.call.x, np.array([0.1, 2.0]), strict=True)


def test_each_combination_of_lists_is_a_problem_named_after_them(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        "axis: [0, -1]\ndtype: float32\nmode: [default, eager]\nx: [[1, 2, 3]]\ncotangent: [ones, {one_hot: 0}]",
    )
    assert len(problems) == 8
    problem = problems["case[axis=0,eager,one_hot 0]"]
    assert (problem.call.axis, problem.call.mode, problem.call.dtype) == (0, Mode.EAGER, DType.FLOAT32)


def test_a_case_without_lists_is_one_problem_of_its_name(tmp_path: Path) -> None:
    assert list(problems_of(tmp_path, "x: 2\ndtype: float32")) == ["case"]


def test_a_list_of_one_item_stands_in_the_name_so_that_a_second_item_renames_nothing(tmp_path: Path) -> None:
    one = problems_of(tmp_path, "x: 2\ndtype: [float32]")
    two = problems_of(tmp_path, "x: 2\ndtype: [float32, float64]")
    assert set(one) < set(two)


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ("ones", "ones", [[1, 1], [1, 1]]),
        ("zeros", "zeros", [[0, 0], [0, 0]]),
        ("{full: 0.5}", "full 0.5", [[0.5, 0.5], [0.5, 0.5]]),
        ("{one_hot: 1}", "one_hot 1", [[0, 0], [1, 1]]),
        ("[[1, -2], [.inf, 4]]", "given", [[1, -2], [np.inf, 4]]),
        ("{file: v.npy}", "file v.npy", [[0.25, 0.5], [0.75, 1]]),
    ],
)
def test_a_cotangent_is_what_its_form_says(tmp_path: Path, given: str, name: str, expected: list[list[float]]) -> None:
    np.save(tmp_path / "v.npy", np.asfortranarray([[0.25, 0.5], [0.75, 1]]))
    problems = problems_of(tmp_path, f"axis: 0\nx: [[1, 2], [3, 4]]\ncotangent: {given}")
    problem = problems["case[float32]"]
    assert problem.cotangent_name == name
    np.testing.assert_array_equal(problem.call.cotangent, np.array(expected, dtype=np.float32), strict=True)


def test_each_is_a_one_hot_for_each_index_along_the_axis(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "axis: 1\ndtype: float64\nx: [[1, 2, 3]]\ncotangent: each")
    assert list(problems) == ["case[one_hot 0]", "case[one_hot 1]", "case[one_hot 2]"]
    rows = [problem.call.cotangent for problem in problems.values()]
    np.testing.assert_array_equal(np.concatenate(rows), np.eye(3), strict=True)


def test_each_of_a_single_number_is_that_number(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "dtype: float64\nx: 3\ncotangent: each").values()
    np.testing.assert_array_equal(problem.call.cotangent, np.array(1.0), strict=True)


def test_arrays_among_the_alternatives_are_told_apart(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "dtype: float64\nx: [1, 2]\ncotangent: [[3, 4], ones, [5, 6]]")
    assert list(problems) == ["case[given 0]", "case[ones]", "case[given 1]"]


def test_the_implicit_cotangent_is_none(tmp_path: Path) -> None:
    problem, *_ = problems_of(tmp_path, "dtype: float64\nx: [1, 2]\ncotangent: implicit").values()
    assert (problem.cotangent_name, problem.call.cotangent) == ("implicit", None)


def test_draws_are_shifted_and_scaled_and_differ_by_seed(tmp_path: Path) -> None:
    def x(form: str) -> np.ndarray:
        return problems_of(tmp_path, f"dtype: float64\nx: {{normal: {{shape: [2, 3], {form}}}}}")["case"].call.x

    plain = x("seed: 3")
    np.testing.assert_array_equal(x("scale: 4, shift: -0.5, seed: 3"), -0.5 + 4 * plain, strict=True)
    assert not np.any(x("seed: 4") == plain)


def test_float32_draws_are_the_float64_draws_rounded_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "x: {normal: {shape: [50], scale: 0.1}}")
    wide, narrow = problems["case[float64]"].call.x, problems["case[float32]"].call.x
    np.testing.assert_array_equal(wide.astype(np.float32), narrow, strict=True)


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ("0.5", ()),
        ("[]", (0,)),
        ("[[], []]", (2, 0)),
        ("{full: {shape: [0, 5]}}", (0, 5)),
        ("[[[[0.1]], [[2]]]]", (1, 2, 1, 1)),
    ],
)
def test_the_shape_of_x_is_as_written(tmp_path: Path, given: str, shape: tuple[int, ...]) -> None:
    problems = problems_of(tmp_path, f"x: {given}\ncheck: [forward, vjp, jvp, jacobian]")
    assert all(problem.call.x.shape == shape for problem in problems.values())
    assert all(problem.call.cotangent is not None for problem in problems.values())


def test_special_values_keep_their_bits(tmp_path: Path) -> None:
    x = problems_of(tmp_path, 'dtype: float32\nx: [-0.0, .inf, -.inf, .nan, "-0x1p-149", 0x1.fffffep127]')[
        "case"
    ].call.x
    expected = np.array([0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x80000001, 0x7F7FFFFF], dtype=np.uint32)
    np.testing.assert_array_equal(x.view(np.uint32), expected, strict=True)


def test_an_integer_file_becomes_the_dtype_of_the_problem(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[2**24 + 1, -3]], dtype=">i8"))
    problems = problems_of(tmp_path, "x: {file: x.npy}")
    np.testing.assert_array_equal(problems["case[float32]"].call.x, np.array([[2**24, -3]], np.float32), strict=True)
    np.testing.assert_array_equal(problems["case[float64]"].call.x, np.array([[2**24 + 1.0, -3]]), strict=True)


def test_forward_is_always_checked_and_the_order_is_fixed(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "dtype: float64\nx: [1]\ncheck: [jacobian, jvp]").values()
    assert problem.check == (Quantity.FORWARD, Quantity.JVP, Quantity.JACOBIAN)
    assert problem.cotangent_name == "none"
    assert problem.call.tangent is not None


def test_equal_arrays_are_handed_on_once(tmp_path: Path) -> None:
    problems = plan_of(tmp_path, "dtype: float64\nmode: [default, eager]\nx: [1, 2]").problems
    assert problems[0].call.x is problems[1].call.x
    assert not problems[0].call.x.flags.writeable


def test_the_record_of_a_case_says_what_its_author_wrote(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        """x: [0.1, 2]
expect:
  findings: [zero-cotangent, {kind: raised, adapter: torch}]
  printed: [{adapter: mxnet, quantity: forward, dtype: float32, values: [0.13010848, "0.8698916"]}]
tags: [a, b]
# a comment that belongs to nobody""",
    )
    record: CaseRecord = plan.cases["case"]
    assert (record.why, record.source, record.line, record.problems) == ("because it is so", "this test", 4, 2)
    assert [(finding.kind, finding.adapters) for finding in record.findings] == [
        (FindingKind.ZERO_COTANGENT, ()),
        (FindingKind.RAISED, ("torch",)),
    ]
    assert record.printed[0].values == ("0.13010848", "0.8698916")
    assert record.tags == ("a", "b")
    assert record.text.startswith("- id: case\n  why: >-\n")
    assert record.text.endswith("\n  tags: [a, b]")


def test_the_text_of_a_case_is_cut_out_where_it_stands_whatever_else_ends_a_line(tmp_path: Path) -> None:
    before = HEAD.replace("id: case", "id: first").replace("this test", '"this\u2028test\x85"') + "    x: [1, 2]\n"
    path = tmp_path / "a.yaml"
    path.write_text(before + HEAD.partition("cases:\n")[2] + "    x: [3]\n", encoding="utf-8", newline="\r\n")
    record = load_library([path]).cases["case"]
    assert record.line == 11
    assert record.text.startswith("- id: case\n  why: >-\n")
    assert record.text.endswith("\n  x: [3]")


def test_a_thousand_problems_are_planned_in_seconds(tmp_path: Path) -> None:
    modes = "mode: [default, eager]\nop: [softmax, log_softmax]"
    text = (HEAD + "    x: {normal: {shape: [32], seed: 1}}\n    cotangent: each\n").replace("    op: softmax\n", "")
    body = text.partition("cases:\n")[2] + "".join(f"    {line}\n" for line in modes.splitlines())
    cases = "".join(body.replace("id: case", f"id: case-{index}") for index in range(4))
    (tmp_path / "a.yaml").write_text("format: 1\ntheme: many\ncases:\n" + cases)
    assert len(make_plan(load_library([tmp_path])).problems) == 4 * 32 * 2 * 2 * 2
