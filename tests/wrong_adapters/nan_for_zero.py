from __future__ import annotations

import numpy as np
from honest import Honest


class NanForZero(Honest):
    name = "nan_for_zero"

    def misbehave(self, call):
        gradient = super().misbehave(call)
        return np.where(np.abs(gradient) < 1, np.nan, gradient)
