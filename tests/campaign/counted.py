"""The NumPy reference, slow, with a line in the file of COUNTED_CALLS for every call."""

from __future__ import annotations

import os
import time
from pathlib import Path

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.vocabulary import Mode


class Counted(Adapter):
    name = "counted"
    modes = (Mode.EAGER,)

    def __init__(self) -> None:
        self._right = ReferenceAdapter()

    def describe(self):
        return self._right.describe()

    def unsupported(self, call, quantity):
        return self._right.unsupported(call, quantity)

    def forward(self, call):
        return self._counted(self._right.forward, call)

    def vjp(self, call):
        return self._counted(self._right.vjp, call)

    def jvp(self, call):
        return self._counted(self._right.jvp, call)

    def jacobian(self, call):
        return self._counted(self._right.jacobian, call)

    def _counted(self, method, call):
        time.sleep(0.01)
        with Path(os.environ["COUNTED_CALLS"]).open("a") as file:
            file.write("called\n")
        return method(call)
