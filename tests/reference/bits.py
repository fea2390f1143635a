"""The bits of the oracle, over every op, parameter and quantity: run in any environment that has NumPy.

``python -m tests.reference.bits`` prints the digests.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache

import numpy as np

from tests.reference.questions_to_try import CASES, Array, exactly


def without_random_numbers(kind: str) -> Array:
    grid = (np.arange(6 * 31) * 37 % 101 - 50).reshape(6, 31)
    return {"grid": grid / 16, "steep": grid * 14.0, "far": grid / 8 + 1e4}[kind]


@cache
def digests() -> tuple[str, str]:
    """Return the SHA-256 of the exact values, and of those at the rounded shift, as pairs in which -0 counts as 0."""
    found = hashlib.sha256(), hashlib.sha256()
    for of in ("float32", "float64"):
        for kind in ("grid", "steep", "far"):
            x = without_random_numbers(kind)
            v = np.resize(np.array([1.0, -2.0, 0.375, 0.0, 5.5]), x.shape)
            w = np.resize(np.array([-0.25, 3.0, 1.0]), x.shape)
            for case in CASES:
                question = case.question(x, of=of)
                for quantity in case.quantities:
                    judged = exactly(question, quantity, cotangent=case.outputs(question, v), tangent=w)
                    for one, value in zip(found, (judged.value, judged.shifted_value), strict=True):
                        for part in (value.hi, value.lo):
                            one.update((part + 0.0).astype("<f8").tobytes())
    return found[0].hexdigest(), found[1].hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"NumPy {np.__version__}: {' '.join(digests())}\n")
