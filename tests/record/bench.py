"""A workbench for the recorder: plans on disk, adapters from ``tests/wrong_adapters``, recordings made for real."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.plan.digest import digest_of
from harness.plan.outline import read_outline
from harness.plan.plan import CaseRecord, Plan
from harness.plan.problem import Problem
from harness.plan.store import read_plan, write_plan
from harness.record.crew import Observer
from harness.record.recording import Entry, Recording, Returned
from harness.record.runner import Run, record
from harness.record.watch import Limits
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named

ROOT = Path(__file__).parents[2]
WRONG = ROOT / "tests" / "wrong_adapters"
MARK = 13.0  # first element of the problem on which the wrong adapters go wrong
MARKED = ("marked", Quantity.VJP)
LIMITS = Limits(timeout=30.0, memory=4 << 30)


def problem(
    name: str,
    x: Any,
    *,
    op: Op = Op.SOFTMAX,
    axis: int = -1,
    dtype: DType = DType.FLOAT64,
    mode: Mode = Mode.DEFAULT,
    cotangent: Any = 0,
    tangent: Any = 0,
    check: Sequence[Quantity] = (Quantity.FORWARD, Quantity.VJP),
    **parameters: Any,
) -> Problem:
    """Return a problem at ``x``; a cotangent of None is the implicit one, 0 (of a tangent too) stands for 1, 2, 3 ...

    ``parameters`` are those of a call that an op needs: its targets, its mask ...
    """
    call = Call(op=op, axis=axis, dtype=dtype, mode=mode, x=numbers(x, dtype), **parameters)
    result = call.dtype_of(Quantity.FORWARD) or dtype
    head = count(call.output_shape) if np.isscalar(cotangent) else cotangent
    direction = count(call.x.shape) if np.isscalar(tangent) else tangent
    call = replace(
        call,
        cotangent=None if head is None else numbers(head, result),
        tangent=numbers(direction, dtype),
    )
    return Problem(id=name, case="a-case", call=call, cotangent_name="given", check=tuple(check))


def numbers(values: Any, dtype: DType) -> NDArray[Any]:
    """Return an array of ``dtype``; of bfloat16, its bits."""
    if not dtype.floating:
        return np.asarray(values, dtype.carrier)
    return format_named(dtype.value).encode(np.asarray(values, np.float64))


def count(shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array of 1, 2, 3 ..."""
    return np.arange(1.0, math.prod(shape) + 1).reshape(shape)


def write(reports: Path, problems: Sequence[Problem]) -> Plan:
    """Write the plan of ``problems`` where ``harness record --reports`` looks for it."""
    case = CaseRecord(
        id="a-case", why="to be recorded", source="a test", file="a.yaml", line=1, text="", problems=len(problems)
    )
    reports.mkdir(parents=True, exist_ok=True)
    plan = Plan(digest=digest_of(problems), problems=tuple(problems), cases={"a-case": case})
    write_plan(plan, reports / "plan")
    return read_plan(reports / "plan")


def around_the_mark(before: int = 2, after: int = 2) -> list[Problem]:
    """Return problems of which the one called ``marked`` makes the wrong adapters misbehave."""
    rng = np.random.default_rng(0)
    names = [f"before-{k}" for k in range(before)] + ["marked"] + [f"after-{k}" for k in range(after)]
    problems = [problem(name, rng.standard_normal((2, 3))) for name in names]
    marked = problems[before].call.x.copy()
    marked[0, 0] = MARK
    problems[before] = replace(problems[before], call=replace(problems[before].call, x=marked))
    return problems


class Notes(list[str]):
    """What the recorder said, and how far it came."""

    done = 0

    def progress(self, done: int) -> None:
        self.done = done


def run(
    adapter: str, reports: Path, plan: Plan, *, limits: Limits = LIMITS, notes: Notes | None = None, **how: Any
) -> Run:
    """Record ``adapter``, a wrong one by its name or any by its path, over ``plan``."""
    said = Notes() if notes is None else notes
    return record(
        str(WRONG / f"{adapter}.py") if (WRONG / f"{adapter}.py").exists() else adapter,
        outline=read_outline(reports / "plan"),
        recordings=reports / "recordings",
        limits=limits,
        observer=Observer(progress=said.progress, note=said.append),
        environ=os.environ,
        **how,
    )


def bits(entry: Entry) -> object:
    """Return an entry in a form that is equal exactly where all bits are."""
    if isinstance(entry.result, Returned):
        value = entry.result.value
        return (value.tobytes(), value.shape, entry.result.dtype, entry.mode, entry.inputs_changed)
    return entry


def same(one: Recording, other: Recording, *, but: Sequence[tuple[str, Quantity]] = ()) -> bool:
    """Tell whether two recordings hold the same evaluations with the same bits, ``but`` some."""
    if one.entries.keys() != other.entries.keys():
        return False
    return all(bits(one.entries[key]) == bits(other.entries[key]) for key in one.entries if key not in but)
