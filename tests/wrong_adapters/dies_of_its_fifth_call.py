"""What one call breaks another may die of: some kernels last for so many calls."""

from __future__ import annotations

import os

from honest import Honest


class DiesOfItsFifthCall(Honest):
    name = "dies_of_its_fifth_call"
    calls = 0

    def unsupported(self, call, quantity):
        self.calls += 1
        if self.calls == 5:
            os._exit(5)
