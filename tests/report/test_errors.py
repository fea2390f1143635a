from __future__ import annotations

import io
import math
from dataclasses import replace

import pandas as pd
import pytest

from harness.compare.table import table
from harness.compare.verdict import Verdict
from harness.report import accuracytext
from harness.report.errors import Errors, as_table, errors, in_ulps
from harness.vocabulary import Outcome, Quantity
from tests.report.miniature import MINIATURE, accuracy, verdict


def judged(adapter: str = "mxnet", problem: str = "c[0]", **numbers: object) -> Verdict:
    plain = verdict(
        adapter,
        "c",
        Quantity.FORWARD,
        Outcome.WITHIN_BOUND,
        share=0.5,
        at=(0, 1),
        **accuracy(rounded=1, ulps=(1.0, 1.5), eps=(0.5, 0.75), at=(0, 1)),
    )
    return replace(plain, problem=problem, **numbers)  # type: ignore[arg-type]


def of(*verdicts: Verdict, by_mode: bool = False) -> tuple[Errors, ...]:
    return errors(table(verdicts), by_mode=by_mode)


def test_counts_and_sums_add_up_and_the_largest_names_its_problem_and_element() -> None:
    worse = judged(problem="c[1]", normal_ulps=3.0, normal_ulps_sum=3.5, normal_ulps_at=(1, 0), share=0.25)
    (one,) = of(judged(), worse)
    assert (one.results, one.elements, one.rounded) == (2, 4, 2)
    assert one.mean_ulps == 5.0 / 4
    assert one.mean_eps == 1.5 / 4
    assert one.ulps is not None
    assert (one.ulps.value, one.ulps.problem, one.ulps.at) == (3.0, "c[1]", "1,0")
    assert (one.share.value, one.share.problem, one.share.at) == (0.5, "c[0]", "0,1")


def test_the_mean_is_over_elements_and_not_over_results() -> None:
    larger = judged(computed=8, normal=8, normal_ulps_sum=0.5)
    (one,) = of(judged(), larger)
    assert one.mean_ulps == 2.0 / 10


@pytest.mark.parametrize("name", ["normal_ulps", "eps", "share"])
def test_a_measure_that_is_no_number_is_the_largest(name: str) -> None:
    (one,) = of(judged(), judged(problem="c[1]", **{name: math.nan}))
    worst = {"normal_ulps": one.ulps, "eps": one.eps, "share": one.share}[name]
    assert worst is not None
    assert (worst.value, worst.problem) == (math.inf, "c[1]")


def test_what_has_nothing_computed_is_left_out() -> None:
    nothing = judged(computed=0, normal=0, rounded=0, normal_ulps=None, normal_ulps_sum=None, eps=None, eps_sum=None)
    assert of(nothing) == ()
    (one,) = of(judged(), nothing)
    assert one.results == 1


def test_elements_that_all_may_be_flushed_have_no_ulps() -> None:
    (one,) = of(judged(normal=0, normal_ulps=None, normal_ulps_sum=None, normal_ulps_at=None, flushed=2))
    assert (one.ulps, one.mean_ulps, one.flushed) == (None, None, 2)


def test_calls_that_differ_in_dtype_output_quantity_or_adapter_are_told_apart() -> None:
    different = (
        judged(),
        judged(dtype="float64", output_dtype="float64"),
        judged(output_dtype="float64"),
        replace(judged(), quantity=Quantity.VJP),
        judged("torch"),
    )
    assert [(one.quantity.value, one.formats, one.adapter) for one in of(*different)] == [
        ("forward", "float32", "mxnet"),
        ("forward", "float32", "torch"),
        ("forward", "float64", "mxnet"),
        ("forward", "float32 → float64", "mxnet"),
        ("vjp", "float32", "mxnet"),
    ]


def test_modes_are_taken_together_unless_they_are_asked_for() -> None:
    both = judged(), judged(mode="numpy")
    assert [one.mode for one in of(*both)] == [""]
    assert [one.mode for one in of(*both, by_mode=True)] == ["eager", "numpy"]


def test_the_csv_holds_every_row_and_names_its_format() -> None:
    found = errors(table(MINIATURE.verdicts), by_mode=True)
    frame = pd.read_csv(io.BytesIO(accuracytext.csv(found)))
    assert list(frame.columns)[:-1] == list(as_table(found).columns)
    assert set(frame["format"]) == {"softmax-harness/accuracy-csv/1"}
    (mxnet,) = frame[(frame["adapter"] == "mxnet") & (frame["quantity"] == "vjp")].to_dict("records")
    assert (mxnet["max_share_of_bound"], mxnet["max_share_of_bound_problem"]) == (4321.5, "wrong-rule[float32]")
    assert mxnet["mean_ulps"] == (1.0 + 1234569.0) / 4


def test_the_common_calls_have_a_column_per_adapter_that_ran_and_a_unit_that_fits() -> None:
    told = accuracytext.common(MINIATURE, errors(table(MINIATURE.verdicts))).splitlines()
    assert told[0] == "|  | dtype | NumPy 2.4.0 | MXNet 1.9.1 | PyTorch 2.13.0 |"
    forward, vjp = (line.split(" | ")[2:4] for line in told[2:])
    assert forward == ["0 / 0 ulp · 100 % · 0", "1 / 0.50 ulp · 50 % · 0.250"]
    assert vjp == ["0 / 0 eps · 100 % · 0", "98765 / 24692 eps · 25 % · 4322"]


@pytest.mark.parametrize(
    ("op", "quantity", "expected"),
    [
        ("softmax", Quantity.FORWARD, True),
        ("softmax_output", Quantity.FORWARD, True),
        ("softmax", Quantity.JVP, False),
        ("log_softmax", Quantity.FORWARD, False),
        ("logsumexp", Quantity.FORWARD, False),
        ("cross_entropy", Quantity.FORWARD, False),
    ],
)
def test_probabilities_alone_are_counted_in_ulps(op: str, quantity: Quantity, expected: bool) -> None:
    assert in_ulps(op, quantity) is expected


def test_the_whole_table_says_where_the_largest_errors_are() -> None:
    text = accuracytext.markdown(MINIATURE, errors(table(MINIATURE.verdicts)))
    (line,) = [line for line in text.splitlines() if line.startswith("| vjp | float32 | mxnet |")]
    assert line.endswith(r"| wrong-rule\[float32\] at 0,1 | wrong-rule\[float32\] at 0,1 |")
