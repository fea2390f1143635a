"""The code that judges, and what it runs on, as one digest: another judge does not take over what this one said."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

import harness
import reference
from harness.record.surroundings import describe_platform, result_flags

_ROOT: Final = Path(harness.__path__[0]).parent
_PACKAGES: Final = ("compare",)
_MODULES: Final = (  # of other packages: what judging imports, and no more, so that work on those costs nothing here
    "__init__.py",
    "adapters/__init__.py",
    "adapters/contract.py",
    "adapters/registry.py",
    "arraypack.py",
    "call.py",
    "copies.py",
    "parent.py",
    "parts.py",
    "plan/__init__.py",
    "plan/callcodec.py",
    "plan/carrier.py",
    "plan/digest.py",
    "plan/draw.py",
    "plan/faults.py",
    "plan/number.py",
    "plan/plan.py",
    "plan/probe.py",
    "plan/problem.py",
    "plan/room.py",
    "plan/signatures.py",
    "record/__init__.py",
    "record/codec.py",
    "record/recording.py",
    "vocabulary.py",
)
_SOURCES: Final = (".py", ".j2", ".css", ".js", ".csv")
_WRITERS: Final = ("pydantic", "pydantic_core", "pandas", "pyarrow", "Jinja2", "junitparser")


@cache
def judge_digest() -> str:
    """Return the SHA-256 of the code that judges (oracle, bounds, comparing), its NumPy, and the instructions used.

    NumPy chooses its loops by the processor, and a last place of an exponential hangs on that.
    """
    return digest_of_code(judging_files(), root=_ROOT, beside=surroundings())


@cache
def harness_digest() -> str:
    """Return the SHA-256 of all our code, templates too, and of the packages that decide what is written."""
    ours = [Path(package.__path__[0]) for package in (harness, reference)]
    files = sorted(file for folder in ours for file in folder.rglob("*") if file.suffix in _SOURCES)
    return digest_of_code(files, root=_ROOT, beside=surroundings() | {"packages": _versions()})


def judging_files() -> list[Path]:
    """Return the files of all modules that judging imports."""
    ours = Path(harness.__path__[0])
    found = [file for package in _PACKAGES for file in (ours / package).rglob("*.py")]
    return sorted([*found, *(ours / name for name in _MODULES), *Path(reference.__path__[0]).rglob("*.py")])


def surroundings() -> dict[str, Any]:
    """Return what beside its code decides what a judge says."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": describe_platform(),
        "flags": result_flags(os.environ),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _WRITERS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def digest_of_code(files: Iterable[Path], *, root: Path, beside: object) -> str:
    """Return the SHA-256 of ``files``, by their places below ``root``, and of ``beside``, a JSON value."""
    sha = hashlib.sha256(json.dumps(beside, sort_keys=True).encode())
    for file in files:
        sha.update(f"{file.relative_to(root).as_posix()}\0".encode())
        sha.update(hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()
