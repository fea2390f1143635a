from __future__ import annotations

import io
import json
import multiprocessing
import os
import re
import resource
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from harness.compare.accounts import Accounts
from harness.compare.standing import Place
from harness.copies import Jobs
from harness.plan.plan import LedgerEntry
from harness.repeat.repeats import Key, Repeat, key_of
from harness.report.files import ReportFile, Unwritable, write_files
from harness.report.legible import legible
from harness.report.markdown import literal
from harness.report.summary import MOST, summary
from harness.report.write import FEWEST, render, write_report
from harness.vocabulary import FindingKind
from tests.report.miniature import CLEAN, FINDINGS, HOSTILE, MINIATURE


@pytest.fixture(scope="module")
def rendered() -> dict[ReportFile, bytes]:
    return render(MINIATURE)


@pytest.mark.parametrize("comparison", [MINIATURE, CLEAN], ids=["findings", "clean"])
def test_the_same_comparison_gives_the_same_bytes(comparison) -> None:
    assert render(comparison) == render(comparison)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
def test_two_processes_write_the_bytes_of_one() -> None:
    large = replace(MINIATURE, verdicts=MINIATURE.verdicts * (1 + FEWEST // len(MINIATURE.verdicts)))
    beside: list[int] = []

    def repeats() -> dict[Key, Repeat]:
        beside.append(len(multiprocessing.active_children()))
        return {key_of(FINDINGS[0]): Repeat(snippet="print(1)\n", about="One call.")}

    assert render(large, repeats, jobs=Jobs(1, pytest.fail)) == render(large, repeats)
    render(MINIATURE, repeats, jobs=Jobs(1, pytest.fail))
    assert beside == [1, 0, 0]


@pytest.mark.parametrize("file", list(ReportFile))
def test_every_file_states_its_format_and_version(file: ReportFile, rendered: dict[ReportFile, bytes]) -> None:
    assert file.format_name.encode() in rendered[file]


def test_every_file_is_written_under_its_name_and_nothing_else_is_left(tmp_path: Path) -> None:
    page = write_report(MINIATURE, tmp_path / "new" / "folder")
    assert page == tmp_path / "new" / "folder" / "index.html"
    assert {path.name for path in page.parent.iterdir()} == {file.value for file in ReportFile}


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.kind.value)
def test_every_finding_stands_in_findings_json_and_the_summary(finding, rendered: dict[ReportFile, bytes]) -> None:
    document = json.loads(rendered[ReportFile.FINDINGS])
    (listed,) = [entry for entry in document["findings"] if entry["kind"] == finding.kind.value]
    assert listed["unexpected"] == finding.unexpected
    assert listed["case"] == finding.case
    text = rendered[ReportFile.SUMMARY].decode()
    assert finding.kind.value in text
    assert (literal(finding.sentence) in text) == finding.unexpected  # the others are counted
    assert literal(finding.case) in text


def test_findings_json_has_the_denominators_and_the_adapters() -> None:
    document = json.loads(render(MINIATURE)[ReportFile.FINDINGS])
    evaluations = document["evaluations"]
    assert evaluations["planned"] == 24
    assert evaluations["ran"] == 24 - evaluations["unsupported"] - evaluations["not-run"]
    assert [adapter["name"] for adapter in document["adapters"] if not adapter["ran"]] == ["jax"]


def test_findings_json_is_strict_json_although_a_number_is_nan(rendered: dict[ReportFile, bytes]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    document = json.loads(rendered[ReportFile.FINDINGS], parse_constant=refuse)
    assert [entry["evidence"]["worst"] for entry in document["findings"] if "worst" in entry["evidence"]] == ["nan"]


def test_csv_and_parquet_hold_the_same_table(rendered: dict[ReportFile, bytes]) -> None:
    from_csv = pd.read_csv(io.BytesIO(rendered[ReportFile.CSV])).drop(columns="format")
    from_parquet = pd.read_parquet(io.BytesIO(rendered[ReportFile.PARQUET]))
    assert list(from_csv.columns) == list(from_parquet.columns)
    assert len(from_csv) == len(MINIATURE.verdicts)
    for name in from_csv.columns:
        left, right = from_csv[name], from_parquet[name]
        # an empty text and a missing one are both an empty field of CSV
        right = right.replace("", None) if right.dtype == object or str(right.dtype) == "str" else right
        assert left.isna().tolist() == right.isna().tolist(), name
        assert left.dropna().tolist() == right.dropna().tolist(), name


@pytest.mark.parametrize("comparison", [MINIATURE, CLEAN], ids=["findings", "clean"])
def test_the_counts_of_the_page_can_be_recomputed_from_the_csv(comparison) -> None:
    files = render(comparison)
    frame = pd.read_csv(io.BytesIO(files[ReportFile.CSV]))
    counted = frame["place"].value_counts()
    (told,) = re.findall(r'<div class="strip" role="img" aria-label="(.*?)">', files[ReportFile.PAGE].decode())
    assert told == ", ".join(f"{counted.get(place.value, 0)} {place.value}" for place in Place)
    by_adapter = frame.groupby("adapter")["place"].value_counts()
    tally = Accounts(comparison).tally(v for v in comparison.verdicts if v.adapter == "torch")
    assert by_adapter["torch"].to_dict() == {place.value: n for place, n in tally.counts.items() if n}


def test_parquet_states_its_format_in_its_own_metadata(rendered: dict[ReportFile, bytes]) -> None:
    metadata = pq.read_schema(io.BytesIO(rendered[ReportFile.PARQUET])).metadata
    assert metadata[b"softmax-harness"].decode() == ReportFile.PARQUET.format_name


def test_rows_per_call_are_told_of_wherever_an_adapter_is() -> None:
    run = next(run for run in MINIATURE.adapters if run.header is not None)
    assert run.header is not None
    cut = replace(run, header=replace(run.header, rows_per_call=1000))
    files = render(replace(MINIATURE, adapters=tuple(cut if one is run else one for one in MINIATURE.adapters)))
    adapters = json.loads(files[ReportFile.FINDINGS])["adapters"]
    assert [one.get("rows_per_call") for one in adapters if one["name"] == run.name] == [1000]
    assert all("rows_per_call" not in one for one in adapters if one["name"] != run.name)
    assert files[ReportFile.PAGE].decode().count("at most 1,000 rows per call") == 1
    assert files[ReportFile.SUMMARY].decode().count("at most 1,000 rows per call") == 1
    assert 'name="rows per call" value="1000"' in files[ReportFile.JUNIT].decode()


def test_the_summary_begins_with_the_denominators_and_puts_faults_first(rendered: dict[ReportFile, bytes]) -> None:
    headings = [line for line in rendered[ReportFile.SUMMARY].decode().splitlines() if line.startswith(("# ", "## "))]
    assert headings == [
        "# 3 unexpected faults.",
        "## Faults: 3",
        "## Expected and known: 1",
        "## Explanations: 2",
        "## Call against call",
        "## Not verified",
    ]
    text = rendered[ReportFile.SUMMARY].decode()
    assert text.index("| evaluations | planned |") < text.index("## Faults")


def test_no_text_from_outside_becomes_markup_in_the_summary(rendered: dict[ReportFile, bytes]) -> None:
    text = rendered[ReportFile.SUMMARY].decode().partition("-->")[2]
    assert "<" not in text
    assert "\x1b" not in text
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_what_the_ledger_knows_is_one_line_of_the_summary_however_often_it_was_met() -> None:
    known = LedgerEntry(
        id="old-log",
        case=None,
        op=None,
        dtype=None,
        adapter="mxnet",
        kind=FindingKind.BEYOND_BOUND,
        quantity=None,
        largest_error=None,
        owner="upstream",
        why="the logarithm is off",
        link="https://example.org/1",
        version="1.9.1",
        platform="linux-x86_64",
        file="cases/ledger.yaml",
        line=1,
    )
    met = replace(FINDINGS[0], excuse="known to the ledger", ledger="old-log")
    many = tuple(replace(met, case=f"case-{number}") for number in range(9))
    comparison = replace(MINIATURE, findings=many, ledger={"old-log": known})
    (line,) = [line for line in summary(comparison, Accounts(comparison)).splitlines() if "old-log" in line]
    for words in ("**mxnet**", "9 findings", "upstream", "the logarithm is off", "https://example.org/1", "9 cases"):
        assert words in line


def test_failures_of_one_kind_beyond_a_screenful_are_counted() -> None:
    many = tuple(replace(FINDINGS[0], case=f"case-{number}") for number in range(MOST + 3))
    comparison = replace(MINIATURE, findings=many)
    text = summary(comparison, Accounts(comparison))
    assert text.count("**case-") == MOST
    assert "- and 3 more" in text


def test_a_folder_that_cannot_be_made_is_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unwritable, match=r"file: cannot be written .* --reports"):
        write_files(tmp_path / "file", {ReportFile.PAGE: b""})


def test_a_write_that_fails_leaves_the_old_file_whole_and_no_partial_one(tmp_path: Path) -> None:
    target = tmp_path / "index.html"
    target.mkdir()  # a folder of that name cannot be replaced by a file
    (target / "kept").write_text("old")
    with pytest.raises(Unwritable):
        write_files(tmp_path, {ReportFile.PAGE: b"new"})
    assert os.listdir(tmp_path) == ["index.html"]
    assert (target / "kept").read_text() == "old"


def test_where_one_file_has_no_room_the_whole_report_is_the_old_one(tmp_path: Path) -> None:
    old = {ReportFile.CSV: b"old", ReportFile.PAGE: b"old"}
    write_files(tmp_path, old)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(Unwritable, match="make room"):
            write_files(tmp_path, {ReportFile.CSV: b"new", ReportFile.PAGE: b"new" * 1024})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        file.value: content for file, content in old.items()
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é ≤ text\n\twith lines", "plain é ≤ text\n\twith lines"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\ud800b", r"a\ud800b"),
        ("a\u202eb", r"a\u202eb"),
        ("a\x00b\r", r"a\x00b\r"),
        (HOSTILE, HOSTILE),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_accounts_of_a_hostile_case_still_add_up() -> None:
    tally = Accounts(MINIATURE).tally()
    assert sum(tally.counts.values()) == tally.planned == len(MINIATURE.verdicts)
