"""The sessions that the README of adapters shows; run as a program, it has them show what is printed now.

::

    python -m tests.adapters.quoted
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.adapters.interpreters import ROOT

KERNELS = ROOT / "tests" / "own_kernels"
README = ROOT / "harness" / "adapters" / "README.md"
SESSION = re.compile(r"```console\n\$ (harness|python) (.*?)\n(.*?)```", flags=re.DOTALL)


def workspace(folder: Path) -> Path:
    """Make ``folder`` one of somebody else's, with the kernels in it and no cases."""
    for file in KERNELS.glob("my_*.*"):
        shutil.copy(file, folder)
    return folder


def run(folder: Path, *arguments: str, module: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the harness in ``folder``, or, where that is no ``module``, a program there.

    Smaller inputs are looked for until there are none: what is found does not depend on how busy the machine is.
    """
    patient = ["--shrink", "600"] if arguments[:1] == ("verify",) and "--shrink" not in arguments else []
    line = [sys.executable, *(["-m", "harness"] if module else []), *arguments, *patient]
    environment = {"PYTHONPATH": str(ROOT) if module else "", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


def _renewed(text: str, folder: Path) -> str:
    def printed(session: re.Match[str]) -> str:
        command = session[2]
        done = run(folder, *command.split(), module=session[1] == "harness")
        return f"```console\n$ {session[1]} {command}\n{done.stdout}```"

    return SESSION.sub(printed, text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        shown = _renewed(README.read_text(encoding="utf-8"), workspace(Path(temporary)))
    README.write_text(shown, encoding="utf-8")
