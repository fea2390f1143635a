"""The comparison as one pandas table: a row per adapter x problem x quantity. It goes to CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.arrays import FloatingArray

from harness.compare.verdict import Verdict

VERSION: Final = 1  # rises when a reader of the old table could misread the new one; a column more does not raise it
METADATA_KEY: Final = b"softmax-harness"  # under which a Parquet file names its format
_COUNTS = ("elements", "exact_elements", "computed", "rounded", "flushed", "normal")
_NUMBERS = (
    *("ulps", "share", "row_share", "row_scalar", "got", "want", "error", "bound"),
    *("normal_ulps", "normal_ulps_sum", "eps", "eps_sum"),
)
_INDICES = ("at", "row_at", "normal_ulps_at", "eps_at")
_WORDS = ("invariants", "forms")


def format_name(ending: str) -> str:
    """Return the name and version of the table's format in a file of this ending, such as ``.csv``."""
    return f"softmax-harness/comparison-{ending.removeprefix('.')}/{VERSION}"


def table(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """Return the verdicts as a table; the columns are the fields of :class:`Verdict`, in their order.

    Shapes and indices are texts like ``2x3`` and ``0,1``, laws that a result breaks and forms one text of names. A
    number that does not exist is a missing value (an empty field in CSV, null in Parquet); NaN is a number that came
    back, and stays NaN.
    """
    listed = tuple(verdicts)
    columns: dict[str, Any] = {field.name: list(map(attrgetter(field.name), listed)) for field in fields(Verdict)}
    columns["shape"] = ["x".join(map(str, shape)) for shape in columns["shape"]]
    for name in _INDICES:
        columns[name] = [None if at is None else ",".join(map(str, at)) for at in columns[name]]
    for name in _WORDS:
        columns[name] = [" ".join(words) for words in columns[name]]
    for name in ("quantity", "outcome"):
        columns[name] = [str(word) for word in columns[name]]
    for name in _NUMBERS:
        columns[name] = _numbers(columns[name])
    for name in (*_COUNTS, "axis"):
        columns[name] = np.array(columns[name], dtype=np.int64)
    return pd.DataFrame(columns)


def _numbers(values: Sequence[object]) -> FloatingArray:
    """Return a column in which None is missing and NaN is NaN: pandas makes one of both where it is left to choose."""
    missing = np.array([value is None for value in values], dtype=bool)
    plain = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
    return FloatingArray(plain, missing)
