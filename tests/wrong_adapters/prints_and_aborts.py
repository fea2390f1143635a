"""Some kernels print without end, and at last what they die of."""

from __future__ import annotations

import os
import time

from honest import Honest


class PrintsAndAborts(Honest):
    name = "prints_and_aborts"

    def misbehave(self, call):
        for _ in range(40):
            os.write(1, 20_000 * b"tile\n")
            time.sleep(0.01)
        print("kernel: out of tiles")  # noqa: T201
        os.abort()
