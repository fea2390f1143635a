"""A program of its own, run by the Python that has a framework: its checkers, job by job.

Its arguments: the framework, a file of jobs (JSON, a list of lists), and the file that gets the answers (JSON: by
checker, for each job, whether the kernel was refused, and the seconds that took).
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.selftest.checkers.jobs import Job
from harness.selftest.checkers.kernel import Kernel

BY_FRAMEWORK: Final = {
    "torch": ("torch.autograd.gradcheck", "torch.autograd.gradcheck, fast mode", "y.sum().backward(), assert_close"),
    "jax": ("jax.test_util.check_grads",),
    "mxnet": ("mxnet.test_utils.check_numeric_gradient",),
}


def main(framework: str, source: str, target: str) -> None:
    """Put every job before the checkers of ``framework``; say how far it is, on stdout, one number a line."""
    module = importlib.import_module(f"harness.selftest.checkers.of_{framework}")
    found: dict[str, list[tuple[bool, float]]] = {name: [] for name in BY_FRAMEWORK[framework]}
    _warmed_up = [check() for check in module.checks(Kernel(_jobs(source)[0])).values()]
    for done, job in enumerate(_jobs(source), start=1):
        checks: dict[str, Callable[[], bool]] = module.checks(Kernel(job))
        for name, check in checks.items():
            began = time.perf_counter()
            accepted = check()
            found[name].append((not accepted, time.perf_counter() - began))
        print(done, flush=True)  # noqa: T201 - for the process that started this one
    Path(target).write_text(json.dumps(found), encoding="utf-8")


def _jobs(source: str) -> list[Job]:
    return [Job.of(fields) for fields in json.loads(Path(source).read_text(encoding="utf-8"))]


if __name__ == "__main__":
    main(*sys.argv[1:])
