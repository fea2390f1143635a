"""A program of its own, run by the Python that has a framework: the part of a benchmark that needs it.

Its arguments: a module with a function ``answer``, a file with what that is asked (JSON), and the file that gets what
it answers (JSON). Such a module, like this one, needs NumPy and its framework, and nothing else.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(module: str, source: str, target: str) -> None:
    """Answer; say how far it is, on stdout, one number a line."""
    asked = json.loads(Path(source).read_text(encoding="utf-8"))
    answer = importlib.import_module(module).answer
    found = answer(asked, progress=lambda done: print(done, flush=True))  # noqa: T201 - for who started this program
    Path(target).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
