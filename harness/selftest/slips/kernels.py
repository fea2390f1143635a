"""All wrong kernels that are written step by step, in the order in which they are tried."""

from __future__ import annotations

from typing import Final

from harness.selftest.slips.backwards import BACKWARDS
from harness.selftest.slips.forwards import FORWARDS
from harness.selftest.slips.slip import Slip

SLIPS: Final[tuple[Slip, ...]] = (*BACKWARDS, *FORWARDS)
