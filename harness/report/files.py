"""The files of a report: their names, their format versions, and the one way in which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from harness.compare.table import format_name
from harness.wholefile import write_together


class Unwritable(Exception):
    """A file of the report could not be written; the text says which, why, and what would help."""


class ReportFile(StrEnum):
    """The files of a report by name, in the order of writing: the page, which links to the rest, last."""

    CSV = "comparison.csv"
    PARQUET = "comparison.parquet"
    ACCURACY_CSV = "accuracy.csv"
    ACCURACY = "accuracy.md"
    FINDINGS = "findings.json"
    JUNIT = "junit.xml"
    SUMMARY = "summary.md"
    PAGE = "index.html"

    @property
    def format_name(self) -> str:
        """The name and version of this file's format, as it stands in the file itself."""
        if self in (ReportFile.CSV, ReportFile.PARQUET):
            return format_name(Path(self.value).suffix)
        return f"softmax-harness/{self.value.replace('.', '-')}/{_VERSIONS[self]}"


# A version rises when a reader of the old format could misread the new one; a column or a key more does not raise it.
_VERSIONS = {
    ReportFile.ACCURACY_CSV: 1,
    ReportFile.ACCURACY: 1,
    ReportFile.FINDINGS: 1,
    ReportFile.JUNIT: 1,
    ReportFile.SUMMARY: 1,
    ReportFile.PAGE: 1,
}


def encode(text: str) -> bytes:
    r"""Encode as UTF-8; what Unicode cannot encode (a lone surrogate in a framework's message) becomes ``\udc80``."""
    return text.encode("utf-8", "backslashreplace")


def write_files(folder: Path, contents: Mapping[ReportFile, bytes]) -> None:
    """Write the files of a report into ``folder``, none before all are on the disk; raise :class:`Unwritable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_together({folder / file.value: content for file, content in contents.items()})
    except OSError as error:
        raise Unwritable(
            f"{error.filename2 or error.filename or folder}: cannot be written ({error.strerror or error}). Give a "
            "folder that you may write to with --reports, or make room; nothing is wrong with the comparison"
        ) from error
