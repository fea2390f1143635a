from __future__ import annotations

import numpy as np
from honest import Honest


class ReturnsEndlessView(Honest):
    name = "returns_endless_view"

    def misbehave(self, call):
        return np.broadcast_to(super().misbehave(call), (1 << 50, 2, 3))
