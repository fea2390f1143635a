from __future__ import annotations

import os

from honest import Honest


class AlwaysDies(Honest):
    name = "always_dies"

    def forward(self, call):
        os._exit(7)

    vjp = jvp = jacobian = forward
