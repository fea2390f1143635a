from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from harness.compare.compare import compare
from harness.compare.table import table
from harness.compare.verdict import Verdict
from harness.vocabulary import Op, Quantity
from tests.compare.bench import RIGHT, TRUE, plan, problem, recording
from tests.compare.everything import of_op


@pytest.fixture
def frame() -> pd.DataFrame:
    asked = plan(problem([[0.1, 2.0]], [[1.0, 0.0]]))
    kernels = RIGHT | {Quantity.VJP: lambda call: np.full_like(call.x, np.nan)}
    return table(compare(asked, {"kernel": recording(asked, kernels)}, required=("absent",)).verdicts)


def test_the_columns_are_the_fields_of_a_verdict(frame: pd.DataFrame) -> None:
    assert list(frame.columns) == list(Verdict.__dataclass_fields__)


def test_there_is_one_row_per_evaluation(frame: pd.DataFrame) -> None:
    rows = frame[["adapter", "problem", "quantity"]].drop_duplicates()
    assert len(rows) == len(frame) == 4


def test_a_returned_nan_is_kept_apart_from_a_number_that_does_not_exist(frame: pd.DataFrame) -> None:
    lines = frame.to_csv(index=False).splitlines()
    column = lines[0].split(",").index("got")
    wrong = frame.index[(frame["adapter"] == "kernel") & (frame["quantity"] == "vjp")][0]
    absent = frame.index[frame["adapter"] == "absent"][0]
    read = pd.read_csv(io.StringIO("\n".join(lines)), keep_default_na=False, dtype=str)
    assert column == list(read.columns).index("got")
    assert (read["got"][wrong], read["got"][absent]) == ("nan", "")


def test_parquet_keeps_them_apart_as_well(frame: pd.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    values = pq.read_table(buffer)["got"].to_pylist()
    assert any(value is None for value in values)
    assert any(value is not None and np.isnan(value) for value in values)


def test_shapes_and_indices_are_texts(frame: pd.DataFrame) -> None:
    assert set(frame["shape"]) == {"1x2"}
    assert frame["at"].dropna().str.fullmatch(r"\d+,\d+").all()


def test_parameters_reductions_and_broken_laws_are_texts() -> None:
    asked = plan(of_op(Op.CROSS_ENTROPY, ignore_index=7), of_op(Op.SOFTMAX))
    off = TRUE | {Quantity.FORWARD: lambda call: TRUE[Quantity.FORWARD](call) * np.float32(1.1)}
    made = table(compare(asked, {"kernel": recording(asked, off)}).verdicts).set_index(["op", "quantity"])
    loss, forward = made.loc[("cross_entropy", "vjp")], made.loc[("softmax", "forward")]
    assert (loss["parameters"], loss["reduction"]) == ("targets=indices ignore_index=7", "mean")
    assert (forward["parameters"], forward["reduction"]) == ("temperature=0.5", "")
    assert (forward["invariants"], forward["result_dtype"]) == ("probabilities-do-not-sum-to-one", "float32")
    assert made.loc[("softmax", "jacobian")]["invariants"] == ""
