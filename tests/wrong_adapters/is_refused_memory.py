from __future__ import annotations

import numpy as np
from honest import Honest


class IsRefusedMemory(Honest):
    name = "is_refused_memory"

    def misbehave(self, call):
        return np.empty(1 << 55, call.x.dtype)
