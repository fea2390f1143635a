"""Not wrong: a dtype that NumPy cannot name has to arrive, to be judged."""

from __future__ import annotations

import ml_dtypes
from honest import Honest


class ReturnsBfloat16(Honest):
    name = "returns_bfloat16"

    def misbehave(self, call):
        return super().misbehave(call).astype(ml_dtypes.bfloat16)
