"""Problems judged twice: in parts, and in one piece."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields

from harness.compare.compare import run_of
from harness.compare.docket import Judged, judge_all
from harness.compare.pairing import Pairing
from harness.compare.relation import Pair
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.record.recording import Recording
from harness.vocabulary import Quantity
from tests.compare.bench import TRUE, Kernel, plan, recording

_SUMS = ("normal_ulps_sum", "eps_sum")  # the order of summation is another one
AT_ONCE = 17  # elements: a few rows of five
Recordings = Mapping[str, Recording]


def judged(asked: Problem, recordings: Recordings, *, at_once: int) -> tuple[Judged, list[Pair]]:
    runs = [run_of(name, recorded, required=False) for name, recorded in recordings.items()]
    entries = {name: recorded.entries for name, recorded in recordings.items()}
    pairing = Pairing({})
    found = judge_all([asked], runs=runs, entries=entries, progress=lambda _: None, pairing=pairing, at_once=at_once)
    return found, list(pairing.collected([asked]).notable)


def differences(one: Verdict, other: Verdict) -> list[str]:
    """The fields in which two verdicts differ: sums are equal to their last digits; details of a part are its own."""
    found = []
    for name in (field.name for field in fields(Verdict)):
        a, b = getattr(one, name), getattr(other, name)
        equal = a == b or repr(a) == repr(b)  # NaN is equal to itself
        if name in _SUMS and a is not None and b is not None:
            equal = math.isclose(a, b, rel_tol=1e-12)
        if not equal and not (name == "detail" and "alone, counted from there" in a):
            found.append(name)
    return found


def all_differences(one: Sequence[Verdict], other: Sequence[Verdict]) -> list[str]:
    return [name for two in zip(one, other, strict=True) for name in differences(*two)]


def both(asked: Problem, kernels: dict[Quantity, Kernel]) -> tuple[Judged, Judged]:
    recordings = {"kernel": recording(plan(asked), TRUE | kernels)}
    return tuple(judged(asked, recordings, at_once=size)[0] for size in (AT_ONCE, 1 << 18))  # type: ignore[return-value]
