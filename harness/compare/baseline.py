"""The table of an earlier run, read back: what a comparison is held against to see what has changed."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from harness.compare.change import Baseline, Evaluation
from harness.compare.standing import Place, Standing
from harness.compare.table import METADATA_KEY, format_name
from harness.vocabulary import Quantity

_KEY = ("adapter", "problem", "quantity")
_NEEDED = (*_KEY, "place", "format")
_TEXTS = ("inputs", "result", "version", "working", "accumulation", "forms")
_SHARES = ("share", "row_share", "row_scalar")
_MAKE_ONE = "a baseline is the comparison.parquet or comparison.csv that `harness report` wrote for another run"


class BaselineUnreadable(Exception):
    """A file cannot be taken as a baseline; the text says which, why, and what would do."""


def read_baseline(path: Path) -> Baseline:
    """Read the table at ``path``, by its ending CSV or Parquet.

    Raise :class:`BaselineUnreadable` where there is none, or one that is not a table of this harness, is of another
    version of its format, or is damaged.
    """
    frame = _table(path)
    absent = [name for name in _NEEDED if name not in frame.columns]
    if absent:
        raise BaselineUnreadable(f"{path}: has no column {absent[0]!r}: {_MAKE_ONE}")
    if frame.empty:
        raise BaselineUnreadable(f"{path}: has no row: {_MAKE_ONE}")
    _check_format(frame["format"], path)
    for name in _TEXTS:
        frame[name] = frame[name].astype("string").fillna("").astype(object) if name in frame.columns else ""
    for name in (*_SHARES, "ulps"):
        frame[name] = _numbers(frame, name, path)
    standings: dict[Evaluation, Standing] = {}
    versions: dict[str, str] = {}
    for number, row in enumerate(frame.to_dict("records"), start=1):
        key, standing = _standing(row, path, number)
        if key in standings:
            raise BaselineUnreadable(f"{path}: row {number}: {' '.join(key)} stands there twice: {_MAKE_ONE}")
        standings[key] = standing
        versions[key[0]] = row["version"]
    return Baseline(name=path.name, versions=versions, standings=standings)


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise BaselineUnreadable(f"{path}: there is no such file: {_MAKE_ONE}")
    try:
        if path.suffix == ".parquet":
            read = pq.read_table(path, page_checksum_verification=True)
            stated = (read.schema.metadata or {}).get(METADATA_KEY, b"")
            frame: pd.DataFrame = read.to_pandas()
            return frame.assign(format=stated.decode(errors="replace"))
        if path.suffix == ".csv":
            texts = dict.fromkeys((*_NEEDED, *_TEXTS), str)  # a digest of digits alone is no number
            return pd.read_csv(path, low_memory=False, dtype=texts, keep_default_na=False, na_values=[""])
    except (OSError, ValueError, MemoryError) as error:  # what pandas and pyarrow raise of a damaged file are of these
        said = " ".join(str(error).split())
        raise BaselineUnreadable(f"{path}: cannot be read as a table ({said}): {_MAKE_ONE}") from None
    raise BaselineUnreadable(f"{path}: ends neither in .parquet nor in .csv: {_MAKE_ONE}")


def _check_format(stated: pd.Series[str], path: Path) -> None:
    """Refuse a table in which not every row is of the format that is read here.

    A row of a CSV file ends with the format, so that one which has been cut is told from one that is whole.
    """
    due = format_name(path.suffix)
    for number, found in enumerate(stated, start=1):
        if found == due:
            continue
        if isinstance(found, str) and found.startswith(due.rpartition("/")[0] + "/"):
            why = f"is of the format {found}, and this version of the harness reads {due}"
        elif number == 1:
            why = f"does not say that it is of the format {due}"
        else:
            why = f"row {number} does not end with its format: the table has been cut, or changed"
        raise BaselineUnreadable(f"{path}: {why}: {_MAKE_ONE}")


def _numbers(frame: pd.DataFrame, name: str, path: Path) -> pd.Series[float]:
    """Return a column as numbers, NaN where there is none."""
    if name not in frame.columns:
        return pd.Series(float("nan"), index=frame.index)
    try:
        return frame[name].astype("Float64").astype("float64")
    except (TypeError, ValueError) as error:
        raise BaselineUnreadable(f"{path}: column {name!r}: {error}: {_MAKE_ONE}") from None


def _standing(row: dict[Hashable, Any], path: Path, number: int) -> tuple[Evaluation, Standing]:
    try:
        place, quantity = Place(row["place"]), Quantity(row["quantity"])
    except ValueError as error:
        raise BaselineUnreadable(f"{path}: row {number}: {error}: {_MAKE_ONE}") from None
    shares = [row[name] for name in _SHARES if row[name] == row[name]]
    standing = Standing(
        place=place,
        share=max(shares) if shares else None,
        ulps=row["ulps"] if row["ulps"] == row["ulps"] else None,
        inputs=row["inputs"],
        result=row["result"],
        precision=" ".join(filter(None, (row["working"], row["accumulation"], row["forms"]))),
    )
    return (str(row["adapter"]), str(row["problem"]), quantity), standing
