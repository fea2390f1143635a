"""The constants of the bounds: what is theory, what was measured, and where.

Units are unit roundoffs u of the working format unless said otherwise. Measured over MXNet 1.9.1 (native and oneDNN),
PyTorch 2.13.0, JAX 0.10.2 and NumPy 1.23.5 and 2.4.6 on x86-64; each is what the worst of them needs, rounded up.
"""

from __future__ import annotations

from typing import Final

EXP: Final = 4.0
"""Relative error of exp near 0. Theory: 1 if correctly rounded. Measured: PyTorch 1.5, JAX 2.2, NumPy float32 3.5."""

EXP_PER_UNIT: Final = 0.06
"""Growth of that error with |d|. Theory: 0. Measured: oneDNN float32 0.047 (it reduces by a single-constant ln 2)."""

LOG: Final = 4.0
"""Relative error of log. Theory: 1 if correctly rounded. Measured: PyTorch 1.5, JAX 2.0, NumPy float32 3.9."""

ADDITION: Final = 1.5
"""Error of one addition, over u. Theory: 1. Measured: 1.5 in float32 reductions over axis 0 by XLA on CPU."""

ELEMENTARY_OF_HALF: Final = 1.01
"""Relative error of exp and of log in float16 and bfloat16: computed in float32 and rounded once, everywhere seen."""

DIVISION: Final = 1.0
"""Rounding of e_i / S that each element has of its own. Theory."""

RECIPROCAL: Final = 1.0
"""Rounding that a row shares, where a kernel multiplies by fl(1/S). Theory."""

UNDERFLOW: Final = 2.0
"""Absolute error of one operation whose result underflows, over the smallest normal number.

Not for float16, in which nothing is flushed: there half of the smallest subnormal number stands in its place.
Theory: 1 where results below it are flushed to zero (JAX and oneDNN do that). Measured: oneDNN's float32 exp is
already zero below d = -86.99, which is 1.41 smallest normals.
"""

SECOND_ORDER: Final = 1.02
"""Slack for products of two errors where only first-order terms are summed, and for rounding in the bound."""
