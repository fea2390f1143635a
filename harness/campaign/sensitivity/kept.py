"""What is finished of a long measurement: the sensitivities of one length and dtype, under all that decided them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

import harness
import reference
from harness.campaign.sensitivity.figure import Sensitivity
from harness.wholefile import write_whole

_VERSIONS = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What decides the result: the code, which rows and how many, and whose checks were run."""

    code: str
    seed: int
    rows: int
    versions: dict[str, str]


class _File(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")

    key: Key
    found: tuple[Sensitivity, ...]


def code_digest() -> str:
    """Return the SHA-256 of all code of the harness and the reference."""
    sha = hashlib.sha256()
    for package in (harness, reference):
        for folder in package.__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                sha.update(f"{package.__name__}/{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return sha.hexdigest()


def versions(pythons: Mapping[str, Path]) -> dict[str, str]:
    """Return the versions of each framework and its NumPy; empty text where its Python cannot say."""
    return {name: _said([str(python), "-c", _VERSIONS, "numpy", name]) for name, python in pythons.items()}


def _said(line: list[str]) -> str:
    return subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def keep(found: tuple[Sensitivity, ...], path: Path, key: Key) -> None:
    """Write what was found to ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _File(key=key, found=found).model_dump_json(indent=1) + "\n")


def find(path: Path, key: Key) -> tuple[Sensitivity, ...] | None:
    """Return what is kept at ``path``, or None where there is nothing that ``key`` would give again."""
    try:
        file = _File.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return file.found if file.key == key else None
