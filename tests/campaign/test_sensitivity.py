"""The smallest error that is seen: by checks whose answer is known, by this harness, and by frameworks' own checks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.campaign.sensitivity.checks import BY_FRAMEWORK
from harness.campaign.sensitivity.figure import Sensitivity
from harness.campaign.sensitivity.measure import OURS, CheckFailed, by_ours, sensitivity
from harness.campaign.sensitivity.search import PER_OCTAVE, planted, smallest
from harness.campaign.sensitivity.summary import promised, summary
from harness.campaign.sensitivity.table import csv_text, from_csv, markdown_table, name_of, size
from harness.campaign.sensitivity.trials import DTYPES, Cell, Trials, cells, stacked, together
from harness.plan.carrier import decoded
from harness.vocabulary import DType, Op, Quantity
from reference.formats import FORMATS, format_named
from tests.adapters.interpreters import interpreter

ROOT = Path(__file__).parents[2]
STEP = 2 ** (1 / PER_OCTAVE)
KEPT = ROOT / "harness" / "campaign" / "sensitivity.csv"
LENGTHS = (2, 10, 1000, 100_000)
FULL = (DType.FLOAT32, DType.FLOAT64)
PROMISED = sorted(
    {
        (cell.op, cell.quantity, cell.head)
        for cell in cells((2,))
        if cell.op in (Op.SOFTMAX, Op.LOG_SOFTMAX) and cell.quantity is not Quantity.HVP
    }
)


def relative(tolerance: float, exact: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.bool_]]:
    return lambda got: (np.abs(got - exact) > tolerance * np.abs(exact)).any(axis=1)


@pytest.mark.parametrize("near", [None, 0.5, 16.0, 1e7, np.inf])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("tolerance", [1e-12, 1e-6, 0.3])
def test_the_search_finds_a_threshold_that_is_known(tolerance: float, sign: float, near: float | None) -> None:
    exact = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])
    at, signs = np.array([1, 2]), np.full(2, sign)
    flags, of = relative(tolerance, exact), format_named("float64")
    sizes = smallest(exact, flags, of=of, at=at, sign=signs, near=near)
    assert sizes.tolist() == smallest(exact, flags, of=of, at=at, sign=signs).tolist()
    found = sizes * 2.0**-53
    assert ((tolerance / STEP <= found) & (found <= tolerance * STEP**2)).all()


def test_what_is_refused_with_nothing_planted_is_a_false_alarm_and_what_never_is_has_no_threshold() -> None:
    correct, at, sign = np.ones((2, 3)), np.zeros(2, np.int64), np.ones(2)
    found = smallest(correct, lambda got: np.array([True, False]), of=format_named("float32"), at=at, sign=sign)
    assert found.tolist() == [0.0, np.inf]


@pytest.mark.parametrize("name", FORMATS)
def test_an_error_is_planted_in_one_element_of_each_row_and_leaves_a_number_of_the_format(name: str) -> None:
    of = format_named(name)
    correct = np.array([[0.5, 0.25], [0.125, 3.0]])
    wrong = planted(correct, of=of, at=np.array([0, 1]), sign=np.array([1.0, -1.0]), size=np.full(2, 64.0))
    assert (of.nearest(wrong) == wrong).all()
    assert ((wrong - correct) / correct).tolist() == [[64 * of.unit_roundoff, 0.0], [0.0, -64 * of.unit_roundoff]]


@pytest.mark.parametrize("dtype", FULL)
@pytest.mark.parametrize("n", [2, 10, 1000])
@pytest.mark.parametrize(("op", "quantity", "head"), PROMISED)
def test_half_of_all_errors_of_fifty_roundoffs_in_one_element_are_seen(
    op: Op, quantity: Quantity, head: str, n: int, dtype: DType
) -> None:
    drawn, sizes = by_ours(Cell(op=op, quantity=quantity, head=head, dtype=dtype, n=n), rows=25, seed=1)
    assert len(sizes) == len(drawn.correct) >= 8
    assert (sizes > 0).all()  # no false alarm
    assert np.median(sizes) < 50


@pytest.mark.parametrize("cell", cells((3,)), ids=lambda cell: f"{cell.op}-{cell.quantity}-{cell.head}-{cell.dtype}")
def test_nothing_correct_is_flagged_and_some_error_is_in_every_cell(cell: Cell) -> None:
    _, sizes = by_ours(cell, rows=10, seed=2)
    assert (sizes > 0).all()
    assert np.isfinite(sizes).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_exact_result_is_the_correct_one_but_for_rounding(dtype: DType) -> None:
    cell = Cell(op=Op.CROSS_ENTROPY, quantity=Quantity.FORWARD, head="", dtype=dtype, n=20)
    drawn = drawn_rows(cell, rows=30)
    unit = format_named(dtype).unit_roundoff
    assert drawn.exact.shape == drawn.correct.shape == (30, 1)
    assert (np.abs(drawn.correct / drawn.exact - 1) <= 8 * unit).all()


def test_rows_without_anything_to_be_relative_to_are_left_out() -> None:
    cell = Cell(op=Op.SOFTMAX, quantity=Quantity.VJP, head="0 or 2", dtype=DType.FLOAT32, n=2)
    stacks = list(stacked(cell, rows=40, seed=0))
    drawn = together([stack.trials for stack in stacks])
    problems = [problem for stack in stacks for problem in stack.problems]
    assert 8 <= len(problems) == len(drawn.at) == len(drawn.exact) < 32
    assert all(np.ptp(decoded(problem.call.cotangent, DType.FLOAT32)) > 0 for problem in problems)


def test_a_cell_whose_every_exact_value_is_zero_measures_nothing_and_says_so() -> None:
    """A one-hot head gives softmax gradients below the smallest float16 nearly everywhere in a row of 100,000."""
    cell = Cell(op=Op.SOFTMAX, quantity=Quantity.VJP, head="one-hot anywhere", dtype=DType.FLOAT16, n=100_000)
    drawn, sizes = by_ours(cell, rows=2, seed=0)
    assert len(drawn.correct) == len(sizes) == 0
    nothing = Sensitivity(cell=cell, check=OURS, rows=0, alarms=0, median=np.nan, quantile=np.nan)
    assert "| — |" in markdown_table([nothing], OURS)


@pytest.mark.parametrize(
    ("framework", "check", "tolerance"),
    [
        ("numpy", "numpy.testing.assert_allclose", {DType.FLOAT32: (1e-7, 0.0), DType.FLOAT64: (1e-7, 0.0)}),
        (
            "torch",
            "torch.allclose",
            dict.fromkeys(DTYPES, (1e-5, 1e-8)),
        ),
        (
            "torch",
            "torch.testing.assert_close",
            {
                DType.FLOAT16: (1e-3, 1e-5),
                DType.BFLOAT16: (1.6e-2, 1e-5),
                DType.FLOAT32: (1.3e-6, 1e-5),
                DType.FLOAT64: (1e-7, 1e-7),
            },
        ),
        (
            "mxnet",
            "mxnet.test_utils.assert_almost_equal",
            {DType.FLOAT16: (1e-2, 1e-1), DType.FLOAT32: (1e-4, 1e-3), DType.FLOAT64: (1e-5, 1e-20)},
        ),
    ],
)
def test_a_framework_s_own_check_sees_what_its_documentation_says(
    framework: str, check: str, tolerance: dict[DType, tuple[float, float]], tmp_path: Path
) -> None:
    python = sys.executable if framework == "numpy" else interpreter(framework)
    found = measured([2], {framework: Path(python)}, tmp_path)
    mine = [
        one
        for one in found
        if (one.check, one.cell.op, one.cell.quantity) == (check, Op.SOFTMAX, Quantity.FORWARD)
        and one.cell.dtype in tolerance
    ]
    assert len(mine) == len(tolerance)
    for one in mine:
        drawn = drawn_rows(one.cell, rows=9)
        value = np.abs(drawn.exact[np.arange(len(drawn.at)), drawn.at])
        rtol, atol = tolerance[one.cell.dtype]
        expected = np.sort((rtol + atol / value) / format_named(one.cell.dtype).unit_roundoff)[4]
        near = 0 if one.cell.dtype is DType.FLOAT64 else 3  # by which the correct result may be off, and roundings
        assert expected / STEP - near <= one.median <= expected * STEP**2 + near


def drawn_rows(cell: Cell, *, rows: int) -> Trials:
    return together([stack.trials for stack in stacked(cell, rows=rows, seed=0)])


def measured(lengths: list[int], pythons: dict[str, Path], folder: Path, *, seed: int = 0) -> list[Sensitivity]:
    options: dict[str, Any] = {"rows": lambda _: 9, "environ": os.environ, "progress": lambda _: None}
    return list(sensitivity(lengths, pythons, seed=seed, folder=folder, **options))


def test_every_check_is_measured_in_every_cell(tmp_path: Path) -> None:
    found = measured([2, 3], {"numpy": Path(sys.executable)}, tmp_path)
    checks = {OURS, *BY_FRAMEWORK["numpy"]}
    assert {(one.cell, one.check) for one in found} == {(cell, check) for cell in cells((2, 3)) for check in checks}
    assert from_csv(csv_text(found)) == tuple(found)
    shown = markdown_table(found, OURS)
    assert "| this harness | n = 2 | n = 3 |" in shown
    assert "| softmax vjp, head 0 or 2, float64 |" in shown


def test_the_kept_figures_are_of_every_cell_and_check_and_keep_the_promise() -> None:
    found = from_csv(KEPT.read_text(encoding="utf-8"))
    checks = [OURS, *(check for checks in BY_FRAMEWORK.values() for check in checks)]
    assert Counter((one.cell, one.check) for one in found) == Counter(
        (cell, check) for cell in cells(LENGTHS) for check in checks
    )
    ours = [one for one in found if one.check == OURS]
    assert {one.alarms for one in ours} == {0}
    due = [one for one in ours if promised(one)]
    assert {one.cell.n for one in due} == set(LENGTHS)
    assert max(one.median for one in due) < 50


def test_the_page_of_the_campaign_shows_the_kept_figures() -> None:
    page = (ROOT / "harness" / "campaign" / "README.md").read_text(encoding="utf-8")
    tables = summary(from_csv(KEPT.read_text(encoding="utf-8"))).split("\n\n")
    assert len(tables) == 3
    assert all(table.strip() in page for table in tables)


def test_the_readme_quotes_the_kept_figures() -> None:
    found = {
        (name_of(one.cell), one.check): size(one.median)
        for one in from_csv(KEPT.read_text(encoding="utf-8"))
        if (one.cell.dtype, one.cell.n) == (DType.FLOAT32, 1000)
    }
    ours, theirs, ours_vjp, theirs_vjp = (
        found[name, check]
        for name in ("softmax forward", "softmax vjp, head one-hot")
        for check in (OURS, "torch.allclose")
    )
    said = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"in a row of 1,000, float32, {ours} in a softmax, where `torch.allclose` takes {theirs}, and " in said
    assert f"and {ours_vjp} in its gradient with a one-hot cotangent, where that takes {theirs_vjp} " in said


def test_what_is_finished_is_taken_over_where_it_would_come_out_again(tmp_path: Path) -> None:
    first = measured([2], {}, tmp_path)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == sorted(f"2-{dtype}.json" for dtype in DTYPES)
    kept = files[0].read_text(encoding="utf-8")
    mark = first[0].rows + 1  # no measurement gives that
    files[0].write_text(kept.replace(f'"rows": {first[0].rows}', f'"rows": {mark}'), encoding="utf-8")
    assert measured([2], {}, tmp_path) == first  # nothing of it is believed: its key says that it has other rows
    files[0].write_text(kept.replace('"median": ', '"median": 4'), encoding="utf-8")
    assert measured([2], {}, tmp_path) != first
    assert measured([2], {}, tmp_path, seed=1) == measured([2], {}, tmp_path / "new", seed=1) != first
    files[0].write_text("{", encoding="utf-8")
    assert measured([2], {}, tmp_path) == first


def test_a_check_that_cannot_be_run_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="exit code"):
        measured([2], {"numpy": Path("/bin/false")}, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"), [(("--beside", "jax"), "brings no check"), (("--lengths", "two"), "as in 2,10")]
)
def test_a_wrong_command_line_says_what_would_be_right(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "harness", "sensitivity", *arguments, "--reports", str(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 2
    assert words in done.stderr
