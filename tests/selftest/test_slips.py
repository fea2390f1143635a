"""Kernels written step by step: each is caught and named where its one slip shows, and is right in all else."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, partial

import numpy as np
import pytest

from harness.adapters.reference import ReferenceAdapter
from harness.compare.naming.scalar import ROW_SCALAR as NAMED_SCALAR
from harness.selftest.bench import Bench
from harness.selftest.counts import Count, Counts, Where
from harness.selftest.problems import problems
from harness.selftest.right import RIGHT
from harness.selftest.settings import SETTINGS, Setting
from harness.selftest.slips import ROW_SCALAR, SLIPS, Slip
from harness.selftest.trial import Trial
from harness.selftest.written import Slipped, StepByStep
from harness.vocabulary import DType, Op, Quantity
from reference.faults import CATALOGUE

LENGTHS = (3, 129)  # of which a tile of 32 is less


@cache
def trial(setting: Setting, dtype: DType, n: int, quantity: Quantity) -> Trial:
    bench = Bench(problems(setting, dtype, n, seed=0))
    forwards = {kernel.name: bench.forwards(kernel) for kernel in RIGHT}
    place = partial(Where, setting=setting.name, dtype=dtype, quantity=quantity)
    return Trial(bench=bench, quantity=quantity, forwards=forwards, place=place)


def setting_of(slip: Slip) -> Setting:
    """The first setting in which the slip has a place."""
    return next(one for one in SETTINGS if one.op in slip.ops and (one.temperature or not slip.tempered))


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_is_caught_and_named(slip: Slip, dtype: DType) -> None:
    if dtype not in slip.dtypes:
        assert Slipped(slip).unsupported(problems(setting_of(slip), dtype, 129, seed=0)[0].call, slip.quantity)
        return
    found: Counts = defaultdict(Count)
    for n in LENGTHS:
        trial(setting_of(slip), dtype, n, slip.quantity).of_slips([slip], found)
    (count,) = found.values()
    assert count.due == count.caught
    assert count.tellable == count.named > 0


@pytest.mark.parametrize("dtype", [DType.FLOAT16, DType.BFLOAT16])
def test_no_slip_is_missed_in_half_precision(dtype: DType) -> None:
    found: Counts = defaultdict(Count)
    for setting, quantity in {(setting_of(slip), slip.quantity) for slip in SLIPS}:
        trial(setting, dtype, 3, quantity).of_slips([one for one in SLIPS if one.quantity is quantity], found)
    every = sum(found.values(), Count())
    assert every.due == every.caught > 100
    assert every.tellable == every.named > 100


def test_every_slip_has_a_name_of_its_own_and_a_fault_that_a_finding_can_give() -> None:
    names = [slip.name for slip in SLIPS]
    assert sorted(set(names)) == sorted(names)
    assert not set(names) & {fault.name for fault in CATALOGUE}
    assert NAMED_SCALAR == ROW_SCALAR
    assert {slip.fault for slip in SLIPS} <= {ROW_SCALAR, *(fault.name for fault in CATALOGUE)}


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_is_of_a_quantity_in_which_its_fault_has_a_formula(slip: Slip) -> None:
    fault = next((one for one in CATALOGUE if one.name == slip.fault), None)
    assert fault is None or all(fault.concerns(op.value, slip.quantity.value) for op in slip.ops)


@pytest.mark.parametrize("setting", [one for one in SETTINGS if one.temperature], ids=lambda one: one.name)
@pytest.mark.parametrize("quantity", [Quantity.FORWARD, Quantity.VJP])
def test_the_right_steps_give_what_the_reference_gives(setting: Setting, quantity: Quantity) -> None:
    for one in problems(setting, DType.FLOAT64, 10, seed=1)[:1]:
        right, steps = (getattr(kernel, quantity.value)(one.call) for kernel in (ReferenceAdapter(), StepByStep()))
        np.testing.assert_allclose(steps, right, rtol=1e-13, atol=1e-15)


def test_a_slip_has_no_place_where_it_would_change_nothing() -> None:
    slips = {slip.name: Slipped(slip) for slip in SLIPS}
    plain = problems(SETTINGS[0], DType.FLOAT32, 10, seed=0)[0].call
    assert slips["gradient-not-over-t"].unsupported(plain, Quantity.VJP)
    assert slips["first-block-alone"].unsupported(plain, Quantity.VJP)
    assert slips["elementwise-backward"].unsupported(plain, Quantity.FORWARD)
    assert slips["elementwise-backward"].unsupported(plain, Quantity.VJP) is None


def test_losses_that_are_added_up_are_not_written() -> None:
    summed = next(one for one in SETTINGS if one.op is Op.CROSS_ENTROPY and one.label_smoothing)
    assert StepByStep().unsupported(problems(summed, DType.FLOAT32, 3, seed=0)[0].call, Quantity.VJP)
