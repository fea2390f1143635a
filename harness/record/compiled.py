"""Where frameworks that compile keep what they have compiled, so that the next recording need not compile it again.

Only JAX asks. Its own key of a compiled function covers the program, the compiler's options and the version of jaxlib,
but neither the instruction set nor the number of processors that the program was compiled for. So what is kept lies in
a folder for each machine and environment, and may be removed at any time. Results are the same bits either way.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.adapters.framework import usable_cpus
from harness.record.surroundings import describe_platform, installed_packages, processor_features, result_flags

_FOLDER = "JAX_COMPILATION_CACHE_DIR"
_LAYOUT = 2  # of what is kept in a folder: one of before has what is now in the way of keeping more
_KEPT = 3  # folders; those that were used longest ago go


def compiled_here(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ``, and in it what has JAX keep below ``folder`` all that it compiles on this machine.

    A folder that a person has named in ``environ`` is left alone; where JAX is not installed, or no folder can be made,
    nothing is kept.
    """
    if environ.get(_FOLDER) or not has_jax():
        return dict(environ)
    home = folder / _key(environ)
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.utime(home)
        for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return dict(environ)
    return {
        **environ,
        _FOLDER: str(home.absolute()),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",  # however little it took,
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",  # and however small it is
    }


def has_jax() -> bool:
    """Tell whether JAX could be imported, without importing it."""
    return importlib.util.find_spec("jax") is not None


def _key(environ: Mapping[str, str]) -> str:
    machine = [describe_platform(), processor_features(), usable_cpus()]
    environment = [installed_packages(), result_flags(environ)]
    return hashlib.sha256(json.dumps([_LAYOUT, machine, environment]).encode()).hexdigest()[:16]
