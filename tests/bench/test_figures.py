"""The figures of record: of the benchmarks that there are, and what the pages quote of them."""

from __future__ import annotations

import csv
import re

import pytest

from harness.bench.benchmarks import MODULES
from harness.bench.table import COLUMNS, digits
from harness.cli.bench import KEPT
from tests.adapters.interpreters import ROOT

with KEPT.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
PAGE = (ROOT / "harness" / "bench" / "README.md").read_text(encoding="utf-8")
SHORT = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## How fast\n")[2].partition("\n## ")[0]


def test_they_are_of_the_benchmarks_that_there_are() -> None:
    assert list(COLUMNS) == list(ROWS[0])
    assert {row["benchmark"] for row in ROWS} <= set(MODULES)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["benchmark"] == "checkers"], ids=lambda row: f"{row['setting']} {row['against']}"
)
def test_the_page_quotes_each_ratio_to_a_checker(row: dict[str, str]) -> None:
    checker, faults = re.fullmatch(r"(.*) \((.*) faults seen\)", row["against"]).groups()  # type: ignore[union-attr]
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{checker}` |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    columns = ["float64 (8, 16)", "float64 (32, 100)", "float32 (8, 16)", "float32 (32, 100)"]
    assert digits(float(row["ratio"])) == cells[2 + columns.index(row["setting"])].split(" ")[0]
    if row["setting"].startswith("float64"):
        assert faults == cells[1]


@pytest.mark.parametrize(
    "checker",
    ["torch.autograd.gradcheck", "mxnet.test_utils.check_numeric_gradient", "jax.test_util.check_grads"],
)
def test_the_readme_quotes_the_ratios_to_a_checker_in_double_precision(checker: str) -> None:
    small, large = (
        digits(float(row["ratio"]))
        for row in ROWS
        if row["against"].startswith(f"{checker} (") and row["setting"].startswith("float64")
    )
    said = " ".join(SHORT.split())
    assert f"{small} of `{checker}` at (8, 16) and {large} at (32, 100)" in said or (
        f"{small} and {large} of `{checker}`" in said
    )


@pytest.mark.parametrize("subject", ["forward of the reference", "vjp of the reference"])
def test_the_page_quotes_the_least_and_the_largest_ratio_of_the_reference(subject: str) -> None:
    ratios = [float(row["ratio"]) for row in ROWS if (row["benchmark"], row["subject"]) == ("reference", subject)]
    assert f"{min(ratios):.2f} to {max(ratios):.2f} times" in " ".join(PAGE.split())


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row["benchmark"] == "scaling" and row["setting"].startswith("1e8")],
    ids=lambda row: f"{row['setting']} {row['subject']}",
)
def test_the_page_quotes_what_each_step_costs_at_a_hundred_million_elements(row: dict[str, str]) -> None:
    what, step = re.fullmatch(r"(.*) of (.*?)(?:,| per).*", row["subject"]).groups()  # type: ignore[union-attr]
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {what} of `{step}` |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    column = ["n = 1000", "n = 50000"].index(row["setting"].partition(", ")[2])
    assert f"{max(0.0, float(row['ratio'])):.2f}" == cells[1 + column]
    assert float(row["ratio"]) <= float(row["at most"])
    assert row["at most"] == cells[3]


@pytest.mark.parametrize("verb", ["plan", "record", "compare", "report", "compare again"])
def test_the_page_quotes_what_a_problem_costs_among_many(verb: str) -> None:
    of_verb = [row for row in ROWS if (row["benchmark"], row["setting"]) == ("problems", verb)]
    (row,) = [row for row in of_verb if row["unit"] == "ms of CPU"]
    said = {"plan": "{} times the processor time of one among 2,000 to plan", "compare again": "left to judge, {},"}
    quoted = said.get(verb, f"{{}} to {verb}").format(f"{float(row['ratio']):.2f}")
    assert (row["subject"], row["at most"]) == ("a problem among 20,000", "1.2")
    assert quoted in " ".join(PAGE.split())
