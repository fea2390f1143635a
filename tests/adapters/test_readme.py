from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import harness.adapters
from harness.adapters.registry import BUILT_IN, load
from harness.record.recording import Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Op, Quantity
from tests.adapters.interpreters import ROOT
from tests.record.bench import problem, write

README = (ROOT / "harness" / "adapters" / "README.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", README.partition("## Your own")[0], flags=re.MULTILINE))


def test_the_class_of_the_readme_records_as_it_says(tmp_path: Path) -> None:
    plan = write(
        tmp_path / "reports",
        [
            problem("plain", [[0.1, 2.0]], dtype=DType.FLOAT32, check=list(Quantity)),
            problem("log", [[0.1, 2.0]], op=Op.LOG_SOFTMAX, dtype=DType.FLOAT32),
            problem("half", [[0.1, 2.0]], dtype=DType.BFLOAT16),
            problem("tempered", [[0.1, 2.0]], dtype=DType.FLOAT32, temperature=2.0),
            problem("implicit", [[0.1, 2.0]], dtype=DType.FLOAT32, cotangent=None),
            problem("no axes", 2.0, dtype=DType.FLOAT16),
        ],
    )
    done = subprocess.run(
        [sys.executable, "-m", "harness", "record", str(ROOT / "tests" / "own_kernels" / "my_class.py")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    recording = read_recording(tmp_path / "reports" / "recordings" / "my-class", plan=plan.digest)
    kinds = {(name, quantity.value): type(entry.result) for (name, quantity), entry in recording.entries.items()}
    assert kinds == {
        ("plain", "forward"): Returned,
        ("plain", "vjp"): Returned,
        ("plain", "jvp"): Unsupported,
        ("plain", "jacobian"): Unsupported,
        ("plain", "hvp"): Unsupported,
        ("log", "forward"): Unsupported,
        ("log", "vjp"): Unsupported,
        ("half", "forward"): Unsupported,
        ("half", "vjp"): Unsupported,
        ("tempered", "forward"): Unsupported,
        ("tempered", "vjp"): Unsupported,
        ("implicit", "forward"): Returned,
        ("implicit", "vjp"): Unsupported,
        ("no axes", "forward"): Returned,
        ("no axes", "vjp"): Returned,
    }


def test_the_table_names_every_built_in_adapter() -> None:
    assert tuple(ROWS) == BUILT_IN


SHARED = {"contract", "framework", "registry", "source", "device", "saved", "frames"}
FUNCTIONS = {"functions", "arguments", "declared", "exchange"}


def test_every_built_in_adapter_is_one_file_and_every_other_is_a_part_of_one() -> None:
    files = {path.stem for path in Path(harness.adapters.__path__[0]).glob("*.py")}
    files -= {"__init__", *SHARED, *FUNCTIONS}
    assert files >= set(BUILT_IN)
    assert {file.partition("_")[0] for file in files} == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_table_tells_the_modes_and_loading_imports_no_framework(name: str) -> None:
    adapter = load(name)
    assert adapter.name == name
    assert ROWS[name] == ", ".join(mode.value for mode in adapter.modes)
    assert name == "reference" or name not in sys.modules
