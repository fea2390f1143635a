"""Which Python has a framework: the one the environment names, tox's, or, for what needs no framework, this one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from harness.adapters.registry import is_path

_HERE = ("reference",)  # NumPy is all it needs


class NoInterpreter(Exception):
    """There is no Python to record an adapter with; the text says what would make one."""


def interpreter(adapter: str, *, environ: Mapping[str, str], environments: Path) -> Path:
    """Return the Python to record ``adapter`` with; ``environments`` is tox's folder.

    The variable ``HARNESS_PYTHON_<NAME>`` decides, then ``<environments>/<name>``. The reference, and an adapter in a
    file, whose framework nobody knows, fall back on this interpreter. Raise :class:`NoInterpreter` where there is none.
    """
    if is_path(adapter):
        return Path(sys.executable)
    variable = f"HARNESS_PYTHON_{adapter.upper()}"
    if named := environ.get(variable):
        if Path(named).exists():
            return Path(named)
        raise NoInterpreter(f"{variable} names {named}, and there is no such file: run `tox run -e {adapter}`")
    made = environments / adapter / "bin" / "python"
    if made.exists():
        return made
    if adapter in _HERE:
        return Path(sys.executable)
    raise NoInterpreter(f"there is no Python with {adapter}: run `tox run -e {adapter}`, or set {variable} to one")
