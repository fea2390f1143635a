"""The harness before a job: the vjp of the same kernel at five cotangents, before the judge."""

from __future__ import annotations

import time
from collections.abc import Mapping

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.compare.asked import Asked, decoded, result_format
from harness.selftest.bench import Bench, Fate, answer
from harness.selftest.change import obvious
from harness.selftest.checkers.jobs import Job, fault_named, quantity_of
from harness.selftest.kernels import Wrong, evaluation_of, stored
from harness.vocabulary import Quantity
from reference.scale import natural_scale


def due(job: Job) -> bool:
    """Say whether the fault of ``job`` changes a gradient, or the output, obviously, at some cotangent.

    That is measured by the exact truth and the natural scale alone (:mod:`harness.selftest.change`): were it decided by
    our bounds, what they overlook would never be asked of them.
    """
    fault, precision = fault_named(job.fault), ReferenceAdapter().precision
    if fault is None or (quantity := quantity_of(fault)) is None:
        return False
    for problem in job.problems:
        evaluation = evaluation_of(problem.call, quantity, precision(problem.call, quantity))
        wrong = fault.answer(evaluation)
        if wrong is not None:
            got = decoded(stored(wrong, problem.call, quantity), problem.call.dtype)
            asked = Asked((problem.call,), result=result_format(problem.call))
            scale = natural_scale(asked.question, quantity.value, **asked.vectors(quantity))
            if obvious(got, evaluation.truth, scale=scale, problem=problem, of=evaluation.result_format):
                return True
    return False


def refused(job: Job) -> tuple[bool, float]:
    """Return whether the harness flags the kernel, and the seconds that took, from the logits on."""
    began = time.perf_counter()
    found = any(fate.caught for fate in _fates(job).values())
    return found, time.perf_counter() - began


def _fates(job: Job) -> Mapping[str, Fate]:
    fault, right = fault_named(job.fault), ReferenceAdapter()
    kernel: Adapter = right if fault is None else Wrong(fault)
    bench = Bench(job.problems)
    quantity = Quantity.VJP if fault is None else quantity_of(fault) or Quantity.VJP
    given = {problem.id: answer(kernel, problem, quantity) for problem in bench.problems}
    results = {problem: result for problem, result in given.items() if result is not None}
    return bench.fates(kernel, quantity, results, forwards=bench.forwards(right))
