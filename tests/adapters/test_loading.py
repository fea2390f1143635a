from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.adapters.registry import AdapterFault, load, source_digest
from harness.record.recording import Raised
from harness.record.runner import Ending
from tests.record.bench import MARKED, WRONG, around_the_mark, run, write

KERNEL = """\
from honest import Honest
from kernels import rows

class Kernel(Honest):
    name = 'kernel'
    def misbehave(self, call):
        raise ArithmeticError('row 3, ' + rows.NAME)
"""
ROWS = "NAME = 'row 3'\n"


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """An adapter, a module beside it and one below it, in a process that keeps bytecode."""
    (tmp_path / "honest.py").write_text((WRONG / "honest.py").read_text())
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "rows.py").write_text(ROWS)
    (tmp_path / "kernel.py").write_text(KERNEL)
    return tmp_path / "kernel.py"


def replaced(file: Path, old: str, new: str) -> None:
    """Edit ``file`` as it happens within one second: size and time of last change stay as they are."""
    before = file.stat()
    file.write_text(file.read_text().replace(old, new))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


@pytest.mark.parametrize(
    ("edited", "says"), [("kernel.py", "row 4, row 3"), ("kernels/rows.py", "row 3, row 4")], ids=["own", "below"]
)
def test_what_runs_is_the_source_and_not_the_bytecode_that_is_kept_of_it(
    edited: str, says: str, kernel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    plan = write(tmp_path / "reports", around_the_mark())
    first = run(str(kernel), tmp_path / "reports", plan).read()
    replaced(tmp_path / edited, "row 3", "row 4")
    again = run(str(kernel), tmp_path / "reports", plan)
    assert again.ending is Ending.RECORDED
    assert first.entries[MARKED].result == Raised("ArithmeticError", "row 3, row 3")
    assert again.read().entries[MARKED].result == Raised("ArithmeticError", says)
    assert not list(tmp_path.rglob("*.pyc"))


def test_the_digest_is_that_of_the_bytes_that_run(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text((WRONG / "honest.py").read_text())
    adapter = load(str(kernel))
    before = source_digest(adapter)
    kernel.write_text("")
    assert source_digest(adapter) == before
    kernel.write_text((WRONG / "honest.py").read_text() + "# mended\n")
    assert source_digest(load(str(kernel))) != before


def test_a_file_that_is_no_python_is_shown_by_its_own_line_alone(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text("import os\n\nclass Kernel(:\n    pass\n")
    with pytest.raises(AdapterFault) as caught:
        load(str(kernel))
    _, *shown = str(caught.value).splitlines()
    assert shown == [
        f'  File "{kernel}", line 3',
        "    class Kernel(:",
        "                 ^",
        "SyntaxError: invalid syntax",
    ]


def test_a_file_beside_that_is_no_python_is_shown_with_the_line_that_imports_it(tmp_path: Path) -> None:
    (tmp_path / "broken_beside.py").write_text("x = = 1\n")
    (tmp_path / "kernel.py").write_text("\nimport broken_beside\n")
    with pytest.raises(AdapterFault) as caught:
        load(str(tmp_path / "kernel.py"))
    said = str(caught.value)
    assert [line.strip() for line in said.splitlines() if line.startswith("  File")] == [
        f'File "{tmp_path}/kernel.py", line 2, in <module>',
        f'File "{tmp_path}/broken_beside.py", line 1',
    ]
    assert "    import broken_beside\n" in said


def test_a_traceback_shows_the_lines_of_the_adapter(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text("def gemm():\n    raise OSError('libkernel.so')\n\ngemm()\n")
    with pytest.raises(AdapterFault) as caught:
        load(str(tmp_path / "kernel.py"))
    assert str(caught.value).splitlines()[1:] == [
        f'  File "{tmp_path}/kernel.py", line 4, in <module>',
        "    gemm()",
        f'  File "{tmp_path}/kernel.py", line 2, in gemm',
        "    raise OSError('libkernel.so')",
        "OSError: libkernel.so",
    ]
