"""All faults, in the order in which they are tried."""

from __future__ import annotations

from typing import Final

from reference.faults.batches import BATCHES
from reference.faults.dots import DOTS
from reference.faults.elsewhere import ELSEWHERE
from reference.faults.fault import Fault
from reference.faults.losses import LOSSES
from reference.faults.rounding import ROUNDING
from reference.faults.scaled import SCALED
from reference.faults.sums import SUMS
from reference.faults.terms import TERMS

CATALOGUE: Final[tuple[Fault, ...]] = (*TERMS, *SCALED, *DOTS, *ELSEWHERE, *LOSSES, *SUMS, *ROUNDING, *BATCHES)
