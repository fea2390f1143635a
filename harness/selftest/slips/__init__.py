"""Wrong kernels as people write them: step by step, each step rounded by NumPy, with one slip.

::

    rows        what a kernel is given
    steps       the right way, which the wrong ones leave at one step
    slip        Slip: a wrong kernel, and the fault of the catalogue that it has to be recognised as
    rules       wrong backwards of a softmax, as functions of output and cotangent
    backwards   slips in a derivative
    forwards    slips in an output
    kernels     all of them

They know neither the formulas of the catalogue nor the exact truth, so that catching and naming them proves more than
that the harness recognises its own formulas.
"""

from __future__ import annotations

from harness.selftest.slips.kernels import SLIPS
from harness.selftest.slips.rows import Rows
from harness.selftest.slips.slip import ROW_SCALAR, Slip

__all__ = ["ROW_SCALAR", "SLIPS", "Rows", "Slip"]
