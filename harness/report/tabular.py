"""``comparison.csv`` and ``comparison.parquet``: the same table, a row per evaluation with its place, for notebooks."""

from __future__ import annotations

import io
from csv import writer
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.compare.accounts import Accounts
from harness.compare.changes import version_of
from harness.compare.comparison import Comparison
from harness.compare.table import METADATA_KEY, table
from harness.report.files import ReportFile, encode
from harness.report.legible import legible

_ROWS: Final = 4096  # of the table, that become text together


def placed(comparison: Comparison, accounts: Accounts) -> pd.DataFrame:
    """Return the comparison's table with where each evaluation stands, and whose version it is of.

    So the counts of the page can be redone, and a later run be held against it.
    """
    frame = table(comparison.verdicts)
    places = [accounts.place(verdict).value for verdict in comparison.verdicts]
    frame.insert(list(frame.columns).index("outcome"), "place", places)
    versions = {run.name: version_of(run) for run in comparison.adapters}
    frame["version"] = frame["adapter"].map(versions)
    return frame


def csv(frame: pd.DataFrame) -> bytes:
    """Return the table as CSV; a last column names the format, so that every reader of CSV still reads it."""
    named = texts_legible(frame).assign(format=ReportFile.CSV.format_name)
    text = io.StringIO()
    lines = writer(text, lineterminator="\n")  # the same lines as pandas writes, in less time
    lines.writerow(named.columns)
    for first in range(0, len(named), _ROWS):
        some = named.iloc[first : first + _ROWS]
        columns = [some[name].to_numpy(dtype=object, na_value="") for name in some.columns]
        lines.writerows(zip(*columns, strict=True))
    return encode(text.getvalue())


def parquet(frame: pd.DataFrame) -> bytes:
    """Return the table as Parquet; the file's own metadata name the format."""
    arrow = pa.Table.from_pandas(texts_legible(frame), preserve_index=False)
    stated = {**(arrow.schema.metadata or {}), METADATA_KEY: ReportFile.PARQUET.format_name.encode()}
    sink = io.BytesIO()
    pq.write_table(arrow.replace_schema_metadata(stated), sink, write_page_checksum=True)
    return sink.getvalue()


def texts_legible(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every character of its texts that cannot be seen escaped."""
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{name: _readable(frame[name]) for name in texts})


def _readable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of texts, each looked at once: most stand in it many times, and hardly one has to be changed."""
    shown = {text: legible(text) for text in column.unique() if isinstance(text, str) and legible(text) != text}
    return column.map(lambda text: shown.get(text, text)) if shown else column
