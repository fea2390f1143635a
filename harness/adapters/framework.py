"""What the adapters share: importing a framework, so that a missing one is a reason and not a crash."""

from __future__ import annotations

import gc
import importlib
import os
from typing import Any

from harness.adapters.contract import FrameworkUnavailable


def import_framework(module: str, *, hint: str) -> Any:
    """Import ``module``; raise :class:`FrameworkUnavailable` with what went wrong and ``hint``, what would help."""
    collecting = gc.isenabled()
    gc.disable()  # what an import makes stays, and to look for garbage among it takes a tenth of the time
    try:
        return importlib.import_module(module)
    except Exception as error:  # a broken installation fails with anything, not only with ImportError
        raise FrameworkUnavailable(f"{module} does not import: {type(error).__name__}: {error}; {hint}") from error
    finally:
        if collecting:
            gc.enable()


def usable_cpus() -> int:
    """Count the processors that this process may use: what a framework's own thread pool is made for."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
