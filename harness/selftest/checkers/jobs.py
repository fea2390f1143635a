"""What every checker is asked: is this backward right? Most are not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.plan.problem import Problem
from harness.selftest.problems import HEADS, problems
from harness.selftest.settings import SETTINGS, Setting
from harness.vocabulary import DType, Op, Quantity
from reference.faults import CATALOGUE, Fault

DTYPES: Final = (DType.FLOAT64, DType.FLOAT32)
RIGHT: Final = ""  # the fault of a right rule
LENGTHS: Final = (3, 10, 33, 129)
_RIGHT_LENGTHS: Final = LENGTHS[:2]
_SEEDS_OF_RIGHT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One kernel: the name of its fault, and where it is tried. Written as JSON, it is a list of its fields."""

    fault: str
    setting: str
    dtype: str
    n: int
    seed: int

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems at which this harness looks: every cotangent at the same logits."""
        drawn = problems(setting_named(self.setting), DType(self.dtype), self.n, seed=self.seed)
        return tuple(one for one in drawn if one.cotangent_name in HEADS)

    @property
    def fields(self) -> tuple[str, str, str, int, int]:
        """The fields in their order."""
        return (self.fault, self.setting, self.dtype, self.n, self.seed)

    @classmethod
    def of(cls, fields: Sequence[str | int]) -> Job:
        """Return the job that has these fields."""
        fault, setting, dtype, n, seed = fields
        return cls(fault=str(fault), setting=str(setting), dtype=str(dtype), n=int(n), seed=int(seed))


def all_settings() -> list[Setting]:
    """Return the settings that a gradient checker can be asked about.

    SoftmaxOutput is left out: by design its gradient is the derivative of nothing that it returns.
    """
    return [setting for setting in SETTINGS if setting.op is not Op.SOFTMAX_OUTPUT]


def setting_named(name: str) -> Setting:
    """Return the setting of this name."""
    return next(one for one in SETTINGS if one.name == name)


def fault_named(name: str) -> Fault | None:
    """Return the fault of this name, None for a right rule."""
    return next((one for one in CATALOGUE if one.name == name), None)


def quantity_of(fault: Fault) -> Quantity | None:
    """Return where the fault is put: in the backward, else in the forward; None where no checker would look."""
    for quantity in (Quantity.VJP, Quantity.FORWARD):
        if quantity.value in fault.quantities:
            return quantity
    return None


def candidates(fault: Fault, dtype: DType, *, seed: int) -> Iterator[list[Job]]:
    """Yield, setting by setting, the jobs of all lengths, of which one is tried."""
    quantity = quantity_of(fault)
    if quantity is None:
        return
    for setting in all_settings():
        if fault.concerns(setting.op.value, quantity.value):
            yield [Job(fault=fault.name, setting=setting.name, dtype=dtype, n=n, seed=seed) for n in LENGTHS]


def right_jobs(*, seed: int) -> Iterator[Job]:
    """Yield the jobs whose rule is right."""
    every = itertools.product(all_settings(), DTYPES, _RIGHT_LENGTHS, range(_SEEDS_OF_RIGHT))
    for setting, dtype, n, k in every:
        yield Job(fault=RIGHT, setting=setting.name, dtype=dtype, n=n, seed=seed + k)
