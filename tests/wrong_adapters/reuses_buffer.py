"""Not wrong: real kernels write into memory that they own. Every result has to be copied before the next call."""

from __future__ import annotations

import numpy as np
from honest import Honest


class ReusesBuffer(Honest):
    name = "reuses_buffer"
    room = np.empty(1 << 16)

    def forward(self, call):
        result = super().forward(call)
        shared = self.room.view(result.dtype)[: result.size].reshape(result.shape)
        shared[...] = result
        return shared
