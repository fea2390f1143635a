"""The verb ``campaign`` as a user types it."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.campaign.sample import sample
from harness.vocabulary import Op, Quantity

ROOT = Path(__file__).parents[2]
OFF = Path(__file__).with_name("off_in_some_rows.py")
COUNTED = Path(__file__).with_name("counted.py")


def line(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "harness", "campaign", *map(str, arguments)]


def campaign(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line(*arguments),
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def table(reports: Path) -> dict[tuple[str, ...], dict[str, str]]:
    with (reports / "campaign.csv").open() as file:
        return {(row["adapter"], row["op"], row["dtype"], row["quantity"]): row for row in csv.DictReader(file)}


def kept(reports: Path) -> dict[str, int]:
    return {str(path.relative_to(reports)): path.stat().st_mtime_ns for path in reports.glob("kept/*/*.json")}


def test_a_correct_adapter_agrees_and_every_problem_is_accounted_for(tmp_path: Path) -> None:
    done = campaign("--problems", "60", "--adapters", "reference", "--reports", tmp_path)
    assert done.returncode == 0, done.stderr
    planned = sample(0, range(60)).evaluations
    rows = table(tmp_path)
    assert sum(int(row["problems"]) for row in rows.values()) == planned
    silent = sum(int(row["silent"]) for row in rows.values())
    assert f"60 problems (seed 0) for each of 1 adapters: {planned - silent} results judged" in done.stdout
    assert {row["op"] for row in rows.values()} == {op.value for op in Op}
    assert {row["quantity"] for row in rows.values()} == {quantity.value for quantity in Quantity}
    assert all(float(row["element"]) <= 1 and row["beyond"] == row["lawless"] == "0" for row in rows.values())
    page = (tmp_path / "campaign.md").read_text()
    assert "| softmax vjp float64 |" in page
    assert "reference: NumPy reference" in page


def test_a_finished_chunk_is_never_repeated_and_more_problems_continue_it(tmp_path: Path) -> None:
    common = ("--adapters", "reference", "--chunk", "20", "--reports", tmp_path)
    assert campaign("--problems", "40", *common).returncode == 0
    before, cells = kept(tmp_path), table(tmp_path)
    assert sorted(before) == ["kept/reference/0-0-20.json", "kept/reference/0-20-40.json"]
    assert campaign("--problems", "40", *common).returncode == 0
    assert (kept(tmp_path), table(tmp_path)) == (before, cells)
    assert campaign("--problems", "60", *common).returncode == 0
    assert kept(tmp_path).items() > before.items()
    assert not list((tmp_path / "work").iterdir())


def test_chunks_change_nothing_in_the_table(tmp_path: Path) -> None:
    common = ("--problems", "40", "--adapters", "reference", "--reports")
    campaign(*common, tmp_path / "one")
    campaign(*common, tmp_path / "many", "--chunk", "7")
    assert table(tmp_path / "one") == table(tmp_path / "many")


def test_a_fault_is_found_and_repeated_by_its_id_alone(tmp_path: Path) -> None:
    done = campaign("--problems", "150", "--adapters", f"reference,{OFF}", "--reports", tmp_path)
    assert done.returncode == 1, done.stderr
    rows = table(tmp_path)
    beyond = {key for key, row in rows.items() if int(row["beyond"])}
    assert beyond
    assert {(adapter, op, quantity) for adapter, op, _, quantity in beyond} == {("off", "softmax", "vjp")}
    found = re.search(r"    (campaign-0-\d+): softmax float\d\d, .*x: equal", done.stdout)
    assert found is not None
    again = campaign("--only", found[1], "--adapters", f"reference,{OFF}", "--reports", tmp_path)
    assert again.returncode == 1
    assert "off vjp: beyond bound" in again.stdout
    assert "reference vjp: " in again.stdout
    assert "reference vjp: beyond bound" not in again.stdout
    assert re.search(r"worst: row \d+, element \d+ of \d+", again.stdout)


def test_an_adapter_without_an_interpreter_is_not_run_and_says_why(tmp_path: Path) -> None:
    options = ("--problems", "5", "--adapters", "reference,torch", "--reports", tmp_path, "--environments", tmp_path)
    done = campaign(*options, HARNESS_PYTHON_TORCH="")
    assert done.returncode == 3
    assert "not run: torch: there is no Python with torch" in done.stderr
    assert {key[0] for key in table(tmp_path)} == {"reference"}


def test_nobody_to_judge_exits_with_3(tmp_path: Path) -> None:
    done = campaign("--adapters", "jax", "--reports", tmp_path, HARNESS_PYTHON_JAX=str(tmp_path / "python"))
    assert done.returncode == 3
    assert "there is no such file" in done.stderr


def test_an_interrupted_chunk_goes_on_where_it_stopped(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    options = ("--problems", "250", "--adapters", COUNTED, "--reports", tmp_path / "reports")
    environ = {**os.environ, "COUNTED_CALLS": str(calls)}
    with subprocess.Popen(
        line(*options), cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("reports/work/*/selection/recordings/counted/segment-*.jsonl")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(60) == 130
    assert not kept(tmp_path / "reports")
    done = campaign(*options, COUNTED_CALLS=str(calls))
    assert done.returncode == 0, done.stderr
    probe = sample(0, [0])
    planned = sum(int(row["problems"]) - int(row["silent"]) for row in table(tmp_path / "reports").values())
    assert planned <= len(calls.read_text().splitlines()) < planned + probe.evaluations + 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "campaign-one"), "campaign-0-1234"),
        (("--adapters", "torhc"), "did you mean 'torch'?"),
        (("--cases", "nowhere"), "nowhere"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = campaign(*arguments, "--reports", tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_environment_decides_which_python_records(tmp_path: Path) -> None:
    made = tmp_path / ".tox" / "torch" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.touch()
    named = tmp_path / "python"
    named.touch()
    tox = tmp_path / ".tox"
    assert interpreter("torch", environ={"HARNESS_PYTHON_TORCH": str(named)}, environments=tox) == named
    assert interpreter("torch", environ={}, environments=tox) == made
    assert interpreter("reference", environ={}, environments=tox) == Path(sys.executable)
    assert interpreter("kernels/mine.py", environ={}, environments=tox) == Path(sys.executable)
    with pytest.raises(NoInterpreter, match="tox run -e jax"):
        interpreter("jax", environ={}, environments=tox)
