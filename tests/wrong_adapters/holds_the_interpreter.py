"""A call into C that lets no other thread run, and does not come back."""

from __future__ import annotations

import ctypes

from honest import Honest


class HoldsTheInterpreter(Honest):
    name = "holds_the_interpreter"

    def misbehave(self, call):
        ctypes.PyDLL(None).sleep(600)
